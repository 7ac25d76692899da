// api-keys.tsx - keys for programs that use the API.
import {useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {api, gone, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import type {Reply} from '../../api/types';
import {Button} from '../../ui/button';
import {Confirm, Dialog} from '../../ui/dialog';
import {Form, SelectField, TextField} from '../../ui/form';
import {Badge, Card, Empty, ErrorNote, Pages, PastEnd, SkeletonRows} from '../../ui/parts';
import {Time} from '../../ui/time';
import {toast} from '../../ui/toast';
import {SecretOnce} from './secret';

type Key = Reply<'/api/api-keys', 'get'>['apiKeys'][number];

const DAY = 86_400_000;
const LIVES = [['30', 'In 30 days'], ['90', 'In 90 days'], ['365', 'In a year'], ['', 'Never']] as const;

function ended(key: Key): boolean {
	return key.expiresAt !== null && Date.parse(key.expiresAt) <= Date.now();
}

export function ApiKeys() {
	const {query, route} = useLocation();
	const page = Math.max(1, Math.trunc(Number(query.page)) || 1);
	const go = (n: number) => route(`/settings/api-keys${n > 1 ? `?page=${n}` : ''}`);
	const {data, error, reload} = useLoad(signal => ok(api.GET('/api/api-keys', {params: {query: {page, limit: 10}}, signal})), [page]);
	const [making, setMaking] = useState(false);
	const [made, setMade] = useState<{name: string; key: string} | null>(null);
	const [revoking, setRevoking] = useState<Key | null>(null);
	const make = (primary: boolean) => <Button small={!primary} kind="primary" icon="plus" onClick={() => setMaking(true)}>New API key</Button>;
	return (
		<>
			<Card title="API keys" flush actions={data && data.pagination.totalItems > 0 && make(false)}>
				{error && <div class="inside"><ErrorNote error={error} onRetry={() => void reload()} /></div>}
				{data?.pagination.totalItems === 0 ? (
					<Empty icon="key" title="No API keys yet" action={make(true)}>
						A key lets a program, such as your continuous integration or the <code>autostack</code> command, do what you may do.
					</Empty>
				) : data && !data.apiKeys.length ? <PastEnd onFirst={() => go(1)} /> : (
					<div class="table-wrap">
						<table class="cards">
							<thead><tr><th>Name</th><th>Made</th><th>Last used</th><th>Ends</th><th><span class="sr-only">Action</span></th></tr></thead>
							<tbody>
								{!data ? !error && <SkeletonRows rows={3} columns={5} /> : data.apiKeys.map(key => (
									<tr key={key.id}>
										<td><span class="main">{key.name}</span><span class="sub mono">{key.prefix}…</span></td>
										<td data-label="Made"><Time at={key.createdAt} /></td>
										<td data-label="Last used">{key.lastUsedAt
											? <span><Time at={key.lastUsedAt} />{key.lastUsedIp && <span class="sub mono">{key.lastUsedIp}</span>}</span>
											: <span class="muted">Never</span>}</td>
										<td data-label="Ends">{key.expiresAt === null ? <span class="muted">Never</span>
											: ended(key) ? <Badge mood="bad">Ended</Badge> : <Time at={key.expiresAt} date />}</td>
										<td class="end"><Button small onClick={() => setRevoking(key)}>Revoke<span class="sr-only"> {key.name}</span></Button></td>
									</tr>
								))}
							</tbody>
						</table>
					</div>
				)}
				{data && data.pagination.totalItems > 0 && <Pages pagination={data.pagination}
					one="API key" many="API keys" onPage={go} />}
			</Card>
			<p class="hint after">What can be done with a key is described in the <a href="/docs">API</a>.</p>
			{making && <Make onClose={() => setMaking(false)} onMade={key => {
				setMaking(false);
				setMade(key);
				void reload();
			}} />}
			{made && (
				<SecretOnce title={`API key "${made.name}"`} label="API key" secret={made.key} onClose={() => setMade(null)}>
					<div class="try">
						<p class="hint">Try it:</p>
						<pre><code>curl -H "X-API-Key: $KEY" {location.origin}/api/projects</code></pre>
					</div>
				</SecretOnce>
			)}
			{revoking && (
				<Confirm title="Revoke API key" action="Revoke" onClose={() => setRevoking(null)} onConfirm={async () => {
					await gone(api.DELETE('/api/api-keys/{id}', {params: {path: {id: revoking.id}}}));
					toast(`The key "${revoking.name}" is revoked.`, 'good');
					await reload();
				}}>
					<p>Programs that use <strong>{revoking.name}</strong> are refused from now on. This cannot be undone.</p>
				</Confirm>
			)}
		</>
	);
}

function Make({onClose, onMade}: {onClose(): void; onMade(key: {name: string; key: string}): void}) {
	const [name, setName] = useState('');
	const [life, setLife] = useState<string>('90');
	return (
		<Dialog firm title="New API key" onClose={onClose}>
			<Form submit="Make the key" busyText="Making the key" onCancel={onClose}
				check={() => ({name: !name.trim() && 'Say what the key is for.'})}
				onSubmit={async () => onMade(await ok(api.POST('/api/api-keys', {body: {
					name: name.trim(),
					expiresAt: life ? new Date(Date.now() + Number(life) * DAY).toISOString() : null,
				}})))}>
				<TextField name="name" label="Name" hint="What it is for, e.g. Continuous integration" autoFocus autoComplete="off" maxLength={100}
					value={name} onValue={setName} />
				<SelectField name="expiresAt" label="Ends" value={life} onValue={setLife} options={LIVES}
					hint={life ? undefined : 'A key that never ends works until somebody thinks of revoking it.'} />
				<p class="hint">You get a mail that says that a key was made.</p>
			</Form>
		</Dialog>
	);
}
