// deliveries.tsx - what came to the project's webhook, what became of it and why.
import {useLocation} from 'preact-iso';
import {api, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import type {Reply} from '../../api/types';
import {Button, LinkButton, useAction} from '../../ui/button';
import {Badge, Card, Empty, ErrorNote, Pages, PastEnd, SkeletonRows} from '../../ui/parts';
import {Time} from '../../ui/time';
import {toast} from '../../ui/toast';
import type {Side} from './side';

type Delivery = Reply<'/api/webhook-deliveries', 'get'>['webhookDeliveries'][number];
type Verdict = Delivery['verdict'];

const VERDICTS: Record<Verdict, [mood: string, text: string]> = {
	deployed: ['good', 'Deployed'],
	pong: ['good', 'Ping answered'],
	received: ['busy', 'Being judged'],
	waits_for_approval: ['wait', 'Waits for approval'],
	auto_deploy_off: ['warn', 'Auto-deploy paused'],
	queue_full: ['warn', 'Queue full'],
	branch_not_tracked: ['idle', 'Another branch'],
	paths_unchanged: ['idle', 'Paths unchanged'],
	skipped: ['idle', 'Skipped'],
	previews_off: ['idle', 'Previews off'],
	preview_closed: ['idle', 'Preview closed'],
	outdated: ['idle', 'Outdated'],
	not_handled: ['idle', 'Not handled'],
	wrong_repository: ['bad', 'Wrong repository'],
	bad_signature: ['bad', 'Bad signature'],
	malformed: ['bad', 'Malformed'],
	failed: ['bad', 'Failed'],
};

export function Deliveries({project}: Side) {
	const {query, route} = useLocation();
	const page = Math.max(1, Number.parseInt(query.page ?? '1') || 1);
	const verdict = query.verdict && query.verdict in VERDICTS ? query.verdict as Verdict : undefined;
	const to = (next: {page?: number; verdict?: string}) => {
		const search = new URLSearchParams({...(next.verdict && {verdict: next.verdict}), ...(next.page && next.page > 1 && {page: String(next.page)})}).toString();
		route(`/projects/${project.id}/deliveries${search && '?' + search}`);
	};
	const {data, current, error, loading, reload} = useLoad(
		signal => ok(api.GET('/api/webhook-deliveries', {params: {query: {projectId: project.id, verdict, page, limit: 20}}, signal})),
		[project.id, verdict, page], 20_000);
	return (
		<>
			<div class="filters">
				<label class="filter">Outcome
					<select value={verdict ?? ''} onChange={e => to({verdict: e.currentTarget.value})}>
						<option value="">All</option>
						{Object.entries(VERDICTS).map(([value, [, text]]) => <option key={value} value={value}>{text}</option>)}
					</select>
				</label>
			</div>
			{error && <ErrorNote error={error} onRetry={() => void reload()} />}
			{(data || !error) && (
				<Card flush>
					{data && current && !data.webhookDeliveries.length ? (
						page > 1 ? <PastEnd onFirst={() => to({verdict})} /> : verdict ? (
							<Empty icon="search" title="Nothing with this filter" action={<Button onClick={() => to({})}>Show all deliveries</Button>}>
								No delivery that is kept ended like this.
							</Empty>
						) : (
							<Empty icon="deployments" title="Nothing was delivered yet" action={<LinkButton href={`/projects/${project.id}/hooks`}>Set up the webhook</LinkButton>}>
								Every push that GitHub tells of stands here, with what became of it and why.
							</Empty>
						)
					) : (
						<div class="table-wrap" aria-busy={loading && !current}>
							<table class="cards deliveries">
								<thead><tr><th>Outcome</th><th>Event</th><th>Commit</th><th>Came</th><th class="end"><span class="sr-only">Actions</span></th></tr></thead>
								<tbody>{data?.webhookDeliveries.length ? data.webhookDeliveries.map(d => <Row key={d.id} delivery={d} onChange={reload} />) : <SkeletonRows rows={5} columns={5} />}</tbody>
							</table>
						</div>
					)}
					{data && <Pages pagination={data.pagination} one="delivery" many="deliveries" onPage={page => to({page, verdict})} />}
				</Card>
			)}
		</>
	);
}

function Row({delivery: d, onChange}: {delivery: Delivery; onChange(): Promise<void>}) {
	const [mood, text] = VERDICTS[d.verdict];
	const again = useAction(async () => {
		const judged = await ok(api.POST('/api/webhook-deliveries/{id}/redeliver', {params: {path: {id: d.id}}}));
		toast(judged.reason, judged.verdict === 'deployed' ? 'good' : 'plain');
		await onChange();
	});
	return (
		<tr>
			<td>
				<div class="cell">
					<Badge mood={mood}>{text}</Badge>
					<span class="reason">{d.reason}</span>
				</div>
			</td>
			<td data-label="Event"><div class="cell">{d.event || <span class="muted">Not believed</span>}{d.pullNumber !== null && ` #${d.pullNumber}`}{d.branch && <> <span class="mono">{d.branch}</span></>}</div></td>
			<td data-label="Commit"><div class="cell">{d.commit ? <><code>{d.commit.slice(0, 7)}</code><span class="sub">{d.commitMessage}</span></> : <span class="muted">–</span>}</div></td>
			<td data-label="Came"><div class="cell"><Time at={d.receivedAt} />{d.duplicates > 0 && <span class="sub">{d.duplicates === 1 ? 'and once again' : `and ${d.duplicates} times again`}</span>}</div></td>
			<td class="end">
				<div class="actions end">
					{d.deploymentId && <LinkButton small kind="quiet" href={`/deployments/${d.deploymentId}`}>Deployment</LinkButton>}
					{d.canRedeliver && <Button small icon="refresh" busy={again.busy} onClick={again.run}
						title="Judge it again, by the settings of now">Redeliver</Button>}
				</div>
			</td>
		</tr>
	);
}
