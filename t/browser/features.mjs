// features.mjs REPOSITORY - each page does what it is for, for who is signed in.
import assert from 'node:assert/strict';
import {hands, is, like, ok, Panel, soon} from './panel.mjs';
import {apiAway, apiBack, ask, sql, worker} from './stack.mjs';

const [repository] = process.argv.slice(2);
const panel = await Panel.start();
// the browser's own lines: a stream of a page that was left at once, or of an API
// that is away
panel.expected.push(/WebSocket connection|status of 50[24]/);
const api = (method, path, body) => panel.api('ada', method, path, body);

const guest = await panel.page();

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
await soon(() => admin.locator('.banner').getByText('Not over yet: Builds wait.').isVisible(), 'incidents: the banner says that one is not over');
await a.button(/^Post an update/).click();
await a.field('How far it is now').selectOption('identified');
await a.field('What there is to tell').fill('A disk was full.');
await a.button('Post', a.dialog).click();
await soon(() => admin.locator('.incident').getByText('A disk was full.').isVisible(), 'incidents: an update is told');
await a.button(/^Resolve/).click();
await a.field('What was it, and what ended it').fill('There is room again.');
await a.button('Resolve', a.dialog).click();
await soon(() => admin.locator('.incident').getByText('Resolved').first().isVisible(), 'incidents: and its end');
await soon(() => admin.locator('.banner').getByText('Not over yet').isHidden(), 'incidents: for the banner as well');

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
like(await stat('Total deployments'), new RegExp(`\\b${board.stats.totalDeployments}\\b[^]*\\+${board.stats.totalDeployments} vs the week before`), 'dashboard: all deployments, with what the week has more than the one before');
like(await stat('Active projects'), new RegExp(`\\b${board.stats.activeProjects}\\b[^]*${board.stats.todayDeployments} deployments? today`), 'dashboard: active projects, with those of today');
like(await stat('Success rate'), new RegExp(`${board.stats.successRate}%`), 'dashboard: the success rate');
like(await stat('Average deploy time'), new RegExp(board.stats.avgDeployTime), 'dashboard: the average time');
is(await page.locator('tbody tr').count(), 5, 'dashboard: the five newest deployments');
is((await page.locator('thead th').allInnerTexts()).map(t => t.toLowerCase()).slice(0, 7), ['repository', 'branch', 'status', 'author', 'commit', 'duration', 'started'], 'dashboard: their columns');
is(await page.locator('tbody tr td a.main').evaluateAll(all => all.map(a => a.getAttribute('href'))), board.recentDeployments.map(d => `/deployments/${d.id}`), 'dashboard: as the API has them');
is(await page.getByRole('region', {name: 'Connect GitHub'}).count(), 0, 'dashboard: GitHub is not offered where it is not set up');
for (const [press, href] of [[link('New Deployment'), '/deploy'], [link('Show all deployments'), '/deployments'],
	...['/deploy', '/projects', '/analytics', '/settings/notifications'].map(to => [page.locator(`.quick a[href="${to}"]`), to])]) {
	await press.click();
	await at(new RegExp(`^${href}$`), `dashboard: a press leads to ${href}`);
	await page.locator('main h1').waitFor();
	await page.goBack();
	await ready();
}
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
// what a table of one column has together
const sum = figure => figure.locator('tbody td').allInnerTexts().then(all => all.reduce((total, text) => total + Number(text), 0));
const days = await drawn('Deployments by day', ['deployments'], [42, 43]);
like(await days.locator('tbody tr').last().innerText(), new RegExp(`\\b${metrics.totalDeployments}$`), 'analytics: the last of them today');
await days.getByRole('slider').focus();
await page.keyboard.press('ArrowLeft');
ok((await days.getByRole('slider').getAttribute('aria-valuetext')).includes('Deployments 0'), 'analytics: by keyboard, the day before');
is(await sum(await drawn('Deployments by hour of the day', ['deployments'], [24, 24])), metrics.totalDeployments, 'analytics: as many by hour');
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

// other windows: what is older than one is not in it
sql(`UPDATE deployments SET created_at = created_at - interval '20 days', started_at = started_at - interval '20 days',
	completed_at = completed_at - interval '20 days' WHERE id = '${failing.id}'`);
sql(`UPDATE deployments SET created_at = created_at - interval '60 days', started_at = started_at - interval '60 days',
	completed_at = completed_at - interval '60 days' WHERE id = '${endless.id}'`);
