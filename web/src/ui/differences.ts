// differences.ts - in which settings two deployments differ, in words.
import type {Deployment} from '../api/types';

const SETTINGS = [
	['rootDir', 'Root directory', 'the repository'], ['installCommand', 'Install command', 'as found'], ['buildCommand', 'Build command', 'as found'],
	['outputDir', 'Output directory', 'as found'], ['spa', 'Paths without a file', 'auto'],
] as const;

type Built = Pick<Deployment, 'branch' | 'settings'>;
type Row = readonly [name: string, live: string, then: string];

export function differences(live: Built, then: Built): Row[] {
	const all: Row[] = [
		['Branch', live.branch, then.branch],
		...SETTINGS.map(([key, name, none]): Row => {
			const said = (d: Built) => d.settings[key] === '' ? 'none' : d.settings[key] ?? none;
			return [name, said(live), said(then)];
		}),
	];
	return all.filter(([, a, b]) => a !== b);
}
