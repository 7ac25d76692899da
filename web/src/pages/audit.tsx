// audit.tsx - what was done: by oneself, for administrators by everybody. The
// filters are in the address.
import {useLocation} from 'preact-iso';
import {useEffect, useState} from 'preact/hooks';
import {api, ok} from '../api/client';
import {download} from '../api/download';
import {useLoad} from '../api/load';
import {user} from '../api/session';
import type {paths, Reply} from '../api/types';
import {Button, useAction} from '../ui/button';
import {CheckField} from '../ui/form';
import {Badge, Card, Empty, ErrorNote, PageHead, Pages, PastEnd, SkeletonRows} from '../ui/parts';
import {exactly, Time} from '../ui/time';
import {Found} from '../ui/search';
import {toast} from '../ui/toast';
import {inWords, linkOf, more, words, type Row, type Words} from './audit/events';
import {addressOf} from './users/filters';

type Query = NonNullable<paths['/api/audit-logs']['get']['parameters']['query']>;
type Log = Reply<'/api/audit-logs', 'get'>;
interface Filters {
	action?: string;
	outcome?: Query['outcome'];
	from?: string; // days, as 2026-01-31; both are within
	to?: string;
	userId?: string;
	routine: boolean; // what goes by itself, too
	page: number;
}

const LIMIT = 25;
const TYPING = 300;
const DAY = /^\d{4}-\d\d-\d\d$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function filtersOf(query: Record<string, string>): Filters {
	const match = (value: string | undefined, form: RegExp) => value && form.test(value) ? value : undefined;
	return {
		action: match(query.action, /^[a-z_.]{1,64}$/),
		outcome: match(query.outcome, /^(success|failure)$/) as Query['outcome'],
		from: match(query.from, DAY),
		to: match(query.to, DAY),
		userId: match(query.user, UUID),
		routine: query.routine !== undefined,
		page: Math.max(Math.trunc(Number(query.page)) || 1, 1),
	};
}

