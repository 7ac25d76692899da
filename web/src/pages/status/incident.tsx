// incident.tsx - one incident: what it is about and what was told of it.
import type {ComponentChildren} from 'preact';
import {Badge} from '../../ui/parts';
import {duration, Time} from '../../ui/time';
import {names, PROGRESS, SEVERITY, type Incident} from './words';

type Shown = Omit<Incident, 'updates' | 'updatedAt'> & {updates?: Incident['updates']};

export function IncidentCard({incident: i, notice, actions}: {
	incident: Shown;
	notice?: ComponentChildren;
	actions?: ComponentChildren;
}) {
	const lasted = i.resolvedAt && (Date.parse(i.resolvedAt) - Date.parse(i.startedAt)) / 1000;
	return (
		<article class="incident" id={i.id}>
			<header>
				<h3>{i.title}</h3>
				<Badge mood={PROGRESS[i.status][0]}>{PROGRESS[i.status][1]}</Badge>
				<Badge mood={SEVERITY[i.severity][0]}>{SEVERITY[i.severity][1]}</Badge>
			</header>
			<p class="muted">
				{i.affectedServices.length > 0 && <>{names(i.affectedServices)} · </>}
				Began <Time at={i.startedAt} />
				{i.resolvedAt
					? <> · over <Time at={i.resolvedAt} />{typeof lasted === 'number' && <>, after {duration(lasted)}</>}</>
					: ' · not over yet'}
			</p>
			{notice}
			{i.description && <p class="lines">{i.description}</p>}
			{!!i.updates?.length && (
				<ol class="told">
					{i.updates.map(u => (
						<li key={u.createdAt + u.message}>
							<p><strong>{PROGRESS[u.status][1]}</strong> <span class="muted">· <Time at={u.createdAt} /></span></p>
							<p class="lines">{u.message}</p>
						</li>
					))}
				</ol>
			)}
			{actions && <div class="actions">{actions}</div>}
		</article>
	);
}
