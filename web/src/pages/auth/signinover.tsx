// signinover.tsx - signing in over a page whose session has ended.
import {useSignal} from '@preact/signals';
import {useEffect} from 'preact/hooks';
import {lapsed, leave, user} from '../../api/session';
import {Dialog} from '../../ui/dialog';
import {SignInForm} from './signin';

// A button that was pressed is disabled while it works, and a browser gives the
// focus back to nothing then.
let last: EventTarget | null = null;
addEventListener('focusin', e => {
	if (!lapsed.value)
		last = e.target;
});

export function SignInOver() {
	const email = useSignal(user.value!.email);
	useEffect(() => () => {
		const before = last;
		requestAnimationFrame(() => {
			const back = before instanceof HTMLElement && before.isConnected ? before : document.querySelector<HTMLElement>('main h1');
			// else it is the page for signing in, which has its own
			if (user.value)
				back?.focus();
		});
	}, []);
	return (
		<Dialog firm busy title="Your session has ended. Sign in to go on" onClose={leave}>
			<p class="before">What you have typed is still there. It is lost when you close this, or sign in as somebody else.</p>
			<SignInForm email={email} greeting="You are signed in again" />
			<p class="hint after">With GitHub or Google, or without the password: <a href="/login" target="_blank" rel="noopener">go
				to the sign-in page<span class="sr-only"> (opens in a new tab)</span></a>. Once you are signed in there, this page goes on.</p>
		</Dialog>
	);
}
