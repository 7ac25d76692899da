// side.ts - what every side of a project's page is given.
import {api, ok} from '../../api/client';
import type {Body, Project} from '../../api/types';
import {toast} from '../../ui/toast';

export interface Side {
	project: Project;
	set(project: Project): void;
	reload(): Promise<void>;
}

export type Change = Body<'/api/projects/{id}', 'put'>;

export async function change({project, set}: Side, body: Change): Promise<void> {
	set(await ok(api.PUT('/api/projects/{id}', {params: {path: {id: project.id}}, body})));
}

export async function resume(side: Side): Promise<void> {
	await change(side, {autoDeployPaused: false});
	toast('Auto-deploy goes on: the next push deploys.', 'good');
}
