// reset-password.tsx - a new password by the code of a mail. An invitation is
// the same for an account that has none yet.
import {useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {api, ok} from '../api/client';
import {user} from '../api/session';
import {LinkButton} from '../ui/button';
import {Form, PasswordField} from '../ui/form';
import {AuthCard, Outcome} from './auth/card';
import {useFragment} from './auth/fragment';
import {notAPassword, PASSWORD_HINT} from './auth/password';

export default function ResetPassword() {
	const invited = useLocation().path === '/accept-invitation';
	const token = useFragment().get('code');
	const [password, setPassword] = useState('');
	const [done, setDone] = useState(false);
	const title = invited ? 'Welcome to Autostack' : 'Choose a new password';

	if (done)
		return (
			<AuthCard title={title}>
				<Outcome good action={<LinkButton kind="primary" href="/login">Sign in</LinkButton>}>
					Your password is set. You can sign in with it now.
				</Outcome>
			</AuthCard>
		);
	const another = invited
		? <LinkButton href="/">To the start</LinkButton>
		: <LinkButton kind="primary" href="/forgot-password">Ask for a new link</LinkButton>;
	if (!token)
		return (
			<AuthCard title={title}>
				<Outcome good={false} action={another}>
					This link is not complete. Open it from the mail again, or {invited ? 'ask whoever invited you for a new one' : 'ask for a new one'}.
				</Outcome>
			</AuthCard>
		);
	return (
		<AuthCard title={title} lead={invited
			? 'An account was made for you. Choose a password for it.'
			: 'All devices that are signed in to your account will be signed out.'}>
			<Form wide submit="Set the password" busyText="Setting the password" check={() => ({password: notAPassword(password)})}
				says={{CODE_INVALID: invited
					? 'This invitation was used already, or is too old. Ask whoever invited you for a new one.'
					: <>This link was used already, or is too old. <a href="/forgot-password">Ask for a new one.</a></>}}
				onSubmit={async () => {
					await ok(api.POST('/api/auth/reset-password', {body: {token, password}}));
					setDone(true);
					// ends here what the API has ended, unless it is another account's
					if (user.value)
						api.GET('/api/auth/session').catch(() => undefined);
				}}>
				<PasswordField name="password" label={invited ? 'Password' : 'New password'} hint={PASSWORD_HINT} autoComplete="new-password"
					autoFocus value={password} onValue={setPassword} />
			</Form>
		</AuthCard>
	);
}
