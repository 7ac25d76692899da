// hooks.tsx - what deploys without anybody pressing a button: GitHub's webhook,
// and addresses for everybody else.
import type {ComponentChildren} from 'preact';
import {useEffect, useRef, useState} from 'preact/hooks';
import {api, gone, ok} from '../../api/client';
import {asApiError, type ApiError} from '../../api/error';
import {useLoad} from '../../api/load';
import type {Reply} from '../../api/types';
import {Button, useAction} from '../../ui/button';
import {Confirm} from '../../ui/dialog';
import {useOpener} from '../../ui/focus';
import {Form, TextField} from '../../ui/form';
import {Badge, Card, ErrorNote, Note, Skeleton} from '../../ui/parts';
import {Time} from '../../ui/time';
import {toast} from '../../ui/toast';
import {SHOWN_ONCE, useUnsaved} from '../../ui/unsaved';
import {Copyable} from './copyable';
import type {Side} from './side';

type Hook = Reply<'/api/projects/{id}/webhook', 'get'>;
type Secret = Reply<'/api/projects/{id}/webhook-secret', 'post'>;
type DeployHook = Reply<'/api/projects/{id}/deploy-hooks', 'get'>['deployHooks'][number];

export function Hooks(side: Side) {
	return <><Webhook {...side} /><DeployHooks {...side} /></>;
}

const STATES: Record<Hook['state'], [mood: string, text: string]> = {
	none: ['idle', 'Not set up'], manual: ['good', 'Set up by hand'], waiting: ['busy', 'Being registered'],
	registered: ['good', 'Registered'], failed: ['bad', 'Not registered'],
};

function Webhook({project}: Side) {
	const [waits, setWaits] = useState(false);
	const path = {id: project.id};
	const {data: hook, error, reload, set} = useLoad(async signal => {
		const found = await ok(api.GET('/api/projects/{id}/webhook', {params: {path}, signal}));
		setWaits(found.state === 'waiting');
		return found;
	}, [project.id], waits ? 3_000 : 0);
	const [secret, setSecret] = useState<Secret | null>(null);
	const [asking, setAsking] = useState<'secret' | 'remove' | null>(null);
	const [refused, setRefused] = useState<ApiError | null>(null);
	const register = useAction(async () => {
		setRefused(null);
		try {
			set(await ok(api.POST('/api/projects/{id}/webhook', {params: {path}})));
			setWaits(true);
		} catch (thrown) {
			setRefused(asApiError(thrown));
		}
	});
	const makeSecret = async () => {
		setSecret(await ok(api.POST('/api/projects/{id}/webhook-secret', {params: {path}})));
		setRefused(null);
		await reload();
	};
	const make = useAction(makeSecret);
	if (!hook)
		return <Card title="GitHub webhook">{error ? <ErrorNote error={error} onRetry={() => void reload()} /> : <Skeleton height="8rem" />}</Card>;
	const [mood, text] = STATES[hook.state];
	const there = hook.state !== 'none';
	return (
		<Card title="GitHub webhook" actions={<Badge mood={mood}>{text}</Badge>}>
			<div class="form">
				<p class="group-lead">GitHub tells of every push and pull request here. A push to <span class="mono">{project.branch}</span> deploys;
					what became of each stands under <a href={`/projects/${project.id}/deliveries`}>Deliveries</a>.</p>
				{hook.error && <Note mood="bad">{hook.error}</Note>}
				{hook.state === 'registered' && <p>Registered at <strong>{hook.repository}</strong>{hook.registeredAt && <> <Time at={hook.registeredAt} /></>}.</p>}
				{hook.state === 'manual' && !secret && <p>It is set up with a secret that was made here. If GitHub does not use it, make a new one and enter that.</p>}
				{hook.state === 'none' && <p>{hook.registrable ? 'Let the connected GitHub account register it, or make a secret and enter the webhook in the settings of the repository yourself.'
					: 'Make a secret and enter the webhook in the settings of the repository yourself. At GitHub, a connected account can register it, too.'}</p>}
				<div role="alert">{refused && <Note mood="bad">{refused.message}{refused.code === 'GITHUB_NOT_CONNECTED'
					&& <>. You can connect one in <a href="/settings/github">your settings</a>.</>}</Note>}</div>
				{secret && <ShownSecret key={secret.secret} secret={secret} registered={hook.state === 'registered' || hook.state === 'waiting'} onDone={() => setSecret(null)} />}
				<div class="form-actions">
					<Button kind={hook.registrable && !there ? 'primary' : 'normal'} icon="github" busy={register.busy || hook.state === 'waiting'} onClick={register.run}>
						{hook.state === 'waiting' ? 'Being registered' : there ? 'Register at GitHub again' : 'Register at GitHub'}
					</Button>
					<Button kind={hook.registrable || there ? 'normal' : 'primary'} icon="key" busy={make.busy} onClick={() => there ? setAsking('secret') : make.run()}>{there ? 'Make a new secret' : 'Set it up by hand'}</Button>
					{there && <Button kind="danger" icon="trash" onClick={() => setAsking('remove')}>Remove</Button>}
				</div>
			</div>
			{asking === 'secret' && (
				<Confirm title="Make a new secret?" action="Make a new secret" kind="primary" onClose={() => setAsking(null)} onConfirm={makeSecret}>
					<p>The one before is good no more at once. {hook.state === 'registered' ? 'The webhook that is registered at GitHub gets the new one.'
						: 'Deliveries are refused until you have entered the new one at GitHub.'}</p>
				</Confirm>
			)}
			{asking === 'remove' && (
				<Confirm title="Remove the webhook?" action="Remove" onClose={() => setAsking(null)} onConfirm={async () => {
					await gone(api.DELETE('/api/projects/{id}/webhook', {params: {path}}));
					setSecret(null);
					await reload();
					toast('The webhook is removed.', 'good');
				}}>
					<p>Pushes and pull requests deploy nothing any more. {hook.state === 'manual' ? 'Delete it in the settings of the repository as well.' : 'It is removed at GitHub, too.'}</p>
				</Confirm>
			)}
		</Card>
	);
}

