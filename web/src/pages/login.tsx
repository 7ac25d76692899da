// login.tsx - signing in with a password, or by an account elsewhere.
import {useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {api, ok} from '../api/client';
import {CheckField, Form, PasswordField, TextField} from '../ui/form';
import {arrive} from './auth/arrive';
import {AuthCard} from './auth/card';
import {notAnAddress, typedEmail} from './auth/email';
import {ProviderButtons} from './auth/providers';

export default function Login() {
	const {query} = useLocation();
	const [password, setPassword] = useState('');
	const [remember, setRemember] = useState(true);
	const email = typedEmail.value;
	const also = query.next ? `?next=${encodeURIComponent(query.next)}` : '';

	const signIn = async () => {
		const grant = await ok(api.POST('/api/auth/login', {body: {email: email.trim(), password, remember}}));
		arrive(grant, `Welcome back, ${grant.user.name}.`);
	};
	return (
		<AuthCard title="Sign in" lead={query.next ? 'Sign in to go on to the page that you asked for.' : undefined}
			foot={<>No account yet? <a href={`/signup${also}`}>Sign up</a></>}>
			<Form wide submit="Sign in" busyText="Signing in" onSubmit={signIn}
				check={() => ({email: notAnAddress(email), password: !password && 'Enter your password.'})}>
				<TextField name="email" label="Email" type="email" autoComplete="username" autoFocus={!email} value={email}
					onValue={v => typedEmail.value = v} />
				<PasswordField name="password" label="Password" autoComplete="current-password" autoFocus={!!email} value={password}
					onValue={setPassword} />
				<div class="between">
					<CheckField name="remember" label="Remember me" checked={remember} onChecked={setRemember} />
					<a href="/forgot-password">Forgot password?</a>
				</div>
			</Form>
			<ProviderButtons verb="Sign in" next={query.next} />
		</AuthCard>
	);
}
