// analytics.tsx - one's own deployments over a window of days, and how busy the
// platform is. The tab is in the path, the window in ?range=.
import {useLocation, useRoute} from 'preact-iso';
import {api, ok} from '../api/client';
import {useLoad, type Loaded} from '../api/load';
import type {Reply} from '../api/types';
import {LinkButton} from '../ui/button';
import {Card, Empty, ErrorNote, PageHead, Skeleton, Stat, Tabs} from '../ui/parts';
import {zone} from '../ui/time';
import {useTitle} from '../ui/title';
import {compared, RANGES, windowOf, type Window} from './analytics/window';
import {Durations} from './analytics/durations';
import {Frequency} from './analytics/frequency';
import {Rates} from './analytics/rates';
import {Resources} from './analytics/resources';

type Metrics = Reply<'/api/analytics/metrics', 'get'>['metrics'];

const TABS = [
	{id: 'frequency', text: 'Frequency', View: Frequency},
	{id: 'success', text: 'Success rate', View: Rates},
	{id: 'duration', text: 'Build duration', View: Durations},
	{id: 'resources', text: 'Resources', View: Resources},
] as const;

export default function Page() {
	const {query} = useLocation();
	const {params} = useRoute();
	const tab = TABS.find(t => t.id === params.tab) ?? TABS[0];
	useTitle(`${tab.text} · Analytics`);
	const window = windowOf(query.range);
	const href = (id: string, range: string) => `/analytics/${id}?range=${range}`;
	const metrics = useLoad(signal =>
		ok(api.GET('/api/analytics/metrics', {params: {query: window.query}, signal})).then(r => r.metrics), [window.range], 60_000);
	const none = metrics.data?.totalDeployments === 0;
	return (
		<div class="page">
			<PageHead title="Analytics" lead={`Your deployments of the last ${window.text}. Days begin at midnight, ${zone() ?? 'UTC'}.`}
				actions={
					<nav class="segments" aria-label="Range">
						{RANGES.map(r => (
							<a key={r.range} href={href(tab.id, r.range)} aria-current={r.range === window.range ? 'true' : undefined}>{r.text}</a>
						))}
					</nav>
				} />
			<Figures loaded={metrics} window={window} />
			<Tabs label="Charts" current={tab.id} tabs={TABS.map(t => ({id: t.id, text: t.text, href: href(t.id, window.range)}))} />
			{none && tab.id !== 'resources'
				? (
					<Card>
						<Empty icon="analytics" title={`No deployments in the last ${window.text}`}
							action={<LinkButton kind="primary" icon="plus" href="/deploy">New deployment</LinkButton>}>
							Charts of how often, how fast and how well you deploy appear here after the first one. A longer range may show earlier ones.
						</Empty>
					</Card>
				)
				: <tab.View key={tab.id} window={window} />}
		</div>
	);
}

function Figures({loaded: {data, error, reload}, window}: {loaded: Loaded<Metrics>; window: Window}) {
	if (error && !data)
		return <ErrorNote error={error} onRetry={() => void reload()} />;
	const wait = <Skeleton width="4rem" />;
	const shown = (now: number | null | undefined, unit: string, better?: 'more' | 'less') => compared(now, unit, window.text, better);
	return (
		<dl class="stats">
			<Stat label="Deployments" value={data?.totalDeployments ?? wait} {...shown(data?.deploymentsChange, '%')} />
			<Stat label="Success rate" value={data ? data.successRate === null ? 'None yet' : `${data.successRate}%` : wait}
				{...shown(data?.successChange, ' pts', 'more')} />
			<Stat label="Average build time" value={data ? data.avgBuildTime ?? 'None yet' : wait}
				{...shown(data?.buildTimeChange, '%', 'less')} />
			<Stat label="Active projects" value={data?.activeProjects ?? wait} {...shown(data?.projectsChange, '%')} />
		</dl>
	);
}
