// channels.tsx - the list of notification channels.
import {useLocation} from 'preact-iso';
import {api, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import type {Reply} from '../../api/types';
import {LinkButton} from '../../ui/button';
import {Badge, Card, Empty, ErrorNote, Pages, PastEnd, Skeleton} from '../../ui/parts';

export type Channel = Reply<'/api/notification-channels/{id}', 'get'>;

export const KINDS: Record<Channel['kind'], string> = {webhook: 'Webhook', slack: 'Slack', discord: 'Discord'};
export const HERE = '/settings/notifications';

export function ChannelState({channel}: {channel: Channel}) {
	if (channel.disabledAt)
		return <Badge mood="bad">Switched off after failures</Badge>;
	if (!channel.enabled)
		return <Badge>Off</Badge>;
	return channel.failures > 0 ? <Badge mood="warn">Failing</Badge> : <Badge mood="good">On</Badge>;
}

export function told(c: Channel): string {
	const what = c.onSuccess && c.onFailure ? 'Successes and failures' : c.onSuccess ? 'Successes' : c.onFailure ? 'Failures' : 'Nothing';
	return c.stateChangeOnly && what !== 'Nothing' ? `${what}, when it changes` : what;
}

export function ChannelList() {
	const {query, route} = useLocation();
	const page = Math.max(1, Math.trunc(Number(query.page)) || 1);
	const go = (n: number) => route(`${HERE}${n > 1 ? `?page=${n}` : ''}`);
	const {data, error, reload} = useLoad(
		signal => ok(api.GET('/api/notification-channels', {params: {query: {page, limit: 10}}, signal})), [page]);
	const total = data?.pagination.totalItems;
	return (
		<Card title="Channels" flush={!!total} actions={!!total && <LinkButton small kind="primary" icon="plus" href={`${HERE}?channel=new`}>New channel</LinkButton>}>
			{error ? <ErrorNote error={error} onRetry={() => void reload()} />
				: !data ? <Skeleton height="13.5rem" />
				: total === 0 ? (
					<Empty icon="bell" title="No channels yet"
						action={<LinkButton kind="primary" icon="plus" href={`${HERE}?channel=new`}>New channel</LinkButton>}>
						A channel tells Slack, Discord or a program of yours (by a signed webhook) how deployments end.
					</Empty>
				) : !data.channels.length ? <PastEnd onFirst={() => go(1)} /> : (
					<>
						<ul class="list top-line">
							{data.channels.map(c => (
								<li key={c.id}>
									<div>
										<a class="name" href={`${HERE}?channel=${c.id}`}>{c.name}</a>
										<p class="hint">{KINDS[c.kind]} · {c.host} · {told(c)}{c.projectId ? ' of one project' : ''}</p>
									</div>
									<ChannelState channel={c} />
								</li>
							))}
						</ul>
						<Pages pagination={data.pagination} one="channel" many="channels" onPage={go} />
					</>
				)}
		</Card>
	);
}