for (const [name, range, n, days, weeks] of [['7 days', '7d', 9, [7, 8], [1, 2]], ['30 days', '30d', 10, [30, 31], [4, 6]], ['6 weeks', '6w', 10, [42, 43], [6, 8]],
	['90 days', '90d', 11, [90, 91], [12, 15]]]) {
	await link(name).click();
	await at(new RegExp(`^/analytics/resources\\?range=${range}$`), `analytics: ${name}: the range is in the address`);
	is(await link(name).getAttribute('aria-current'), 'true', `analytics: ${name}: and marked`);
	await link('Frequency').click();
	await at(new RegExp(`^/analytics/frequency\\?range=${range}$`), `analytics: ${name}: stays on another tab`);
	await page.reload();
	await ready();
	await soon(async () => new RegExp(`\\b${n}\\b`).test(await stat('Deployments')), `analytics: ${name}: ${n} deployments`);
	is((await api('GET', `/api/analytics/metrics?range=${range}&timezone=Europe/Berlin`)).body.metrics.totalDeployments, n, `analytics: ${name}: as the API has it`);
	const figure = await drawn('Deployments by day', ['deployments'], days);
	is(await sum(figure), n, `analytics: ${name}: which the table of days has together`);
	is(await sum(await drawn('Deployments by hour of the day', ['deployments'], [24, 24])), n, `analytics: ${name}: and that of hours`);
	await link('Success rate').click();
	await drawn('Succeeded and failed, by week', ['success', 'failed'], weeks);
	const ends = [9, n > 9 ? 1 : 0, n > 10 ? 1 : 0];
	is((await page.locator('.donut li strong').allInnerTexts()).map(Number), ends, `analytics: ${name}: how they ended, as a list`);
	await link('Resources').click();
}
await page.goto('/analytics?range=nonsense');
await soon(() => page.getByText(/of the last 6 weeks/).first().isVisible(), 'analytics: a range that there is not is the usual one');

// --- status, live, for everybody ---
await guest.goto('/status');
await soon(() => guest.getByText('All Systems Operational').isVisible(), 'status: all is well', 30_000);
await soon(() => guest.getByText('Live', {exact: true}).isVisible(), 'status: told live');
for (const name of ['API Gateway', 'Database', 'CDN', 'Build Service']) {
	const card = guest.locator('.service').filter({hasText: name});
	ok(await card.getByText('Operational').isVisible(), `status: ${name} is operational`);
	like(await card.innerText(), /Uptime, 90 days\s+\S+[^]*Response time\s+(\d+ ms|< 1 ms)/, `status: ${name} with uptime and response time`);
}
const figures = (on = guest) => on.locator('.stat').evaluateAll(all => all.map(e => [e.querySelector('dt').innerText, e.querySelector('dd.value').innerText,
	e.querySelector('.note > span')?.innerText ?? '', e.querySelector('.note > span')?.className ?? '']));
const none = n => n ?? 'None yet';
// they are added up once a minute, and are told to a page before an answer is new
await soon(async () => {
	const {metrics: platform} = (await ask('GET', '/api/status/metrics')).json;
	assert.deepEqual((await figures()).map(f => f.slice(0, 2)), [['Deployments in all', String(platform.totalDeployments)],
		['Active projects', String(platform.activeProjects)], ['Average deploy time', none(platform.avgDeployTime)], ['Success rate', none(platform.successRate)]]);
	return true;
}, 'status: four figures of the platform, as the API has them', 90_000);
const years = await guest.context().newPage();
await years.routeWebSocket('**/api/status/stream', () => undefined);
await years.route('**/api/status/metrics', route => route.fulfill({json: {metrics: {totalDeployments: 12458, deploymentChange: 15.3, activeProjects: 3247,
	projectChange: 8.2, avgDeployTime: '42s', timeChange: -12.5, successRate: '99.8%', successChange: 0.3}}}));
await years.goto('/status');
await soon(() => years.getByText('12,458').isVisible(), 'status: after some years they are larger');
is(await figures(years), [['Deployments in all', '12,458', '+15.3%', ''], ['Active projects', '3,247', '+8.2%', ''], ['Average deploy time', '42s', '−12.5%', 'up'],
	['Success rate', '99.8%', '+0.3 pts', 'up']], 'status: with what changed');
await years.close();
is(await guest.locator('.days').first().locator('path').evaluateAll(all => all.map(path => path.getAttribute('d')).join('').split('M').length - 1), 90, 'status: 90 days');
await guest.getByText('Show as a table').click();
await soon(() => guest.locator('.as-table tbody tr').count().then(n => n === 90), 'status: which are a table as well');
const bars = guest.getByRole('slider', {name: 'Database, day by day'});
await bars.focus();
await guest.keyboard.press('Home');
like(await bars.getAttribute('aria-valuetext'), /^\w{3}, \d+ \w+ \d{4}: unknown, nobody has looked/, 'status: each day in words, by the arrow keys');
await guest.keyboard.press('End');
like(await bars.getAttribute('aria-valuetext'), /: [\d.]+% up/, 'status: today the database is up');
// what is pushed, as it comes
const told = [];
guest.on('websocket', socket => socket.on('framereceived', ({payload}) => {
	const {type, service} = JSON.parse(payload);
	if (type === 'service_update' && service === 'Database')
		told.push(Date.now());
}));
await guest.reload();
await soon(() => told.length >= 4, 'status: what is live is told again and again', 30_000);
const gap = (told.at(-1) - told[0]) / (told.length - 1);
ok(gap > 2000 && gap < 6000, `status: every three seconds (${(gap / 1000).toFixed(1)} s)`);

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

await panel.end();
