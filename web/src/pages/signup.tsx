// signup.tsx - making an account.
import {useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {api, ok} from '../api/client';
import {Dialog} from '../ui/dialog';
import {Form, PasswordField, TextField} from '../ui/form';
import {arrive} from './auth/arrive';
import {AuthCard} from './auth/card';
import {notAnAddress, typedEmail} from './auth/email';
import {notAPassword, PASSWORD_HINT} from './auth/password';
import {ProviderButtons} from './auth/providers';

export default function Signup() {
	const {query} = useLocation();
	const [name, setName] = useState('');
	const [password, setPassword] = useState('');
	const [note, setNote] = useState<'terms' | 'privacy' | null>(null);
	const email = typedEmail.value;
	const also = query.next ? `?next=${encodeURIComponent(query.next)}` : '';

	const signUp = async () => {
		const grant = await ok(api.POST('/api/auth/signup', {body: {name: name.trim(), email: email.trim(), password}}));
		arrive(grant, `Welcome, ${grant.user.name}. A mail with a link that confirms your address is on its way.`);
	};
	return (
		<AuthCard title="Create your account" foot={<>You have an account? <a href={`/login${also}`}>Sign in</a></>}>
			<Form wide submit="Create account" busyText="Creating your account" onSubmit={signUp}
				says={{EMAIL_TAKEN: <>This address has an account already. <a href={`/login${also}`}>Sign in</a> or <a href="/forgot-password">set a new password</a>.</>}}
				check={() => ({
					name: !name.trim() && 'Enter your name.',
					email: notAnAddress(email),
					password: notAPassword(password),
				})}>
				<TextField name="name" label="Full name" autoComplete="name" autoFocus maxLength={255} value={name} onValue={setName} />
				<TextField name="email" label="Email" type="email" autoComplete="username" value={email} onValue={v => typedEmail.value = v} />
				<PasswordField name="password" label="Password" hint={PASSWORD_HINT} autoComplete="new-password" value={password}
					onValue={setPassword} />
				<p class="hint">
					By creating an account you agree to the <button type="button" class="link" onClick={() => setNote('terms')}>Terms of Service</button> and
					the <button type="button" class="link" onClick={() => setNote('privacy')}>Privacy Policy</button> of this server.
				</p>
			</Form>
			<ProviderButtons verb="Sign up" next={query.next} />
			{note === 'terms' && <Terms onClose={() => setNote(null)} />}
			{note === 'privacy' && <Privacy onClose={() => setNote(null)} />}
		</AuthCard>
	);
}

function Terms({onClose}: {onClose(): void}) {
	return (
		<Dialog title="Terms of Service" onClose={onClose}>
			<div class="prose">
				<p>Autostack is software that somebody runs on a server of their own. Whoever runs this server ({location.host}) decides
					who may use it and for what. Their terms apply; ask them when you are not sure.</p>
				<p>You are responsible for what you deploy. What you deploy is public at the address of its site.</p>
				<p>You can leave at any time: Settings, Account has an export of everything of yours and deletes the account.</p>
			</div>
		</Dialog>
	);
}

function Privacy({onClose}: {onClose(): void}) {
	return (
		<Dialog title="Privacy Policy" onClose={onClose}>
			<div class="prose">
				<p>What is stored stays in the database of this server ({location.host}), for which its operator is responsible:</p>
				<ul class="bullets">
					<li>your name, your address, and a hash of your password, never the password itself;</li>
					<li>where you are signed in: network address, browser and time, and a log of what was done to the account;</li>
					<li>your projects, deployments and their logs.</li>
				</ul>
				<p>One cookie keeps you signed in. The panel has no tracking, and loads nothing from other hosts.</p>
				<p>Mails go to your address for what concerns the account and, if you want, your deployments.</p>
				<p>Settings, Account has an export of everything of yours, and deletes it.</p>
			</div>
		</Dialog>
	);
}
