// oauth.tsx - where a provider's sign-in comes back to: with a code that is
// swapped for a session, or with what was linked or went wrong.
import {useEffect, useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {api, ok} from '../api/client';
import {asApiError} from '../api/error';
import {user} from '../api/session';
import {nextOf} from '../app/next';
import {Button, LinkButton} from '../ui/button';
import {toast} from '../ui/toast';
import {arrive} from './auth/arrive';
import {AuthCard, Outcome} from './auth/card';
import {useFragment} from './auth/fragment';
import {isProvider, PROVIDERS, startedHere} from './auth/providers';

// The errors that a sign-in at a provider can end with, by the API or by nginx:
// their codes in err.def, in lower case.
const ERRORS: Record<string, string> = {
	account_disabled: 'This account is disabled. Ask your administrator.',
	account_exists: 'There is an account with the address of that profile already. Sign in with its password, ' +
		'then link the provider in your settings.',
	bad_gateway: 'Autostack does not answer at the moment. Please try again in a while.',
	email_unverified: 'The provider has no confirmed address for you. Confirm one there and try again.',
	identity_taken: 'That profile signs in to another account here.',
	oauth_denied: 'You did not let the provider tell us who you are. Nothing has changed.',
	oauth_state: 'This sign-in was started somewhere else, or too long ago. Please start again.',
	provider_failed: 'The provider did not answer as it should. Please try again in a moment.',
	provider_linked: 'Your account here is linked to another profile there already. To use this one instead, ' +
		'unlink that one in your settings first.',
	rate_limit_exceeded: 'Too many sign-ins came from here. Please try again in a minute.',
	service_unavailable: 'Too many people are signing in right now. Please try again in a moment.',
};

export default function OAuth() {
	const {route} = useLocation();
	const fragment = useFragment();
	const next = nextOf(fragment.get('next'));
	const code = fragment.get('code');
	const linked = fragment.get('linked');
	const connected = fragment.get('connected');
	const [started] = useState(startedHere);
	const [busy, setBusy] = useState(false);
	const [failed, setFailed] = useState<string | null>(null);

	const finish = async () => {
		setBusy(true);
		try {
			const grant = await ok(api.POST('/api/auth/oauth/finish', {body: {code: code!}}));
			arrive(grant, `You are signed in as ${grant.user.name} (${grant.user.email}).`);
			route(next, true);
		} catch (thrown) {
			const error = asApiError(thrown);
			setFailed(error.code === 'CODE_INVALID' ? 'This sign-in was finished already, or took too long. Please start again.' : error.message);
			setBusy(false);
		}
	};
	useEffect(() => {
		if (code && started) {
			void finish();
		} else if (linked !== null) {
			toast(`From now on you can sign in with ${isProvider(linked) ? PROVIDERS[linked] : 'that account'}, too.`, 'good');
			route(next, true);
		} else if (connected !== null) {
			toast('Your account at GitHub is connected.', 'good');
			route(next, true);
		}
	}, []);

	const error = failed ?? (fragment.has('error')
		? ERRORS[fragment.get('error')!] ?? 'Signing in did not work. Please try again.'
		: !code && linked === null && connected === null ? 'There is nothing to finish here. Please start again.' : null);
	if (error)
		return (
			<AuthCard title="Signing in">
				<Outcome good={false} action={user.value
					? <LinkButton kind="primary" href={next}>Back</LinkButton>
					: <LinkButton kind="primary" href={next === '/dashboard' ? '/login' : `/login?next=${encodeURIComponent(next)}`}>Back to sign in</LinkButton>}>
					{error}
				</Outcome>
			</AuthCard>
		);
	if (code && !started)
		return (
			<AuthCard title="Signing in" lead="This sign-in was not started in this tab. Go on only if you have just started it yourself.">
				<div class="form-actions wide"><Button kind="primary" busy={busy} onClick={() => void finish()}>Continue</Button></div>
			</AuthCard>
		);
	return (
		<AuthCard title="Signing in">
			<p class="lead" role="status"><span class="spinner" /> One moment</p>
		</AuthCard>
	);
}
