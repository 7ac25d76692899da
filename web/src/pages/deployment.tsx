// deployment.tsx - one deployment: where it is, what came of it, its log.
import {useEffect, useState} from 'preact/hooks';
import {useLocation, useRoute} from 'preact-iso';
import {api, ok} from '../api/client';
import {useLoad} from '../api/load';
import type {Deployment} from '../api/types';
import {Button, LinkButton} from '../ui/button';
import {begunBy, Branch, branchOf, type Begun} from '../ui/deployments';
import {differences} from '../ui/differences';
import {Badge, Card, Empty, ErrorNote, Note, PageHead, Skeleton, StatusBadge} from '../ui/parts';
import {Elapsed, Exactly, Time} from '../ui/time';
import {useTitle} from '../ui/title';
import {prefill} from './deploy/draft';
import {Actions} from './deployment/actions';
import {Stages} from './deployment/stages';
import {isOver, LogViewer} from './deployment/viewer';
import {DeployNow} from './project/deploynow';

const BACK = {href: '/deployments', text: 'Back to Deployments'};
const LIST = new Intl.ListFormat('en-GB');
const LOOK_EVERY = 15_000; // the log's stream says sooner when something changed

const BEGUN: Record<Begun, string> = {
	manual: 'Started by hand', webhook: 'Push to the branch', redeploy: 'Redeploy', rollback: 'Rollback', api: 'Started over the API', upload: 'Uploaded',
};

// Another deployment is another page, though the component is the same.
export default function Page() {
	const id = useRoute().params.id!;
	return <Detail key={id} id={id} />;
}

function settled(d: Deployment | undefined): boolean {
	return d !== undefined && isOver(d.status) && d.githubStatus !== 'waiting';
}

function Detail({id}: {id: string}) {
	const [every, setEvery] = useState(LOOK_EVERY);
	const detail = useLoad(signal => ok(api.GET('/api/deployments/{id}', {params: {path: {id}}, signal})), [id], every);
	const d = detail.data;
	useEffect(() => setEvery(settled(d) ? 0 : LOOK_EVERY), [d]);
	useTitle(d && `${d.status[0]!.toUpperCase()}${d.status.slice(1)} · ${d.repo}`);

	if (!d && (detail.error?.status === 404 || detail.error?.status === 422))
		return (
			<div class="page">
				<PageHead title="Deployment" back={BACK} />
				<Empty icon="deployments" title="There is no such deployment" action={<LinkButton href="/deployments">To the deployments</LinkButton>}>
					It may have been deleted, or the address is not complete.
				</Empty>
			</div>
		);
	if (!d)
		return detail.error ? <div class="page"><PageHead title="Deployment" back={BACK} /><ErrorNote error={detail.error} onRetry={() => void detail.reload()} /></div> : <Waiting />;
	return (
		<div class="page deployment">
			<PageHead title={d.repo} back={BACK} lead={<Lead d={d} />} actions={<Actions deployment={d} reload={detail.reload} />} />
			{detail.error && <ErrorNote error={detail.error} onRetry={() => void detail.reload()} />}
			<Ending d={d} />
			<Outcome d={d} />
			<Card><Stages stages={d.stages} /></Card>
			<LogViewer deployment={d} onStatus={status => status !== d.status && void detail.reload()} />
			<Facts d={d} />
		</div>
	);
}

function Lead({d}: {d: Deployment}) {
	const branch = branchOf(d);
	return (
		<span class="deployment-lead">
			<StatusBadge status={d.status} />
			{branch && <span><span class="sr-only">Branch </span><Branch name={branch} /></span>}
			{d.live && <Badge mood="good">Live</Badge>}
			{d.commit && <code>{d.commit}</code>}
			{d.commitMessage && <span class="message">{d.commitMessage}</span>}
			<span>{d.author && <>by {d.author} · </>}{BEGUN[begunBy(d)]} · <Time at={d.timestamp} /></span>
		</span>
	);
}

// the build command failed -> The build command failed.
function sentence(text: string): string {
	return text[0]!.toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');
}

// How it ended, for those who hear the page; of one that had ended before they
// came, its head says so.
function Ending({d}: {d: Deployment}) {
	const [before] = useState(isOver(d.status));
	const how = {success: 'Deployment succeeded.', cancelled: 'Deployment cancelled.', superseded: 'Deployment superseded by a newer one.',
		failed: d.error ? `Deployment failed: ${sentence(d.error)}` : 'Deployment failed.'} as Record<string, string>;
	return <p class="sr-only" role="status">{!before && how[d.status]}</p>;
}

