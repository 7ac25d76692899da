// previews.tsx - the pull requests of a project, each under an address of its own.
import {useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {api, gone, ok} from '../../api/client';
import {asApiError} from '../../api/error';
import {useLoad} from '../../api/load';
import type {Reply} from '../../api/types';
import {Button, LinkButton} from '../../ui/button';
import {Confirm} from '../../ui/dialog';
import {Badge, Card, Empty, ErrorNote, Note, Pages, PastEnd, SkeletonRows} from '../../ui/parts';
import {isGitHub} from '../../ui/repo';
import {Time} from '../../ui/time';
import {toast} from '../../ui/toast';
import type {Side} from './side';

type Preview = Reply<'/api/projects/{id}/previews', 'get'>['previews'][number];

const STATES: Record<Preview['state'], [mood: string, text: string]> = {
	open: ['good', 'Open'], waiting: ['wait', 'Waits for approval'], closed: ['idle', 'Closed'],
};

export function Previews(side: Side) {
	const {project} = side;
	const {query, route} = useLocation();
	const page = Math.max(1, Number.parseInt(query.page ?? '1') || 1);
	const {data, current, error, loading, reload} = useLoad(
		signal => ok(api.GET('/api/projects/{id}/previews', {params: {path: {id: project.id}, query: {page, limit: 20}}, signal})),
		[project.id, page], 20_000);
	return (
		<>
			{!project.previews && <Note mood="warn">Previews are switched off: pull requests are not built. You can switch them on in
				the <a href={`/projects/${project.id}/settings`}>settings</a>.</Note>}
			{error && <ErrorNote error={error} onRetry={() => void reload()} />}
			{(data || !error) && (
				<Card title="Pull requests" flush>
					{data && current && !data.previews.length ? page > 1 ? <PastEnd onFirst={() => route(`/projects/${project.id}/previews`)} /> : (
						<Empty icon="branch" title="No open pull requests" action={<LinkButton href={`/projects/${project.id}/hooks`}>Set up the webhook</LinkButton>}>
							Every pull request gets a site of its own, and it goes when the request is closed. GitHub tells of them by the project’s webhook.
						</Empty>
					) : (
						<div class="table-wrap" aria-busy={loading && !current}>
							<table class="cards">
								<thead><tr><th>Pull request</th><th>State</th><th>Branch</th><th>Preview</th><th>Opened</th><th class="end"><span class="sr-only">Actions</span></th></tr></thead>
								<tbody>{data?.previews.length ? data.previews.map(v => <Row key={v.id} preview={v} side={side} onChange={reload} />) : <SkeletonRows rows={4} columns={6} />}</tbody>
							</table>
						</div>
					)}
					{data && <Pages pagination={data.pagination} one="pull request" many="pull requests"
						onPage={to => route(`/projects/${project.id}/previews${to > 1 ? `?page=${to}` : ''}`)} />}
				</Card>
			)}
		</>
	);
}

const short = (commit: string) => commit.slice(0, 7);

function Row({preview: v, side: {project}, onChange}: {preview: Preview; side: Side; onChange(): Promise<void>}) {
	const [asking, setAsking] = useState<'approve' | 'close' | null>(null);
	const [mood, text] = STATES[v.state];
	const params = {path: {id: project.id, previewId: v.id}};
	const title = `#${v.number} ${v.title}`;
	return (
		<tr>
			<td>
				<div class="cell">
					{project.repository && isGitHub(project.repository)
						? <a class="main" href={`${project.repository.replace(/\.git$/, '')}/pull/${v.number}`} target="_blank" rel="noopener noreferrer">{title}<span class="sr-only"> (opens in a new tab)</span></a>
						: <span class="main">{title}</span>}
					<span class="sub">{v.author} · {short(v.commit)}{v.fork && ' · from a fork'}</span>
				</div>
			</td>
			<td data-label="State"><Badge mood={mood}>{text}</Badge></td>
			<td data-label="Branch"><span class="mono">{v.branch}</span></td>
			<td data-label="Preview">
				{v.url ? <a href={v.url} target="_blank" rel="noopener noreferrer">Visit<span class="sr-only"> the preview of {title} (opens in a new tab)</span></a>
					: v.deploymentId ? <a href={`/deployments/${v.deploymentId}`}>Its deployment<span class="sr-only"> of {title}</span></a> : <span class="muted nowrap">Not built</span>}
			</td>
			<td data-label="Opened"><Time at={v.openedAt} /></td>
			<td class="end">
				<div class="actions end">
					{v.state === 'waiting' && <Button small kind="primary" icon="check" onClick={() => setAsking('approve')}>Approve<span class="sr-only"> {title}</span></Button>}
					{v.state !== 'closed' && <Button small onClick={() => setAsking('close')}>Close<span class="sr-only"> {title}</span></Button>}
				</div>
				{asking === 'approve' && <Approve preview={v} project={project} onChange={onChange} onClose={() => setAsking(null)} />}
				{asking === 'close' && (
					<Confirm title={`Close the preview of ${title}?`} action="Close the preview" onClose={() => setAsking(null)} onConfirm={async () => {
						await gone(api.DELETE('/api/projects/{id}/previews/{previewId}', {params}));
						await onChange();
						toast('The preview is closed.', 'good');
					}}>
						<p>Its site goes offline, and what is being built of it is cancelled. The pull request stays open at the git host; the next push to
							it brings the preview back.</p>
					</Confirm>
				)}
			</td>
		</tr>
	);
}

// Asks about one commit, that of the moment when it was opened: what is pushed
// meanwhile is shown, and only taken by hand.
function Approve({preview: v, project, onChange, onClose}: {preview: Preview; project: Side['project']; onChange(): Promise<void>; onClose(): void}) {
	const {route} = useLocation();
	const [commit, setCommit] = useState(v.commit);
	return (
		<Confirm key={commit} title={`Build #${v.number} ${v.title}?`} action={`Build ${short(commit)}`} kind="primary" onClose={onClose} onConfirm={async () => {
			try {
				const made = await ok(api.POST('/api/projects/{id}/previews/{previewId}/approve',
					{params: {path: {id: project.id, previewId: v.id}}, body: {commit}}));
				toast('The preview is being built.', 'good');
				route(`/deployments/${made.id}`);
			} catch (thrown) {
				if (asApiError(thrown).code === 'PREVIEW_CHANGED')
					await onChange();
				throw thrown;
			}
		}}>
			<p>The code is {v.author}’s, from a fork. Commit <code>{short(commit)}</code> is built without any of your variables and without the
				build cache. Have a look at what it changes first: each new commit has to be approved again.</p>
			{v.commit !== commit && (
				<Note mood="warn">Commit <code>{short(v.commit)}</code> was pushed since.{' '}
					<Button small onClick={() => setCommit(v.commit)}>Ask about that one</Button></Note>
			)}
		</Confirm>
	);
}
