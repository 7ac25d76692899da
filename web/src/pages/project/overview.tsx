// overview.tsx - what is live, what was deployed, and the way back to an
// earlier release.
import {useEffect, useRef, useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {api, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import type {Deployment, DeploymentItem} from '../../api/types';
import {Button, CopyButton, useAction} from '../../ui/button';
import {Compared} from '../../ui/compared';
import {begunBy, branchOf, type Begun} from '../../ui/deployments';
import {Confirm, Dialog} from '../../ui/dialog';
import {Badge, Card, Empty, ErrorNote, None, Pages, PastEnd, SkeletonRows, StatusBadge} from '../../ui/parts';
import {Time} from '../../ui/time';
import {toast} from '../../ui/toast';
import type {Side} from './side';

const BUSY = new Set(['queued', 'building', 'deploying']);
const BEGUN: Record<Begun, string> = {
	manual: 'By hand', webhook: 'Push', redeploy: 'Redeploy', rollback: 'Rollback', api: 'API', upload: 'Upload',
};

export function Overview(side: Side) {
	const {project} = side;
	const {query, route} = useLocation();
	const page = Math.max(1, Number.parseInt(query.page ?? '1') || 1);
	const [busy, setBusy] = useState(false);
	const {data, current, error, loading, reload} = useLoad(
		signal => ok(api.GET('/api/deployments', {params: {query: {projectId: project.id, page, limit: 10}}, signal})),
		[project.id, page], busy ? 4_000 : 30_000);
	const states = data?.deployments.map(d => d.id + d.status).join();
	const before = useRef<string>();
	useEffect(() => {
		if (!data)
			return;
		setBusy(data.deployments.some(d => BUSY.has(d.status)));
		if (before.current !== undefined)
			void side.reload(); // what is live may be another one by now
		before.current = states;
	}, [states]);

	return (
		<>
			<Live {...side} deployments={data?.deployments} />
			<Card title="Deployments" flush>
				{error && <div class="card-note"><ErrorNote error={error} onRetry={() => void reload()} /></div>}
				{data && current && !data.deployments.length ? page > 1 ? <PastEnd onFirst={() => route(`/projects/${project.id}`)} /> : (
					<Empty icon="deployments" title="Nothing was deployed yet">
						{project.repository ? 'Press “Deploy now” above, or push to the branch once the webhook is set up.'
							: 'Press “Deploy a prebuilt directory” above, or send it by the API.'}
					</Empty>
				) : (data || !error) && (
					<div class="table-wrap" aria-busy={loading && !current}>
						<table class="cards">
							<thead><tr><th>Commit</th><th>Status</th><th>Branch</th><th>By</th><th>When</th><th>Took</th><th class="end"><span class="sr-only">Actions</span></th></tr></thead>
							<tbody>
								{data?.deployments.length ? data.deployments.map(d => <Row key={d.id} deployment={d} side={side} onChange={reload} />)
									: <SkeletonRows rows={5} columns={7} />}
							</tbody>
						</table>
					</div>
				)}
				{data && <Pages pagination={data.pagination} one="deployment" many="deployments" onPage={to => route(`/projects/${project.id}${to > 1 ? `?page=${to}` : ''}`)} />}
			</Card>
		</>
	);
}

function Live({project, deployments}: Side & {deployments: DeploymentItem[] | undefined}) {
	const live = deployments?.find(d => d.id === project.liveDeploymentId);
	if (!project.url)
		return (
			<Card title="Site">
				<p class="muted">Not live yet. The first deployment that succeeds puts the site online as <strong>{project.site}</strong>.</p>
			</Card>
		);
	return (
		<Card title="Site" actions={<Badge mood="good">Live</Badge>}>
			<dl class="facts">
				<dt>Address</dt>
				<dd class="with-copy"><a href={project.url} target="_blank" rel="noopener noreferrer">{project.url}<span class="sr-only"> (opens in a new tab)</span></a>
					<CopyButton text={project.url} label="Copy" kind="quiet" /></dd>
				<dt>Release</dt>
				<dd>
					{project.liveDeploymentId
						? <a href={`/deployments/${project.liveDeploymentId}`}>
							{live ? <>{live.commitMessage ?? 'Deployment'} {live.commit && <code>{live.commit}</code>}</> : 'The live deployment'}
						</a> : 'Its deployment was deleted'}
					{live && <span class="muted"> · <Time at={live.createdAt} /></span>}
				</dd>
			</dl>
		</Card>
	);
}

function Row({deployment: d, side, onChange}: {deployment: DeploymentItem; side: Side; onChange(): Promise<void>}) {
	const live = d.id === side.project.liveDeploymentId;
	const branch = branchOf(d);
	const [back, setBack] = useState<Deployment | null>(null);
	// only the detail says whether the files are still there
	const ask = useAction(async () => setBack(await ok(api.GET('/api/deployments/{id}', {params: {path: {id: d.id}}}))));
	return (
		<tr>
			<td>
				<div class="cell">
					<a class="main" href={`/deployments/${d.id}`}>{d.commitMessage ?? (d.commit ? `Commit ${d.commit}` : 'Deployment')}</a>
					<span class="sub">{[d.commit, d.author].filter(Boolean).join(' · ') || (d.uploaded ? 'Uploaded' : BUSY.has(d.status) ? 'The commit is not known yet' : 'No commit')}</span>
				</div>
			</td>
			<td data-label="Status"><span class="badges"><StatusBadge status={d.status} />{live && <Badge mood="good">Live</Badge>}</span></td>
			<td data-label="Branch">{branch ? <span class="mono">{branch}</span> : <None />}</td>
			<td data-label="By" class="nowrap">{BEGUN[begunBy(d)]}</td>
			<td data-label="When"><Time at={d.createdAt} /></td>
			<td data-label="Took" class="tabular nowrap">{d.duration ?? '–'}</td>
			<td class="end">
				{d.status === 'success' && !live && side.project.url
					&& <Button small icon="undo" busy={ask.busy} onClick={ask.run}>Roll back<span class="sr-only"> to {d.commitMessage ?? d.commit ?? 'this deployment'}</span></Button>}
				{back && <Rollback to={back} side={side} onChange={onChange} onClose={() => setBack(null)} />}
			</td>
		</tr>
	);
}

function Rollback({to, side, onChange, onClose}: {to: Deployment; side: Side; onChange(): Promise<void>; onClose(): void}) {
	const {route} = useLocation();
	const again = useAction(async () => {
		const made = await ok(api.POST('/api/deployments/{id}/redeploy', {params: {path: {id: to.id}}, body: {}}));
		toast('The deployment has started.', 'good');
		route(`/deployments/${made.id}`);
	});
	const pauses = side.project.repository !== null;
	const upload = () => {
		onClose();
		route(`/projects/${side.project.id}?upload`);
	};
	if (to.target !== 'production' || !to.releaseKept)
		return (
			<Dialog title="No way back to this one" onClose={onClose}>
				<div class="form">
					<p>{to.target !== 'production' ? 'This is the deployment of a preview: the site itself cannot go back to it.'
						: to.uploaded ? 'The files of this release are not kept any more. It was uploaded, and an upload is not kept either.'
						: 'The files of this release are not kept any more. Its commit can be built again with the settings that it had then.'}</p>
					<div class="form-actions">
						{to.target === 'production' && (to.uploaded ? <Button kind="primary" icon="up" onClick={upload}>Upload again</Button>
							: <Button kind="primary" busy={again.busy} onClick={again.run}>Build it again</Button>)}
						<Button disabled={again.busy} onClick={onClose}>Close</Button>
					</div>
				</div>
			</Dialog>
		);
	return (
		<Confirm title="Roll back?" action="Roll back" kind="primary" onClose={onClose} onConfirm={async () => {
			await ok(api.POST('/api/projects/{id}/rollback', {params: {path: {id: side.project.id}}, body: {deploymentId: to.id}}));
			toast(pauses ? 'The site goes back. Auto-deploy is paused: resume it when the cause is gone.' : 'The site goes back.', 'good');
			await Promise.all([side.reload(), onChange()]);
		}}>
			<p>The site shows <strong>{to.commitMessage ?? 'this release'}</strong> {to.commit && <code>{to.commit}</code>} again,
				deployed <Time at={to.createdAt} />. Nothing is built: it takes a moment.</p>
			{to.previewUrl && <p><a href={to.previewUrl} target="_blank" rel="noopener noreferrer">Look at that release first<span class="sr-only"> (opens in a new tab)</span></a></p>}
			<Compared to={to} />
			<p>{pauses && <><strong>Auto-deploy pauses</strong> until you resume it, since the next push would undo the rollback.{' '}</>}What waits for
				this project is superseded, and what runs is cancelled.</p>
		</Confirm>
	);
}
