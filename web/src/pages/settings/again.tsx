// again.tsx - what is dangerous wants a sign-in that is not long ago.
import {signOut} from '../../app/frame';

// The guard of the page leads to the sign-in, and from there back here.
export function SignInAgain() {
	return (
		<>
			Your sign-in was some time ago. To be sure that it is you, please{' '}
			<button type="button" class="link" onClick={() => void signOut()}>sign in again</button>; you come back here.
		</>
	);
}
