// deployments.tsx - deployments as a table, as several pages show them.
import type {ComponentChildren} from 'preact';
import type {DeploymentItem} from '../api/types';
import {LinkButton} from './button';
import {Icon} from './icon';
import {None, SkeletonRows, StatusBadge} from './parts';
import {Elapsed, Time} from './time';

const RUNNING = ['queued', 'building', 'deploying'];

export function isRunning(d: {status: string}): boolean {
	return RUNNING.includes(d.status);
}

// With the commit an upload says the branch that it was built from; without one
// it is of none.
export function branchOf(d: Pick<DeploymentItem, 'branch' | 'commit' | 'uploaded'>): string | null {
	return d.uploaded && !d.commit ? null : d.branch;
}

// What began it; an upload comes by the API, by whomever it is sent.
export function begunBy(d: Pick<DeploymentItem, 'trigger' | 'uploaded'>): Begun {
	return d.uploaded && d.trigger === 'api' ? 'upload' : d.trigger;
}
export type Begun = DeploymentItem['trigger'] | 'upload';

export function Branch({name}: {name: string | null}) {
	return name === null ? <None /> : <span class="branch"><Icon name="branch" size={15} /><span title={name}>{name}</span></span>;
}

// items: undefined while they are loaded; busy: others are on their way; rows:
// how many are expected.
export function DeploymentsTable({items, busy = !items, rows, caption}: {
	items: readonly DeploymentItem[] | undefined;
	busy?: boolean;
	rows: number;
	caption: string;
}) {
	const or = (value: ComponentChildren) => value ?? <None />;
	return (
		<div class="table-wrap" aria-busy={busy}>
			<table class="cards deployments">
				<caption class="sr-only">{caption}</caption>
				<thead>
					<tr>
						<th scope="col">Repository</th>
						<th scope="col">Branch</th>
						<th scope="col">Status</th>
						<th scope="col">Author</th>
						<th scope="col">Commit</th>
						<th scope="col">Duration</th>
						<th scope="col">Started</th>
						<th scope="col"><span class="sr-only">Log</span></th>
					</tr>
				</thead>
				<tbody>
					{!items && <SkeletonRows rows={rows} columns={8} />}
					{items?.map(d => (
						<tr key={d.id}>
							<td data-label="Repository"><a class="main" href={`/deployments/${d.id}`}>{d.repo}</a></td>
							<td data-label="Branch"><Branch name={branchOf(d)} /></td>
							<td data-label="Status"><StatusBadge status={d.status} /></td>
							<td data-label="Author"><span class="cut">{or(d.author)}</span></td>
							<td data-label="Commit"><span>{d.commit ? <code title={d.commitMessage ?? undefined}>{d.commit}</code> : <None />}
								{d.commitMessage && <span class="sub">{d.commitMessage}</span>}</span></td>
							<td data-label="Duration" class="tabular nowrap">{d.status === 'building' && d.durationSeconds !== null
								? <Elapsed since={new Date(Date.now() - d.durationSeconds * 1000).toISOString()} /> : or(d.duration)}</td>
							<td data-label="Started"><Time at={d.timestamp} /></td>
							<td class="end"><LinkButton small href={`/deployments/${d.id}`}>View logs<span class="sr-only"> of {d.repo}, {d.status}</span></LinkButton></td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}
