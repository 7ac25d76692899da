// stages.tsx - the way of a deployment, and where on it this one is.
import type {Deployment} from '../../api/types';
import {Icon, type IconName} from '../../ui/icon';
import {duration, Elapsed, Time} from '../../ui/time';

type Stage = Deployment['stages'][number];

const SAID: Record<Stage['status'], string> = {pending: 'not yet', in_progress: 'now', completed: 'done', failed: 'failed'};

const ICON: Record<string, IconName> = {failed: 'alert', stopped: 'stop', completed: 'check'};

// Cancelling is nobody's failure, whatever the stage that it hit says.
function mood(stage: Stage, last: Stage | undefined): string {
	const bad = stage.status === 'failed' || (stage.status === 'completed' && stage.name === 'Failed');
	if (last?.name === 'Cancelled' && (bad || (stage === last && stage.status !== 'pending')))
		return 'stopped';
	return bad ? 'failed' : stage.status;
}

export function Stages({stages}: {stages: Stage[]}) {
	return (
		<ol class="stages">
			{stages.map((stage, i) => {
				const next = stages.slice(i + 1).find(s => s.timestamp)?.timestamp;
				const took = stage.timestamp && next ? (Date.parse(next) - Date.parse(stage.timestamp)) / 1000 : null;
				const how = mood(stage, stages.at(-1));
				return (
					<li key={i} class={how} aria-current={stage.status === 'in_progress' ? 'step' : undefined}>
						<span class="stage-mark" aria-hidden="true">
							{stage.status === 'in_progress' ? <span class="spinner" /> : ICON[how] && <Icon name={ICON[how]} size={16} />}
						</span>
						<div>
							<strong>{stage.name}</strong> <span class="sr-only">{how === 'stopped' ? 'stopped' : SAID[stage.status]}</span>
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
