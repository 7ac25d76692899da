// features.mjs REPOSITORY - each page does what it is for.
import {hands, is, like, ok, Panel, soon} from './panel.mjs';
import {apiAway, apiBack, ask, worker} from './stack.mjs';

const [repository] = process.argv.slice(2);
const panel = await Panel.start();
// the browser's own lines: a stream of a page that was left at once, or of an API
// that is away
panel.expected.push(/WebSocket connection|status of 50[24]/);
const api = (method, path, body) => panel.api('ada', method, path, body);

// --- landing, for who knows nothing yet ---
const guest = await panel.page();
const g = hands(guest);
await guest.goto('/');
await soon(() => g.heading(/git push/).isVisible(), 'landing: a hero says what it is');
const features = await guest.locator('.bento h3').allInnerTexts();
is(features.length, 4, `landing: four features (${features.join(', ')})`);
is(await guest.locator('.timeline h3').count(), 3, 'landing: how it works, in three steps');
await g.link('Get started', guest.locator('.cta')).click();
await g.at(/^\/signup$/, 'landing: the last word leads to signing up');
await guest.goto('/');
await g.link('Sign in', guest.locator('.hero')).click();
await g.at(/^\/login$/, 'landing: as the first does to signing in');
await guest.goto('/');
const footer = await guest.locator('footer a').evaluateAll(links => links.map(a => a.getAttribute('href')));
ok(footer.length >= 5, `landing: a footer with links (${footer.join(' ')})`);
for (const href of footer) {
	await guest.goto('/');
	await guest.locator(`footer a[href="${href}"]`).click();
	await soon(async () => new URL(guest.url()).pathname === href && await guest.locator('main h1').isVisible()
		&& !await guest.getByText('There is no such page').isVisible(), `landing: ${href} is a page`);
}

// --- signing in ---
await guest.goto('/login');
await g.button('Sign in').click();
like(await g.wrong('Email'), /address/, 'login: an address is wanted');
like(await g.wrong('Password'), /password/, 'login: and a password');
await g.field('Email').fill('nonsense');
await g.button('Sign in').click();
like(await g.wrong('Email'), /no email address/, 'login: an address that is none is told before anything is sent');
is(await guest.getByRole('link', {name: /with (GitHub|Google)/}).count(), 0, 'login: providers that are not set up are not offered');
for (const remember of [false, true]) {
	await guest.goto('/login');
	await g.field('Email').fill('ada@example.org');
	await g.field('Password').fill('correct horse ada');
	await g.field('Remember me').setChecked(remember);
	await g.button('Sign in').click();
	await g.at(/^\/dashboard$/);
	// all of it: what it still asks for would meet the end of the session
	await g.heading('Dashboard').waitFor();
	await g.ready();
	const cookie = (await guest.context().cookies()).find(c => c.httpOnly && /autostack/.test(c.name));
	is(cookie.expires > 0, remember, `login: remembered ${remember ? 'beyond' : 'until'} the browser's end`);
	await g.button('Sign out').click();
	await g.at(/^\/login/);
}

// --- landing, signed in ---
const known = await panel.page({as: 'ada'});
await known.goto('/');
await soon(() => hands(known).link('Dashboard', known.locator('header')).isVisible(), 'landing: who is signed in is led to the dashboard');
is(await hands(known).link('Sign in', known.locator('header')).count(), 0, 'landing: and not asked to sign in');
await known.context().close();

