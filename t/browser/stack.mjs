// stack.mjs - the stack behind the panel, for what a browser cannot do: read a
// mail, be a program that uses the API, take a part of the stack away. Where
// things are, the environment says (quickstart's env).
import {execFileSync} from 'node:child_process';
import {readdirSync, readFileSync, renameSync} from 'node:fs';

const {AUTOSTACK_URL, AUTOSTACK_MAIL, AUTOSTACK_STATE, AUTOSTACK_DB, abs_top_srcdir} = process.env;
const sockets = /host=(\S+)/.exec(AUTOSTACK_DB)[1];
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

async function until(probe, what, ms = 20_000) {
	for (let end = Date.now() + ms, pause = 40; ; pause = Math.min(pause * 1.2, 250)) {
		const found = await probe();
		if (found)
			return found;
		if (Date.now() > end)
			throw new Error(`waited in vain: ${what}`);
		await sleep(pause);
	}
}

// Anything over HTTP, the way a program does it.
export async function ask(method, path, {json, headers, body} = {}) {
	const response = await fetch(new URL(path, AUTOSTACK_URL), {
		method, redirect: 'manual',
		headers: {...(json && {'Content-Type': 'application/json'}), ...headers},
		body: json ? JSON.stringify(json) : body,
	});
	const text = await response.text();
	let parsed;
	try {
		parsed = JSON.parse(text);
	} catch {
		// a site's page
	}
	return {status: response.status, headers: response.headers, text, json: parsed};
}

// A site is at a name of localhost, which only browsers and curl take for it.
// It answers once its certificate has the name.
export async function site(name, wanted) {
	const address = process.env.AUTOSTACK_SITES.replace('%s', name);
	const {hostname, port} = new URL(address);
	const curl = () => {
		try {
			return execFileSync('curl', ['-sS', '-m', '10', '--noproxy', '*', '--cacert', process.env.AUTOSTACK_CA,
				'--resolve', `${hostname}:${port}:127.0.0.1`, address], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']});
		} catch {
			return null;
		}
	};
	try {
		await until(() => curl()?.includes(wanted), `${address} says ${wanted}`);
		return true;
	} catch {
		return false;
	}
}

// The mails of a kind (svc/mail.def) to an address, oldest first, at least n of
// them. link: what it asks to press.
export function mails(kind, to, n = 1) {
	const read = () => readdirSync(AUTOSTACK_MAIL).filter(f => f.endsWith('.eml') && f.includes(`-${kind}-`)).sort().map(f => {
		const raw = readFileSync(`${AUTOSTACK_MAIL}/${f}`, 'latin1');
		const [, head, body] = /^--[^\r]*\r\n((?:[^\r]+\r\n)*)\r\n([^]*?)\r\n--/m.exec(raw); // the plain part comes first
		const text = !/quoted-printable/i.test(head) ? body
			: body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
		return {to: /^To: *<?([^>\r\n]+)/m.exec(raw)[1], link: /^https?:\/\/\S+/m.exec(text)?.[0]};
	}).filter(m => m.to === to);
	return until(() => {
		const found = read();
		return found.length >= n && found;
	}, `${n} mails "${kind}" to ${to}`);
}
export const mail = async (kind, to, n = 1) => (await mails(kind, to, n)).at(-1);

export function sql(text) {
	return execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', AUTOSTACK_DB, '-c', text], {encoding: 'utf8'}).trim();
}

// As the account that the stack runs as.
export function svc(...command) {
	return execFileSync(`${abs_top_srcdir}/t/lib/service-user.sh`, ['run', 'env', 'HOME=/nonexistent', ...command], {cwd: '/', encoding: 'utf8'}).trim();
}

// --- parts of the stack that go away and come back ---

const stat = pid => {
	try {
		return readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
	} catch {
		return null;
	}
};
function supervisor(name) {
	return Number(readFileSync(`${AUTOSTACK_STATE}/run/${name}.pid`, 'latin1').split(' ')[0]);
}
function children(pid) {
	return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number);
}

// PostgreSQL really ends; its supervisor, which would start it again at once,
// is held until it may.
export async function postgresAway() {
	const [postmaster] = children(supervisor('postgres'));
	process.kill(supervisor('postgres'), 'SIGSTOP');
	process.kill(postmaster, 'SIGINT');
	await until(() => [undefined, 'Z'].includes(stat(postmaster)?.[0]), 'PostgreSQL ends');
}
export async function postgresBack() {
	process.kill(supervisor('postgres'), 'SIGCONT');
	await until(async () => (await ask('GET', '/health/db')).status === 200, 'the API has its database again', 30_000);
}

// nginx finds no API: what it connects to is not there.
export function apiAway() {
	renameSync(`${sockets}/api.sock`, `${sockets}/api.away`);
}
export function apiBack() {
	renameSync(`${sockets}/api.away`, `${sockets}/api.sock`);
}

// The worker stands still with all that it began, as on a host that is frozen; or
// goes on.
export function worker(goes) {
	const all = pid => [pid, ...children(pid).flatMap(all)];
	for (const pid of children(supervisor('worker')).flatMap(all))
		process.kill(pid, goes ? 'SIGCONT' : 'SIGSTOP');
}

// The program of the streams is killed, with all that it has open; its supervisor
// starts another one.
export async function wsDies() {
	const [pid] = children(supervisor('ws'));
	process.kill(pid, 'SIGKILL');
	await until(() => children(supervisor('ws')).some(child => child !== pid), 'there is another one');
}
