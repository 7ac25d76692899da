// deploy.tsx - the way to a new deployment, in three steps that have addresses.
import {useEffect, useRef, useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {api, ok} from '../api/client';
import {useLoad} from '../api/load';
import type {Project} from '../api/types';
import {Button} from '../ui/button';
import {Icon} from '../ui/icon';
import {Card, ErrorNote, Note, PageHead, Skeleton} from '../ui/parts';
import {useUnsaved} from '../ui/unsaved';
import {ConfigureStep} from './deploy/configure';
import {choose, draft, reset, secrets} from './deploy/draft';
import {RepositoryStep} from './deploy/repository';
import type {Step} from './deploy/send';
import {SummaryStep} from './deploy/summary';

const STEPS: readonly [Step, title: string, heading: string][] = [
	['repository', 'Repository', 'Select a repository'],
	['configure', 'Configure', 'Configure the build'],
	['deploy', 'Deploy', 'Ready to deploy'],
];

export default function Deploy() {
	const {query, route} = useLocation();
	const d = draft.value;
	const wanted = query.project && query.project !== d.projectId ? query.project : null;
	const projectId = wanted ?? d.projectId;
	const {data, error, reload} = useLoad(async signal => {
		if (!projectId)
			return null;
		const project = await ok(api.GET('/api/projects/{id}', {params: {path: {id: projectId}}, signal}));
		const {repository} = project;
		if (wanted && repository === null)
			route(`/projects/${project.id}?upload`, true);
		else if (wanted && repository !== null)
			choose({from: 'project', repository, projectId: project.id});
		return project;
	}, [projectId]);
	// one that was made here is not waited for: its step still has something to say
	const [made, setMade] = useState<Project>();
	const project = [data, made].find(p => p?.id === projectId) ?? undefined;
	// nothing can be configured before something was chosen
	const asked = STEPS.findIndex(([step]) => step === query.step);
	// deleted, or no id at all: it begins anew
	const gone = !project && (error?.status === 404 || error?.status === 422);
	const at = (d.repository || wanted) && !gone ? Math.max(asked, 0) : 0;
	const [step, , heading] = STEPS[at]!;
	const title = useRef<HTMLHeadingElement>(null);
	const first = useRef(true);
	useEffect(() => {
		if (!first.current) {
			scrollTo(0, 0);
			title.current?.focus({preventScroll: true});
		}
		first.current = false;
	}, [step]);
	useUnsaved(secrets.value.envVars !== '' || secrets.value.deployToken !== '');

	const waits = projectId !== null && !project;
	return (
		<div class="page narrow">
			<PageHead title="New deployment" actions={d.repository !== '' && <Button kind="quiet" icon="undo" onClick={() => {
				reset();
				route('/deploy');
			}}>Start over</Button>} />
			<ol class="steps">
				{STEPS.map(([id, text], index) => (
					<li key={id} class={index < at ? 'done' : ''} aria-current={index === at ? 'step' : undefined}>
						<span class="number" aria-hidden="true">{index < at ? <Icon name="check" size={14} /> : index + 1}</span>
						{index < at ? <a href={`/deploy?step=${id}`}>{text}<span class="sr-only"> (done)</span></a> : <span>{text}</span>}
					</li>
				))}
			</ol>
			<Card>
				<h2 ref={title} tabIndex={-1} class="step-title">{heading}</h2>
				{gone && <div class="before"><Note mood="warn">There is no such project: it may have been deleted. Choose what to deploy.</Note></div>}
				{step !== 'repository' && waits
					? error ? <ErrorNote error={error} onRetry={() => void reload()} /> : <Skeleton height="24rem" />
					: step === 'repository' ? <RepositoryStep onNext={() => route('/deploy?step=configure')} />
					: step === 'configure' ? <ConfigureStep project={project} onNext={() => route('/deploy?step=deploy')} />
					: <SummaryStep project={project} onMade={setMade} />}
			</Card>
		</div>
	);
}
