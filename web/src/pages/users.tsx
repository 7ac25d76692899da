// users.tsx - the accounts: managers read them, administrators manage them.
import {useLocation} from 'preact-iso';
import {useEffect, useState} from 'preact/hooks';
import {api, gone, ok} from '../api/client';
import {download} from '../api/download';
import {useLoad} from '../api/load';
import {user} from '../api/session';
import {Avatar} from '../app/frame';
import {Button, useAction} from '../ui/button';
import {Confirm} from '../ui/dialog';
import {Badge, Card, Empty, ErrorNote, PageHead, Pages, PastEnd, SkeletonRows} from '../ui/parts';
import {Found, SearchBox} from '../ui/search';
import {Time} from '../ui/time';
import {toast} from '../ui/toast';
import {BulkBar} from './users/bulk';
import {EditUser, NewUser} from './users/dialogs';
import {addressOf, filtersOf, LIMIT, roleName, ROLES, type Account, type Filters} from './users/filters';

type Asked = {what: 'edit' | 'deactivate' | 'delete'; account: Account};

export default function Page() {
	const {query, route} = useLocation();
	const filters = filtersOf(query);
	const admin = user.value?.role === 'admin';
	const [adding, setAdding] = useState(false);
	const [asked, setAsked] = useState<Asked | null>(null);
	const [ticked, setTicked] = useState<readonly string[]>([]);
	const address = addressOf('/users', filters);
	const {data, current, error, loading, reload} = useLoad(signal =>
		ok(api.GET('/api/users', {params: {query: {...filters, limit: LIMIT}}, signal})), [address]);
	const go = (change: Filters) => route(addressOf('/users', {...filters, page: 1, ...change}), true);

	const shown = data?.users ?? [];
	const may = shown.filter(a => a.id !== user.value?.id);
	const chosen = may.filter(a => ticked.includes(a.id));
	useEffect(() => setTicked([]), [address]);
	// the last account of the last page was deleted
	useEffect(() => {
		if (data && !data.users.length && data.pagination.totalPages && filters.page! > data.pagination.totalPages)
			go({page: data.pagination.totalPages});
	}, [data]);

	const done = (text: string) => {
		toast(text, 'good');
		void reload();
	};
	const path = asked && {params: {path: {id: asked.account.id}}};
	return (
		<div class="page">
			<PageHead title="Users" lead={admin ? 'Everybody with an account, and what they may do.' : 'Everybody with an account. Administrators can change them.'}
				actions={admin && <>
					<Export filters={filters} format="csv" />
					<Export filters={filters} format="json" />
					<Button kind="primary" icon="plus" onClick={() => setAdding(true)}>Add a user</Button>
				</>} />
			<Search filters={filters} go={go} />
			<BulkBar chosen={chosen} onClear={() => setTicked([])} onDone={() => {
				setTicked([]);
				void reload();
			}} />
			<Found n={current ? data?.pagination.totalItems : undefined} one="user" many="users" />
			{error && <ErrorNote error={error} onRetry={() => void reload()} />}
			{(data || !error) && (
				<Card flush>
					{data && current && !shown.length
						? filters.page! > 1 ? <PastEnd onFirst={() => route(addressOf('/users', {...filters, page: 1}))} /> : (
							<Empty icon="users" title="Nobody fits" action={<Button onClick={() => route('/users')}>Show all users</Button>}>
								No account has all of what you are looking for.
							</Empty>
						)
						: (
							<div class="table-wrap" aria-busy={loading && !current}>
								<table class="cards users">
									<thead>
										<tr>
											{admin && <th><input type="checkbox" aria-label="Choose all on this page" disabled={!may.length}
												checked={may.length > 0 && chosen.length === may.length} ref={box => {
													if (box)
														box.indeterminate = chosen.length > 0 && chosen.length < may.length;
												}} onChange={e => setTicked(e.currentTarget.checked ? may.map(a => a.id) : [])} /></th>}
											<th scope="col">Name</th><th scope="col">Role</th><th scope="col">Status</th><th scope="col">Last sign-in</th>
											{admin && <th class="end"><span class="sr-only">Actions</span></th>}
										</tr>
									</thead>
									<tbody>
										{!shown.length && <SkeletonRows rows={8} columns={admin ? 6 : 4} />}
										{shown.map(a => (
											<Row key={a.id} account={a} admin={admin} ask={what => setAsked({what, account: a})} activated={done}
												ticked={ticked.includes(a.id)} tick={on => setTicked(on ? [...ticked, a.id] : ticked.filter(id => id !== a.id))} />
										))}
									</tbody>
								</table>
							</div>
						)}
					{data && <Pages pagination={data.pagination} one="user" many="users" onPage={page => route(addressOf('/users', {...filters, page}))} />}
				</Card>
			)}
			{adding && (
				<NewUser onClose={() => setAdding(false)}
					onDone={(a, invited) => done(invited ? `An invitation is on its way to ${a.email}.` : `${a.name} has an account now.`)} />
			)}
			{asked?.what === 'edit' && <EditUser account={asked.account} onClose={() => setAsked(null)} onDone={a => done(`${a.name} is saved.`)} />}
			{asked?.what === 'deactivate' && (
				<Confirm title={`Deactivate ${asked.account.name}`} action="Deactivate" onClose={() => setAsked(null)} onConfirm={async () => {
					await ok(api.DELETE('/api/users/{id}', path!));
					done(`${asked.account.name} is deactivated.`);
				}}>
					<p>{asked.account.email} cannot sign in any more, and all sessions end now. Projects and sites stay as they are. You can activate the account again.</p>
				</Confirm>
			)}
			{asked?.what === 'delete' && (
				<Confirm title={`Delete ${asked.account.name}`} action="Delete for good" typed={asked.account.email} onClose={() => setAsked(null)} onConfirm={async () => {
					await gone(api.DELETE('/api/users/{id}', {params: {...path!.params, query: {hard: true}}}));
					done(`${asked.account.name} is deleted.`);
				}}>
					<p>The account goes for good, with all of its projects, deployments and sites. Deactivating it keeps them.</p>
				</Confirm>
			)}
		</div>
	);
}

