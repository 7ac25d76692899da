// deployments.tsx - all deployments. What is looked for is in the address.
import {useEffect, useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {api, ok} from '../api/client';
import {useLoad} from '../api/load';
import type {Reply} from '../api/types';
import {Button, LinkButton} from '../ui/button';
import {DeploymentsTable, isRunning} from '../ui/deployments';
import {Card, Empty, ErrorNote, PageHead, Pages, PastEnd} from '../ui/parts';
import {Found, SearchBox} from '../ui/search';

const LIMIT = 10;
const LOOK_OFTEN = 5000; // something is being built
const LOOK_SELDOM = 30_000; // a push may come

const STATUSES = ['all', 'success', 'failed', 'building', 'queued', 'deploying', 'cancelled', 'superseded'] as const;
type Status = typeof STATUSES[number];
type Filters = Record<string, string | undefined>;

function statusOf(text: string | undefined): Status {
	return STATUSES.find(s => s === text) ?? 'all';
}

export default function Page() {
	const {query, route} = useLocation();
	const status = statusOf(query.status);
	const page = Math.max(1, Math.floor(Number(query.page)) || 1);
	const {search = '', projectId, branch} = query as Filters;
	const [every, setEvery] = useState(LOOK_SELDOM);

	const list = useLoad<Reply<'/api/deployments', 'get'>>(signal => ok(api.GET('/api/deployments', {
		params: {query: {page, limit: LIMIT, ...(search && {search}), ...(status !== 'all' && {status}), ...(projectId && {projectId}), ...(branch && {branch})}},
		signal,
	})), [search, status, page, projectId, branch], every);
	useEffect(() => setEvery(list.data?.deployments.some(isRunning) ? LOOK_OFTEN : LOOK_SELDOM), [list.data]);

	// a change of the filters begins at the first page
	const go = (change: Filters, replace = false) => {
		const next = {search, status: status === 'all' ? undefined : status, projectId, branch, page: undefined, ...change};
		const text = new URLSearchParams(Object.entries(next).filter((e): e is [string, string] => !!e[1])).toString();
		route(`/deployments${text && `?${text}`}`, replace);
	};

	const filtered = !!(search || status !== 'all' || projectId || branch);
	const {data, current} = list;
	const gone = list.error?.fields.some(f => f.name === 'projectId');
	return (
		<div class="page">
			<PageHead title="Deployments" lead="Every build, of all your projects, the newest first."
				actions={<LinkButton kind="primary" icon="plus" href="/deploy">New deployment</LinkButton>} />
			<div class="filters" role="search">
				<SearchBox label="Search by repository" value={search} onSearch={text => go({search: text}, true)} />
				<select aria-label="Status" value={status} onChange={e => go({status: e.currentTarget.value === 'all' ? undefined : e.currentTarget.value}, true)}>
					{STATUSES.map(s => <option key={s} value={s}>{s === 'all' ? 'All statuses' : s[0]!.toUpperCase() + s.slice(1)}</option>)}
				</select>
				{branch && <Button icon="close" onClick={() => go({branch: undefined})}>Branch {branch}<span class="sr-only">: show all branches</span></Button>}
				{projectId && <Button icon="close" onClick={() => go({projectId: undefined})}>One project<span class="sr-only">: show all projects</span></Button>}
			</div>
			{list.error && (gone ? (
				<Empty icon="projects" title="There is no such project" action={<LinkButton href="/deployments">Show all deployments</LinkButton>}>
					It may have been deleted, or the address is not complete.
				</Empty>
			) : <ErrorNote error={list.error} onRetry={() => void list.reload()} />)}
			<Found n={current ? data?.pagination.totalItems : undefined} one="deployment" many="deployments" />
			{(!list.error || data) && (
				<Card flush>
					{data && current && !data.deployments.length ? <None filtered={filtered} page={page} first={() => go({})} /> : (
						<DeploymentsTable items={data?.deployments.length ? data.deployments : undefined} busy={list.loading && !current} rows={LIMIT} caption="Deployments" />
					)}
					{data && data.deployments.length > 0 && (
						<Pages pagination={data.pagination} one="deployment" many="deployments" onPage={n => {
							go({page: n > 1 ? String(n) : undefined});
							scrollTo(0, 0);
						}} />
					)}
				</Card>
			)}
		</div>
	);
}

function None({filtered, page, first}: {filtered: boolean; page: number; first(): void}) {
	if (page > 1)
		return <PastEnd onFirst={first} />;
	if (filtered)
		return <Empty icon="search" title="Nothing matches" action={<LinkButton href="/deployments">Show all deployments</LinkButton>}>
			No deployment is like that. Search for a part of the project's name, or choose another status.
		</Empty>;
	return <Empty icon="deployments" title="No deployments yet" action={<LinkButton kind="primary" icon="plus" href="/deploy">New deployment</LinkButton>}>
		Choose a repository and press Deploy. Its builds and their logs appear here.
	</Empty>;
}
