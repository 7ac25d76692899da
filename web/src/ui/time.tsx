// time.tsx - times as people say them; the exact one on hover.
import {useEffect, useState} from 'preact/hooks';

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
	['year', 31_536_000], ['month', 2_592_000], ['week', 604_800], ['day', 86_400], ['hour', 3600], ['minute', 60], ['second', 1],
];
// Made when it is first asked for: a browser's first takes as long as drawing a page.
function late<T>(make: () => T): () => T {
	let made: T | undefined;
	return () => made ??= make();
}
// In numbers: 'yesterday' and 'last month' name days of a calendar, and what was 30 hours or 40 days ago may be in others.
const relative = late(() => new Intl.RelativeTimeFormat('en'));
const exact = late(() => new Intl.DateTimeFormat('en-GB', {dateStyle: 'medium', timeStyle: 'long'}));
const brief = late(() => new Intl.DateTimeFormat('en-GB', {dateStyle: 'medium'}));
const full = late(() => new Intl.DateTimeFormat('en-GB', {weekday: 'short', day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC'}));

// Where days begin: at midnight of whoever looks, if the API can read the name.
export const zone = late(() => {
	const {timeZone} = Intl.DateTimeFormat().resolvedOptions();
	return /^(UTC|[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*){1,2})$/.test(timeZone) ? timeZone : undefined;
});

export function ago(then: number, now = Date.now()): string {
	const seconds = Math.round((then - now) / 1000);
	const span = Math.abs(seconds);
	if (span < 10)
		return seconds > 0 ? 'in a moment' : 'just now';
	// the largest unit that fits, also once the next smaller one is rounded: no '60 minutes'
	const [unit, size] = STEPS.find(([, n], at) => {
		const [, less] = STEPS[at + 1] ?? ['', 1];
		return span >= n || Math.round(span / less) * less >= n;
	})!;
	return relative().format(Math.sign(seconds) * Math.round(span / size), unit);
}

export function exactly(at: string): string {
	return exact().format(new Date(at));
}

// 2026-01-31 -> Sat, 31 January 2026
export function dayName(day: string): string {
	return full().format(Date.parse(day));
}

// A time of the API (RFC 3339). Moves on by itself.
export function Time({at, date}: {at: string; date?: boolean}) {
	const then = Date.parse(at);
	const [, tick] = useState(0);
	useEffect(() => {
		const timer = setInterval(() => tick(n => n + 1), Math.abs(Date.now() - then) < 3_600_000 ? 15_000 : 600_000);
		return () => clearInterval(timer);
	}, [then]);
	return <time dateTime={at} title={exactly(at)}>{date ? brief().format(then) : ago(then)}</time>;
}

// The same where it is looked up: nobody hovers on a telephone or with keys.
export function Exactly({at}: {at: string}) {
	return <time dateTime={at}>{exactly(at)}</time>;
}

// 154 -> 2m 34s, as the API writes it
export function duration(seconds: number): string {
	const s = Math.max(0, Math.floor(seconds));
	const h = Math.floor(s / 3600);
	const m = Math.floor(s / 60) % 60;
	return [h && `${h}h`, m && `${m}m`, `${s % 60}s`].filter(Boolean).join(' ');
}

// How long something has been going on. Counts.
export function Elapsed({since}: {since: string}) {
	const [, tick] = useState(0);
	useEffect(() => {
		const timer = setInterval(() => tick(n => n + 1), 1000);
		return () => clearInterval(timer);
	}, []);
	return <span class="tabular">{duration((Date.now() - Date.parse(since)) / 1000)}</span>;
}
