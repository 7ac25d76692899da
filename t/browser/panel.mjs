// panel.mjs - the panel in Debian's chromium, and TAP about it. What a browser
// complains of anywhere fails the test: errors and warnings in the console,
// refusals of the Content-Security-Policy, requests to other hosts.
//
//   const panel = await Panel.start();
//   const page = await panel.page({theme: 'dark', width: 360, as: 'ada'});
//   await page.goto('/dashboard');
//   ok(await page.getByRole('heading').isVisible(), 'it says something');
//   await panel.end();
//
// AUTOSTACK_URL says where the panel is.
import {chromium} from 'playwright-core';
import {readFileSync} from 'node:fs';

let n = 0;
let failed = 0;

export function diag(text) {
	for (const line of String(text).split('\n'))
		console.error(`# ${line}`);
}
export function ok(value, what) {
	n++;
	if (!value)
		failed++;
	console.log(`${value ? 'ok' : 'not ok'} ${n} - ${what}`);
	return !!value;
}
export function is(got, wanted, what) {
	const same = JSON.stringify(got) === JSON.stringify(wanted);
	if (!ok(same, what))
		diag(`     got: ${JSON.stringify(got)}\n  wanted: ${JSON.stringify(wanted)}`);
	return same;
}
export function like(got, pattern, what) {
	if (!ok(pattern.test(got), what))
		diag(`     got: ${got}\n  wanted: ${pattern}`);
}
// What should hold in a while; waits for it.
export async function soon(probe, what, ms = 20_000) {
	const end = Date.now() + ms;
	let last;
	do {
		try {
			if (await probe())
				return ok(true, what);
		} catch (thrown) {
			last = thrown;
		}
		await new Promise(resolve => setTimeout(resolve, 50));
	} while (Date.now() < end);
	if (last)
		diag(last.message);
	return ok(false, what);
}

export const URL_BASE = process.env.AUTOSTACK_URL;
const axe = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

export class Panel {
	complaints = [];
	// what a test makes happen on purpose: patterns of console messages
	expected = [];
	tokens = new Map();

	static async start() {
		const panel = new Panel();
		panel.browser = await chromium.launch({
			executablePath: '/usr/bin/chromium',
			// its own sandbox needs namespaces that a test's user may not have;
			// it shows nothing but our own pages
			args: ['--no-sandbox', '--disable-dev-shm-usage'],
		});
		return panel;
	}

	// A browser of its own, with nobody signed in unless `as` says who: the name
	// of an account that stack_user made, or an address and password.
	async context({theme = 'light', width = 1280, height = 900, as} = {}) {
		const context = await this.browser.newContext({
			baseURL: URL_BASE, ignoreHTTPSErrors: true, colorScheme: theme, viewport: {width, height},
			locale: 'en-GB', timezoneId: 'Europe/Berlin', permissions: ['clipboard-read', 'clipboard-write'],
		});
		context.on('page', page => this.watch(page));
		if (as)
			await this.signIn(context, as);
		return context;
	}

	async page(options) {
		return (await this.context(options)).newPage();
	}

	watch(page) {
		const complain = text => {
			// a site of a user's is none of the panel's
			if (page.url() !== 'about:blank' && new URL(page.url()).origin !== new URL(URL_BASE).origin)
				return;
			if (!this.expected.some(pattern => pattern.test(text)))
				this.complaints.push(`${new URL(page.url(), URL_BASE).pathname}: ${text}`);
		};
		page.on('console', message => {
			if (['error', 'warning'].includes(message.type()))
				complain(`${message.type()}: ${message.text()} ${message.location().url}`);
		});
		page.on('pageerror', error => complain(`exception: ${error.stack ?? error.message}`));
		page.on('request', request => {
			const to = request.url();
			if (/^https?:/.test(to) && new URL(to).origin !== new URL(URL_BASE).origin && !request.isNavigationRequest())
				complain(`asks another host: ${to}`);
		});
	}

	// The cookie of a signed-in browser, without the page for it.
	async signIn(context, as) {
		const [email, password] = Array.isArray(as) ? as : [`${as}@example.org`, `correct horse ${as}`];
		const answer = await context.request.post('/api/auth/login', {
			headers: {'X-Client': 'web', Origin: new URL(URL_BASE).origin}, data: {email, password}});
		if (!answer.ok())
			throw new Error(`login as ${email}: ${answer.status()} ${await answer.text()}`);
		await context.addInitScript(() => {
			if (location.protocol !== 'https:')
				return;
			if (localStorage.getItem('autostack.signed-in') === null && sessionStorage.getItem('test.began') === null)
				localStorage.setItem('autostack.signed-in', '1');
			sessionStorage.setItem('test.began', '1');
		});
	}

	// A request beside the pages, as this account.
	async api(as, method, path, data) {
		if (!this.tokens.has(String(as))) {
			const [email, password] = Array.isArray(as) ? as : [`${as}@example.org`, `correct horse ${as}`];
			const r = await fetchJson('POST', '/api/auth/login', {email, password});
			this.tokens.set(String(as), r.body.accessToken);
		}
		return fetchJson(method, path, data, this.tokens.get(String(as)));
	}

	async violations(page) {
		await page.evaluate(`${axe};0`);
		return page.evaluate(async () => (await window.axe.run()).violations.map(v =>
			`${v.id}: ${v.nodes.slice(0, 3).map(node => node.target.join(' ')).join(' | ')}`));
	}

	async end() {
		if (!is(this.complaints, [], 'no console error, CSP report or request to another host on any page'))
			diag(this.complaints.join('\n'));
		await this.browser.close();
		console.log(`1..${n}`);
		process.exitCode = failed ? 1 : 0;
	}
}

async function fetchJson(method, path, data, token) {
	const response = await fetch(URL_BASE + path, {
		method,
		headers: {...(data ? {'Content-Type': 'application/json'} : {}), ...(token ? {Authorization: `Bearer ${token}`} : {})},
		body: data && JSON.stringify(data),
	});
	return {status: response.status, body: await response.json().catch(() => undefined)};
}

// What the first visit of a page transfers, compressed, in bytes.
export async function transferred(page, path) {
	const session = await page.context().newCDPSession(page);
	await session.send('Network.enable');
	await session.send('Network.setCacheDisabled', {cacheDisabled: true});
	let sum = 0;
	session.on('Network.loadingFinished', e => {
		sum += e.encodedDataLength;
	});
	await page.goto(path, {waitUntil: 'networkidle'});
	await session.detach();
	return sum;
}

// The addresses of app/pages.tsx, with the parameters filled in.
export function paths(parameters) {
	const table = readFileSync(new URL('../../web/src/app/pages.tsx', import.meta.url), 'utf8');
	return [...table.matchAll(/\{path: '([^']+)', title: '[^']*', who: '(\w+)'/g)].map(([, path, who]) => ({
		path: path.replace(/\/:tab\?$/, '').replace(/:id/g, () => parameters[path.split('/')[1]]), pattern: path, who}));
}
