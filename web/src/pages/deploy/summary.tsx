// summary.tsx - the last step: what is going to happen, and the button.
import {useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {asApiError} from '../../api/error';
import type {Project} from '../../api/types';
import {Button, LinkButton} from '../../ui/button';
import {Confirm} from '../../ui/dialog';
import {readEnvLines} from '../../ui/envlines';
import {repoName} from '../../ui/repo';
import {toast} from '../../ui/toast';
import {draft, reset, secrets, target} from './draft';
import {send, stepOf} from './send';

function command(value: string | null, project: Project | undefined, own: string | null | undefined) {
	const said = value ?? (project ? own : null);
	return said === null || said === undefined ? <span class="muted">Detected</span> : said ? <code>{said}</code> : <span class="muted">Nothing is run</span>;
}

export function SummaryStep({project, onMade}: {project: Project | undefined; onMade(project: Project): void}) {
	const {route} = useLocation();
	const [asking, setAsking] = useState(false);
	const d = draft.value;
	const goesTo = target(d) ? project : undefined;
	const names = [...readEnvLines(secrets.value.envVars).vars.keys()];
	const branch = d.branch || goesTo?.branch || 'main';
	const deploy = async () => {
		try {
			const made = await send(project, onMade);
			reset();
			toast('The deployment has started.', 'good');
			route(`/deployments/${made.id}`);
		} catch (thrown) {
			const error = asApiError(thrown);
			const step = stepOf(error);
			if (!step)
				throw error;
			toast('Something has to be corrected first.', 'bad');
			route(`/deploy?step=${step}`);
		}
	};
	return (
		<div class="form">
			<dl class="facts summary">
				<dt>Repository</dt><dd>{repoName(d.repository)}</dd>
				<dt>Project</dt><dd>{goesTo ? <a href={`/projects/${goesTo.id}`}>{goesTo.name}</a> : <>{d.name || 'Named after the repository'} <span class="muted">· is made now</span></>}</dd>
				<dt>Branch</dt><dd><code>{branch}</code></dd>
				<dt>Install</dt><dd>{command(d.installCommand, goesTo, goesTo?.installCommand)}</dd>
				<dt>Build</dt><dd>{command(d.buildCommand, goesTo, goesTo?.buildCommand)}</dd>
				<dt>Output</dt><dd>{d.outputDir || goesTo?.outputDir ? <code>{d.outputDir || goesTo?.outputDir}</code> : <span class="muted">Detected</span>}</dd>
				<dt>Root</dt><dd>{d.rootDir || goesTo?.rootDir ? <code>{d.rootDir || goesTo?.rootDir}</code> : <span class="muted">The top of the repository</span>}</dd>
				<dt>Variables</dt><dd>{names.length ? <span class="badges">{names.map(name => <code key={name}>{name}</code>)}</span>
					: goesTo?.envVarNames.length ? `The project’s ${goesTo.envVarNames.length}` : <span class="muted">None</span>}</dd>
				{secrets.value.deployToken && !goesTo && <><dt>Access token</dt><dd>Is set</dd></>}
				{!d.cache && <><dt>Cache</dt><dd>Empty</dd></>}
			</dl>
			<div class="form-actions">
				<Button kind="primary" icon="deployments" onClick={() => setAsking(true)}>Deploy</Button>
				<LinkButton kind="quiet" href="/deploy?step=configure">Back</LinkButton>
			</div>
			{asking && (
				<Confirm title="Deploy now?" action="Deploy" kind="primary" onClose={() => setAsking(false)} onConfirm={deploy}>
					<p><strong>{repoName(d.repository)}</strong>, branch <code>{branch}</code>, is built{goesTo ? <> and takes the place of what is live of <strong>{goesTo.name}</strong></> : ' and goes online'} when
						the build succeeds. You can watch the log and cancel it.</p>
				</Confirm>
			)}
		</div>
	);
}
