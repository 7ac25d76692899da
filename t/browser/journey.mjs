// journey.mjs REPOSITORY SITES: from signing up to a live site, and what one
// does with it then, as a user's hands and eyes have it.
import {is, like, ok, Panel, soon} from './panel.mjs';
import {wsDies} from './stack.mjs';

const [repository, sites] = process.argv.slice(2);
const panel = await Panel.start();
const page = await panel.page({height: 1000, motion: true});
const button = name => page.getByRole('button', {name, exact: true});
const heading = name => page.getByRole('heading', {level: 1, name});
const at = pattern => soon(() => pattern.test(new URL(page.url()).pathname + new URL(page.url()).search), `the address is ${pattern}`, 30_000);

// --- signing up ---
await page.goto('/');
await page.getByRole('link', {name: /get started/i}).first().click();
await at(/^\/signup$/);
await page.getByLabel('Full name').fill('Grace');
await page.getByLabel('Email').fill('grace');
await page.getByLabel('Password', {exact: true}).fill('short');
await button('Create account').click();
await soon(async () => (await page.locator('[aria-invalid=true]').count()) === 2, 'a wrong address and a short password are told beside their fields');
ok(await page.getByLabel('Email').evaluate(e => e === document.activeElement), 'and the first of them has the focus');
await page.getByLabel('Email').fill('grace@example.org');
await page.getByLabel('Password', {exact: true}).fill('correct horse grace');
await page.keyboard.press('Enter');
await at(/^\/dashboard$/);
await soon(() => page.getByText('Welcome, Grace').isVisible(), 'a toast greets');
await soon(() => page.locator('main .skeleton').count().then(n => n === 0), 'the dashboard is filled');
await soon(() => page.getByRole('heading', {name: 'Recent deployments'}).isVisible(), 'it has the recent deployments');

// --- the wizard ---
await page.getByRole('link', {name: 'New deployment'}).first().click();
await at(/^\/deploy/);
await page.getByText('Git address', {exact: false}).first().click();
await page.getByLabel('Repository', {exact: true}).fill('not an address');
await button('Continue').click();
await soon(() => page.locator('.error').isVisible(), 'what is no address is told at once');
await page.getByLabel('Repository', {exact: true}).fill(repository);
await button('Continue').click();
await at(/step=configure/);
await page.getByLabel('Build command: which').selectOption('own');
await page.getByLabel('Build command', {exact: true}).fill('sh build.sh');
await page.getByLabel(/^Output directory/).fill('out');
await page.getByLabel(/^Environment variables/).fill('GREETING=hello');
await page.goBack();
await at(/^\/deploy/);
await page.goForward();
await at(/step=configure/);
is(await page.getByLabel(/^Environment variables/).inputValue(), 'GREETING=hello', 'nothing typed is lost by going back and forward');
await button('Continue').click();
await at(/step=deploy/);
ok(await page.locator('main').innerText().then(t => t.includes('GREETING') && !t.includes('hello')), 'the summary names the variable and not its value');
await button('Deploy').click();
await page.getByRole('dialog').getByRole('button', {name: 'Deploy'}).click();
await at(/^\/deployments\/[0-9a-f-]{36}$/);
const first = page.url();

