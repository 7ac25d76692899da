// forgot-password.tsx - asks for a mail with a link that sets a new password.
import {useState} from 'preact/hooks';
import {api, ok} from '../api/client';
import {user} from '../api/session';
import {Button} from '../ui/button';
import {Form, TextField} from '../ui/form';
import {AuthCard, Outcome} from './auth/card';
import {notAnAddress, typedEmail} from './auth/email';

export default function ForgotPassword() {
	const [sentTo, setSentTo] = useState<string | null>(null);
	const email = typedEmail.value || user.value?.email || '';
	const back = user.value ? <a href="/settings">Back to the settings</a> : <a href="/login">Back to sign in</a>;

	if (sentTo !== null)
		return (
			<AuthCard title="Look into your mail" foot={back}>
				<Outcome good action={<Button onClick={() => setSentTo(null)}>Use another address</Button>}>
					If <strong>{sentTo}</strong> has an account, a mail with a link is on its way. The link works once.
				</Outcome>
				<p class="hint">Nothing there after some minutes? Look into the folder for spam, or ask whoever runs this server.</p>
			</AuthCard>
		);
	return (
		<AuthCard title="Reset your password" foot={back}
			lead="Tell us the address of your account. If there is one, a mail with a link is on its way in a moment.">
			<Form wide submit="Send reset link" busyText="Sending" check={() => ({email: notAnAddress(email)})}
				onSubmit={async () => {
					await ok(api.POST('/api/auth/forgot-password', {body: {email: email.trim()}}));
					setSentTo(email.trim());
				}}>
				<TextField name="email" label="Email" type="email" autoComplete="username" autoFocus value={email}
					onValue={v => typedEmail.value = v} />
			</Form>
		</AuthCard>
	);
}