function Search({filters, go}: {filters: Filters; go(change: Filters): void}) {
	return (
		<div class="filters" role="search">
			<SearchBox label="Search by name or address" value={filters.search ?? ''} onSearch={search => go({search})} />
			<select aria-label="Role" value={filters.role ?? ''} onChange={e => go({role: (e.currentTarget.value || undefined) as Filters['role']})}>
				<option value="">All roles</option>
				{ROLES.map(([value, name]) => <option key={value} value={value}>{name}s</option>)}
			</select>
			<select aria-label="Status" value={filters.status ?? ''} onChange={e => go({status: (e.currentTarget.value || undefined) as Filters['status']})}>
				<option value="">Active and inactive</option>
				<option value="active">Active</option>
				<option value="inactive">Inactive</option>
			</select>
		</div>
	);
}

function Export({filters: {search, role, status}, format}: {filters: Filters; format: 'csv' | 'json'}) {
	const save = useAction(async () => {
		const all = await download(`users.${format}`, api.GET('/api/users/export', {params: {query: {search, role, status, format}}, parseAs: 'blob'}));
		toast(all ? 'The file is saved.' : 'The file has the first 10,000 accounts only. Filter to get the others.', all ? 'good' : 'bad');
	});
	return <Button icon="down" busy={save.busy} onClick={save.run}><span class="sr-only">Export as </span>{format.toUpperCase()}</Button>;
}

function Row({account: a, admin, ticked, tick, ask, activated}: {
	account: Account;
	admin: boolean;
	ticked: boolean;
	tick(on: boolean): void;
	ask(what: Asked['what']): void;
	activated(text: string): void;
}) {
	const self = a.id === user.value?.id;
	const activate = useAction(async () => {
		await ok(api.PUT('/api/users/{id}', {params: {path: {id: a.id}}, body: {active: true}}));
		activated(`${a.name} is active again.`);
	});
	const about = <span class="sr-only"> {a.name}</span>;
	return (
		<tr>
			{admin && <td>{self ? null : <input type="checkbox" aria-label={`Choose ${a.name}`} checked={ticked} onChange={e => tick(e.currentTarget.checked)} />}</td>}
			<td>
				<div class="who"><Avatar name={a.name} /><div>
					<span class="main">{a.name}</span>{self && <span class="muted nowrap"> (you)</span>}
					<span class="sub" title={a.email}>{a.email}</span></div></div>
			</td>
			<td data-label="Role">{roleName(a.role)}</td>
			<td data-label="Status"><span class="badges">
				<Badge mood={a.active ? 'good' : 'idle'}>{a.active ? 'Active' : 'Inactive'}</Badge>
				{!a.emailVerified && <Badge mood="warn">Not confirmed</Badge>}</span></td>
			<td data-label="Last sign-in"><div>{a.lastLoginAt ? <Time at={a.lastLoginAt} /> : 'never'}
				<span class="sub">since <Time at={a.createdAt} date /></span></div></td>
			{admin && (
				<td class="end"><div class="actions row-actions">
					<Button small onClick={() => ask('edit')}>Edit{about}</Button>
					{!self && (a.active
						? <Button small onClick={() => ask('deactivate')}>Deactivate{about}</Button>
						: <Button small busy={activate.busy} onClick={activate.run}>Activate{about}</Button>)}
					{!self && <Button small kind="danger" icon="trash" title={`Delete ${a.name}`} onClick={() => ask('delete')}><span class="sr-only">Delete {a.name}</span></Button>}
				</div></td>
			)}
		</tr>
	);
}
