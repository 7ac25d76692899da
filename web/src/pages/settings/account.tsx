// account.tsx - taking everything along, and leaving.
import {useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {api, ok} from '../../api/client';
import {asApiError} from '../../api/error';
import {useLoad} from '../../api/load';
import {end, user} from '../../api/session';
import {Button} from '../../ui/button';
import {Dialog} from '../../ui/dialog';
import {Form, PasswordField} from '../../ui/form';
import {Card, Note} from '../../ui/parts';
import {toast} from '../../ui/toast';
import {SignInAgain} from './again';

export function Account() {
	return (
		<>
			<Export />
			<Delete />
		</>
	);
}

function save(data: object, name: string): void {
	const url = URL.createObjectURL(new Blob([JSON.stringify(data, null, '\t')], {type: 'application/json'}));
	const link = document.createElement('a');
	link.href = url;
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function Export() {
	const [busy, setBusy] = useState(false);
	const [again, setAgain] = useState(false);
	const run = async () => {
		setBusy(true);
		setAgain(false);
		try {
			const data = await ok(api.GET('/api/user/export'));
			save(data, 'autostack-account.json');
			toast(data.incomplete.length
				? `The export is downloaded. Of ${data.incomplete.join(', ')} it has only the newest.`
				: 'The export is downloaded.', 'good');
		} catch (thrown) {
			const error = asApiError(thrown);
			if (error.code === 'SIGN_IN_AGAIN')
				setAgain(true);
			else
				toast(error.message, 'bad');
		} finally {
			setBusy(false);
		}
	};
	return (
		<Card title="Export">
			<p class="muted">Everything of yours as one JSON file: the account, projects, deployments, keys and channels without anything secret,
				sessions, and the audit log.</p>
			<div role="alert">{again && <div class="after"><Note mood="warn"><SignInAgain /></Note></div>}</div>
			<div class="form-actions after"><Button icon="down" busy={busy} onClick={() => void run()}>{busy ? 'Collecting' : 'Download'}</Button></div>
		</Card>
	);
}

function Delete() {
	const [asking, setAsking] = useState(false);
	return (
		<Card title="Delete account">
			<p class="muted">The account goes with all that hangs on it: projects, their sites and domains, deployments, keys and sessions. The
				sites are offline at once. This cannot be undone.</p>
			<div class="form-actions after"><Button kind="danger" icon="trash" onClick={() => setAsking(true)}>Delete account</Button></div>
			{asking && <DeleteDialog onClose={() => setAsking(false)} />}
		</Card>
	);
}

function DeleteDialog({onClose}: {onClose(): void}) {
	const {route} = useLocation();
	const {data: me, error} = useLoad(signal => ok(api.GET('/api/user/profile', {signal})), []);
	const [password, setPassword] = useState('');
	const needsPassword = me?.hasPassword ?? true;
	return (
		<Dialog title="Delete account" onClose={onClose}>
			<Form kind="danger" submit="Delete everything" busyText="Deleting" disabled={!me && !error}
				onCancel={onClose} cancel="Keep the account"
				says={{
					INVALID_CREDENTIALS: 'The password is wrong. Nothing was deleted.',
					SIGN_IN_AGAIN: <SignInAgain />,
					LAST_ADMIN: <>You are the only administrator. Make somebody else one first, under <a href="/users">Users</a>.</>,
				}}
				check={() => ({password: needsPassword && !password && 'Enter your password.'})}
				onSubmit={async () => {
					await ok(api.DELETE('/api/user/account', {body: needsPassword ? {password} : {}}));
					route('/', true);
					end();
					toast('Your account is deleted.', 'good');
				}}>
				<p>Delete <strong>{user.value?.email}</strong> with all projects and sites? There is no way back, and no copy is kept for you.
					Download the export first if you want one.</p>
				{needsPassword && <PasswordField name="password" label="Password" autoComplete="current-password" autoFocus value={password}
					onValue={setPassword} />}
			</Form>
		</Dialog>
	);
}