function ShownSecret({secret, registered, onDone}: {secret: Secret; registered: boolean; onDone(): void}) {
	return (
		<ShownOnce label="What GitHub has to be told" onDone={onDone}>{had => <>
			<p><strong>This secret is shown once.</strong> {registered ? 'GitHub is being told; you only need it for a webhook of your own.'
				: 'At GitHub, open the settings of the repository, Webhooks, Add webhook, and enter:'}</p>
			<dl class="facts">
				<Copyable label="Payload URL" value={secret.url} />
				<dt>Content type</dt><dd><code>{secret.contentType}</code></dd>
				<Copyable label="Secret" value={secret.secret} onCopied={had} />
				<dt>Events</dt><dd>{secret.events.map(e => e === 'push' ? 'Pushes' : e === 'pull_request' ? 'Pull requests' : e).join(', ')}</dd>
			</dl>
			<p class="hint">GitHub sends a ping when you save: it appears under Deliveries.</p>
		</>}</ShownOnce>
	);
}

// Asks before it goes, until it was copied or somebody says that they have it.
function ShownOnce({label, onDone, children}: {label: string; onDone(): void; children(had: () => void): ComponentChildren}) {
	const [copied, setCopied] = useState(false);
	const group = useRef<HTMLDivElement>(null);
	useUnsaved(!copied, SHOWN_ONCE);
	useOpener(group);
	useEffect(() => group.current?.focus(), []);
	return (
		<div ref={group} class="inset" role="group" aria-label={label} tabIndex={-1}>
			{children(() => setCopied(true))}
			<Button onClick={onDone}>I have it</Button>
		</div>
	);
}

