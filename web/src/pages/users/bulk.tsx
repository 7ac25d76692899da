// bulk.tsx - the same for all accounts that are ticked. Each is done on its
// own; which were not, and why, is said by name.
import {useState} from 'preact/hooks';
import {api, ok} from '../../api/client';
import type {Body, Reply} from '../../api/types';
import {Button, useAction} from '../../ui/button';
import {Confirm, Dialog} from '../../ui/dialog';
import {SelectField} from '../../ui/form';
import {Badge} from '../../ui/parts';
import {toast} from '../../ui/toast';
import {ROLES, type Account, type Role} from './filters';

type Bulk = Body<'/api/users/bulk', 'post'>;
type Result = Reply<'/api/users/bulk', 'post'>['results'][number];

const DONE: Record<Bulk['action'], string> = {
	activate: 'activated', deactivate: 'deactivated', setRole: 'given the role', delete: 'deleted',
};

function accounts(n: number): string {
	return `${n} ${n === 1 ? 'account' : 'accounts'}`;
}

export function BulkBar({chosen, onDone, onClear}: {chosen: readonly Account[]; onDone(): void; onClear(): void}) {
	const [asked, setAsked] = useState<'deactivate' | 'role' | 'delete' | null>(null);
	const [results, setResults] = useState<{of: readonly Account[]; list: Result[]; done: string} | null>(null);
	const act = async (body: Omit<Bulk, 'ids'>) => {
		const {results: list} = await ok(api.POST('/api/users/bulk', {body: {...body, ids: chosen.map(a => a.id)}}));
		if (list.every(r => r.ok))
			toast(`${accounts(list.length)} ${DONE[body.action]}.`, 'good');
		else
			setResults({of: chosen, list, done: DONE[body.action]});
		onDone();
	};
	const activate = useAction(() => act({action: 'activate'}));
	const [role, setRole] = useState<Role>('user');
	const many = accounts(chosen.length);
	return (
		<>
			{chosen.length > 0 && (
				<div class="bulk" role="region" aria-label="The chosen accounts">
					<strong>{many} chosen</strong>
					<div class="actions">
						<Button small busy={activate.busy} onClick={activate.run}>Activate</Button>
						<Button small onClick={() => setAsked('deactivate')}>Deactivate</Button>
						<Button small onClick={() => setAsked('role')}>Give a role</Button>
						<Button small kind="danger" icon="trash" onClick={() => setAsked('delete')}>Delete</Button>
						<Button small kind="quiet" onClick={onClear}>Choose none</Button>
					</div>
				</div>
			)}
			{asked === 'role' && (
				<Confirm title="Give a role" kind="primary" action="Give the role" onClose={() => setAsked(null)} onConfirm={() => act({action: 'setRole', role})}>
					<SelectField name="role" label="Role" value={role} onValue={v => setRole(v as Role)} options={ROLES} />
					<p>{many} will have it from the next request on.</p>
				</Confirm>
			)}
			{asked === 'deactivate' && (
				<Confirm title={`Deactivate ${many}`} action="Deactivate" onClose={() => setAsked(null)} onConfirm={() => act({action: 'deactivate'})}>
					<p>They cannot sign in any more, and their sessions end now. Their sites stay as they are. You can activate them again.</p>
				</Confirm>
			)}
			{asked === 'delete' && (
				<Confirm title={`Delete ${many}`} action="Delete" typed="delete" onClose={() => setAsked(null)} onConfirm={() => act({action: 'delete'})}>
					<p>They go for good, with their projects, deployments and sites:</p>
					<ul class="plain-list">{chosen.map(a => <li key={a.id}>{a.name} <span class="muted">{a.email}</span></li>)}</ul>
				</Confirm>
			)}
			{results && (
				<Dialog title="Not all could be done" onClose={() => setResults(null)}>
					<ul class="list">
						{results.list.map(r => {
							const account = results.of.find(a => a.id === r.id);
							return (
								<li key={r.id}>
									<div><strong>{account?.name ?? r.id}</strong> <span class="muted">{account?.email}</span>
										{!r.ok && <p class="error">{r.message}</p>}</div>
									<Badge mood={r.ok ? 'good' : 'bad'}>{r.ok ? results.done : 'Not done'}</Badge>
								</li>
							);
						})}
					</ul>
				</Dialog>
			)}
		</>
	);
}
