// window.ts - the days that are looked at, and how figures of them are said.
import {zone} from '../../ui/time';

export const RANGES = [
	{range: '7d', text: '7 days'},
	{range: '30d', text: '30 days'},
	{range: '6w', text: '6 weeks'},
	{range: '90d', text: '90 days'},
] as const;
const USUAL = RANGES[2];

export interface Window {
	range: (typeof RANGES)[number]['range'];
	text: string;
	query: {range: Window['range']; timezone?: string};
}

export function windowOf(wanted: string | undefined): Window {
	const range = RANGES.find(r => r.range === wanted) ?? USUAL;
	return {...range, query: {range: range.range, timezone: zone()}};
}

// What a figure has done since the window before, for a Stat. By how much is
// undefined while it is loaded and null when there is nothing to compare with;
// better says what is to be liked, when anybody can say.
export function compared(by: number | null | undefined, unit: string, window: string, better?: 'more' | 'less') {
	return {
		change: by == null ? null : `${by > 0 ? '+' : by < 0 ? '−' : '±'}${Math.abs(by)}${unit}`,
		good: by && better ? by > 0 === (better === 'more') : null,
		note: by === null ? 'nothing earlier to compare' : `vs ${window} before`,
	};
}

export const COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
export const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
export const PERCENTS = [20];
