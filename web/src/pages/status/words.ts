// words.ts - how the states of services and incidents are said.
import type {Reply} from '../../api/types';

export type Service = Reply<'/api/status/services', 'get'>['services'][number];
export type Metrics = Reply<'/api/status/metrics', 'get'>['metrics'];
export type Day = Reply<'/api/status/history', 'get'>['history'][number];
export type Incident = Reply<'/api/status/incidents', 'get'>['incidents'][number];
export type AdminIncident = Reply<'/api/incidents', 'get'>['incidents'][number];

export const SERVICES = ['API Gateway', 'Database', 'CDN', 'Build Service'] as const;

export const HEALTH: Record<Service['status'], readonly [mood: string, text: string]> = {
	operational: ['good', 'Operational'],
	degraded: ['warn', 'Degraded'],
	down: ['bad', 'Down'],
	unknown: ['idle', 'Unknown'],
};

export const PROGRESS: Record<Incident['status'], readonly [mood: string, text: string]> = {
	investigating: ['bad', 'Investigating'],
	identified: ['warn', 'Identified'],
	monitoring: ['busy', 'Monitoring'],
	resolved: ['good', 'Resolved'],
};

export const SEVERITY: Record<Incident['severity'], readonly [mood: string, text: string]> = {
	minor: ['idle', 'Minor'],
	major: ['warn', 'Major'],
	critical: ['bad', 'Critical'],
};

// 'Database and CDN'
export function names(services: readonly string[]): string {
	return [services.slice(0, -1).join(', '), services.at(-1)].filter(Boolean).join(' and ');
}

// open: the titles of what is not over. All may answer and still not be well.
export function overall(services: readonly Service[], open: readonly string[] = []): {mood: 'good' | 'warn' | 'idle'; title: string; text: string} {
	const are = (status: Service['status']) => services.filter(s => s.status === status).map(s => s.name);
	const is = (list: string[], text: string) => list.length ? `${names(list)} ${list.length > 1 ? 'are' : 'is'} ${text}. ` : '';
	const down = are('down');
	const slow = are('degraded');
	const unknown = are('unknown');
	const told = open.length ? `Not over yet: ${open.join('; ')}.` : '';
	const text = `${is(down, 'down')}${is(slow, 'degraded')}${unknown.length ? `Nobody has looked at ${names(unknown)} lately. ` : ''}${told}`.trim();
	if (down.length || slow.length)
		return {mood: 'warn', title: 'Some Systems Degraded', text};
	if (unknown.length || !services.length)
		return {mood: 'idle', title: 'Status Unknown', text: services.length ? text : `The services have not been looked at yet. ${told}`.trim()};
	if (open.length)
		return {mood: 'warn', title: open.length > 1 ? 'Open Incidents' : 'Open Incident', text: `Every service answers. ${told}`};
	return {mood: 'good', title: 'All Systems Operational', text: 'Every service answers.'};
}

export function uptime(percent: number | null): string {
	return percent === null ? 'not known' : `${percent}%`;
}
