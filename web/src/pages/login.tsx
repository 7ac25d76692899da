// login.tsx - signing in with a password, or by an account elsewhere.
import {useLocation} from 'preact-iso';
import {AuthCard} from './auth/card';
import {typedEmail} from './auth/email';
import {ProviderButtons} from './auth/providers';
import {SignInForm} from './auth/signin';

export default function Login() {
	const {query} = useLocation();
	const also = query.next ? `?next=${encodeURIComponent(query.next)}` : '';
	return (
		<AuthCard title="Sign in" lead={query.next ? 'Sign in to go on to the page that you asked for.' : undefined}
			foot={<>No account yet? <a href={`/signup${also}`}>Sign up</a></>}>
			<SignInForm email={typedEmail} greeting="Welcome back" beside={<a href="/forgot-password">Forgot password?</a>} />
			<ProviderButtons verb="Sign in" next={query.next} />
		</AuthCard>
	);
}
