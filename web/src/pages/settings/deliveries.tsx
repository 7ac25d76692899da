// deliveries.tsx - what was sent to a channel, and what became of it.
import {useEffect} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {api, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import type {Reply} from '../../api/types';
import {Badge, Card, Empty, ErrorNote, Pages, PastEnd, SkeletonRows} from '../../ui/parts';
import {Time} from '../../ui/time';
import {HERE} from './channels';

type Delivery = Reply<'/api/notification-channels/{id}/deliveries', 'get'>['deliveries'][number];
type Status = Delivery['status'];

const STATUS: Record<Status, [mood: string, text: string]> = {
	waiting: ['wait', 'Waiting'], delivered: ['good', 'Delivered'], failed: ['bad', 'Failed'],
};
const EVENTS: Record<Delivery['event'], string> = {
	'deployment.success': 'Deployment succeeded', 'deployment.failure': 'Deployment failed', test: 'Test', 'channel.disabled': 'Channel switched off',
};
const WAITING_EVERY = 4000; // ms, as long as something is on its way

// What waits for its next attempt in hours is not looked at every few seconds.
function soon(d: Delivery): boolean {
	return d.status === 'waiting' && Date.parse(d.nextAttemptAt ?? d.createdAt) < Date.now() + 30_000;
}

function outcome(d: Delivery): string {
	const tries = d.attempts === 1 ? '1 attempt' : `${d.attempts} attempts`;
	return [d.attempts > 0 && tries, d.responseCode !== null && `answer ${d.responseCode}`, d.error].filter(Boolean).join(' · ') || 'Not tried yet';
}

export function Deliveries({id, refresh}: {id: string; refresh: number}) {
	const {query, route} = useLocation();
	const status = query.status && query.status in STATUS ? query.status as Status : undefined;
	const page = Math.max(1, Math.trunc(Number(query.page)) || 1);
	const {data, error, reload} = useLoad(signal => ok(api.GET('/api/notification-channels/{id}/deliveries',
		{params: {path: {id}, query: {page, limit: 10, ...(status && {status})}}, signal})), [id, page, status, refresh]);
	useEffect(() => {
		if (!data?.deliveries.some(soon))
			return;
		const timer = setTimeout(() => void reload(), WAITING_EVERY);
		return () => clearTimeout(timer);
	}, [data]);
	const go = (to: {status?: string; page?: number}) => {
		const search = new URLSearchParams({channel: id});
		if (to.status)
			search.set('status', to.status);
		if (to.page && to.page > 1)
			search.set('page', String(to.page));
		route(`${HERE}?${search}`);
	};
	return (
		<Card title="Deliveries" flush actions={
			<select aria-label="Status" value={status ?? ''} onChange={e => go({status: e.currentTarget.value})}>
				<option value="">All</option>
				{Object.entries(STATUS).map(([value, [, text]]) => <option key={value} value={value}>{text}</option>)}
			</select>
		}>
			{error && <div class="inside"><ErrorNote error={error} onRetry={() => void reload()} /></div>}
			{data?.deliveries.length === 0 && page > 1 ? <PastEnd onFirst={() => go({status})} /> : data?.deliveries.length === 0 ? (
				<Empty icon="bell" title={status ? `Nothing ${STATUS[status][1].toLowerCase()}` : 'Nothing was sent yet'}>
					{status ? 'Choose All to see the others.' : 'The next deployment that ends is told of here. Send a test to see whether it arrives.'}
				</Empty>
			) : (
				<div class="table-wrap">
					<table class="cards">
						<thead><tr><th>What</th><th>Status</th><th>Outcome</th><th>When</th></tr></thead>
						<tbody>
							{!data ? !error && <SkeletonRows rows={3} columns={4} /> : data.deliveries.map(d => (
								<tr key={d.id}>
									<td>{d.deploymentId ? <a class="main" href={`/deployments/${d.deploymentId}`}>{EVENTS[d.event]}</a>
										: <span class="main">{EVENTS[d.event]}</span>}</td>
									<td data-label="Status"><Badge mood={STATUS[d.status][0]}>{STATUS[d.status][1]}</Badge></td>
									<td data-label="Outcome"><span class="reason">{outcome(d)}{d.nextAttemptAt && d.attempts > 0 && <span class="sub">next attempt <Time at={d.nextAttemptAt} /></span>}</span></td>
									<td data-label="When"><Time at={d.endedAt ?? d.createdAt} /></td>
								</tr>
							))}
						</tbody>
					</table>
				</div>
			)}
			{data && data.deliveries.length > 0 && <Pages pagination={data.pagination}
				one="delivery" many="deliveries" onPage={n => go({status, page: n})} />}
		</Card>
	);
}
