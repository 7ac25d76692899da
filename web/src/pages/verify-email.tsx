// verify-email.tsx - confirms an address by the code that was mailed there.
import {useState} from 'preact/hooks';
import {api, ok} from '../api/client';
import {changed, user} from '../api/session';
import {LinkButton} from '../ui/button';
import {Form} from '../ui/form';
import {AuthCard, Outcome} from './auth/card';
import {useFragment} from './auth/fragment';

export default function VerifyEmail() {
	const token = useFragment().get('code');
	const [done, setDone] = useState(false);
	const onward = user.value
		? <LinkButton kind="primary" href="/dashboard">To the dashboard</LinkButton>
		: <LinkButton kind="primary" href="/login">Sign in</LinkButton>;

	if (done)
		return (
			<AuthCard title="Confirm your address">
				<Outcome good action={onward}>Thank you, your address is confirmed.</Outcome>
			</AuthCard>
		);
	if (!token)
		return (
			<AuthCard title="Confirm your address">
				<Outcome good={false} action={user.value ? <LinkButton kind="primary" href="/settings/profile">To your profile</LinkButton> : onward}>
					This link is not complete. Open it from the mail again, or ask for a new one in your settings.
				</Outcome>
			</AuthCard>
		);
	return (
		<AuthCard title="Confirm your address" lead="One more click, so that nobody else, not even a mail scanner, does it for you.">
			<Form wide submit="Confirm this address" busyText="Confirming"
				says={{
					CODE_INVALID: <>This link was used already, or is too old. Ask for a new one in <a href="/settings/profile">your settings</a>.</>,
					EMAIL_TAKEN: 'Meanwhile this address belongs to another account here.',
				}}
				onSubmit={async () => {
					await ok(api.POST('/api/auth/verify-email', {body: {token}}));
					setDone(true);
					// the link may be another account's than the one that is signed in
					if (user.value)
						ok(api.GET('/api/auth/session')).then(s => changed(s.user), () => undefined);
				}}>{null}</Form>
		</AuthCard>
	);
}
