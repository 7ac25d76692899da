// stages.tsx - the way of a deployment, and where on it this one is.
import type {Deployment} from '../../api/types';
import {Icon, type IconName} from '../../ui/icon';
import {duration, Elapsed, Time} from '../../ui/time';

type Stage = Deployment['stages'][number];

const ICON: Record<string, IconName> = {failed: 'alert', stopped: 'stop', completed: 'check'};

// Cancelling is nobody's failure, whatever the stage that it hit says.
function mood(stage: Stage, last: Stage | undefined): string {
	return stage.status === 'failed' && last?.name === 'Cancelled' ? 'stopped' : stage.status;
}

// What the mark shows, in words between the name and the time: "Building: failed after 3s".
const SAID: Record<string, string> = {pending: 'not yet', in_progress: 'now, for', completed: 'done', failed: 'failed', stopped: 'stopped'};

// The last stage is called what it is, once it has come.
function said(how: string, took: number | null, ends: boolean): string {
	return ends && how !== 'pending' ? '' : `: ${SAID[how]}${took === null ? '' : ' after'}`;
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
							<strong>{stage.name}</strong><span class="sr-only">{said(how, took, i === stages.length - 1)}</span>{' '}
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
