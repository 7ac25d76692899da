// model.ts - the API's own document as the page reads it: operations with
// their other addresses, by section.

export interface Schema {
	type?: string | string[];
	description?: string;
	enum?: (string | null)[];
	format?: string;
	pattern?: string;
	default?: unknown;
	minimum?: number;
	maximum?: number;
	minLength?: number;
	maxLength?: number;
	minItems?: number;
	maxItems?: number;
	properties?: Record<string, Schema>;
	required?: string[];
	items?: Schema;
	$ref?: string;
}
export interface Parameter {
	name: string;
	in: 'path' | 'query' | 'header';
	required?: boolean;
	description?: string;
	schema: Schema;
}
type Content = Record<string, {schema?: Schema}>;
interface Raw {
	operationId: string;
	summary: string;
	tags: string[];
	'x-who': string;
	security?: Record<string, string[]>[];
	parameters?: Parameter[];
	requestBody?: {required?: boolean; content: Content};
	responses: Record<string, {description: string; content?: Content}>;
}
interface Document {
	info: {title: string; version: string; description: string};
	paths: Record<string, Record<string, Raw>>;
	components: {securitySchemes: Record<string, {description?: string}>; schemas: Record<string, Schema>};
}

export interface Operation extends Raw {
	method: string;
	path: string;
	aliases: string[];
	words: string; // what a search looks in
}
export interface Section {
	tag: string;
	operations: Operation[];
}
export interface Reference {
	info: Document['info'];
	schemes: [name: string, text: string][];
	error: Schema | undefined;
	sections: Section[];
}

const ALIAS = /Alias\d+$/;

export function read(document: Document): Reference {
	const all = Object.entries(document.paths).flatMap(([path, methods]) =>
		Object.entries(methods).map(([method, raw]): Operation => ({...raw, method: method.toUpperCase(), path, aliases: [], words: ''})));
	const named = new Map(all.filter(o => !ALIAS.test(o.operationId)).map(o => [o.operationId, o]));
	for (const o of all)
		if (ALIAS.test(o.operationId))
			named.get(o.operationId.replace(ALIAS, ''))?.aliases.push(o.path);
	const sections = new Map<string, Operation[]>();
	for (const o of named.values()) {
		o.words = [o.operationId, o.method, o.path, ...o.aliases, o.summary, ...(o.parameters ?? []).map(p => p.name)].join(' ').toLowerCase();
		const tag = o.tags[0] ?? 'other';
		sections.set(tag, [...(sections.get(tag) ?? []), o]);
	}
	return {
		info: document.info,
		schemes: Object.entries(document.components.securitySchemes).map(([name, s]) => [name, s.description ?? '']),
		error: document.components.schemas.Error,
		sections: [...sections].map(([tag, operations]) => ({tag, operations: operations.sort((a, b) => a.path.localeCompare(b.path))}))
			.sort((a, b) => a.tag.localeCompare(b.tag)),
	};
}

// All words have to be there.
export function search(sections: readonly Section[], text: string): Section[] {
	const words = text.toLowerCase().split(/\s+/).filter(Boolean);
	return sections
		.map(s => ({tag: s.tag, operations: s.operations.filter(o => words.every(w => o.words.includes(w)))}))
		.filter(s => s.operations.length);
}

export function sectionName(tag: string): string {
	const text = tag.replaceAll('-', ' ').replace(/\b(api|ws|github|openapi)\b/g, w => ({api: 'API', ws: 'WebSocket', github: 'GitHub', openapi: 'OpenAPI'})[w]!);
	return text[0]!.toUpperCase() + text.slice(1);
}

export const WHO: Record<string, string> = {
	public: 'everybody',
	user: 'signed in',
	manager: 'managers',
	admin: 'administrators',
	'self-or-manager': 'oneself, or managers',
	'self-or-admin': 'oneself, or administrators',
};

// 'array of text (uuid)', or the words that are taken
export function typeOf(schema: Schema): string {
	const types = [schema.type ?? []].flat();
	const kind = types.filter(t => t !== 'null')[0] ?? 'any';
	const text = schema.items ? `array of ${typeOf(schema.items)}`
		: schema.enum ? schema.enum.filter(v => v !== null).map(v => JSON.stringify(v)).join(' | ')
		: `${kind}${schema.format ? ` (${schema.format})` : ''}`;
	return types.includes('null') ? `${text}, or null` : text;
}

export function limitsOf(s: Schema): string {
	const span = (min: number | undefined, max: number | undefined, unit: string) =>
		min === undefined && max === undefined ? ''
			: max === undefined ? `at least ${min}${unit}`
			: min === undefined || min === 0 ? `at most ${max}${unit}`
			: min === max ? `exactly ${min}${unit}` : `${min} to ${max}${unit}`;
	return [
		span(s.minLength, s.maxLength, ' characters'),
		span(s.minimum, s.maximum, ''),
		span(s.minItems, s.maxItems, ' items'),
		s.default !== undefined ? `${JSON.stringify(s.default)} when left out` : '',
	].filter(Boolean).join('; ');
}

// A value such as is taken, for an example.
function example(name: string, s: Schema): unknown {
	const kind = [s.type ?? []].flat().find(t => t !== 'null');
	if (s.properties)
		return Object.fromEntries(Object.entries(s.properties).filter(([n]) => s.required?.includes(n)).map(([n, p]) => [n, example(n, p)]));
	if (s.default !== undefined)
		return s.default;
	if (s.enum)
		return s.enum[0];
	switch (kind) {
	case 'boolean':
		return true;
	case 'integer':
	case 'number':
		return s.minimum ?? 1;
	case 'array':
		return s.items ? [example(name, s.items)] : [];
	case 'object':
		return {};
	}
	switch (s.format) {
	case 'uuid':
		return '7f8a1c9e-2b3d-4e5f-8a9b-0c1d2e3f4a5b';
	case 'email':
		return 'ada@example.com';
	case 'password':
		return 'a long pass phrase';
	}
	return /url|address/i.test(name) ? 'https://example.com/' : /branch/i.test(name) ? 'main' : name;
}

// For a shell: nothing in it is looked at.
function quoted(text: string): string {
	return `'${text.replaceAll("'", `'\\''`)}'`;
}

export function curl(o: Operation, origin: string): string {
	const path = o.path.replace(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase());
	const query = (o.parameters ?? []).filter(p => p.in === 'query' && p.required).map(p => `${p.name}=${encodeURIComponent(String(example(p.name, p.schema)))}`);
	const type = Object.keys(o.requestBody?.content ?? {})[0];
	const schema = type && o.requestBody!.content[type]?.schema;
	const body = schema && example('', schema);
	const bodyLines = !type ? []
		: type === 'application/json'
			? Object.keys(body ?? {}).length || o.requestBody!.required ? [`-H ${quoted(`Content-Type: ${type}`)}`, `-d ${quoted(JSON.stringify(body ?? {}))}`] : []
			: [`-H ${quoted(`Content-Type: ${type}`)}`, '--data-binary @site.tar.gz'];
	return [
		`curl${o.method === 'GET' ? '' : ` -X ${o.method}`} ${quoted(`${origin}${path}${query.length ? `?${query.join('&')}` : ''}`)}`,
		...(!o.security?.length ? []
			: o.security.some(s => 'apiKey' in s) ? ['-H "X-API-Key: $AUTOSTACK_API_KEY"'] : ['-H "Authorization: Bearer $ACCESS_TOKEN"']),
		...bodyLines,
	].join(' \\\n  ');
}
