// panel.mjs DIR REPOSITORY: bench/panel runs it in a copy of t/browser.
import {chromium} from 'playwright-core';
import lighthouse from 'lighthouse';
import {spawn} from 'node:child_process';
import {join} from 'node:path';
import WebSocket from 'ws'; // as lighthouse brings it
import {hands, Panel, paths, tabs, URL_BASE} from './panel.mjs';

const [dir, repository] = process.argv.slice(2);
const panel = await Panel.start();
// What is asked of them; bench/panel fails below it.
const SCORE = 95, FRAMES = 50;
const short = [];
const test = ['test@example.com', 'testpass123'];
const admin = ['admin@example.com', 'adminpass123'];
const deployment = (await panel.api(test, 'GET', '/api/deployments/recent')).body.recentDeployments[0];
const project = deployment.projectId;

let pictures = 0;
for (const theme of ['light', 'dark']) {
	for (const width of [360, 768, 1440]) {
		const contexts = {
			guest: await panel.context({theme, width}),
			user: await panel.context({theme, width, as: test}),
			admin: await panel.context({theme, width, as: admin}),
		};
		for (const {path, who} of paths({projects: project, deployments: deployment.id})) {
			const as = who === 'public' || who === 'guest' ? 'guest' : who === 'user' ? 'user' : 'admin';
			const page = await contexts[as].newPage();
			await page.goto(path, {waitUntil: 'load'});
			await hands(page).ready();
			// pages with tabs have one picture a tab
			for (const address of [path, ...await tabs(page)]) {
				if (address !== path)
					await page.goto(address, {waitUntil: 'load'});
				await hands(page).ready();
				await page.waitForTimeout(250);
				const name = address.replace(/\?.*/, '').replace(/[0-9a-f-]{36}/, 'id').replace(/^\/$/, '/landing').slice(1).replace(/\//g, '-');
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
	const name = path.replace(/[0-9a-f-]{36}/, ':id');
	const scores = CATEGORIES.map(c => Math.round(lhr.categories[c].score * 100));
	console.log(`| ${name} | ${scores.join(' | ')} | ${wrong.join(', ')} |`);
	CATEGORIES.forEach((c, n) => scores[n] < SCORE && short.push(`${name} has ${scores[n]} for ${c}, not ${SCORE}`));
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

// The frames of a page that shows a log, from its first lines until it is
// complete. Nothing but this listens to the browser: whatever asks for its
// network as well, as drivers do, hears of 100,000 messages, which is most of
// what would be counted then.
async function frames(what, id) {
	const tab = (await (await fetch(`http://127.0.0.1:${PORT}/json/list`)).json()).find(t => t.type === 'page');
	const socket = new WebSocket(tab.webSocketDebuggerUrl);
	await new Promise(resolve => socket.once('open', resolve));
	let n = 0;
	const answers = new Map();
	socket.on('message', text => {
		const {id: of, result} = JSON.parse(text);
		answers.get(of)?.(result);
	});
	const send = (method, params = {}) => new Promise(resolve => {
		answers.set(++n, resolve);
		socket.send(JSON.stringify({id: n, method, params}));
	});
	const value = async expression => (await send('Runtime.evaluate', {expression, returnByValue: true})).result.value;
	await send('Page.enable');
	await send('Page.addScriptToEvaluateOnNewDocument', {source: `
		const frames = [];
		const frame = now => frames.push(now) && requestAnimationFrame(frame);
		requestAnimationFrame(frame);
		let from = 0;
		setInterval(() => {
			const text = document.querySelector('.log-link')?.textContent ?? '';
			if (!from && /\\d lines/.test(text))
				from = performance.now();
			else if (from && !window.counted && text.startsWith('Complete'))
				window.counted = {from, to: performance.now(), frames, lines: Number(/([\\d,]+) lines/.exec(text)[1].replace(/,/g, ''))};
		}, 100);`});
	await send('Page.navigate', {url: `${URL_BASE}/deployments/${id}`});
	while (!await value('window.counted !== undefined'))
		await new Promise(resolve => setTimeout(resolve, 500));
	const {from, to, frames: at, lines} = await value('window.counted');
	const seconds = (to - from) / 1000;
	const each = Array.from({length: Math.floor(seconds)}, (_, s) => at.filter(t => t >= from + s * 1000 && t < from + (s + 1) * 1000).length);
	await send('HeapProfiler.collectGarbage');
	if (at.filter(t => t >= from && t <= to).length / seconds < FRAMES)
		short.push(`a log, ${what}, has fewer than ${FRAMES} frames/s`);
	const heap = (await send('Runtime.getHeapUsage')).usedSize / 1048576;
	console.log(`| ${what} | ${lines} | ${Math.round(lines / seconds)} | ${Math.round(at.filter(t => t >= from && t <= to).length / seconds)} | ${Math.min(...each)} | ${heap.toFixed(1)} |`);
	await send('Page.navigate', {url: 'about:blank'});
	socket.close();
}

const LINES = 100_000;
const printer = (await panel.api(test, 'POST', '/api/deployments', {repository, branch: 'main', outputDir: '.', installCommand: '',
	buildCommand: `perl -MTime::HiRes=sleep -e '$| = 1; for (1 .. ${LINES}) { print "line $_ of a build that prints\\n"; sleep .01 unless $_ % 30 }'`})).body;
console.log('\n| a log | lines | lines/s | frames/s | in the slowest second | JS heap MiB |\n|---|---:|---:|---:|---:|---:|');
await frames('as it is written', printer.id);
await frames('finished', printer.id);
browser.kill();
if (short.length) {
	console.error(`\nShort of the goal: ${short.join('; ')}`);
	process.exitCode = 1;
}
