// signin.tsx - address and password: on the page for it, and over a page whose
// session has ended.
import type {Signal} from '@preact/signals';
import type {ComponentChildren} from 'preact';
import {useState} from 'preact/hooks';
import {door, ok} from '../../api/client';
import {CheckField, Form, PasswordField, TextField} from '../../ui/form';
import {arrive} from './arrive';
import {notAnAddress} from './email';

interface Props {
	email: Signal<string>;
	greeting: string; // goes before the name
	beside?: ComponentChildren; // Remember me
}

export function SignInForm({email, greeting, beside}: Props) {
	const [password, setPassword] = useState('');
	const [remember, setRemember] = useState(true);
	const [known] = useState(email.value !== '');
	const signIn = async () => {
		const grant = await ok(door.POST('/api/auth/login', {body: {email: email.value.trim(), password, remember}}));
		arrive(grant, `${greeting}, ${grant.user.name}.`);
	};
	return (
		<Form wide submit="Sign in" busyText="Signing in" onSubmit={signIn}
			check={() => ({email: notAnAddress(email.value), password: !password && 'Enter your password.'})}>
			<TextField name="email" label="Email" type="email" autoComplete="username" autoFocus={!known} value={email.value}
				onValue={v => email.value = v} />
			<PasswordField name="password" label="Password" autoComplete="current-password" autoFocus={known} value={password}
				onValue={setPassword} />
			<div class="between">
				<CheckField name="remember" label="Remember me" checked={remember} onChecked={setRemember} />
				{beside}
			</div>
		</Form>
	);
}