// --- the live log ---
const log = page.getByRole('log');
const link = page.locator('.log-link [role=status]');
// all that the log says of its connection from now on, however short
const listen = () => link.evaluate(e => {
	window.said = [e.textContent];
	new MutationObserver(() => window.said.push(e.textContent)).observe(e, {childList: true, subtree: true, characterData: true});
});
const said = () => page.evaluate(() => window.said.filter((word, i, all) => word && word !== all[i - 1]));
// each stored line is shown once, and nothing else
async function whole(what) {
	await log.press('Control+Home');
	const stored = await page.evaluate(async id => {
		const {accessToken} = await (await fetch('/api/auth/refresh', {method: 'POST', headers: {'X-Client': 'web', 'Content-Type': 'application/json'}, body: '{}'})).json();
		const lines = [];
		for (let after = 0; ;) {
			const part = await (await fetch(`/api/deployments/${id}/logs?after=${after}&limit=1000`, {headers: {Authorization: `Bearer ${accessToken}`}})).json();
			lines.push(...part.logs);
			if (part.complete || !part.logs.length)
				return lines.map(l => l.message);
			after = part.nextAfter;
		}
	}, new URL(page.url()).pathname.slice(-36));
	const shown = new Map();
	for (let look = 0; look < 200 && shown.size < stored.length; look++) {
		for (const [number, text] of await log.evaluate(e => [...e.querySelectorAll('.log-line')].map(l => [Number(l.querySelector('.log-no').textContent), l.querySelector('.log-text').textContent])))
			shown.set(number, text);
		await log.press('PageDown');
		await page.waitForTimeout(30);
	}
	is([...shown].sort((a, b) => a[0] - b[0]).map(([, text]) => text), stored.map(t => t.replace(/^\[\d+:\d+\] /, '').replace(/\x1b\[\d*m/g, '')), what);
	return stored;
}
await soon(() => log.innerText().then(t => t.includes('step 3 of')), 'lines arrive while it is built', 60_000);
ok(await page.getByText('Building').first().isVisible(), 'the page says that it is being built');
is(await link.textContent(), 'Streaming', 'and the log that it is live');
panel.expected.push(/ERR_INTERNET_DISCONNECTED|WebSocket connection|ERR_NETWORK|status of 50[24]/);
await listen();
await page.context().setOffline(true);
await soon(() => link.getByText('Not connected').isVisible(), 'a lost network is said');
await soon(() => page.locator('.log-link').getByText(/Trying again/).isVisible(), 'and when it is tried again');
ok(await log.innerText().then(t => t.includes('step 3 of')), 'what was read stays');
await page.context().setOffline(false);
await soon(async () => (await said()).lastIndexOf('Streaming') > (await said()).indexOf('Not connected'), 'with the network it streams again');
await soon(() => page.locator('.page-head').getByText('Success').isVisible(), 'and sees the end', 60_000);
await soon(() => link.getByText('Complete').isVisible(), 'the log is complete');
const stored = await whole('the log shows each stored line once, with none lost');
ok(await log.evaluate(e => !e.querySelector('b')) && stored.some(t => t.includes('<b>')), 'CS-1 markup in the log is text');
await page.getByLabel('Find in the log').fill('9 <b>bold');
await page.keyboard.press('Enter');
await soon(() => log.locator('mark').count().then(n => n > 0), 'searching goes to the line, across its colours');
const colours = await log.locator('.log-line', {hasText: 'step 1 of'}).locator('.log-text > *').evaluateAll(all => all.map(e => [e.className, getComputedStyle(e).color]));
is(colours[0]?.[0], 'a-fg-2', 'a colour of the build is a class');
is(colours[0]?.[1], 'rgb(111, 208, 140)', 'and shows');

// --- the site ---
const visit = page.getByRole('link', {name: /Visit site/});
const url = await visit.getAttribute('href');
like(url, new RegExp(`^${sites.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace('%s', '[a-z0-9-]+')}`), 'Visit site leads to the site');
const [site] = await Promise.all([page.context().waitForEvent('page'), visit.click()]);
await soon(async () => (await site.locator('body').innerText()).trim() === 'hello 1', 'which has what was built');
await site.close();
await page.getByRole('button', {name: 'Copy URL'}).click();
is(await page.evaluate(() => navigator.clipboard.readText()), url, 'Copy URL copies it');

// --- again, and back ---
await button('Redeploy').click();
await page.getByRole('dialog').getByRole('button', {name: 'Redeploy'}).click();
await soon(() => page.url() !== first && /\/deployments\//.test(page.url()), 'redeploying leads to the new deployment');
await soon(() => page.locator('.page-head').getByText('Building').isVisible(), 'which is built');
await soon(() => log.innerText().then(t => t.includes('step 2 of')), 'with a log that streams', 60_000);
await listen();
await wsDies();
await soon(async () => (await said()).includes('Not connected'), 'when what streams it dies, that is said');
await soon(async () => /Streaming|Updated every/.test((await said()).slice((await said()).indexOf('Not connected')).join(' ')), 'and it goes on by itself');
await soon(() => page.locator('.page-head').getByText('Live').isVisible(), 'it becomes live', 60_000);
await soon(() => link.getByText('Complete').isVisible(), 'its log is complete, too');
await whole('and has each line once');
await page.goto(first);
await button('Roll back to this release').click();
await soon(() => page.getByRole('dialog').getByText('built with the settings of what is live').isVisible(), 'PEER-7 the way back says what was set otherwise then');
await page.getByRole('dialog').getByRole('button', {name: /roll back/i}).click();
await soon(() => page.locator('.page-head').getByText('Live').isVisible(), 'a rollback makes the first live again');

// --- a build that fails ---
await page.goto('/projects');
await page.locator('main').getByRole('link', {name: 'site'}).first().click();
await at(/^\/projects\/[0-9a-f-]{36}/);
await page.goto(new URL(page.url()).pathname.replace(/\/$/, '') + '/settings');
await page.getByLabel('Build command', {exact: true}).fill('echo "error: it is broken" >&2; exit 3');
await page.locator('button[type=submit]:not([aria-disabled])', {hasText: 'Save'}).click();
await soon(() => page.locator('.toast.good').first().isVisible(), 'settings are saved, with a word about it');
await page.goto(first);
await button('Redeploy').click();
await page.getByRole('dialog').getByRole('button', {name: 'Redeploy'}).click();
await soon(() => page.url() !== first, 'a redeployment keeps its settings');

// --- the list ---
await page.goto('/deployments?status=success');
await soon(() => page.locator('tbody tr:not(.loading)').count().then(n => n >= 2), 'the list has them');
await page.getByRole('searchbox', {name: 'Search by repository'}).fill('nothing-like-it');
await soon(() => /search=nothing/.test(page.url()) && page.locator('.empty').isVisible(), 'a search that finds nothing says so, and is in the address');
await page.goBack();

// --- out ---
await page.getByRole('button', {name: 'Sign out'}).click();
await at(/^\/login/);
await page.goto('/projects');
await at(/^\/login\?next=%2Fprojects$/);
await page.getByLabel('Email').fill('grace@example.org');
await page.getByLabel('Password', {exact: true}).fill('wrong horse');
panel.expected.push(/status of 401/);
await button('Sign in').click();
await soon(() => page.getByRole('alert').getByText(/wrong/).isVisible(), 'a wrong password is said');
is(await page.getByLabel('Email').inputValue(), 'grace@example.org', 'and what was typed stays');
await page.getByLabel('Password', {exact: true}).fill('correct horse grace');
await button('Sign in').click();
await at(/^\/projects$/);

await panel.end();
