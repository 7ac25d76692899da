// github.tsx - the account at GitHub whose repositories are deployed from.
import {useState} from 'preact/hooks';
import {api, ok} from '../../api/client';
import {asApiError} from '../../api/error';
import {useLoad} from '../../api/load';
import {Button, useAction} from '../../ui/button';
import {Confirm} from '../../ui/dialog';
import {Icon} from '../../ui/icon';
import {Badge, Card, Empty, ErrorNote, Note, Skeleton} from '../../ui/parts';
import {Time} from '../../ui/time';
import {toast} from '../../ui/toast';
import {useProviders} from '../auth/providers';
import {SignInAgain} from './again';

export function GitHub() {
	const connection = useLoad(signal => ok(api.GET('/api/github/connection', {signal})), []);
	const providers = useProviders();
	const {data, reload} = connection;
	const {enabled} = providers;
	const failed = [connection, providers].find(l => l.error);
	const [leaving, setLeaving] = useState(false);
	const [again, setAgain] = useState(false);
	const connect = useAction(async () => {
		setAgain(false);
		try {
			location.assign((await ok(api.POST('/api/github/connect', {body: {next: '/settings/github'}}))).url);
		} catch (thrown) {
			if (asApiError(thrown).code !== 'SIGN_IN_AGAIN')
				throw thrown;
			setAgain(true);
			return;
		}
		// the browser is on its way: the button stays busy meanwhile
		await new Promise(resolve => setTimeout(resolve, 10_000));
	});
	const tooOld = <div role="alert">{again && <div class="after"><Note mood="warn"><SignInAgain /></Note></div>}</div>;

	if (!data || !enabled)
		return (
			<Card title="GitHub">
				{failed ? <ErrorNote error={failed.error!} onRetry={() => void failed.reload()} /> : <Skeleton height="13.5rem" />}
			</Card>
		);
	if (!data.connected)
		return (
			<Card title="GitHub">
				{enabled.includes('github') ? (
					<Empty icon="github" title="GitHub is not connected"
						action={<Button kind="primary" icon="github" busy={connect.busy} onClick={connect.run}>Connect GitHub</Button>}>
						Connect your account to pick from your repositories, private ones too, and to deploy by every push. You choose at GitHub what
						Autostack may see, and can take it back at any time.
					</Empty>
				) : (
					<Empty icon="github" title="GitHub is not set up on this server">
						Its administrator can do that with the client id of an application at GitHub (github_client_id in autostack.conf).
						Meanwhile you can deploy from any git address, also from GitHub.
					</Empty>
				)}
				{tooOld}
			</Card>
		);
	return (
		<Card title="GitHub" actions={data.refusedAt ? <Badge mood="bad">Refused by GitHub</Badge> : <Badge mood="good">Connected</Badge>}>
			{data.refusedAt && (
				<div class="before"><Note mood="warn">
					GitHub has not accepted the connection since <Time at={data.refusedAt} />: it was revoked there, or has expired.
					Pushes do not deploy until you connect again.
				</Note></div>
			)}
			<div class="with-icon">
				<Icon name="github" size={28} />
				<dl class="facts">
					<dt>Account</dt>
					<dd><a href={`https://github.com/${data.username}`} target="_blank" rel="noopener noreferrer">{data.username}<span class="sr-only"> (opens in a new tab)</span></a></dd>
					<dt>Connected</dt>
					<dd>{data.connectedAt && <Time at={data.connectedAt} />}</dd>
					<dt>Allowed</dt>
					<dd>{data.scopes.length ? data.scopes.map(scope => <code key={scope}>{scope}</code>) : 'public repositories'}</dd>
				</dl>
			</div>
			<div class="form-actions after">
				{data.refusedAt && <Button kind="primary" icon="github" busy={connect.busy} onClick={connect.run}>Connect again</Button>}
				<Button kind="danger" onClick={() => setLeaving(true)}>Disconnect</Button>
			</div>
			{tooOld}
			{leaving && (
				<Confirm title="Disconnect GitHub" action="Disconnect" onClose={() => setLeaving(false)} onConfirm={async () => {
					await ok(api.DELETE('/api/github/disconnect'));
					toast('GitHub is disconnected.', 'good');
					await reload();
				}}>
					<p>The webhooks that were registered for you are removed, and the permission is given back at GitHub. Sites stay online,
						but pushes do not deploy any more, and private repositories cannot be read.</p>
				</Confirm>
			)}
		</Card>
	);
}
