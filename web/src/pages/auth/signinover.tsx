// signinover.tsx - signing in over a page whose session has ended.
import {useSignal} from '@preact/signals';
import {leave, user} from '../../api/session';
import {Dialog} from '../../ui/dialog';
import {QUESTION} from '../../ui/unsaved';
import {SignInForm} from './signin';

export function SignInOver() {
	const email = useSignal(user.value!.email);
	return (
		<Dialog firm asks={QUESTION} title="Your session has ended. Sign in to go on" onClose={leave}>
			<p class="before">What you have typed is still there. It is lost when you close this, or sign in as somebody else.</p>
			<SignInForm email={email} greeting="You are signed in again" />
			<p class="hint after">With GitHub or Google, or without the password: <a href="/login" target="_blank" rel="noopener">go
				to the sign-in page<span class="sr-only"> (opens in a new tab)</span></a>. Once you are signed in there, this page goes on.</p>
		</Dialog>
	);
}
