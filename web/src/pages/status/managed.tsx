// managed.tsx - the incidents as administrators see them: drafts beside the
// published ones, and what can be done about each.
import {useEffect, useState} from 'preact/hooks';
import {api, gone, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import {Button, useAction} from '../../ui/button';
import {Confirm} from '../../ui/dialog';
import {Card, ErrorNote, Note} from '../../ui/parts';
import {Time} from '../../ui/time';
import {toast} from '../../ui/toast';
import {IncidentDialog, NoteDialog, type Full} from './editor';
import {IncidentCard} from './incident';
import {placed, type Places} from './incidents';
import type {AdminIncident, Incident} from './words';

const DRAFTS = 50;

type Asked = {what: 'new'} | {what: 'edit' | 'note' | 'resolve' | 'delete'; incident: AdminIncident | Incident};

// The list that everybody sees is some seconds old. What an administrator has
// just done is laid over it until it has caught up.
export function Managed({incidents, children}: {incidents: Incident[] | undefined; children: Places}) {
	const drafts = useLoad(signal => ok(api.GET('/api/incidents', {params: {query: {state: 'draft', limit: DRAFTS}}, signal})).then(r => r.incidents), [], 60_000);
	const [done, setDone] = useState<ReadonlyMap<string, Full | null>>(new Map()); // null: deleted
	const [asked, setAsked] = useState<Asked | null>(null);

	const keep = (id: string, now: Full | null, text: string) => {
		setDone(new Map([...done, [id, now]]));
		void drafts.reload();
		toast(text, 'good');
	};
	const own = [...done].filter(([, i]) => i?.published).map(([, i]) => i!);
	const theirs = incidents?.filter(i => {
		const mine = done.get(i.id);
		return mine === undefined || (mine?.published && Date.parse(mine.updatedAt) < Date.parse(i.updatedAt));
	});
	const published = theirs && [...theirs, ...own.filter(i => !theirs.some(t => t.id === i.id))]
		.sort((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt));
	const unpublished = [
		...[...done.values()].filter(i => i && !i.published) as Full[],
		...(drafts.data ?? []).filter(d => !done.has(d.id)),
	];

	const draw = (i: Incident) => <IncidentCard key={i.id} incident={i} actions={<Actions incident={i} ask={setAsked} keep={keep} />} />;
	const make = <Button small icon="plus" onClick={() => setAsked({what: 'new'})}>New incident</Button>;
	return placed(published, draw, (titles, open, past) => children(titles, open, (
		<>
			{drafts.error && <ErrorNote error={drafts.error} onRetry={() => void drafts.reload()} />}
			{unpublished.length > 0 && (
				<Card title="Drafts">
					<p class="hint">Only administrators see these.</p>
					<div class="incidents">
						{unpublished.map(i => (
							<IncidentCard key={i.id} incident={i} notice={<Drafted incident={i} />}
								actions={<Actions incident={i} draft ask={setAsked} keep={keep} />} />
						))}
					</div>
				</Card>
			)}
			{past}
			{asked?.what === 'new' && (
				<IncidentDialog onClose={() => setAsked(null)}
					onDone={i => keep(i.id, i, i.published ? 'The incident is published.' : 'The draft is saved.')} />
			)}
			{asked?.what === 'edit' && <Edit id={asked.incident.id} onClose={() => setAsked(null)} onDone={i => keep(i.id, i, 'The incident is saved.')} />}
			{(asked?.what === 'note' || asked?.what === 'resolve') && (
				<NoteDialog incident={asked.incident} resolve={asked.what === 'resolve'} onClose={() => setAsked(null)}
					onDone={i => keep(i.id, i, i.status === 'resolved' ? 'The incident is resolved.' : 'The update is posted.')} />
			)}
			{asked?.what === 'delete' && (
				<Confirm title="Delete the incident" action="Delete" onClose={() => setAsked(null)} onConfirm={async () => {
					await gone(api.DELETE('/api/status/incidents/{id}', {params: {path: {id: asked.incident.id}}}));
					keep(asked.incident.id, null, 'The incident is deleted.');
				}}>
					<p>“{asked.incident.title}” goes for good, with all that was told of it. To take it off the page only, make it a draft.</p>
				</Confirm>
			)}
		</>
	)), make);
}

// What it is like now, not when the page was loaded, is what is changed.
function Edit({id, onDone, onClose}: {id: string; onDone(incident: Full): void; onClose(): void}) {
	const {data, error} = useLoad(signal => ok(api.GET('/api/incidents/{id}', {params: {path: {id}}, signal})), [id]);
	useEffect(() => {
		if (!error)
			return;
		toast(error.message, 'bad');
		onClose();
	}, [error]);
	return data ? <IncidentDialog incident={data} onDone={onDone} onClose={onClose} /> : null;
}

function Drafted({incident: {service, recoveredAt}}: {incident: AdminIncident}) {
	if (!service)
		return null;
	return (
		<Note>
			Drafted because {service} was down{recoveredAt ? <>; it has worked again since <Time at={recoveredAt} /></> : ', and it still is'}.
		</Note>
	);
}

function Actions({incident, draft, ask, keep}: {
	incident: AdminIncident | Incident;
	draft?: boolean;
	ask(asked: Asked): void;
	keep(id: string, now: Full, text: string): void;
}) {
	const publish = useAction(async () => {
		const now = await ok(api.PATCH('/api/status/incidents/{id}', {params: {path: {id: incident.id}}, body: {published: !!draft}}));
		keep(now.id, now, draft ? 'The incident is published.' : 'The incident is a draft now.');
	});
	const about = <span class="sr-only"> “{incident.title}”</span>;
	return (
		<>
			{draft && <Button small kind="primary" busy={publish.busy} onClick={publish.run}>Publish{about}</Button>}
			<Button small onClick={() => ask({what: 'note', incident})}>Post an update{about}</Button>
			{!incident.resolvedAt && <Button small icon="check" onClick={() => ask({what: 'resolve', incident})}>Resolve{about}</Button>}
			<Button small onClick={() => ask({what: 'edit', incident})}>Edit{about}</Button>
			{!draft && <Button small busy={publish.busy} onClick={publish.run}>Make it a draft{about}</Button>}
			<Button small kind="danger" icon="trash" onClick={() => ask({what: 'delete', incident})}>Delete{about}</Button>
		</>
	);
}
