// channel.tsx - one notification channel: its settings, tests, secret, and what
// was sent to it.
import {useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {api, gone, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import {Button, useAction} from '../../ui/button';
import {Confirm} from '../../ui/dialog';
import {Icon} from '../../ui/icon';
import {Card, Empty, ErrorNote, Note, Skeleton} from '../../ui/parts';
import {Time} from '../../ui/time';
import {toast} from '../../ui/toast';
import {ChannelForm} from './channel-form';
import {ChannelState, HERE, KINDS, type Channel} from './channels';
import {Deliveries} from './deliveries';
import {SecretOnce} from './secret';

function Back() {
	return <p class="before"><a class="back-link" href={HERE}><Icon name="back" size={16} /> All notifications</a></p>;
}

export function ChannelNew() {
	const {route} = useLocation();
	const [made, setMade] = useState<{id: string; secret: string} | null>(null);
	return (
		<>
			<Back />
			<Card title="New channel">
				<ChannelForm onCancel={() => route(HERE)} onSaved={(channel, secret) => {
					toast(`The channel "${channel.name}" is made.`, 'good');
					if (secret)
						setMade({id: channel.id, secret});
					else
						route(`${HERE}?channel=${channel.id}`, true);
				}} />
			</Card>
			{made && <Signing secret={made.secret} onClose={() => route(`${HERE}?channel=${made.id}`, true)} />}
		</>
	);
}

function Signing({secret, onClose}: {secret: string; onClose(): void}) {
	return (
		<SecretOnce title="Secret of the webhook" label="Secret" secret={secret} onClose={onClose}>
			<p class="hint">Every request has the header <code>Autostack-Signature</code>: <code>v1=</code> and the HMAC-SHA256, in hexadecimal
				digits, of the header <code>Autostack-Timestamp</code>, a dot and the body. This secret is its key, all of it.</p>
		</SecretOnce>
	);
}

export function ChannelPage({id}: {id: string}) {
	const {data: channel, error, reload, set} = useLoad(
		signal => ok(api.GET('/api/notification-channels/{id}', {params: {path: {id}}, signal})), [id]);
	const [tests, setTests] = useState(0);

	if (!channel)
		return (
			<>
				<Back />
				<Card>
					{error?.status === 404 || error?.status === 422
						? <Empty icon="bell" title="There is no such channel">It may have been deleted.</Empty>
						: error ? <ErrorNote error={error} onRetry={() => void reload()} /> : <Skeleton height="30rem" />}
				</Card>
			</>
		);
	return (
		<>
			<Back />
			{channel.disabledAt && (
				<div class="before"><Note mood="warn">
					It was switched off <Time at={channel.disabledAt} />, after {channel.failures} failed attempts in a row. Look at the deliveries,
					send a test, and switch it on again.
				</Note></div>
			)}
			<Card title={<>{channel.name} <span class="title-badge"><ChannelState channel={channel} /></span></>}
				actions={<Actions channel={channel} onTest={() => setTests(n => n + 1)} />}>
				<p class="hint before">{KINDS[channel.kind]} at {channel.host}, made <Time at={channel.createdAt} /></p>
				<ChannelForm key={channel.updatedAt} channel={channel} onSaved={next => {
					set(next);
					toast('The channel is saved.', 'good');
				}} />
			</Card>
			<Deliveries id={id} refresh={tests} />
		</>
	);
}

function Actions({channel, onTest}: {channel: Channel; onTest(): void}) {
	const {route} = useLocation();
	const [deleting, setDeleting] = useState(false);
	const [renewing, setRenewing] = useState(false);
	const [secret, setSecret] = useState<string | null>(null);
	const path = {path: {id: channel.id}};
	const test = useAction(async () => {
		await ok(api.POST('/api/notification-channels/{id}/test', {params: path}));
		toast('A test is on its way. Its delivery below says what became of it.', 'good');
		onTest();
	});
	return (
		<>
			<Button small icon="play" busy={test.busy} onClick={test.run}>Send a test</Button>
			{channel.kind === 'webhook' && <Button small icon="key" onClick={() => setRenewing(true)}>New secret</Button>}
			<Button small kind="danger" icon="trash" onClick={() => setDeleting(true)}>Delete</Button>
			{renewing && (
				<Confirm title="New secret" action="Replace the secret" onClose={() => setRenewing(false)} onConfirm={async () => {
					setSecret((await ok(api.POST('/api/notification-channels/{id}/secret', {params: path}))).secret);
				}}>
					<p>The secret that there is now is used no more, also for what still waits to be sent. Your receiver has to know the new one.</p>
				</Confirm>
			)}
			{secret && <Signing secret={secret} onClose={() => setSecret(null)} />}
			{deleting && (
				<Confirm title="Delete channel" action="Delete" onClose={() => setDeleting(false)} onConfirm={async () => {
					await gone(api.DELETE('/api/notification-channels/{id}', {params: path}));
					toast(`The channel "${channel.name}" is deleted.`, 'good');
					route(HERE, true);
				}}>
					<p><strong>{channel.name}</strong> goes with the log of its deliveries. What waits is not sent.</p>
				</Confirm>
			)}
		</>
	);
}