// --- an incident, as an administrator tells it; somebody watches all the while ---
const watcher = await guest.context().newPage();
await watcher.goto('/status');
await soon(() => watcher.getByText('No incidents').isVisible(), 'incidents: there are none');
const admin = await panel.page({as: 'root', height: 1000});
const a = hands(admin);
await admin.goto('/status');
await a.button('New incident').click();
await a.button('Publish', a.dialog).click();
like(await a.wrong('What has happened'), /what has happened/, 'incidents: something has to be said');
await a.field('What has happened').fill('Builds wait');
await a.field('Build Service').check();
await panel.clean(admin, 'a new incident');
await a.button('Publish', a.dialog).click();
await a.told('The incident is published');
ok(await admin.locator('.incident').getByText('Investigating').first().isVisible(), 'incidents: with how far it is');
await a.button(/^Post an update/).click();
await a.field('How far it is now').selectOption('identified');
await a.field('What there is to tell').fill('A disk was full.');
await a.button('Post', a.dialog).click();
await soon(() => admin.locator('.incident').getByText('A disk was full.').isVisible(), 'incidents: an update is told');
await a.button(/^Resolve/).click();
await a.field('What was it, and what ended it').fill('There is room again.');
await a.button('Resolve', a.dialog).click();
await soon(() => admin.locator('.incident').getByText('Resolved').first().isVisible(), 'incidents: and its end');

// --- a deployment as it runs ---
const page = await panel.page({as: 'ada', height: 1000});
const {at, button, field, heading, link, ready, row} = hands(page);
await page.goto('/dashboard');
await ready();
ok(await page.getByText('Nothing is deployed yet').isVisible(), 'dashboard: says what to do when there is nothing');
await page.goto('/analytics');
await soon(() => page.getByText('No deployments in the last 6 weeks').isVisible(), 'analytics: so do they');
const build = await api('POST', '/api/deployments', {repository, buildCommand: 'sh build.sh', installCommand: '', outputDir: 'out'});
await page.goto(`/deployments/${build.body.id}`);
const log = page.getByRole('log');
await soon(() => log.getByText(/^step \d+ of 300$/).first().isVisible(), 'log: lines come while it is built', 30_000);
const stages = page.locator('.stages li');
is(await stages.locator('strong').allInnerTexts(), ['Queued', 'Building', 'Deploying', 'Success'], 'deployment: it has its stages');
await soon(async () => await stages.nth(1).getAttribute('aria-current') === 'step', 'deployment: the one that it is at is marked');
const follow = button('Follow');
is(await follow.getAttribute('aria-pressed'), 'true', 'log: it follows');
const bottom = () => log.evaluate(e => e.scrollHeight - e.scrollTop - e.clientHeight);
await soon(() => log.evaluate(e => e.scrollHeight > e.clientHeight + 200), 'log: there is more than fits');
await soon(async () => await bottom() < 30, 'log: the newest line can be seen');
await log.hover();
await page.mouse.wheel(0, -300);
await soon(async () => await follow.getAttribute('aria-pressed') === 'false', 'log: scrolling up pauses it');
const stays = await log.evaluate(e => e.scrollTop);
await soon(() => page.getByRole('button', {name: /new lines? · follow/}).isVisible(), 'log: new lines are told of');
is(await log.evaluate(e => e.scrollTop), stays, 'log: and do not move what one reads');
await page.getByRole('button', {name: /new lines? · follow/}).click();
await soon(async () => await bottom() < 30, 'log: a press goes on with them');
await soon(() => page.locator('.page-head').getByText('Live').isVisible(), 'deployment: it becomes live', 60_000);
is(await page.locator('[role=status]').filter({hasText: 'Deployment succeeded.'}).count(), 1, 'deployment: which is told aloud');
const warning = log.locator('.log-warning').filter({hasText: 'deprecated'});
await soon(() => warning.isVisible(), 'log: a warning is marked as one');
const colour = line => line.first().evaluate(e => getComputedStyle(e.querySelector('.log-text')).color);
ok(await colour(warning) !== await colour(log.locator('.log-info')), 'log: its colour is another one');
ok(await link(/Visit site/).isVisible() && await button('Copy URL').isVisible(), 'deployment: its site is a press away');
await panel.clean(page, 'a deployment that is live');
await link('Back to Deployments').click();
await at(/^\/deployments$/, 'deployment: the way back');