// Why it did not become a site, and what to do now.
function Outcome({d}: {d: Deployment}) {
	if (d.status === 'failed')
		return <Failed d={d} />;
	if (d.supersededBy)
		return <Note>A newer deployment took its place: <a href={`/deployments/${d.supersededBy}`}>see that one</a>.</Note>;
	if (d.error)
		return <Note mood="warn">{sentence(d.error)}</Note>;
	return null;
}

// What can be done depends on where the settings came from: the project, or this
// deployment alone. A push deploys by itself only where there is a webhook; that
// of a preview's pull request has come by one.
function Failed({d}: {d: Deployment}) {
	const {route} = useLocation();
	const {data: project} = useLoad(signal => ok(api.GET('/api/projects/{id}', {params: {path: {id: d.projectId}}, signal})), [d.projectId]);
	const other = project ? differences({branch: project.branch, settings: {...project, spa: d.settings.spa}, uploaded: d.uploaded}, d).map(([name]) => name.toLowerCase()) : [];
	const again = project?.repository && !d.uploaded && d.target === 'production';
	return (
		<Note mood="bad">
			<p><strong>{d.error ? sentence(d.error) : 'The deployment failed.'}</strong></p>
			<p>
				The log below says more.{' '}
				{project && (d.uploaded ? <>Correct what it names and <a href={`/projects/${d.projectId}?upload`}>upload it again</a>.</>
					: other.length ? `This build had another ${LIST.format(other)} than the project has.`
						: <>{again ? 'Correct what it names, push that and deploy the newest commit' : 'Correct what it names and push again'}, or
							change the build in the <a href={`/projects/${d.projectId}/settings`}>project's settings</a>.</>)}
				{project?.url && ' The site stays as it was.'}
			</p>
			{again && (
				<div class="after actions">
					{!other.length && <DeployNow small project={project} />}
					<Button small icon="settings" onClick={() => {
						prefill(project, d);
						route('/deploy?step=configure');
					}}>Deploy with other settings</Button>
				</div>
			)}
		</Note>
	);
}

const GITHUB: Record<NonNullable<Deployment['githubStatus']>, string> = {
	waiting: 'About to be told', delivered: 'Shown on the commit', failed: 'Could not be told', dropped: 'Replaced by a newer one',
};

function Facts({d}: {d: Deployment}) {
	return (
		<Card title="Details">
			<dl class="facts">
				<dt>Project</dt><dd><a href={`/projects/${d.projectId}`}>{d.repo}</a></dd>
				<dt>Target</dt><dd>{d.target === 'production' ? 'Production' : `Preview of pull request ${d.target.replace(/^pr-/, '')}`}</dd>
				{d.startedAt && <><dt>Began</dt><dd><Exactly at={d.startedAt} /></dd></>}
				{d.completedAt && <><dt>Ended</dt><dd><Exactly at={d.completedAt} /></dd></>}
				{(d.duration || d.startedAt) && <><dt>Duration</dt><dd>{d.startedAt && !d.completedAt ? <Elapsed since={d.startedAt} /> : d.duration}</dd></>}
				{d.previewUrl && <><dt>This release</dt><dd><a href={d.previewUrl} target="_blank" rel="noopener noreferrer">{d.previewUrl}<span class="sr-only"> (opens in a new tab)</span></a></dd></>}
				{isOver(d.status) && <><dt>Files</dt><dd>{d.live ? 'Live' : d.releaseKept ? 'Kept: a rollback can go to it' : d.previewUrl ? 'Kept' : 'None are kept'}</dd></>}
				{d.githubStatus && <><dt>Status at GitHub</dt><dd>{GITHUB[d.githubStatus]}{d.githubError && <span class="hint"> {d.githubError}</span>}</dd></>}
				{d.limits && <><dt>Limits of the build</dt><dd>{d.limits.replaceAll(',', ', ')}</dd></>}
			</dl>
		</Card>
	);
}

// As large as what comes.
function Waiting() {
	return (
		<div class="page deployment" aria-busy="true">
			<PageHead title={<><span class="sr-only">Loading the deployment</span><Skeleton width="12rem" /></>} back={BACK} lead={<Skeleton width="24rem" />} />
			<Card><div class="stages waiting"><Skeleton height="2.5rem" /></div></Card>
			<section class="card flush logs"><header><Skeleton width="8rem" height="2rem" /></header><div class="log-box"><div class="log" /></div></section>
		</div>
	);
}