function DeployHooks({project}: Side) {
	const path = {id: project.id};
	const {data, error, reload} = useLoad(signal => ok(api.GET('/api/projects/{id}/deploy-hooks', {params: {path}, signal})), [project.id]);
	const [adding, setAdding] = useState(false);
	const [made, setMade] = useState<Reply<'/api/projects/{id}/deploy-hooks', 'post'> | null>(null);
	return (
		<Card title="Deploy hooks" actions={!adding && !made && <Button small icon="plus" onClick={() => setAdding(true)}>Make a deploy hook</Button>}>
			<p class="group-lead">Secret addresses: a POST to one deploys this project. For a content management system, a timer, or a build elsewhere.</p>
			{adding && <NewHook project={project.id} onClose={() => setAdding(false)} onMade={hook => {
				setAdding(false);
				setMade(hook);
				void reload();
			}} />}
			{made && (
				<ShownOnce label={`The address of ${made.name}`} onDone={() => setMade(null)}>{had => <>
					<p><strong>This address is shown once.</strong> Whoever has it can deploy: keep it like a password.</p>
					<dl class="facts">
						<Copyable label="Address" value={made.url} onCopied={had} />
						<Copyable label="Try it" value={`curl -X POST '${made.url}'`} onCopied={had} />
					</dl>
				</>}</ShownOnce>
			)}
			{error && <ErrorNote error={error} onRetry={() => void reload()} />}
			{!data ? !error && <Skeleton height="3rem" />
				: data.deployHooks.length ? <ul class="list">{data.deployHooks.map(h => <HookRow key={h.id} hook={h} project={project.id} branch={project.branch} onChange={reload} />)}</ul>
				: !adding && !made && <p class="muted">There are none.</p>}
		</Card>
	);
}

function NewHook({project, onMade, onClose}: {
	project: string;
	onMade(hook: Reply<'/api/projects/{id}/deploy-hooks', 'post'>): void;
	onClose(): void;
}) {
	const [name, setName] = useState('');
	const [branch, setBranch] = useState('');
	useUnsaved(name !== '' || branch !== '');
	return (
		<div class="inset">
			<Form submit="Make it" busyText="Making it" onCancel={onClose}
				check={() => ({name: !name.trim() && 'Say who uses it.'})}
				onSubmit={async () => onMade(await ok(api.POST('/api/projects/{id}/deploy-hooks', {params: {path: {id: project}},
					body: {name: name.trim(), branch: branch.trim() || null}})))}>
				<div class="row">
					<TextField name="name" label="Who uses it" value={name} onValue={setName} maxLength={100} autoFocus autoComplete="off" placeholder="Content management system" />
					<TextField name="branch" label="Branch" optional mono value={branch} onValue={setBranch} maxLength={200} placeholder="The project’s" />
				</div>
			</Form>
		</div>
	);
}

function HookRow({hook, project, branch, onChange}: {hook: DeployHook; project: string; branch: string; onChange(): Promise<void>}) {
	const [asking, setAsking] = useState(false);
	return (
		<li>
			<div>
				<strong>{hook.name}</strong> <span class="mono muted">{hook.branch ?? branch}</span>
				<p class="hint">{hook.lastUsedAt ? <>Used <Time at={hook.lastUsedAt} />{hook.lastOutcome && `: ${hook.lastOutcome}`}</> : 'Never used'} · made <Time at={hook.createdAt} /></p>
			</div>
			<Button small kind="danger" onClick={() => setAsking(true)}>Revoke<span class="sr-only"> {hook.name}</span></Button>
			{asking && (
				<Confirm title={`Revoke ${hook.name}?`} action="Revoke" onClose={() => setAsking(false)} onConfirm={async () => {
					await gone(api.DELETE('/api/projects/{id}/deploy-hooks/{hookId}', {params: {path: {id: project, hookId: hook.id}}}));
					await onChange();
					toast('The deploy hook is revoked.', 'good');
				}}>
					<p>Its address deploys nothing any more, at once.</p>
				</Confirm>
			)}
		</li>
	);
}