// --- history to look at: rollbacks are quick, a failure and one that is cancelled ---
const project = build.body.projectId;
async function over(id) {
	let d;
	await soon(async () => ['success', 'failed', 'cancelled'].includes((d = (await api('GET', `/api/deployments/${id}`)).body).status), 'a deployment ends', 60_000);
	return d.status;
}
const second = (await api('POST', '/api/deployments', {repository: 'site', buildCommand: 'mkdir out; echo two >out/index.html'})).body;
is(await over(second.id), 'success', 'another release');
for (let i = 0; i < 7; i++) {
	const back = await api('POST', `/api/projects/${project}/rollback`, {deploymentId: i % 2 ? second.id : build.body.id});
	await over(back.body.id);
}
const failing = (await api('POST', '/api/deployments', {repository: 'site', buildCommand: 'echo "error: broken" >&2; exit 3'})).body;
is(await over(failing.id), 'failed', 'one that fails');
const endless = (await api('POST', '/api/deployments', {repository: 'site', buildCommand: 'sleep 100'})).body;
await api('POST', `/api/deployments/${endless.id}/cancel`);
is(await over(endless.id), 'cancelled', 'one that is cancelled');

// --- the dashboard ---
const {body: board} = await api('GET', '/api/dashboard/stats?timezone=Europe/Berlin');
await page.goto('/dashboard');
await ready();
const stat = async label => page.locator('.stat').filter({has: page.locator('dt').getByText(label, {exact: true})}).innerText();
like(await stat('Total deployments'), new RegExp(`\\b${board.stats.totalDeployments}\\b[^]*\\+${board.stats.totalDeployments} this week`), 'dashboard: all deployments, with the change of the week');
like(await stat('Active projects'), new RegExp(`\\b${board.stats.activeProjects}\\b[^]*${board.stats.todayDeployments} deployments? today`), 'dashboard: active projects, with those of today');
like(await stat('Success rate'), new RegExp(`${board.stats.successRate}%`), 'dashboard: the success rate');
like(await stat('Average deploy time'), new RegExp(board.stats.avgDeployTime), 'dashboard: the average time');
is(await page.locator('tbody tr').count(), 5, 'dashboard: the five newest deployments');
ok(await link('New Deployment').isVisible(), 'dashboard: a new one is a press away');
for (const href of ['/deploy', '/projects', '/analytics', '/settings/notifications'])
	ok(await page.locator(`.quick a[href="${href}"]`).isVisible(), `dashboard: quick action ${href}`);
await link(/View logs/).first().click();
await at(/^\/deployments\/[0-9a-f-]{36}$/, 'dashboard: and the logs of each');

