// projects.tsx - one's projects, and how each is doing.
import {useLocation} from 'preact-iso';
import {api, ok} from '../api/client';
import {useLoad} from '../api/load';
import type {Reply} from '../api/types';
import {LinkButton, Button} from '../ui/button';
import {Badge, Card, Empty, ErrorNote, None, PageHead, Pages, PastEnd, SkeletonRows, StatusBadge} from '../ui/parts';
import {repoName} from '../ui/repo';
import {Found, SearchBox} from '../ui/search';
import {Time} from '../ui/time';

type Item = Reply<'/api/projects', 'get'>['projects'][number];

const LIMIT = 20;

function addressOf(page: number, search: string): string {
	const query = new URLSearchParams({...(search && {search}), ...(page > 1 && {page: String(page)})}).toString();
	return `/projects${query && '?' + query}`;
}

function Row({project: p}: {project: Item}) {
	const last = p.lastDeployment;
	return (
		<tr>
			<td>
				<div class="cell">
					<a class="main" href={`/projects/${p.id}`}>{p.name}</a>
					<span class="sub">{repoName(p.repository)}</span>
				</div>
			</td>
			<td data-label="Branch">{p.repository ? <span class="mono">{p.branch}</span> : <None />}</td>
			<td data-label="Site">
				{p.url ? <a href={p.url} target="_blank" rel="noopener noreferrer">{new URL(p.url).host}<span class="sr-only"> (opens in a new tab)</span></a>
					: <span class="muted">Not live yet</span>}
			</td>
			<td data-label="Last deployment">
				{last ? <a class="last-deployment" href={`/deployments/${last.id}`}><StatusBadge status={last.status} /> <Time at={last.createdAt} /></a>
					: <span class="muted">None</span>}
			</td>
			<td data-label="Auto-deploy">{!p.repository ? <None /> : p.autoDeployPausedAt ? <Badge mood="warn">Paused</Badge> : <span class="muted">On</span>}</td>
		</tr>
	);
}

export default function Projects() {
	const {query, route} = useLocation();
	const page = Math.max(1, Number.parseInt(query.page ?? '1') || 1);
	const search = query.search ?? '';
	const {data, current, error, loading, reload} = useLoad(signal =>
		ok(api.GET('/api/projects', {params: {query: {page, limit: LIMIT, search: search || undefined}}, signal})), [page, search], 30_000);

	if (data && current && !data.pagination.totalItems && !search && page === 1 && !error)
		return (
			<div class="page">
				<PageHead title="Projects" />
				<Card>
					<Empty icon="projects" title="No projects yet" action={<LinkButton kind="primary" icon="plus" href="/deploy">New deployment</LinkButton>}>
						A project is a repository and how to build it. The first deployment of a repository makes one.
					</Empty>
				</Card>
			</div>
		);
	return (
		<div class="page">
			<PageHead title="Projects" actions={<LinkButton kind="primary" icon="plus" href="/deploy">New project</LinkButton>} />
			<div class="filters">
				<SearchBox label="Search by name" value={search} onSearch={text => route(addressOf(1, text), true)} />
			</div>
			<Found n={current ? data?.pagination.totalItems : undefined} one="project" many="projects" />
			{error && <ErrorNote error={error} onRetry={() => void reload()} />}
			{(data || !error) && (
				<Card flush>
					{data && current && !data.projects.length ? page > 1 ? <PastEnd onFirst={() => route(addressOf(1, search))} /> : (
						<Empty icon="search" title={`No project has “${search}” in its name`}
							action={<Button onClick={() => route('/projects')}>Show all projects</Button>}>
							Try another part of the name.
						</Empty>
					) : (
						<div class="table-wrap" aria-busy={loading && !current}>
							<table class="cards">
								<thead><tr><th>Project</th><th>Branch</th><th>Site</th><th>Last deployment</th><th>Auto-deploy</th></tr></thead>
								<tbody>
									{data?.projects.length ? data.projects.map(p => <Row key={p.id} project={p} />)
										: <SkeletonRows rows={5} columns={5} />}
								</tbody>
							</table>
						</div>
					)}
					{data && <Pages pagination={data.pagination} one="project" many="projects" onPage={to => route(addressOf(to, search))} />}
				</Card>
			)}
		</div>
	);
}
