// deployments.tsx - deployments as a table, as several pages show them.
import type {ComponentChildren} from 'preact';
import type {DeploymentItem} from '../api/types';
import {LinkButton} from './button';
import {Icon} from './icon';
import {SkeletonRows, StatusBadge} from './parts';
import {Elapsed, Time} from './time';

const RUNNING = ['queued', 'building', 'deploying'];

export function isRunning(d: {status: string}): boolean {
	return RUNNING.includes(d.status);
}

export function Branch({name}: {name: string}) {
	return <span class="branch"><Icon name="branch" size={15} /><span title={name}>{name}</span></span>;
}

// items: undefined while they are loaded; busy: others are on their way; rows:
// how many are expected.
export function DeploymentsTable({items, busy = !items, rows, caption}: {
	items: readonly DeploymentItem[] | undefined;
	busy?: boolean;
	rows: number;
	caption: string;
}) {
	const none = <span class="muted" aria-label="none">–</span>;
	const or = (value: ComponentChildren) => value ?? none;
	return (
		<div class="table-wrap" aria-busy={busy}>
			<table class="cards deployments">
				<caption class="sr-only">{caption}</caption>
				<thead>
					<tr>
						<th scope="col">Project</th>
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
							<td data-label="Project"><a class="main" href={`/deployments/${d.id}`}>{d.repo}</a></td>
							<td data-label="Branch"><Branch name={d.branch} /></td>
							<td data-label="Status"><StatusBadge status={d.status} /></td>
							<td data-label="Author"><span class="cut">{or(d.author)}</span></td>
							<td data-label="Commit"><span>{d.commit ? <code title={d.commitMessage ?? undefined}>{d.commit}</code> : none}
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
