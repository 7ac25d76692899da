// send.ts - asks for the deployment that the draft describes.
import {api, ok} from '../../api/client';
import {ApiError} from '../../api/error';
import type {DeploymentItem, Project} from '../../api/types';
import {NAME_TAKEN} from '../project/name';
import {draft, put, refused, secrets, target, type Draft} from './draft';

export type Step = 'repository' | 'configure' | 'deploy';

function settingsOf(d: Draft) {
	return {
		branch: d.branch.trim() || undefined,
		rootDir: d.rootDir.trim() || undefined,
		installCommand: d.installCommand ?? undefined,
		buildCommand: d.buildCommand ?? undefined,
		outputDir: d.outputDir.trim() || undefined,
		envVars: secrets.value.envVars.trim() ? secrets.value.envVars : undefined,
	};
}

// A new project with a name or a token of its own has to be made before: a
// deployment takes neither.
async function makeProject(d: Draft, made: (project: Project) => void): Promise<Project> {
	const project = await ok(api.POST('/api/projects', {body: {
		...settingsOf(d), repository: d.repository, name: d.name.trim() || undefined, deployToken: secrets.value.deployToken || undefined,
	}}));
	// should the deployment be refused, the next try does not make it twice
	made(project);
	put({projectId: project.id, another: false, name: '', branch: '', installCommand: null, buildCommand: null, outputDir: '', rootDir: ''});
	secrets.value = {envVars: '', deployToken: ''};
	return project;
}

// project: the one that it goes to, if it is there already; made: is told of the
// one that had to be made, whatever becomes of the deployment.
export async function send(project: Project | undefined, made: (project: Project) => void): Promise<DeploymentItem> {
	let d = draft.value;
	let repository = target(d) && project ? project.name : d.repository;
	if (!target(d) && (d.name.trim() || secrets.value.deployToken)) {
		repository = (await makeProject(d, made)).name;
		d = draft.value;
	}
	return ok(api.POST('/api/deployments', {body: {...settingsOf(d), repository, cache: d.cache}}));
}

// Where the error belongs: the step that has the field, or null when it is
// about none of them. What was said is kept for that step.
export function stepOf(error: ApiError): Step | null {
	const said = Object.fromEntries(error.fields.map(f => [f.name, f.message]));
	if (error.code === 'REPOSITORY_REFUSED' && !error.fields.length)
		said.repository = error.message;
	if (error.code === 'PROJECT_NAME_TAKEN')
		said.name = NAME_TAKEN;
	refused.value = said;
	if (!Object.keys(said).length)
		return null;
	return said.repository ? 'repository' : 'configure';
}
