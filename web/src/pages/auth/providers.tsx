// providers.tsx - signing in by an account elsewhere, where that is set up.
import {api, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import type {Reply} from '../../api/types';
import {Button} from '../../ui/button';
import {Icon} from '../../ui/icon';

export type Provider = Reply<'/api/auth/providers', 'get'>['providers'][number]['name'];
export const PROVIDERS: Record<Provider, string> = {github: 'GitHub', google: 'Google'};

export function isProvider(name: string | null): name is Provider {
	return name !== null && name in PROVIDERS;
}

const STARTED = 'autostack.provider';

// A code that comes back to a tab that sent nobody away may be somebody else's,
// who wants us to be signed in as them.
export function startedHere(): boolean {
	const started = sessionStorage.getItem(STARTED) !== null;
	sessionStorage.removeItem(STARTED);
	return started;
}

// The enabled ones; undefined as long as nobody knows.
export function useProviders() {
	const {data, error, reload} = useLoad(signal => ok(api.GET('/api/auth/providers', {signal})), []);
	return {enabled: data?.providers.filter(p => p.enabled).map(p => p.name), error, reload};
}

// Links, not requests: the browser itself has to go there. target keeps the
// router from taking them for pages of the panel.
export function ProviderButtons({verb, next}: {verb: string; next: string | undefined}) {
	const {enabled, error, reload} = useProviders();
	if (error)
		return (
			<p class="auth-foot" role="status">Other ways to sign in could not be asked for.{' '}
				<Button small kind="quiet" icon="refresh" onClick={() => void reload()}>Try again</Button></p>
		);
	if (!enabled?.length)
		return null;
	return (
		<>
			<p class="or"><span>or</span></p>
			<div class="providers">
				{enabled.map(name => (
					<a key={name} class="button" target="_top" onClick={() => sessionStorage.setItem(STARTED, name)}
						href={`/api/auth/${name}${next ? `?next=${encodeURIComponent(next)}` : ''}`}>
						<Icon name={name} /> {verb} with {PROVIDERS[name]}
					</a>
				))}
			</div>
		</>
	);
}
