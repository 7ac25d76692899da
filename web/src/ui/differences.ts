// differences.ts - in which settings two deployments differ, in words.
import type {Deployment} from '../api/types';

const SETTINGS = [
	['rootDir', 'Root directory', 'the repository'], ['installCommand', 'Install command', 'as found'], ['buildCommand', 'Build command', 'as found'],
	['outputDir', 'Output directory', 'as found'], ['spa', 'Paths without a file', 'auto'],
] as const;

type Made = Pick<Deployment, 'branch' | 'settings' | 'uploaded'>;
type Row = readonly [name: string, live: string, then: string];

// What was uploaded has been built by nobody here: of the settings it has only how it is served.
export function differences(live: Made, then: Made): Row[] {
	const uploads = live.uploaded || then.uploaded;
	const row = (name: string, say: (d: Made) => string): Row => [name, say(live), say(then)];
	const all = [
		row('Made by', d => d.uploaded ? 'an upload' : 'a build'),
		...uploads ? [] : [row('Branch', d => d.branch)],
		...SETTINGS.filter(([key]) => !uploads || key === 'spa')
			.map(([key, name, none]) => row(name, d => d.settings[key] === '' ? 'none' : d.settings[key] ?? none)),
	];
	return all.filter(([, a, b]) => a !== b);
}
