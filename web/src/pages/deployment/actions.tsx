// actions.tsx - what can be done with a deployment. What cannot be undone asks.
import {useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {api, gone, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import type {Deployment} from '../../api/types';
import {Button, CopyButton, LinkButton, useAction} from '../../ui/button';
import {Compared} from '../../ui/compared';
import {Confirm} from '../../ui/dialog';
import {CheckField} from '../../ui/form';
import {toast} from '../../ui/toast';
import {isOver} from './viewer';

type Question = 'redeploy' | 'rollback' | 'delete';

export function Actions({deployment, reload}: {deployment: Deployment; reload(): Promise<void>}) {
	const {route} = useLocation();
	const [question, setQuestion] = useState<Question | null>(null);
	const [cancelling, setCancelling] = useState(false);
	const [cache, setCache] = useState(true);
	const {id, repo, projectId, url, status, targetOpen, live, releaseKept, uploaded} = deployment;
	const over = isOver(status);
	const commit = deployment.commit ? `commit ${deployment.commit}` : 'the same commit';

	const cancel = useAction(async () => {
		try {
			await ok(api.POST('/api/deployments/{id}/cancel', {params: {path: {id}}}));
			setCancelling(true);
		} finally {
			await reload(); // refused, it is further than this page knows
		}
	});
	const redeploy = async () => {
		const next = await ok(api.POST('/api/deployments/{id}/redeploy', {params: {path: {id}}, body: {cache}}));
		toast(`Queued ${repo} again`, 'good');
		route(`/deployments/${next.id}`);
	};
	const rollback = async () => {
		const next = await ok(api.POST('/api/projects/{id}/rollback', {params: {path: {id: projectId}}, body: {deploymentId: id}}));
		toast(`Rolling ${repo} back`, 'good');
		route(`/deployments/${next.id}`);
	};
	const remove = async () => {
		await gone(api.DELETE('/api/deployments/{id}', {params: {path: {id}}}));
		toast('Deployment deleted', 'good');
		route('/deployments');
	};

	return (
		<>
			{url && status === 'success' && <LinkButton kind="primary" icon="external" href={url} external>Visit site</LinkButton>}
			{url && <CopyButton text={url} label="Copy URL" small={false} />}
			{over ? uploaded ? <LinkButton icon="up" href={`/projects/${projectId}?upload`}>Upload again</LinkButton>
				: targetOpen && <Button icon="refresh" onClick={() => setQuestion('redeploy')}>Redeploy</Button>
				: <Button kind="danger" icon="stop" busy={cancel.busy || cancelling} onClick={cancel.run}>{cancelling ? 'Cancelling' : 'Cancel'}</Button>}
			{releaseKept && !live && <Button icon="undo" onClick={() => setQuestion('rollback')}>Roll back to this release</Button>}
			{over && !live && <Button kind="danger" icon="trash" onClick={() => setQuestion('delete')}>Delete</Button>}

			{question === 'redeploy' && (
				<Confirm title={`Redeploy ${repo}`} kind="primary" action="Redeploy" onConfirm={redeploy} onClose={() => setQuestion(null)}>
					<p>This builds {commit} of branch {deployment.branch} again, with the settings and the environment of this deployment,
						whatever the project's are by now.</p>
					<CheckField label="Use the build cache" hint="Without it, everything is installed and built from nothing. Slower, but clean."
						checked={cache} onChecked={setCache} />
				</Confirm>
			)}
			{question === 'rollback' && (
				<Confirm title={`Roll ${repo} back`} kind="primary" action="Roll back" onConfirm={rollback} onClose={() => setQuestion(null)}>
					<p>The site becomes what {uploaded ? 'was uploaded then' : `${commit} made`}, at once and without a build.</p>
					<Compared to={deployment} />
					<GivenUp projectId={projectId} />
				</Confirm>
			)}
			{question === 'delete' && (
				<Confirm title="Delete this deployment" action="Delete" onConfirm={remove} onClose={() => setQuestion(null)}>
					<p>Its log and its files go with it{releaseKept ? ', and it is no longer there to roll back to' : ''}. The site stays as it is.</p>
				</Confirm>
			)}
		</>
	);
}

// Besides what is live; a project without a repository has nothing that deploys by itself.
function GivenUp({projectId}: {projectId: string}) {
	const {data: project} = useLoad(signal => ok(api.GET('/api/projects/{id}', {params: {path: {id: projectId}}, signal})), [projectId]);
	return (
		<p>What waits or is being built for this project is given up{project?.repository && <>, and pushes and deploy hooks deploy nothing until
			you turn automatic deployments on again in the project's settings</>}.</p>
	);
}
