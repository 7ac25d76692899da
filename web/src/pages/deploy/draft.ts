// draft.ts - what was chosen and typed for the next deployment. It outlives the
// steps and a reload (sessionStorage), but for secrets: variables and tokens
// are in memory only.
import {effect, signal} from '@preact/signals';
import {user} from '../../api/session';
import type {Deployment, Project} from '../../api/types';
import {repoAddress} from '../../ui/repo';

export type From = 'github' | 'address' | 'project' | 'upload';

export interface Draft {
	userId: string;
	way: From; // the one that is looked at
	from: From; // by which the repository was chosen
	address: string | null; // as it is being typed; null: the repository's
	repository: string; // owner/name, or an https address; of a project: its own
	projectId: string | null; // the project that has it already
	another: boolean; // make one more project of that repository
	name: string; // of a new project; empty: after the repository
	branch: string; // empty: the project's, or main
	installCommand: string | null; // null: detect, or as the project has it
	buildCommand: string | null;
	outputDir: string;
	rootDir: string;
	cache: boolean;
}

interface Secrets {
	envVars: string;
	deployToken: string;
}

const KEY = 'autostack.deploy';
const NO_SECRETS: Secrets = {envVars: '', deployToken: ''};

export function fresh(): Draft {
	return {
		userId: user.value?.id ?? '', way: 'github', from: 'github', address: null, repository: '', projectId: null, another: false, name: '', branch: '',
		installCommand: null, buildCommand: null, outputDir: '', rootDir: '', cache: true,
	};
}

// Of the person who is signed in, or may turn out to be: a tab may have seen
// another one before.
function remembered(): Draft {
	try {
		const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Draft | null;
		if (kept && (user.value === undefined || kept.userId === user.value?.id))
			return {...fresh(), ...kept};
	} catch {
		// not ours: begin anew
	}
	return fresh();
}

export const draft = signal<Draft>(remembered());
export const secrets = signal<Secrets>(NO_SECRETS);
// What the API said about fields, for the step that has them.
export const refused = signal<Record<string, string>>({});

effect(() => sessionStorage.setItem(KEY, JSON.stringify(draft.value)));
// Somebody else begins anew. Whoever comes back from the page for signing in goes
// on, but for secrets, which are kept no longer than somebody is signed in.
effect(() => {
	if (!user.value)
		secrets.value = NO_SECRETS;
	else if (draft.value.userId !== user.value.id)
		reset();
});

export function reset(): void {
	draft.value = fresh();
	secrets.value = NO_SECRETS;
	refused.value = {};
}

export function put(change: Partial<Draft>): void {
	draft.value = {...draft.value, ...change};
}

// Who gets a token for it; null: it is no address.
function serverOf(repository: string): string | null {
	try {
		return new URL(repoAddress(repository)).origin;
	} catch {
		return null;
	}
}

// Another one from a list: nothing that was said of the one before holds. An
// address that is typed anew is one that is corrected: what was typed after it
// stays, but for the token when it would go to another server.
export function choose(change: Pick<Draft, 'from' | 'repository' | 'projectId'> & Partial<Draft>): void {
	const {repository, projectId} = draft.value;
	refused.value = {};
	if (change.repository === repository && change.projectId === projectId)
		put({from: change.from});
	else if (change.from === 'address' && draft.value.from === 'address') {
		if (serverOf(change.repository) !== serverOf(repository))
			secrets.value = {...secrets.value, deployToken: ''};
		put({...change, address: null, another: false});
	} else {
		secrets.value = NO_SECRETS;
		draft.value = {...fresh(), way: change.from, ...change};
	}
}

// Once more as this deployment was: what it had otherwise than its project has,
// but for variables, which nobody is told.
export function prefill({id, repository, branch, ...own}: Project, {branch: built, settings}: Deployment): void {
	const other = (name: 'rootDir' | 'installCommand' | 'buildCommand' | 'outputDir') => settings[name] === own[name] ? null : settings[name];
	reset();
	put({
		way: 'project', from: 'project', repository: repository ?? '', projectId: id, branch: built === branch ? '' : built, installCommand: other('installCommand'),
		buildCommand: other('buildCommand'), outputDir: other('outputDir') ?? '', rootDir: other('rootDir') ?? '',
	});
}

// The project that it goes to; null: a new one is made.
export function target({projectId, another}: Draft): string | null {
	return another ? null : projectId;
}
