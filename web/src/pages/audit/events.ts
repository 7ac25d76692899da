// events.ts - what the rows of the audit log say, in words: the API's.
import {api, ok} from '../../api/client';
import type {Reply} from '../../api/types';

export type Row = Reply<'/api/audit-logs', 'get'>['auditLogs'][number];

type Event = Reply<'/api/audit-logs/events', 'get'>['groups'][number]['events'][number];

export interface Words {
	groups: readonly {prefix: string; text: string}[]; // the API filters by them
	events: ReadonlyMap<string, Event>;
	refusals: ReadonlyMap<string, string>; // by their codes
}

let asked: Promise<Words> | undefined;

// Asked for once: what there is changes with the API's version only.
export function words(): Promise<Words> {
	asked ??= ok(api.GET('/api/audit-logs/events')).then(({groups, refusals}) => ({
		groups, events: new Map(groups.flatMap(g => g.events).map(e => [e.event, e])), refusals: new Map(refusals.map(r => [r.code, r.text])),
	}));
	asked.catch(() => {
		asked = undefined;
	});
	return asked;
}

// To be read after the name of who it was. A row may be older than the API,
// which knows its event no more.
export function inWords({events}: Words, {event, outcome}: Row): string {
	const known = events.get(event);
	return outcome === 'failure' && known?.tried !== null ? `tried to ${known?.tried ?? `do ${event}`}` : known?.text ?? `did ${event}`;
}

// The few details that make the sentence; the rest is behind it.
export function more({refusals}: Words, {details, outcome}: Row): string {
	const of = details as Record<string, unknown>;
	const text = (name: string) => typeof of[name] === 'string' ? of[name] : '';
	return [
		outcome === 'failure' && text('code') ? refusals.get(text('code')) ?? text('code') : '',
		text('from') && text('to') ? `from ${text('from')} to ${text('to')}` : '',
		text('fields') && text('fields').split(' ').join(', '),
		text('variable'),
		text('rows') && `${text('rows')} rows`,
		text('status'),
		text('action') && `${text('action')}, ${text('accounts')} accounts${text('failed') && text('failed') !== '0' ? `, ${text('failed')} not done` : ''}`,
	].filter(Boolean).join(' · ');
}

// Where the thing is that it was done to, when it still is, and for whom: `own`
// says that they did it. Projects are their owner's alone, also for administrators.
export function linkOf({event, target}: Row, own: boolean): string | null {
	if (!target || event.endsWith('.delete'))
		return null;
	if (event.startsWith('incident.'))
		return `/status#${target}`;
	if (!own)
		return null;
	if (event.startsWith('deployment.'))
		return `/deployments/${target}`;
	if (event.startsWith('domain.'))
		return `/projects/${target}/domains`;
	return event.startsWith('project.') ? `/projects/${target}` : null;
}
