// identities.tsx - the accounts elsewhere that sign in to this one.
import {useState} from 'preact/hooks';
import {api, gone, ok} from '../../api/client';
import {asApiError} from '../../api/error';
import {useLoad} from '../../api/load';
import {Button} from '../../ui/button';
import {Confirm} from '../../ui/dialog';
import {Icon} from '../../ui/icon';
import {Card, ErrorNote, Note, Skeleton} from '../../ui/parts';
import {Time} from '../../ui/time';
import {toast} from '../../ui/toast';
import {PROVIDERS, useProviders, type Provider} from '../auth/providers';
import {SignInAgain} from './again';

export function Identities({hasPassword}: {hasPassword: boolean}) {
	const providers = useProviders();
	const linked = useLoad(signal => ok(api.GET('/api/auth/oauth/identities', {signal})), []);
	const {enabled} = providers;
	const {data, reload} = linked;
	const failed = [linked, providers].find(l => l.error);
	const [busy, setBusy] = useState<Provider | null>(null);
	const [again, setAgain] = useState(false);
	const [leaving, setLeaving] = useState<Provider | null>(null);

	const link = async (provider: Provider) => {
		setBusy(provider);
		setAgain(false);
		try {
			location.assign((await ok(api.POST('/api/auth/oauth/link', {body: {provider, next: '/settings/profile'}}))).url);
			// the browser is on its way: the button stays busy meanwhile
			setTimeout(() => setBusy(null), 10_000);
		} catch (thrown) {
			const failure = asApiError(thrown);
			setBusy(null);
			if (failure.code === 'SIGN_IN_AGAIN')
				setAgain(true);
			else
				toast(failure.message, 'bad');
		}
	};
	const identities = data?.identities;
	// one that is linked stays in the list when its provider is switched off
	const shown = (Object.keys(PROVIDERS) as Provider[])
		.filter(p => enabled?.includes(p) || identities?.some(i => i.provider === p));
	return (
		<Card title="Other ways to sign in">
			{failed ? <ErrorNote error={failed.error!} onRetry={() => void failed.reload()} />
				: !identities || !enabled ? <Skeleton height="2.5rem" />
				: shown.length === 0 ? <p class="muted">Signing in with GitHub or Google is not set up on this server. Its administrator can do that.</p>
				: (
					<ul class="list">
						{shown.map(provider => {
							const identity = identities.find(i => i.provider === provider);
							return (
								<li key={provider}>
									<div class="with-icon">
										<Icon name={provider} size={22} />
										<div>
											<strong>{PROVIDERS[provider]}</strong>
											<p class="hint">{identity
												? <>{identity.login ?? identity.email ?? identity.id}, linked <Time at={identity.createdAt} /></>
												: 'Not linked'}</p>
										</div>
									</div>
									{identity
										? <Button small onClick={() => setLeaving(provider)}>Unlink<span class="sr-only"> {PROVIDERS[provider]}</span></Button>
										: <Button small busy={busy === provider} onClick={() => void link(provider)}>Link {PROVIDERS[provider]}</Button>}
								</li>
							);
						})}
					</ul>
				)}
			<div role="alert">{again && <div class="after"><Note mood="warn"><SignInAgain /></Note></div>}</div>
			{leaving && (
				<Confirm title={`Unlink ${PROVIDERS[leaving]}`} action="Unlink" onClose={() => setLeaving(null)} onConfirm={async () => {
					await gone(api.DELETE('/api/auth/oauth/identities/{provider}', {params: {path: {provider: leaving}}}));
					toast(`${PROVIDERS[leaving]} is unlinked.`, 'good');
					await reload();
				}}>
					<p>You will not sign in with {PROVIDERS[leaving]} any more.{' '}
						{hasPassword ? 'Your password keeps working.' : 'Your account has no password: this works only while another account is linked.'}</p>
				</Confirm>
			)}
		</Card>
	);
}