// A day of whoever looks begins at their midnight.
function midnight(day: string | undefined, after = 0): string | undefined {
	if (!day)
		return undefined;
	const [y, m, d] = day.split('-').map(Number) as [number, number, number];
	const at = new Date(y, m - 1, d + after);
	return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

export default function Page() {
	const {query, route} = useLocation();
	const filters = filtersOf(query);
	const admin = user.value?.role === 'admin';
	const address = (f: Filters) => addressOf('/audit', {action: f.action, outcome: f.outcome, from: f.from, to: f.to, user: f.userId, routine: f.routine ? 'too' : undefined, page: f.page});
	const asked: Query = {
		action: filters.action, outcome: filters.outcome, userId: filters.userId,
		from: midnight(filters.from), to: midnight(filters.to, 1), withoutRoutine: !filters.routine,
	};
	const {data, current, error, loading, reload} = useLoad(signal => Promise.all([
		ok(api.GET('/api/audit-logs', {params: {query: {...asked, page: filters.page, limit: LIMIT}}, signal})),
		words(),
	]).then(([log, words]) => ({...log as Log, words})), [address(filters)]); // not CSV
	const groups = data?.words.groups ?? [];
	const go = (change: Partial<Filters>) => route(address({...filters, page: 1, ...change}), true);
	const filtering = !!(filters.action || filters.outcome || filters.from || filters.to || filters.userId || filters.routine);
	return (
		<div class="page">
			<PageHead title="Audit log" lead={admin ? 'What everybody did, newest first.' : 'What you did, and what was tried in your name, newest first.'}
				actions={<>
					<Button icon="refresh" busy={loading && !!data} onClick={() => void reload()}>Refresh</Button>
					<Export query={asked} />
				</>} />
			<div class="filters audit-filters" role="search" aria-label="Filters">
				<label>What
					<select value={filters.action ?? ''} onChange={e => go({action: e.currentTarget.value || undefined})}>
						<option value="">Everything</option>
						{groups.map(g => <option key={g.prefix} value={g.prefix}>{g.text}</option>)}
						{filters.action && !groups.some(g => g.prefix === filters.action) && <option value={filters.action}>{filters.action}</option>}
					</select>
				</label>
				<label>Outcome
					<select value={filters.outcome ?? ''} onChange={e => go({outcome: (e.currentTarget.value || undefined) as Query['outcome']})}>
						<option value="">Any</option>
						<option value="success">Done</option>
						<option value="failure">Refused</option>
					</select>
				</label>
				<label>From <input type="date" value={filters.from ?? ''} max={filters.to} onChange={e => go({from: e.currentTarget.value || undefined})} /></label>
				<label>To <input type="date" value={filters.to ?? ''} min={filters.from} onChange={e => go({to: e.currentTarget.value || undefined})} /></label>
				{admin && <Who id={filters.userId} rows={data?.auditLogs} pick={userId => go({userId})} />}
				<CheckField label="Renewals of sign-ins too" checked={filters.routine} onChecked={routine => go({routine})} />
				{filtering && <Button kind="quiet" icon="close" onClick={() => route('/audit', true)}>Clear</Button>}
			</div>
			<Found n={current ? data?.pagination.totalItems : undefined} one="row" many={data && data.pagination.totalItems >= 10_000 ? 'rows or more' : 'rows'} />
			{error && <ErrorNote error={error} onRetry={() => void reload()} />}
			{(data || !error) && (
				<Card flush>
					{data && current && !data.auditLogs.length
						? filters.page > 1 ? <PastEnd onFirst={() => route(address({...filters, page: 1}))} /> : (
							<Empty icon="audit" title={filtering ? 'Nothing fits' : 'Nothing yet'}
								action={filtering && <Button onClick={() => route('/audit', true)}>Clear the filters</Button>}>
								{filtering ? 'No row has all of what you are looking for.' : 'What you do from now on is written down here.'}
							</Empty>
						)
						: (
							<div class="table-wrap" aria-busy={loading && !current}>
								<table class="cards audit">
									<thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Outcome</th><th scope="col">From</th><th scope="col">Details</th></tr></thead>
									<tbody>
										{!data?.auditLogs.length && <SkeletonRows rows={12} columns={5} />}
										{data?.auditLogs.map(row => <Entry key={row.id} row={row} words={data.words} admin={admin} pick={userId => go({userId})} />)}
									</tbody>
								</table>
							</div>
						)}
					{data && <Pages pagination={data.pagination} one="row" many={data.pagination.totalItems >= 10_000 ? 'rows or more' : 'rows'}
						onPage={page => route(address({...filters, page}))} />}
				</Card>
			)}
		</div>
	);
}

function Export({query}: {query: Query}) {
	const save = useAction(async () => {
		const all = await download('audit.csv', api.GET('/api/audit-logs', {params: {query: {...query, format: 'csv'}}, parseAs: 'blob'}));
		toast(all ? 'The file is saved.' : 'The file has the newest 10,000 rows only. Filter by day to get the others.', all ? 'good' : 'bad');
	});
	return <Button icon="down" busy={save.busy} onClick={save.run}>Export CSV</Button>;
}

// Whose rows: found by a part of the name or address.
function Who({id, rows, pick}: {id: string | undefined; rows: Row[] | undefined; pick(id: string | undefined): void}) {
	const [text, setText] = useState('');
	const [found, setFound] = useState<{id: string; name: string; email: string}[]>([]);
	const row = id ? rows?.find(r => r.userId === id) : undefined;
	useEffect(() => {
		if (text.trim().length < 2)
			return;
		const control = new AbortController();
		const timer = setTimeout(() => {
			ok(api.GET('/api/users', {params: {query: {search: text.trim(), limit: 8}}, signal: control.signal}))
				.then(r => setFound(r.users), () => undefined);
		}, TYPING);
		return () => {
			clearTimeout(timer);
			control.abort();
		};
	}, [text]);
	if (id)
		return (
			<div class="chosen"><span>Who</span>
				<Button icon="close" onClick={() => pick(undefined)}>{row?.userEmail ?? 'One account'}<span class="sr-only">: show everybody again</span></Button></div>
		);
	return (
		<label>Who
			<input type="search" list="audit-who" value={text} placeholder="Name or address" autocomplete="off" onInput={e => {
				const value = e.currentTarget.value;
				const one = found.find(u => u.email === value);
				setText(one ? '' : value);
				if (one)
					pick(one.id);
			}} />
			<datalist id="audit-who">{found.map(u => <option key={u.id} value={u.email}>{u.name}</option>)}</datalist>
		</label>
	);
}

function Entry({row, words, admin, pick}: {row: Row; words: Words; admin: boolean; pick(id: string): void}) {
	const {userId, userName, userEmail} = row;
	const own = userId === user.value?.id;
	const link = linkOf(row, own);
	const note = more(words, row);
	const did = inWords(words, row);
	const who = own ? 'You' : userName ?? (userId ? 'A deleted account' : 'Somebody');
	return (
		<tr>
			<td data-label="When"><Time at={row.at} /></td>
			<td>
				<div class="did">
					<p>
						{admin && userId && !own
							? <button type="button" class="link" title={`Only ${userEmail ?? 'this account'}`} onClick={() => pick(userId)}>{who}</button>
							: <strong>{who}</strong>}
						{' '}{did}{link && <>. <a href={link}>Look at it</a></>}
					</p>
					{note && <p class="muted">{note}</p>}
				</div>
			</td>
			<td data-label="Outcome"><Badge mood={row.outcome === 'success' ? 'good' : 'bad'}>{row.outcome === 'success' ? 'Done' : 'Refused'}</Badge></td>
			<td data-label="From">{row.ip ?? <span class="muted">not known</span>}</td>
			<td>
				<details class="row-details">
					<summary>Details<span class="sr-only"> of {did}, {exactly(row.at)}</span></summary>
					<dl>
						<Fact name="Event" value={row.event} />
						<Fact name="Time" value={exactly(row.at)} />
						<Fact name="Account" value={userEmail ?? userId} />
						<Fact name="From" value={row.ip} />
						<Fact name="Target" value={row.target} />
						<Fact name="Program" value={row.userAgent} />
						<Fact name="Request" value={row.requestId} />
						{Object.entries(row.details as Record<string, unknown>).map(([name, value]) =>
							<Fact key={name} name={name} value={typeof value === 'string' ? value : JSON.stringify(value)} />)}
					</dl>
				</details>
			</td>
		</tr>
	);
}

function Fact({name, value}: {name: string; value: string | null}) {
	return value ? <div><dt>{name}</dt><dd>{value}</dd></div> : null;
}