// --- the list ---
await page.route('**/api/deployments?*', async route => {
	await new Promise(resolve => setTimeout(resolve, 1000));
	await route.continue();
});
await page.goto('/deployments');
await soon(() => page.locator('tbody tr.loading .skeleton').count().then(n => n > 5), 'deployments: skeletons of the size of what comes');
await ready();
await page.unroute('**/api/deployments?*');
is((await page.locator('thead th').allInnerTexts()).map(t => t.toLowerCase()).slice(0, 7), ['repository', 'branch', 'status', 'author', 'commit', 'duration', 'started'], 'deployments: its columns');
is(await page.locator('tbody tr').count(), 10, 'deployments: ten on a page');
await button('Next').click();
await at(/page=2/);
await soon(() => page.getByText('Page 2 of 2').isVisible(), 'deployments: and a next page');
await page.goBack();
await soon(() => page.getByText('Page 1 of 2').isVisible(), 'deployments: back is back');
for (const [status, n] of [['failed', 1], ['cancelled', 1], ['building', 0]]) {
	await field('Status').selectOption(status);
	await soon(() => page.locator('tbody tr:not(.loading)').count().then(c => c === n), `deployments: ${n} ${status}`);
}
await field('Status').selectOption('success');
await page.getByRole('searchbox').fill('sit');
await at(/search=sit/);
await soon(() => row('site').count().then(n => n >= 9), 'deployments: a part of the name finds them');
const some = row('site').last();
ok(await some.getByText('main').isVisible() && await some.locator('.badge').getByText('Success').isVisible() && await some.locator('code').isVisible(), 'deployments: a row has branch, status and commit');
await page.goto(`/deployments/${failing.id}`);
await soon(() => page.locator('main .note.bad').getByText(/build command failed/i).isVisible(), 'deployment: one that failed says why');
await soon(() => log.locator('.log-error').first().isVisible(), 'log: an error is marked as one');
await button('First error').click();
like(page.url(), /#L\d+$/, 'log: and is a press away, with an address');

// --- analytics ---
const {body: {metrics}} = await api('GET', '/api/analytics/metrics?range=6w&timezone=Europe/Berlin');
await page.goto('/analytics');
await ready();
like(await stat('Deployments'), new RegExp(`\\b${metrics.totalDeployments}\\b`), 'analytics: how many');
like(await stat('Success rate'), new RegExp(`${String(metrics.successRate).replace('.', '\\.')}%`), 'analytics: how many succeeded');
like(await stat('Average build time'), new RegExp(metrics.avgBuildTime), 'analytics: how long they took');
like(await stat('Active projects'), new RegExp(`\\b${metrics.activeProjects}\\b`), 'analytics: of how many projects');
async function drawn(name, series, rows) {
	const figure = page.getByRole('region', {name}).locator('figure.chart');
	await soon(() => figure.locator('canvas').isVisible(), `analytics: "${name}" is drawn`);
	await figure.locator('summary').click();
	is((await figure.locator('thead th').allInnerTexts()).slice(1).map(t => t.toLowerCase()), series, `analytics: "${name}" has ${series.join(', ')}`);
	const n = await figure.locator('tbody tr').count();
	ok(n >= rows[0] && n <= rows[1], `analytics: "${name}" has ${n} values`);
	return figure;
}
const days = await drawn('Deployments by day', ['deployments'], [42, 43]);
like(await days.locator('tbody tr').last().innerText(), new RegExp(`\\b${metrics.totalDeployments}$`), 'analytics: the last of them today');
await days.getByRole('slider').focus();
await page.keyboard.press('ArrowLeft');
ok((await days.getByRole('slider').getAttribute('aria-valuetext')).includes('Deployments 0'), 'analytics: by keyboard, the day before');
await drawn('Deployments by hour of the day', ['deployments'], [24, 24]);
await link('Success rate').click();
await at(/^\/analytics\/success/);
await drawn('Succeeded and failed, by week', ['success', 'failed'], [6, 8]);
like(await page.locator('.donut svg[role=img]').getAttribute('aria-label'), new RegExp('Success 9, Failed 1, Cancelled 1'), 'analytics: how they ended, as shares');
await link('Build duration').click();
await drawn('Build durations by day', ['average', 'fastest', 'slowest'], [42, 43]);
for (const label of ['Fastest build', 'Average build', 'Slowest build'])
	like(await stat(label), /\d+s/, `analytics: ${label}`);
await link('Resources').click();
await soon(() => page.getByRole('meter').count().then(n => n === 4), 'analytics: four meters of the hosts');
is(await page.getByRole('meter').evaluateAll(all => all.map(m => m.getAttribute('aria-label'))), ['CPU', 'Memory', 'Storage', 'Network'], 'analytics: of what');
await soon(async () => /^\d/.test(await page.getByRole('meter', {name: 'Memory'}).getAttribute('aria-valuetext')), 'analytics: with percentages', 70_000);
await soon(() => page.getByText('in 90 days').first().isVisible(), 'analytics: and how the system is');
await link('7 days').click();
await at(/^\/analytics\/resources\?range=7d$/, 'analytics: the range is in the address');

// --- status, live, for everybody ---
await guest.goto('/status');
await soon(() => guest.getByText('All Systems Operational').isVisible(), 'status: all is well', 30_000);
await soon(() => guest.getByText('Live', {exact: true}).isVisible(), 'status: told live');
for (const name of ['API Gateway', 'Database', 'CDN', 'Build Service']) {
	const card = guest.locator('.service').filter({hasText: name});
	ok(await card.getByText('Operational').isVisible(), `status: ${name} is operational`);
	like(await card.innerText(), /Uptime, 90 days\s+\S+[^]*Response time\s+(\d+ ms|< 1 ms)/, `status: ${name} with uptime and response time`);
}
is(await guest.locator('.stat').count(), 4, 'status: four figures of the platform');
is(await guest.locator('.days').first().locator('path').evaluateAll(all => all.map(path => path.getAttribute('d')).join('').split('M').length - 1), 90, 'status: 90 days');
await guest.getByText('Show as a table').click();
await soon(() => guest.locator('.as-table tbody tr').count().then(n => n === 90), 'status: which are a table as well');

await soon(() => watcher.locator('.incident').getByText('There is room again.').isVisible(), 'incidents: the page that was open all the while has it', 90_000);
ok(await watcher.locator('.incident').getByText('Build Service').isVisible(), 'incidents: with what it was about');
await panel.clean(watcher, 'the status page with an incident');
await watcher.close();

apiAway();
await soon(() => guest.locator('.banner').getByText('Some Systems Degraded').isVisible(), 'status: what stops is seen, live', 30_000);
await soon(() => guest.locator('.service').filter({hasText: 'API Gateway'}).getByText('Down').isVisible(), 'status: which one it is');
await panel.clean(guest, 'the status page with a service down');
apiBack();
await soon(() => guest.getByText('All Systems Operational').isVisible(), 'status: and that it is back', 30_000);

worker(false);
const waits = await api('POST', '/api/deployments', {repository, buildCommand: '', installCommand: '', outputDir: '.'});
await page.goto(`/deployments/${waits.body.id}`);
await soon(() => guest.locator('.banner').getByText('Status Unknown').isVisible(), 'status: without a worker nobody looks', 30_000);
await soon(() => guest.locator('.freshness').getByText('Not up to date').isVisible(), 'status: so nothing is called live');
await soon(() => page.getByText('None answers at present').isVisible(), 'deployment: one that waits for long says why', 40_000);
ok(await link('status page').isVisible(), 'deployment: and where to look');
await panel.clean(page, 'a deployment that waits');
worker(true);
await soon(() => guest.locator('.freshness').getByText('Live', {exact: true}).isVisible(), 'status: it goes on', 60_000);
await soon(() => page.locator('.page-head').getByText('Live', {exact: true}).isVisible(), 'deployment: and so does what waited', 90_000);

// --- lists that are not so long ---
await api('POST', '/api/api-keys', {name: 'one'});
for (const path of ['/deployments', '/projects', '/audit', '/settings/sessions', '/settings/api-keys']) {
	await page.goto(`${path}?page=99`);
	await soon(() => page.getByText('There are not so many pages').isVisible(), `${path}: a page that is not is said to be none`);
	is(await page.getByText('Page 99').count(), 0, `${path}: and not counted as one`);
	await button('To the first page').click();
	await soon(async () => new URL(page.url()).search === '' && await page.locator('tbody tr:not(.loading)').count() > 0, `${path}: with the way back`);
}

// --- what is coming ---
for (const path of ['/pricing', '/templates', '/pipelines', '/monitoring', '/team', '/integrations']) {
	await page.goto(path);
	await soon(() => page.getByText('Coming soon').isVisible(), `${path} says that it is coming`);
	for (const href of await page.locator('main .actions a').evaluateAll(links => links.map(e => e.getAttribute('href')))) {
		await page.goto(path);
		await page.locator(`main .actions a[href="${href}"]`).click();
		await soon(async () => new URL(page.url()).pathname.startsWith(href.replace(/[#?].*/, '')) && await page.locator('main h1').isVisible()
			&& !await page.getByText('There is no such page').isVisible(), `${path}: ${href} does the job until then`);
	}
}
await page.goto('/docs');
await soon(() => heading(/API/).isVisible(), 'docs: the reference of the API is there');
ok((await ask('GET', '/api/openapi.json')).json.openapi, 'docs: out of its own document');

await panel.end();
