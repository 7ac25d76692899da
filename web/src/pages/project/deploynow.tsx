// deploynow.tsx - deploys the newest commit of a project's branch.
import {useLocation} from 'preact-iso';
import {api, ok} from '../../api/client';
import type {Project} from '../../api/types';
import {Button, useAction} from '../../ui/button';
import {toast} from '../../ui/toast';

export function DeployNow({project, small}: {project: Project; small?: boolean}) {
	const {route} = useLocation();
	const deploy = useAction(async () => {
		const made = await ok(api.POST('/api/deployments', {body: {repository: project.name}}));
		toast('The deployment has started.', 'good');
		route(`/deployments/${made.id}`);
	});
	return <Button kind="primary" small={small} icon="deployments" busy={deploy.busy} onClick={deploy.run}>Deploy now</Button>;
}
