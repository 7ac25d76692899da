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
export function unlike(got, pattern, what) {
	if (!ok(!pattern.test(got), what))
		diag(`     got: ${got}\n  unwanted: ${pattern}`);
}
// What should hold in a while; waits for it. What takes long is asked less often:
// asking is work of two processes, and more of the browser's.
export async function soon(probe, what, ms = 20_000) {
	const end = Date.now() + ms;
	let last;
	let pause = 40;
	do {
		try {
			if (await probe())
				return ok(true, what);
		} catch (thrown) {
			last = thrown;
		}
		await new Promise(resolve => setTimeout(resolve, pause));
		pause = Math.min(pause * 1.2, 250);
	} while (Date.now() < end);
	if (last)
		diag(last.message);
	return ok(false, what);
}

// What hands do on a page, by the names that people see. A string is the whole
// name, a pattern a part of it.
export function hands(page) {
	const named = name => ({name, exact: typeof name === 'string'});
	const at = (pattern, what = `the address is ${pattern}`) => soon(() => {
		const {pathname, search} = new URL(page.url());
		return pattern.test(pathname + search);
	}, what, 30_000);
	return {
		at,
		button: (name, within = page) => within.getByRole('button', named(name)),
		link: (name, within = page) => within.getByRole('link', named(name)),
		field: (label, within = page) => within.getByLabel(label, {exact: typeof label === 'string'}),
		heading: name => page.getByRole('heading', {level: 1, ...named(name)}),
		dialog: page.getByRole('dialog'),
		row: text => page.locator('tbody tr:not(.loading), ul.list > li').filter({hasText: text}),
		// says it, in a toast that is then put away
		told: async (text, what) => {
			const toast = page.locator('.toast').filter({hasText: text}).first();
			const said = await soon(() => toast.isVisible(), what ?? `a toast says ${text}`);
			if (said)
				await toast.getByRole('button', {name: 'Dismiss'}).click();
			return said;
		},
		// the page has what it shows; asked by the clock, for each frame would be drawn
		ready: () => page.waitForFunction(() => document.querySelector('main h1') && !document.querySelector('main .skeleton'), undefined,
			{timeout: 20_000, polling: 50}),
		// the words at a field, once there are some
		wrong: async label => {
			const input = page.getByLabel(label, {exact: typeof label === 'string'});
			await input.and(page.locator('[aria-invalid=true]')).waitFor({timeout: 20_000});
			const ids = (await input.getAttribute('aria-describedby')).split(' ').filter(id => id.endsWith('-error'));
			return page.locator(`[id="${ids[0]}"]`).innerText();
		},
	};
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
			// without the parts that show a window: half the work of the whole browser
			executablePath: '/usr/bin/chromium-headless-shell',
			// its own sandbox needs namespaces that a test's user may not have;
			// it shows nothing but our own pages
			args: ['--no-sandbox', '--disable-dev-shm-usage'],
		});
		process.once('uncaughtException', thrown => panel.stuck(thrown));
		return panel;
	}

	// A step could not be done: says what the pages show, and ends the test.
	async stuck(thrown) {
		ok(false, `could go on: ${thrown.message}`);
		diag(thrown.stack.split('\n').filter(line => /\.mjs:/.test(line)).join('\n'));
		for (const page of this.browser.contexts().flatMap(c => c.pages()))
			diag(`${page.url()}\n${(await page.locator('body').innerText({timeout: 2000}).catch(String)).replace(/\n+/g, '\n').slice(0, 1200)}\n`);
		await this.end();
		process.exit();
	}

	// A browser of its own, with nobody signed in unless `as` says who: the name
	// of an account that stack_user made, or an address and password.
	async context({theme = 'light', width = 1280, height = 900, motion = false, as} = {}) {
		const context = await this.browser.newContext({
			baseURL: URL_BASE, ignoreHTTPSErrors: true, colorScheme: theme, viewport: {width, height},
			locale: 'en-GB', timezoneId: 'Europe/Berlin', permissions: ['clipboard-read', 'clipboard-write'],
			// what pulses or shimmers would be drawn 60 times a second, for nobody
			reducedMotion: motion ? 'no-preference' : 'reduce',
		});
		context.on('page', page => this.watch(page));
		if (as)
			await this.signIn(context, as);
		return context;
	}

	async page(options) {
		return (await this.context(options)).newPage();
	}

	// The browser of this page becomes another's, with nothing left of who had it:
	// a new one would take longer than most of what is done in it. Nobody is
	// signed in without `as`.
	async handOver(page, as) {
		await page.unrouteAll({behavior: 'ignoreErrors'});
		const leave = question => question.accept(); // also from what is typed
		page.on('dialog', leave);
		await page.goto('/favicon.svg'); // of the panel's origin, and asks for nothing
		page.off('dialog', leave);
		await page.context().clearCookies();
		await page.evaluate(signedIn => {
			localStorage.clear();
			sessionStorage.clear();
			if (signedIn)
				localStorage.setItem('autostack.signed-in', '1');
		}, !!as);
		if (as)
			await this.logIn(page.context(), as);
		return page;
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
	async logIn(context, as) {
		const [email, password] = Array.isArray(as) ? as : [`${as}@example.org`, `correct horse ${as}`];
		const answer = await context.request.post('/api/auth/login', {
			headers: {'X-Client': 'web', Origin: new URL(URL_BASE).origin}, data: {email, password}});
		if (!answer.ok())
			throw new Error(`login as ${email}: ${answer.status()} ${await answer.text()}`);
	}

	async signIn(context, as) {
		await this.logIn(context, as);
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

	// What axe finds on the page as it is now, of all its rules or of these.
	async violations(page, ...rules) {
		if (!await page.evaluate(() => 'axe' in window))
			await page.evaluate(`${axe};0`);
		return page.evaluate(async only => (await window.axe.run({resultTypes: ['violations'], ...only})).violations.map(v =>
			`${v.id}: ${v.nodes.slice(0, 3).map(node => node.target.join(' ')).join(' | ')}`), rules.length && {runOnly: rules});
	}

	// axe finds nothing on the page as it is now
	async clean(page, what) {
		is(await this.violations(page), [], `${what}: axe finds nothing`);
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

// The addresses of the other tabs of a page, as its own row of tabs has them.
export function tabs(page) {
	return page.locator('nav.tabs a:not([aria-current])').evaluateAll(links => links.map(a => a.getAttribute('href')));
}
