// profile.tsx - name, address, password and other ways to sign in.
import {useEffect, useState} from 'preact/hooks';
import {api, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import {changed, type User} from '../../api/session';
import type {Reply} from '../../api/types';
import {Avatar} from '../../app/frame';
import {Button, useAction} from '../../ui/button';
import {Dialog} from '../../ui/dialog';
import {Form, PasswordField, TextField} from '../../ui/form';
import {Badge, Card, ErrorNote, Note, Skeleton} from '../../ui/parts';
import {toast} from '../../ui/toast';
import {useUnsaved} from '../../ui/unsaved';
import {notAnAddress} from '../auth/email';
import {Password} from './password';
import {Identities} from './identities';

type Me = Reply<'/api/user/profile', 'get'>;

export function Profile() {
	const profile = useLoad(signal => ok(api.GET('/api/user/profile', {signal})), []);
	const me = profile.data;
	if (!me)
		return profile.error
			? <ErrorNote error={profile.error} onRetry={() => void profile.reload()} />
			: <Card title="Profile"><Skeleton height="17.5rem" /></Card>;
	return (
		<>
			<Person me={me} onChange={profile.set} />
			<Password me={me} />
			<Identities hasPassword={me.hasPassword} />
		</>
	);
}

function userOf({hasPassword, githubConnected, pendingEmail, ...user}: Me): User {
	return user;
}

function Person({me, onChange}: {me: Me; onChange(me: Me): void}) {
	const [name, setName] = useState(me.name);
	const [moving, setMoving] = useState(false);
	const dirty = name.trim() !== me.name;
	useUnsaved(dirty);
	const take = (next: Me) => {
		onChange(next);
		changed(userOf(next));
	};
	// e.g. an address that was confirmed on another device
	useEffect(() => changed(userOf(me)), []);

	return (
		<Card title="Profile">
			<Form submit="Save changes" busyText="Saving" disabled={!dirty}
				onDiscard={dirty ? () => setName(me.name) : undefined}
				check={() => ({name: !name.trim() && 'Enter your name.'})}
				onSubmit={async () => {
					const next = await ok(api.PUT('/api/user/profile', {body: {name: name.trim()}}));
					take(next);
					setName(next.name);
					toast('Your profile is saved.', 'good');
				}}>
				<div class="person">
					<Avatar name={name.trim() || me.name} />
					<p class="hint">Your picture is made of your initials.</p>
				</div>
				<TextField name="name" label="Full name" autoComplete="name" maxLength={255} value={name} onValue={setName} />
				<TextField name="email" label="Email" type="email" disabled value={me.email} onValue={() => undefined}
					hint={<Verified me={me} onMove={() => setMoving(true)} />} />
			</Form>
			{me.pendingEmail && (
				<div class="after"><Note mood="warn">
					A link was mailed to <strong>{me.pendingEmail}</strong>. Once it is opened, that is your address. Until then this one stays.
				</Note></div>
			)}
			{moving && <Move me={me} onClose={() => setMoving(false)} onMoved={take} />}
		</Card>
	);
}

function Verified({me, onMove}: {me: Me; onMove(): void}) {
	const [sent, setSent] = useState(false);
	const resend = useAction(async () => {
		await ok(api.POST('/api/auth/resend-verification', {}));
		setSent(true);
		toast(`A mail with a link is on its way to ${me.email}.`, 'good');
	});
	return (
		<span class="verified">
			{me.emailVerified ? <Badge mood="good">Confirmed</Badge> : <Badge mood="warn">Not confirmed</Badge>}
			{!me.emailVerified && (sent
				? <span>Look into your mail.</span>
				: <Button small busy={resend.busy} onClick={resend.run}>Send the link again</Button>)}
			<Button small onClick={onMove}>Change address</Button>
		</span>
	);
}

function Move({me, onClose, onMoved}: {me: Me; onClose(): void; onMoved(me: Me): void}) {
	const [email, setEmail] = useState('');
	const [password, setPassword] = useState('');
	return (
		<Dialog firm title="Change address" onClose={onClose}>
			{me.hasPassword ? (
				<Form submit="Mail me the link" busyText="Sending" onCancel={onClose}
					says={{INVALID_CREDENTIALS: 'The password is wrong.'}}
					check={() => ({email: notAnAddress(email), password: !password && 'Enter your password.'})}
					onSubmit={async () => {
						onMoved(await ok(api.PUT('/api/user/profile', {body: {email: email.trim(), password}})));
						onClose();
						toast(`A mail with a link is on its way to ${email.trim()}.`, 'good');
					}}>
					<p>A link is mailed to the new address. <strong>{me.email}</strong> stays yours until the link is opened.</p>
					<TextField name="email" label="New address" type="email" autoComplete="email" autoFocus value={email} onValue={setEmail} />
					<PasswordField name="password" label="Password" autoComplete="current-password" value={password} onValue={setPassword} />
				</Form>
			) : (
				<p>Your account has no password, which is needed to change its address. Set one first.</p>
			)}
		</Dialog>
	);
}
