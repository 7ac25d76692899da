// panel.mjs DIR: bench/panel runs it in a copy of t/browser.
import {chromium} from 'playwright-core';
import lighthouse from 'lighthouse';
import {spawn} from 'node:child_process';
import {join} from 'node:path';
import {Panel, paths, URL_BASE} from './panel.mjs';

const dir = process.argv[2];
const panel = await Panel.start();
const test = ['test@example.com', 'testpass123'];
const admin = ['admin@example.com', 'adminpass123'];
const deployment = (await panel.api(test, 'GET', '/api/deployments/recent')).body.recentDeployments[0];
const project = deployment.projectId;

// pages with tabs have one picture a tab
const TABS = {
	'/projects/:id/:tab?': ['settings', 'environment', 'domains', 'previews', 'hooks', 'deliveries'],
	'/settings/:tab?': ['github', 'notifications', 'appearance', 'sessions', 'api-keys', 'account'],
	'/analytics/:tab?': ['success', 'duration', 'resources'],
};

let pictures = 0;
for (const theme of ['light', 'dark']) {
	for (const width of [360, 768, 1440]) {
		const contexts = {
			guest: await panel.context({theme, width}),
			user: await panel.context({theme, width, as: test}),
			admin: await panel.context({theme, width, as: admin}),
		};
		for (const {path, who, pattern} of paths({projects: project, deployments: deployment.id})) {
			const as = who === 'public' || who === 'guest' ? 'guest' : who === 'user' ? 'user' : 'admin';
			const page = await contexts[as].newPage();
			for (const address of [path, ...(TABS[pattern] ?? []).map(tab => `${path}/${tab}`)]) {
				await page.goto(address, {waitUntil: 'load'});
				await page.waitForFunction(() => document.querySelector('main h1') && !document.querySelector('main .skeleton'), undefined, {timeout: 20_000});
				await page.waitForTimeout(250);
				const name = address.replace(/[0-9a-f-]{36}/, 'id').replace(/^\/$/, '/landing').slice(1).replace(/\//g, '-');
				await page.screenshot({path: join(dir, `${name}-${width}-${theme}.png`), fullPage: true});
				pictures++;
			}
			await page.close();
		}
		for (const context of Object.values(contexts))
			await context.close();
	}
}
console.log(`${pictures} screenshots\n`);
await panel.browser.close();

// Lighthouse drives a browser of its own, in which somebody is signed in: we
// let go of it first, since two cannot drive one.
const PORT = 9555;
const browser = spawn('/usr/bin/chromium', ['--headless=new', '--no-sandbox', '--disable-dev-shm-usage', '--ignore-certificate-errors',
	`--remote-debugging-port=${PORT}`, `--user-data-dir=${join(process.cwd(), 'profile')}`, 'about:blank'], {stdio: 'ignore'});
for (let n = 0; n < 100; n++) {
	if (await fetch(`http://127.0.0.1:${PORT}/json/version`).then(r => r.ok, () => false))
		break;
	await new Promise(resolve => setTimeout(resolve, 100));
}
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];
const score = async path => {
	const {lhr} = await lighthouse(URL_BASE + path, {port: PORT, disableStorageReset: true, onlyCategories: CATEGORIES, logLevel: 'error'});
	const wrong = CATEGORIES.flatMap(c => lhr.categories[c].auditRefs.filter(r => r.weight > 0 && lhr.audits[r.id].score !== null && lhr.audits[r.id].score < 0.9)
		.map(r => r.id));
	console.log(`| ${path.replace(/[0-9a-f-]{36}/, ':id')} | ${CATEGORIES.map(c => Math.round(lhr.categories[c].score * 100)).join(' | ')} | ${wrong.join(', ')} |`);
};
console.log('| Lighthouse, as a phone on a slow network | performance | accessibility | best practices | below 0.9 |\n|---|---:|---:|---:|---|');
await score('/');
await score('/login');
await score('/status');
const driver = await chromium.connectOverCDP(`http://127.0.0.1:${PORT}`);
const page = driver.contexts()[0].pages()[0];
await page.goto(`${URL_BASE}/status`);
await page.evaluate(async ([email, password]) => {
	const answer = await fetch('/api/auth/login', {method: 'POST', headers: {'Content-Type': 'application/json', 'X-Client': 'web'},
		body: JSON.stringify({email, password})});
	if (!answer.ok)
		throw new Error(await answer.text());
	localStorage.setItem('autostack.signed-in', '1');
}, test);
await driver.close();
await score('/dashboard');
await score(`/deployments/${deployment.id}`);
browser.kill();
