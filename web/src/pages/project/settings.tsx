// settings.tsx - how a project is built and published. Each group is saved by
// itself and sends only what has changed.
import type {ComponentChildren} from 'preact';
import {useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {api, gone} from '../../api/client';
import {wordsOf} from '../../api/error';
import type {Project} from '../../api/types';
import {BuildStepField} from '../../ui/buildstep';
import {Button} from '../../ui/button';
import {Confirm} from '../../ui/dialog';
import {CheckField, Form, PasswordField, SelectField, TextField} from '../../ui/form';
import {Badge, Card} from '../../ui/parts';
import {Time} from '../../ui/time';
import {toast} from '../../ui/toast';
import {useUnsaved} from '../../ui/unsaved';
import {NAME_HINT, NAME_TAKEN} from './name';
import {change, type Change, type Side} from './side';

export function ProjectSettings(side: Side) {
	return (
		<div class="settings">
			<Source {...side} />
			{side.project.repository && <PrivateRepository {...side} />}
			{side.project.repository && <Build {...side} />}
			<Publishing {...side} />
			{side.project.repository && <AutoDeploy {...side} />}
			{side.project.repository && <Pushes {...side} />}
			<Danger {...side} />
		</div>
	);
}

interface Draft<T> {
	value: T;
	changed: Partial<T>;
	dirty: boolean;
	put<K extends keyof T>(key: K): (value: T[K]) => void;
	reset(): void;
}

type Editable = Omit<Project, 'repository'> & {repository: string}; // empty: there is none

// What is typed stays while the other groups are saved.
function useDraft<K extends keyof Editable & keyof Change>(of: Project, keys: readonly K[]): Draft<Pick<Editable, K>> {
	type T = Pick<Editable, K>;
	const project: Editable = {...of, repository: of.repository ?? ''};
	const [edits, setEdits] = useState<Partial<T>>({});
	const saved = Object.fromEntries(keys.map(key => [key, project[key]])) as T;
	const changed = Object.fromEntries(Object.entries(edits).filter(([key, value]) => value !== saved[key as K])) as Partial<T>;
	const dirty = Object.keys(changed).length > 0;
	useUnsaved(dirty);
	return {
		value: {...saved, ...edits}, changed, dirty,
		put: key => value => setEdits(before => ({...before, [key]: value})),
		reset: () => setEdits({}),
	};
}

function Group<T extends Change>({title, lead, draft, side, says, children}: {
	title: string;
	lead: ComponentChildren;
	draft: Draft<T>;
	side: Side;
	says?: Record<string, ComponentChildren>;
	children: ComponentChildren;
}) {
	return (
		<Card title={title}>
			<p class="group-lead">{lead}</p>
			<Form submit="Save" busyText="Saving" disabled={!draft.dirty} says={says}
				onDiscard={draft.dirty ? draft.reset : undefined}
				onSubmit={async () => {
					await change(side, draft.changed);
					draft.reset();
					toast('Saved.', 'good');
				}}>
				{children}
			</Form>
		</Card>
	);
}

function Source(side: Side) {
	const draft = useDraft(side.project, ['name', 'repository', 'branch']);
	const {value, put} = draft;
	return (
		<Group title="Source" side={side} draft={draft} lead="Where the code comes from. What you change here holds from the next deployment on."
			says={{PROJECT_NAME_TAKEN: NAME_TAKEN}}>
			<TextField name="name" label="Name" value={value.name} onValue={put('name')} maxLength={100}
				hint={<>{NAME_HINT} The site keeps its own name, <strong>{side.project.site}</strong>.</>} />
			<div class="row">
				<TextField name="repository" label="Repository" value={value.repository} onValue={put('repository')} maxLength={2048}
					hint={side.project.repository ? 'owner/name at GitHub, or the https address of a git repository.'
						: 'There is none: deployments are uploads. With owner/name at GitHub, or the https address of a git repository, it is built as well.'} />
				{value.repository && <TextField name="branch" label="Branch" mono value={value.branch} onValue={put('branch')} maxLength={200}
					hint="What is built. Pushes to other branches deploy nothing." />}
			</div>
		</Group>
	);
}

function PrivateRepository(side: Side) {
	const {project} = side;
	const [token, setToken] = useState('');
	const [removing, setRemoving] = useState(false);
	useUnsaved(token !== '');
	return (
		<Card title="Private repository" actions={project.hasDeployToken ? <Badge mood="good">Token is set</Badge> : <Badge>No token</Badge>}>
			<p class="group-lead">A repository that not everybody may read needs an access token with the right to read its contents. It is
				for the server of the repository as it is now, is stored encrypted, and is never shown again. A repository of the connected
				GitHub account needs none.</p>
			<Form submit={project.hasDeployToken ? 'Replace the token' : 'Set the token'} busyText="Saving" disabled={!token}
				actions={project.hasDeployToken && <Button kind="danger" onClick={() => setRemoving(true)}>Remove</Button>}
				onSubmit={async () => {
					await change(side, {deployToken: token});
					setToken('');
					toast('The token is set. The next clone uses it.', 'good');
				}}>
				<PasswordField name="deployToken" label="Access token" value={token} onValue={setToken} autoComplete="off"
					hint="A token, or user:token where the server asks for both." />
			</Form>
			{removing && (
				<Confirm title="Remove the token?" action="Remove" onClose={() => setRemoving(false)} onConfirm={async () => {
					await change(side, {deployToken: null});
					toast('The token is removed.', 'good');
				}}>
					<p>If the repository is private, deployments fail until there is another one.</p>
				</Confirm>
			)}
		</Card>
	);
}

function Build(side: Side) {
	const draft = useDraft(side.project, ['rootDir', 'installCommand', 'buildCommand', 'outputDir']);
	const {value, put} = draft;
	return (
		<Group title="Build" side={side} draft={draft} lead="How the site is made of the code. What is detected is read from package.json and the lockfile.">
			<BuildStepField name="installCommand" label="Install command" value={value.installCommand} onValue={put('installCommand')}
				placeholder="By the lockfile: npm ci, pnpm, yarn" hint="Fetches what the build needs." />
			<BuildStepField name="buildCommand" label="Build command" value={value.buildCommand} onValue={put('buildCommand')}
				placeholder="npm run build, if there is such a script" hint="Leave it empty for a repository that is a finished site." />
			<div class="row">
				<TextField name="outputDir" label="Output directory" optional mono value={value.outputDir ?? ''} onValue={v => put('outputDir')(v || null)}
					maxLength={255} placeholder="Detected: dist, build, _site …" hint="The folder that is published, inside the root directory." />
				<TextField name="rootDir" label="Root directory" optional mono value={value.rootDir ?? ''} onValue={v => put('rootDir')(v || null)}
					maxLength={255} placeholder="The top of the repository" hint="For a repository of several projects: the folder that is this one." />
			</div>
		</Group>
	);
}

function Publishing(side: Side) {
	const draft = useDraft(side.project, ['spa', 'keepReleases']);
	const {value, put} = draft;
	return (
		<Group title="Publishing" side={side} draft={draft} lead="How the site answers, and how far back you can go.">
			<SelectField name="spa" label="Paths without a file" value={value.spa} onValue={v => put('spa')(v as Project['spa'])}
				options={[['auto', 'Let the output decide'], ['on', 'Show /index.html (single-page app)'], ['off', 'Answer 404']]}
				hint="The output decides: /index.html when it has a single page, a script and no 404.html. Missing scripts, styles and pictures are always 404." />
			<TextField name="keepReleases" label="Releases to keep" optional type="number" value={value.keepReleases?.toString() ?? ''}
				onValue={v => put('keepReleases')(v === '' ? null : Number(v))} placeholder="As the server’s setting says"
				hint="A rollback can go to each of them. From 1 to 1000." />
		</Group>
	);
}

// Switches are set at once.
function AutoDeploy(side: Side) {
	const {project} = side;
	const [busy, setBusy] = useState(false);
	const flip = (body: Change, done: string) => {
		setBusy(true);
		change(side, body).then(() => toast(done, 'good'), (thrown: unknown) => toast(wordsOf(thrown), 'bad')).finally(() => setBusy(false));
	};
	return (
		<Card title="Automatic deployments">
			<div class="form">
				<CheckField toggle label="Deploy by pushes and deploy hooks" checked={!project.autoDeployPausedAt} busy={busy}
					hint={project.autoDeployPausedAt ? <>Paused <Time at={project.autoDeployPausedAt} />. A rollback pauses it, too.</> : 'A rollback pauses this until you switch it on again.'}
					onChecked={on => flip({autoDeployPaused: !on}, on ? 'Auto-deploy goes on: the next push deploys.' : 'Auto-deploy is paused.')} />
				<CheckField toggle label="Previews of pull requests" checked={project.previews} busy={busy}
					hint="Each gets an address of its own. Those of forks wait for your approval and get no variables."
					onChecked={on => flip({previews: on}, on ? 'Pull requests get previews.' : 'Pull requests get no previews any more.')} />
			</div>
		</Card>
	);
}

function Pushes(side: Side) {
	const draft = useDraft(side.project, ['watchPaths']);
	const {value, put} = draft;
	return (
		<Group title="Path filters" side={side} draft={draft}
			lead="For a repository of several projects: a push that touches none of these files deploys nothing, unless the last one that did is not live. Empty: every push deploys.">
			<TextField name="watchPaths" label="Patterns, one a line" optional mono rows={4} value={value.watchPaths ?? ''} onValue={v => put('watchPaths')(v || null)}
				maxLength={4096} placeholder={'site/\npackage.json\n!site/drafts/'}
				hint={<>From the top of the repository. <code>*</code> is any characters, a final <code>/</code> all below, a first <code>!</code> leaves
					out; the last line that matches decides.</>} />
		</Group>
	);
}

function Danger({project}: Side) {
	const {route} = useLocation();
	const [asking, setAsking] = useState(false);
	return (
		<section class="card danger-zone" aria-labelledby="danger">
			<header><h2 id="danger">Delete the project</h2></header>
			<p>Its site goes offline at once. Its deployments, logs, releases, domains, certificates, variables and hooks are deleted with it, and
				nothing of that comes back. The repository stays.</p>
			<Button kind="danger" icon="trash" onClick={() => setAsking(true)}>Delete this project</Button>
			{asking && (
				<Confirm title={`Delete ${project.name}?`} action="Delete for ever" typed={project.name} onClose={() => setAsking(false)} onConfirm={async () => {
					await gone(api.DELETE('/api/projects/{id}', {params: {path: {id: project.id}}}));
					toast(`${project.name} is deleted.`, 'good');
					route('/projects', true);
				}}>
					<p>{project.url ? <>The site <strong>{new URL(project.url).host}</strong> goes offline, and everything</> : 'Everything'} that
						belongs to this project is deleted.</p>
				</Confirm>
			)}
		</section>
	);
}
