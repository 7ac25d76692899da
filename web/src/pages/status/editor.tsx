// editor.tsx - the forms of an administrator: make or change an incident, and
// tell more of one.
import {useState} from 'preact/hooks';
import {api, ok} from '../../api/client';
import type {Reply} from '../../api/types';
import {Dialog} from '../../ui/dialog';
import {CheckField, Form, SelectField, TextField} from '../../ui/form';
import {PROGRESS, SERVICES, SEVERITY, type AdminIncident, type Incident} from './words';

export type Full = Reply<'/api/incidents/{id}', 'get'>;
type State = Incident['status'];
type Severity = Incident['severity'];
type ServiceName = (typeof SERVICES)[number];

const states = Object.entries(PROGRESS).map(([value, [, text]]) => [value, text] as const);
const severities = Object.entries(SEVERITY).map(([value, [, text]]) => [value, text] as const);

// RFC 3339 -> what <input type=datetime-local> takes
function local(at: string): string {
	const date = new Date(at);
	return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function IncidentDialog({incident, onDone, onClose}: {
	incident?: AdminIncident; // the one to change
	onDone(incident: Full): void;
	onClose(): void;
}) {
	const [title, setTitle] = useState(incident?.title ?? '');
	const [description, setDescription] = useState(incident?.description ?? '');
	const [status, setStatus] = useState<State>(incident?.status ?? 'investigating');
	const [severity, setSeverity] = useState<Severity>(incident?.severity ?? 'minor');
	const [services, setServices] = useState<readonly ServiceName[]>(incident?.affectedServices ?? []);
	const [began, setBegan] = useState(incident ? local(incident.startedAt) : '');
	const [published, setPublished] = useState(incident?.published ?? true);
	const save = async () => {
		// the field knows minutes only: what was not touched is not rounded
		const touched = began && !(incident && began === local(incident.startedAt));
		const body = {
			title, status, severity, published,
			description: description.trim() || null,
			affectedServices: [...services],
			...(touched ? {startedAt: new Date(began).toISOString()} : {}),
		};
		onDone(await ok(incident
			? api.PATCH('/api/status/incidents/{id}', {params: {path: {id: incident.id}}, body})
			: api.POST('/api/status/incidents', {body})));
		onClose();
	};
	return (
		<Dialog wide firm title={incident ? 'Edit the incident' : 'New incident'} onClose={onClose}>
			<Form onSubmit={save} submit={incident ? 'Save' : published ? 'Publish' : 'Save the draft'} busyText="Saving"
				onCancel={onClose}
				check={() => ({title: !title.trim() && 'Say in a few words what has happened.'})}>
				<TextField name="title" label="What has happened" value={title} onValue={setTitle} autoFocus maxLength={255} placeholder="Builds wait longer than usual" />
				<TextField name="description" label="More about it" optional value={description} onValue={setDescription} rows={4} maxLength={4000} />
				<div class="row">
					<SelectField name="status" label="How far it is" value={status} onValue={v => setStatus(v as State)} options={states} />
					<SelectField name="severity" label="How bad it is" value={severity} onValue={v => setSeverity(v as Severity)} options={severities} />
				</div>
				<fieldset class="about">
					<legend>Services that it is about</legend>
					{SERVICES.map(s => (
						<CheckField key={s} label={s} checked={services.includes(s)}
							onChecked={on => setServices(on ? [...services, s] : services.filter(o => o !== s))} />
					))}
				</fieldset>
				<div class="field">
					<label for="incident-began">When it began{!incident && <span class="optional"> (now, when left empty)</span>}</label>
					<input id="incident-began" name="startedAt" type="datetime-local" value={began} onInput={e => setBegan(e.currentTarget.value)} />
				</div>
				<CheckField name="published" label="Everybody sees it" hint="Otherwise it is a draft that only administrators see." checked={published} onChecked={setPublished} />
			</Form>
		</Dialog>
	);
}

// Tell more of it; resolve: that it is over.
export function NoteDialog({incident, resolve, onDone, onClose}: {
	incident: AdminIncident | Incident;
	resolve?: boolean;
	onDone(incident: Full): void;
	onClose(): void;
}) {
	const [status, setStatus] = useState<State>(resolve ? 'resolved' : incident.status);
	const [message, setMessage] = useState('');
	const save = async () => {
		onDone(await ok(api.POST('/api/status/incidents/{id}/updates', {params: {path: {id: incident.id}}, body: {status, message}})));
		onClose();
	};
	return (
		<Dialog firm title={resolve ? 'Resolve the incident' : 'Post an update'} onClose={onClose}>
			<Form onSubmit={save} submit={resolve ? 'Resolve' : 'Post'} busyText="Posting" onCancel={onClose}
				check={() => ({message: !message.trim() && 'Say what there is to tell.'})}>
				<p class="muted">{incident.title}</p>
				{!resolve && <SelectField name="status" label="How far it is now" value={status} onValue={v => setStatus(v as State)} options={states} />}
				<TextField name="message" label={resolve ? 'What was it, and what ended it' : 'What there is to tell'} value={message} onValue={setMessage} rows={4} maxLength={4000} autoFocus />
			</Form>
		</Dialog>
	);
}
