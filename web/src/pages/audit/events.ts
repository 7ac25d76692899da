// events.ts - what the rows of the audit log say, in words: the API's.
import {api, ok} from '../../api/client';
import type {Reply} from '../../api/types';

export type Row = Reply<'/api/audit-logs', 'get'>['auditLogs'][number];

export interface Words {
	groups: readonly {prefix: string; text: string}[]; // the API filters by them
	did: ReadonlyMap<string, string>; // past tense, after the name of who did it
}

let asked: Promise<Words> | undefined;

// Asked for once: what there is changes with the API's version only.
export function words(): Promise<Words> {
	asked ??= ok(api.GET('/api/audit-logs/events')).then(({groups}) => ({
		groups, did: new Map(groups.flatMap(g => g.events).map(e => [e.event, e.text])),
	}));
	asked.catch(() => {
		asked = undefined;
	});
	return asked;
}

// A row may be older than the API, which knows its event no more.
export function inWords({did}: Words, event: string): string {
	return did.get(event) ?? `did ${event}`;
}

// The few details that make the sentence; the rest is behind it.
export function more({details, outcome}: Row): string {
	const of = details as Record<string, unknown>;
	const text = (name: string) => typeof of[name] === 'string' ? of[name] : '';
	return [
		outcome === 'failure' && text('code') ? `refused: ${text('code')}` : '',
		text('from') && text('to') ? `from ${text('from')} to ${text('to')}` : '',
		text('fields') && text('fields').split(' ').join(', '),
		text('variable'),
		text('domain'),
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
	return event.startsWith('project.') ? `/projects/${target}` : null;
}
