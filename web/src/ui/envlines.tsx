// envlines.tsx - KEY=VALUE lines, read by the rules of the API (svc/envlines.h)
// while they are typed. Values are secrets: no message repeats one.
import type {ComponentChildren} from 'preact';
import {TextField} from './form';

export interface EnvLines {
	vars: Map<string, string>; // a name that comes twice keeps its last value
	wrong: {line: number; why: string}[];
}

const RESERVED = /^(HOME|PATH|PWD|SHELL|TMPDIR|USER|LOGNAME|npm_config_cache|ENV|BASH_ENV|IFS|LD_.*|AUTOSTACK_.*)$/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const VALUE_MAX = 16384;
const ESCAPES: Record<string, string> = {n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$'};

// Why a variable cannot have this name; null when it can.
export function envNameWrong(name: string): string | null {
	if (!NAME.test(name))
		return 'a name has letters, digits and _, and does not begin with a digit';
	return RESERVED.test(name) ? `${name} is reserved` : null;
}

// What stands after the =, without its quotes; null when they do not match.
function valueOf(raw: string): string | null {
	const quote = raw[0];
	if (quote !== '"' && quote !== '\'')
		return raw;
	if (raw.length < 2 || !raw.endsWith(quote))
		return null;
	const inner = raw.slice(1, -1);
	if (quote === '\'')
		return inner.includes('\'') ? null : inner;
	const plain = inner.replace(/\\[nrt"\\$]/g, '');
	return /["\\]/.test(plain) ? null : inner.replace(/\\(.)/g, (_, c: string) => ESCAPES[c]!);
}

export function readEnvLines(text: string): EnvLines {
	const vars = new Map<string, string>();
	const wrong: EnvLines['wrong'] = [];
	text.split(/\r?\n/).forEach((full, index) => {
		const line = full.trim().replace(/^export /, '').trim();
		if (!line || line.startsWith('#'))
			return;
		const at = line.indexOf('=');
		const name = line.slice(0, at);
		const value = valueOf(line.slice(at + 1).trim());
		const why = at < 0 ? 'write NAME=value'
			: envNameWrong(name)
			?? (value === null ? 'the quotes or escapes do not match' : new TextEncoder().encode(value).length > VALUE_MAX ? 'the value is too long' : null);
		if (why)
			wrong.push({line: index + 1, why});
		else
			vars.set(name, value!);
	});
	return {vars, wrong};
}

// For a form's check; the field itself names the lines.
export function envLinesWrong(text: string): string | undefined {
	const {wrong, vars} = readEnvLines(text);
	if (wrong.length)
		return 'Please correct these lines first:';
	return vars.size > 256 ? 'There can be 256 variables at most.' : undefined;
}

export function EnvLinesField({name, label, optional, value, onValue, hint}: {
	name: string;
	label: string;
	optional?: boolean;
	value: string;
	onValue(value: string): void;
	hint: ComponentChildren;
}) {
	const {vars, wrong} = readEnvLines(value);
	return (
		<div class="env-lines">
			<TextField name={name} label={label} optional={optional} value={value} onValue={onValue} rows={6} mono hint={hint}
				placeholder={'NODE_ENV=production\nAPI_URL=https://api.example.com'} autoComplete="off" maxLength={65536} />
			<div class="env-check" aria-live="polite">
				{wrong.slice(0, 5).map(w => <p key={w.line} class="error">Line {w.line}: {w.why}.</p>)}
				{wrong.length > 5 && <p class="error">{wrong.length - 5} more lines are wrong.</p>}
				{vars.size > 0 && <p class="hint">{vars.size === 1 ? '1 variable' : `${vars.size} variables`}: {[...vars.keys()].slice(0, 12).join(', ')}
					{vars.size > 12 && ' and more'}</p>}
			</div>
		</div>
	);
}
