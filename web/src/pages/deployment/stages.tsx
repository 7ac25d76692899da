// stages.tsx - the way of a deployment, and where on it this one is.
import type {Deployment} from '../../api/types';
import {Icon, type IconName} from '../../ui/icon';
import {duration, Elapsed, Time} from '../../ui/time';

type Stage = Deployment['stages'][number];

const SAID: Record<Stage['status'], string> = {pending: 'not yet', in_progress: 'now', completed: 'done', failed: 'failed'};

function icon(stage: Stage): IconName {
	return stage.status === 'failed' || stage.name === 'Failed' ? 'alert' : stage.name === 'Cancelled' ? 'stop' : 'check';
}

function mood(stage: Stage): string {
	if (stage.status === 'completed' && stage.name === 'Failed')
		return 'failed';
	return stage.status === 'completed' && stage.name === 'Cancelled' ? 'stopped' : stage.status;
}

export function Stages({stages}: {stages: Stage[]}) {
	return (
		<ol class="stages">
			{stages.map((stage, i) => {
				const next = stages.slice(i + 1).find(s => s.timestamp)?.timestamp;
				const took = stage.timestamp && next ? (Date.parse(next) - Date.parse(stage.timestamp)) / 1000 : null;
				return (
					<li key={i} class={mood(stage)} aria-current={stage.status === 'in_progress' ? 'step' : undefined}>
						<span class="stage-mark" aria-hidden="true">
							{stage.status === 'in_progress' ? <span class="spinner" /> : stage.status !== 'pending' && <Icon name={icon(stage)} size={16} />}
						</span>
						<div>
							<strong>{stage.name}</strong> <span class="sr-only">{SAID[stage.status]}</span>
							<span class="stage-note">
								{stage.status === 'in_progress' && stage.timestamp ? <Elapsed since={stage.timestamp} />
									: took !== null && stage.status !== 'pending' ? <span class="tabular">{duration(took)}</span>
										: stage.timestamp ? <Time at={stage.timestamp} /> : null}
							</span>
						</div>
					</li>
				);
			})}
		</ol>
	);
}
