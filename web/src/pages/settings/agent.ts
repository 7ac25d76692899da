// agent.ts - a browser's User-Agent as people would say it.

const BROWSERS: readonly [RegExp, string][] = [
	[/Edg(e|A|iOS)?\//, 'Edge'], [/OPR\//, 'Opera'], [/Firefox\/|FxiOS\//, 'Firefox'], [/Chrome\/|CriOS\/|Chromium\//, 'Chrome'],
	[/Safari\//, 'Safari'], [/^curl\//, 'curl'], [/^autostack/i, 'The autostack command'],
];
const SYSTEMS: readonly [RegExp, string][] = [
	[/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Android/, 'Android'], [/Windows/, 'Windows'], [/Mac OS X/, 'macOS'], [/CrOS/, 'ChromeOS'],
	[/Linux/, 'Linux'],
];

export function device(agent: string | null): string {
	const find = (names: readonly [RegExp, string][]) => names.find(([pattern]) => pattern.test(agent ?? ''))?.[1];
	const browser = find(BROWSERS);
	const system = find(SYSTEMS);
	return browser && system ? `${browser} on ${system}` : browser ?? system ?? 'Unknown program';
}
