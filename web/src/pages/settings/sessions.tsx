// sessions.tsx - where one is signed in.
import {useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {api, gone, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import type {Reply} from '../../api/types';
import {signOut, signOutEverywhere} from '../../app/frame';
import {Button} from '../../ui/button';
import {Confirm} from '../../ui/dialog';
import {Badge, Card, ErrorNote, Pages, PastEnd, SkeletonRows} from '../../ui/parts';
import {exactly, Time} from '../../ui/time';
import {toast} from '../../ui/toast';
import {device} from './agent';

type Session = Reply<'/api/auth/sessions', 'get'>['sessions'][number];

const METHODS: Record<Session['method'], string> = {password: 'Password', github: 'GitHub', google: 'Google'};

export function Sessions() {
	const {query, route} = useLocation();
	const page = Math.max(1, Math.trunc(Number(query.page)) || 1);
	const go = (n: number) => route(`/settings/sessions${n > 1 ? `?page=${n}` : ''}`);
	const {data, error, reload} = useLoad(signal => ok(api.GET('/api/auth/sessions', {params: {query: {page, limit: 10}}, signal})), [page]);
	const [ending, setEnding] = useState<Session | null>(null);
	const [everywhere, setEverywhere] = useState(false);
	return (
		<>
			<Card title="Where you are signed in" flush
				actions={<Button small kind="danger" onClick={() => setEverywhere(true)}>Sign out everywhere</Button>}>
				{error && <div class="inside"><ErrorNote error={error} onRetry={() => void reload()} /></div>}
				{data && !data.sessions.length ? <PastEnd onFirst={() => go(1)} /> : (
					<div class="table-wrap">
						<table class="cards">
							<thead><tr><th>Device</th><th>Address</th><th>Signed in</th><th>Last seen</th><th><span class="sr-only">Action</span></th></tr></thead>
							<tbody>
								{!data ? !error && <SkeletonRows rows={3} columns={5} /> : data.sessions.map(s => (
									<tr key={s.id}>
										<td>
											<span class="main" title={s.userAgent ?? undefined}>{device(s.userAgent)}</span>{' '}
											{s.current && <Badge mood="good">This session</Badge>}
											<span class="sub">{METHODS[s.method]} · ends by <span title={exactly(s.expiresAt)}><Time at={s.expiresAt} date /></span></span>
										</td>
										<td data-label="Address"><span class="mono">{s.ip ?? 'unknown'}</span></td>
										<td data-label="Signed in"><Time at={s.createdAt} /></td>
										<td data-label="Last seen"><Time at={s.lastUsedAt} /></td>
										<td class="end">
											<Button small onClick={() => setEnding(s)}>Sign out
												<span class="sr-only"> {s.current ? 'here' : `${device(s.userAgent)}, ${s.ip ?? 'unknown address'}`}</span></Button>
										</td>
									</tr>
								))}
							</tbody>
						</table>
					</div>
				)}
				{data && <Pages pagination={data.pagination} one="session" many="sessions" onPage={go} />}
			</Card>
			<p class="hint after">You do not know one of them? Sign it out, then <a href="/settings/profile">change your password</a>.</p>
			{ending && (
				<Confirm title={ending.current ? 'Sign out here' : 'Sign out this session'} action="Sign out" onClose={() => setEnding(null)}
					onConfirm={async () => {
						if (ending.current)
							return signOut();
						await gone(api.DELETE('/api/auth/sessions/{id}', {params: {path: {id: ending.id}}}));
						toast('The session is signed out.', 'good');
						await reload();
					}}>
					<p><strong>{device(ending.userAgent)}</strong>{ending.ip && <> at {ending.ip}</>}, signed in <Time at={ending.createdAt} />,
						{ending.current ? ' is this session.' : ' is signed out at once, with all that it has open.'}</p>
				</Confirm>
			)}
			{everywhere && (
				<Confirm title="Sign out everywhere" action="Sign out everywhere" onClose={() => setEverywhere(false)} onConfirm={signOutEverywhere}>
					<p>All sessions end at once, this one too. API keys keep working; <a href="/settings/api-keys">revoke</a> them one by one.</p>
				</Confirm>
			)}
		</>
	);
}
