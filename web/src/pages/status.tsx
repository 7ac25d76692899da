// status.tsx - how the platform is, for everybody; incidents are managed here
// by administrators.
import {useMemo} from 'preact/hooks';
import {Badge, Card, ErrorNote, Note, PageHead, Skeleton, Stat} from '../ui/parts';
import {Time} from '../ui/time';
import {Icon} from '../ui/icon';
import {compared} from './analytics/window';
import {Days} from './status/days';
import {Incidents} from './status/incidents';
import {useStatus, type Status} from './status/live';
import {HEALTH, overall, SERVICES, uptime, type Metrics, type Service} from './status/words';

export default function Page() {
	const status = useStatus();
	// what comes every three seconds leaves them as they are
	const days = useMemo(() => status.history && <Days days={status.history} />, [status.history]);
	return (
		<div class="page">
			<PageHead title="Status" lead="How Autostack's services are, looked at every three seconds."
				actions={<Freshness status={status} />} />
			<Incidents incidents={status.incidents}>{(titles, open, past) => (
				<>
					{status.error && !status.services
						? <ErrorNote error={status.error} onRetry={status.reload} />
						: <Banner services={status.incidents || status.error ? status.services : undefined} open={titles}
							since={status.error && !status.pushed ? status.at : null} />}
					{open}
					<Doubts status={status} />
					<h2 class="sr-only">Services</h2>
					<ul class="services">{SERVICES.map(name => <ServiceCard key={name} name={name} service={status.services?.find(s => s.name === name)} loaded={!!status.services} />)}</ul>
					<Card title="The last 90 days">
						{days ?? <div class="days-wait"><Skeleton height="100%" /></div>}
					</Card>
					<h2 class="section">Platform, over 30 days</h2>
					<Figures metrics={status.metrics} />
					{past}
				</>
			)}</Incidents>
		</div>
	);
}

// Nobody has looked lately.
function stopped(services: Service[] | undefined): boolean {
	return !!services?.length && services.every(s => s.status === 'unknown');
}

function Freshness({status: {services, pushed, stale, at, error}}: {status: Status}) {
	const old = error || stale || stopped(services);
	return (
		<p class="freshness">
			{at === null && !error ? <Skeleton width="4rem" />
				: <Badge mood={old ? 'warn' : pushed ? 'good' : 'idle'}>{old ? 'Not up to date' : pushed ? 'Live' : 'Every 15 seconds'}</Badge>}
		</p>
	);
}

// Waits for the incidents, too: it would say that all is well, and then not.
// open: their titles, of those that are not over. since: when it was known last, if it is not known any more.
function Banner({services, open, since}: {services: Service[] | undefined; open: readonly string[]; since: number | null}) {
	if (!services)
		return <div class="banner idle"><Skeleton width="16rem" height="1.5rem" /></div>;
	const {mood, title, text} = since === null ? overall(services, open)
		: {mood: 'idle', title: 'Status Unknown', text: <>The status cannot be asked for. Below is how it was <Time at={new Date(since).toISOString()} />.</>};
	return (
		<div class={`banner ${mood}`}>
			<Icon name={mood === 'good' ? 'check' : mood === 'warn' ? 'alert' : 'help'} size={28} />
			<div role="status">
				<p class="banner-title">{title}</p>
				<p>{text}</p>
			</div>
		</div>
	);
}

// Why what is shown may not be how it is.
function Doubts({status: {services, stale, error, reload}}: {status: Status}) {
	const looked = services?.map(s => s.lastCheckedAt).filter(t => t !== null).sort().at(-1);
	if (error && services)
		return <ErrorNote error={error} onRetry={reload} />;
	if (stopped(services))
		return (
			<Note mood="warn">
				The checks have stopped{looked && <>; the last one was <Time at={looked} /></>}. Unknown means that nobody has looked, not that something is down.
			</Note>
		);
	if (stale)
		return <Note mood="warn">The API does not answer at present. This page comes from the last checks{looked && <>, made <Time at={looked} /></>}; figures and incidents may be older.</Note>;
	return null;
}

function ServiceCard({name, service, loaded}: {name: string; service: Service | undefined; loaded: boolean}) {
	const [mood, text] = HEALTH[service?.status ?? 'unknown'];
	const wait = <Skeleton width="3.5rem" />;
	return (
		<li class="card service">
			<header><h3>{name}</h3>{loaded ? <Badge mood={mood}>{text}</Badge> : <Skeleton width="6rem" height="1.4rem" />}</header>
			<dl>
				<div><dt>Uptime, 90 days</dt><dd>{loaded ? uptime(service?.uptime ?? null) : wait}</dd></div>
				<div><dt>Response time</dt><dd>{!loaded ? wait : service?.responseTime == null ? service?.status === 'unknown' ? 'not known' : 'no answer' : service.responseTime === 0 ? '< 1 ms' : `${service.responseTime} ms`}</dd></div>
			</dl>
		</li>
	);
}

function Figures({metrics}: {metrics: Metrics | undefined}) {
	const wait = <Skeleton width="4rem" />;
	const shown = (now: number | null | undefined, unit: string, better?: 'more' | 'less') => compared(now, unit, '30 days', better);
	return (
		<dl class="stats">
			<Stat label="Deployments in all" value={metrics ? metrics.totalDeployments.toLocaleString('en') : wait} {...shown(metrics?.deploymentChange, '%')} />
			<Stat label="Active projects" value={metrics ? metrics.activeProjects.toLocaleString('en') : wait} {...shown(metrics?.projectChange, '%')} />
			<Stat label="Average deploy time" value={metrics ? metrics.avgDeployTime ?? 'None yet' : wait} {...shown(metrics?.timeChange, '%', 'less')} />
			<Stat label="Success rate" value={metrics ? metrics.successRate ?? 'None yet' : wait} {...shown(metrics?.successChange, ' pts', 'more')} />
		</dl>
	);
}
