// dialogs.tsx - make an account and change one.
import {useState} from 'preact/hooks';
import {api, ok} from '../../api/client';
import {changed, user} from '../../api/session';
import {Dialog} from '../../ui/dialog';
import {CheckField, Form, PasswordField, SelectField, TextField} from '../../ui/form';
import {ROLES, type Account, type Role} from './filters';

const MAY = 'Managers also see all accounts. Administrators change them, manage incidents and read the whole audit log.';

export function NewUser({onDone, onClose}: {onDone(account: Account, invited: boolean): void; onClose(): void}) {
	const [name, setName] = useState('');
	const [email, setEmail] = useState('');
	const [role, setRole] = useState<Role>('user');
	const [invite, setInvite] = useState(true);
	const [password, setPassword] = useState('');
	const save = async () => {
		onDone(await ok(api.POST('/api/users', {body: {name, email, role, ...(invite ? {} : {password})}})), invite);
		onClose();
	};
	return (
		<Dialog firm title="Add a user" onClose={onClose}>
			<Form onSubmit={save} submit={invite ? 'Send the invitation' : 'Make the account'} busyText="Adding"
				onCancel={onClose}
				says={{EMAIL_TAKEN: 'There is an account with this address already.'}}
				check={() => ({
					name: !name.trim() && 'What is this person called?',
					email: !/^\S+@\S+$/.test(email) && 'This is not an address.',
					password: !invite && !password && 'Set a first password.',
				})}>
				<TextField name="name" label="Name" value={name} onValue={setName} autoFocus maxLength={255} autoComplete="off" />
				<TextField name="email" type="email" label="Email address" value={email} onValue={setEmail} autoComplete="off" />
				<SelectField name="role" label="Role" hint={MAY} value={role} onValue={v => setRole(v as Role)} options={ROLES} />
				<CheckField label="Invite by mail" hint="A link is mailed with which the password is chosen. Otherwise you set a first password and tell it yourself."
					checked={invite} onChecked={setInvite} />
				{!invite && <PasswordField name="password" label="First password" value={password} onValue={setPassword} autoComplete="new-password" />}
			</Form>
		</Dialog>
	);
}

export function EditUser({account, onDone, onClose}: {account: Account; onDone(account: Account): void; onClose(): void}) {
	const [name, setName] = useState(account.name);
	const [email, setEmail] = useState(account.email);
	const [role, setRole] = useState<Role>(account.role);
	const self = account.id === user.value?.id;
	const save = async () => {
		// only what was changed, so that what others changed meanwhile stays
		const body = {
			...(name !== account.name ? {name} : {}),
			...(email !== account.email ? {email} : {}),
			...(role !== account.role ? {role} : {}),
		};
		const now = Object.keys(body).length ? await ok(api.PUT('/api/users/{id}', {params: {path: {id: account.id}}, body})) : account;
		if (self)
			changed({...user.value!, name: now.name, role: now.role});
		onDone(now);
		onClose();
	};
	return (
		<Dialog firm title={`Edit ${account.name}`} onClose={onClose}>
			<Form onSubmit={save} submit="Save" busyText="Saving" onCancel={onClose}
				says={{EMAIL_TAKEN: 'There is an account with this address already.'}}
				check={() => ({name: !name.trim() && 'What is this person called?', email: !/^\S+@\S+$/.test(email) && 'This is not an address.'})}>
				<TextField name="name" label="Name" value={name} onValue={setName} autoFocus maxLength={255} autoComplete="off" />
				<TextField name="email" type="email" label="Email address" value={email} onValue={setEmail} disabled={self} autoComplete="off"
					hint={self ? 'Your own address is changed in the settings: it takes your password.' : 'Another address has to be confirmed anew.'} />
				<SelectField name="role" label="Role" hint={MAY} value={role} onValue={v => setRole(v as Role)} options={ROLES} />
			</Form>
		</Dialog>
	);
}
