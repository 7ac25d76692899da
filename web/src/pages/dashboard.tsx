// dashboard.tsx - how things are: four figures, the newest deployments, and
// what one most often wants next.
import {useEffect, useState} from 'preact/hooks';
import {api, ok} from '../api/client';
import {asApiError} from '../api/error';
import {useLoad} from '../api/load';
import type {Reply} from '../api/types';
import {user} from '../api/session';
import {Button, LinkButton, useAction} from '../ui/button';
import {DeploymentsTable, isRunning} from '../ui/deployments';
import {Icon, type IconName} from '../ui/icon';
import {Card, Empty, ErrorNote, Note, PageHead, Skeleton, Stat} from '../ui/parts';
import {zone} from '../ui/time';
import {SignInAgain} from './settings/again';

const RECENT = 5;
const LOOK_OFTEN = 5000;
const LOOK_SELDOM = 60_000;

type Board = Reply<'/api/dashboard/stats', 'get'>;

export default function Page() {
	const [every, setEvery] = useState(LOOK_SELDOM);
	const board = useLoad<Board>(signal => ok(api.GET('/api/dashboard/stats', {params: {query: {timezone: zone()}}, signal})), [], every);
	const recent = board.data?.recentDeployments;
	useEffect(() => setEvery(recent?.some(isRunning) ? LOOK_OFTEN : LOOK_SELDOM), [recent]);
	return (
		<div class="page">
			<PageHead title="Dashboard" lead={`Hello ${user.value!.name}. This is how your projects are.`}
				actions={<LinkButton kind="primary" icon="plus" href="/deploy">New Deployment</LinkButton>} />
			<ConnectGithub />
			{board.error && <ErrorNote error={board.error} onRetry={() => void board.reload()} />}
			{(!board.error || board.data) && (
				<>
					<Stats stats={board.data?.stats} />
					<Card title="Recent deployments" flush actions={<LinkButton small href="/deployments">Show all<span class="sr-only"> deployments</span></LinkButton>}>
						{recent && !recent.length ? (
							<Empty icon="deployments" title="Nothing is deployed yet"
								action={<LinkButton kind="primary" icon="plus" href="/deploy">Deploy a repository</LinkButton>}>
								Choose a git repository and press Deploy: a few moments later it is a site with an address of its own.
							</Empty>
						) : <DeploymentsTable items={recent} rows={RECENT} caption="The newest deployments" />}
					</Card>
				</>
			)}
			<h2 class="dashboard-next">Quick actions</h2>
			<ul class="quick">
				<Quick icon="plus" href="/deploy" title="New deployment">Of any git repository</Quick>
				<Quick icon="projects" href="/projects" title="Projects">Settings, domains and rollbacks</Quick>
				<Quick icon="analytics" href="/analytics" title="Analytics">How builds and sites do over time</Quick>
				<Quick icon="settings" href="/settings/notifications" title="Notifications">Which mails you get</Quick>
			</ul>
		</div>
	);
}

function signed(n: number): string {
	return n > 0 ? `+${n}` : n < 0 ? `−${-n}` : '±0';
}

// Down is good for a time; a time that did not change is neither.
function faster(change: string): boolean | null {
	return /^[+-]?0s$/.test(change) ? null : change.startsWith('-');
}

function Stats({stats}: {stats: Board['stats'] | undefined}) {
	const wait = <Skeleton width="4rem" />;
	const none = 'Nothing in the last 30 days';
	const today = stats && `${stats.todayDeployments} ${stats.todayDeployments === 1 ? 'deployment' : 'deployments'} today`;
	return (
		<dl class="stats" aria-busy={!stats}>
			<Stat label="Total deployments" value={stats?.totalDeployments.toLocaleString('en') ?? wait}
				change={stats?.weeklyChange.replace('-', '−')} note={stats && 'vs the week before'} />
			<Stat label="Active projects" value={stats?.activeProjects.toLocaleString('en') ?? wait} note={today} />
			<Stat label="Success rate" value={stats ? stats.successRate === null ? '–' : `${stats.successRate}%` : wait}
				change={stats && stats.monthlySuccessChange !== null ? `${signed(stats.monthlySuccessChange)} points` : null}
				good={stats && stats.monthlySuccessChange ? stats.monthlySuccessChange > 0 : null}
				note={stats && (stats.successRate === null ? none : stats.monthlySuccessChange === null ? 'in the last 30 days' : 'vs 30 days before')} />
			<Stat label="Average deploy time" value={stats ? stats.avgDeployTime ?? '–' : wait}
				change={stats?.timeImprovement?.replace('-', '−')} good={stats?.timeImprovement ? faster(stats.timeImprovement) : null}
				note={stats && (stats.avgDeployTime === null ? none : stats.timeImprovement === null ? 'in the last 30 days' : 'vs 30 days before')} />
		</dl>
	);
}

// Only where GitHub is set up, for somebody who has not connected it, or whose
// connection GitHub no longer takes.
function ConnectGithub() {
	const github = useLoad(async signal => {
		const {providers} = await ok(api.GET('/api/auth/providers', {signal}));
		if (!providers.some(p => p.name === 'github' && p.enabled))
			return null;
		return ok(api.GET('/api/github/connection', {signal}));
	}, []);
	const [again, setAgain] = useState(false);
	const connect = useAction(async () => {
		setAgain(false);
		try {
			location.assign((await ok(api.POST('/api/github/connect'))).url);
		} catch (thrown) {
			if (asApiError(thrown).code !== 'SIGN_IN_AGAIN')
				throw thrown;
			setAgain(true);
		}
	});
	const state = github.data;
	if (!state || (state.connected && !state.refusedAt))
		return null;
	return (
		<section class="invitation" aria-label="Connect GitHub">
			<Icon name="github" size={26} />
			<div>
				<strong>{state.connected ? 'GitHub does not take the connection any more' : 'Connect GitHub'}</strong>
				<p>{state.connected ? 'Connect it again, so that pushes are built and private repositories can be read.'
					: 'Then you choose repositories from a list, pushes deploy by themselves, and commits show how it went.'}</p>
				<div role="alert">{again && <div class="after"><Note mood="warn"><SignInAgain /></Note></div>}</div>
			</div>
			<Button kind="primary" icon="github" busy={connect.busy} onClick={connect.run}>{state.connected ? 'Connect again' : 'Connect GitHub'}</Button>
		</section>
	);
}

function Quick({icon, href, title, children}: {icon: IconName; href: string; title: string; children: string}) {
	return (
		<li>
			<a href={href}>
				<Icon name={icon} size={20} />
				<span><strong>{title}</strong><span>{children}</span></span>
			</a>
		</li>
	);
}
