// password.tsx - another password; or the first one, by a mail, for an account
// that was made by a sign-in at a provider.
import {useState} from 'preact/hooks';
import {api, ok} from '../../api/client';
import type {Reply} from '../../api/types';
import {Button, useAction} from '../../ui/button';
import {Form, PasswordField} from '../../ui/form';
import {Card} from '../../ui/parts';
import {toast} from '../../ui/toast';
import {useUnsaved} from '../../ui/unsaved';
import {notAPassword, PASSWORD_HINT} from '../auth/password';

export function Password({me}: {me: Reply<'/api/user/profile', 'get'>}) {
	return me.hasPassword ? <Change /> : <First email={me.email} />;
}

function Change() {
	const [current, setCurrent] = useState('');
	const [next, setNext] = useState('');
	useUnsaved(current !== '' || next !== '');
	return (
		<Card title="Password">
			<Form submit="Change password" busyText="Changing"
				says={{INVALID_CREDENTIALS: 'The current password is wrong.'}}
				check={() => ({
					currentPassword: !current && 'Enter the password that you have now.',
					newPassword: notAPassword(next),
				})}
				onSubmit={async () => {
					await ok(api.POST('/api/auth/change-password', {body: {currentPassword: current, newPassword: next}}));
					setCurrent('');
					setNext('');
					toast('Your password is changed. All other sessions have ended.', 'good');
				}}>
				<div class="row">
					<PasswordField name="currentPassword" label="Current password" autoComplete="current-password" value={current} onValue={setCurrent} />
					<PasswordField name="newPassword" label="New password" hint={PASSWORD_HINT} autoComplete="new-password" value={next} onValue={setNext} />
				</div>
				<p class="hint">You stay signed in here. Everywhere else you are signed out.</p>
			</Form>
		</Card>
	);
}

function First({email}: {email: string}) {
	const [sent, setSent] = useState(false);
	const send = useAction(async () => {
		await ok(api.POST('/api/auth/forgot-password', {body: {email}}));
		setSent(true);
		toast(`A mail with a link is on its way to ${email}.`, 'good');
	});
	return (
		<Card title="Password">
			<p class="lead">Your account has no password: you sign in elsewhere. To set one, have a link mailed to {email}.</p>
			<Button busy={send.busy} disabled={sent} onClick={send.run}>{sent ? 'Look into your mail' : 'Mail me a link'}</Button>
		</Card>
	);
}
