// projects.mjs REPOSITORY HOST CERTIFICATE KEY ZONE - what one does with projects
// and their deployments: cancelling, deleting, variables, rollbacks, domains, the
// figures of it; the panel by keyboard alone, and the reference of the API.
// CERTIFICATE and KEY are of HOST; ZONE is what the stack's name server knows.
import {readFileSync, writeFileSync} from 'node:fs';
import {hands, is, like, ok, Panel, soon, unlike} from './panel.mjs';
import {ask, sql} from './stack.mjs';

const [repository, host, certificate, key, zone] = process.argv.slice(2);
const panel = await Panel.start();
const api = (method, path, body) => panel.api('ada', method, path, body);
const page = await panel.page({as: 'ada', height: 1000});
const {at, button, dialog, field, link, ready, row, told, wrong} = hands(page);
const head = page.locator('.page-head');
async function shown(address) {
	const other = await page.context().newPage();
	const answer = await other.goto(address);
	const text = (await other.locator('body').innerText()).trim();
	await other.close();
	return answer.status() === 200 ? text : answer.status();
}
async function ended(id) {
	let d;
	await soon(async () => (d = (await api('GET', `/api/deployments/${id}`)).body).completedAt, 'a deployment ends', 60_000);
	return d.status;
}

// --- a build that is cancelled, and one that fails ---
await api('POST', '/api/projects', {name: 'tries', repository, installCommand: '', outputDir: '.'});
const stages = page.locator('.stages li');
const names = () => stages.locator('strong').allInnerTexts();
const read = async () => (await stages.allTextContents()).map(text => text.replace(/\d+s/, 'Ns').trim());
const endless = (await api('POST', '/api/deployments', {repository: 'tries', buildCommand: 'sleep 300'})).body;
await page.goto(`/deployments/${endless.id}`);
await soon(() => head.getByText('Building', {exact: true}).isVisible(), 'a build that does not end', 30_000);
ok(await button('Delete').isHidden(), 'cancel: as long as it runs it cannot be deleted');
await button('Cancel').click();
await soon(() => head.getByText('Cancelled', {exact: true}).isVisible(), 'cancel: the head says that it is', 30_000);
is(await names(), ['Queued', 'Building', 'Deploying', 'Cancelled'], 'cancel: the stages end with it');
await soon(async () => (await stages.last().getAttribute('class')) === 'stopped', 'cancel: which is no failure');
is(await page.locator('.stages .failed').count(), 0, 'cancel: of any of them');
is(await read(), ['Queued: done after Ns', 'Building: stopped after Ns', 'Deploying: not yet', 'Cancelled just now'], 'cancel: and are read so');
ok(await button('Cancel').isHidden(), 'cancel: there is nothing to cancel any more');
const aloud = words => page.locator('[role=status]').filter({hasText: words}).count().then(n => n === 1);
await soon(() => aloud('Deployment cancelled.'), 'cancel: and who hears the page is told');
await panel.clean(page, 'a cancelled deployment');
await button('Delete').click();
await soon(() => dialog.getByText('The site stays as it is').isVisible(), 'delete: says what goes with it');
await panel.clean(page, 'deleting a deployment');
await button('Delete', dialog).click();
await told('Deployment deleted');
await at(/^\/deployments$/, 'delete: leads to the list');
await ready();
is(await page.locator(`a[href="/deployments/${endless.id}"]`).count(), 0, 'delete: which has it no more');
panel.expected.push(/status of 404/);
await page.goto(`/deployments/${endless.id}`);
await soon(() => page.getByText('There is no such deployment').isVisible(), 'delete: nor is it at its address');

const failing = (await api('POST', '/api/deployments', {repository: 'tries', buildCommand: 'sleep 5; exit 3'})).body;
await page.goto(`/deployments/${failing.id}`);
await soon(() => aloud(/^Deployment failed: The build command failed/), 'failed: who hears the page is told, and why', 60_000);
is(await ended(failing.id), 'failed', 'one that fails');
await soon(() => head.getByText('Failed', {exact: true}).isVisible(), 'failed: the head says so');
is(await names(), ['Queued', 'Building', 'Deploying', 'Failed'], 'failed: the stages end with it');
is(await stages.evaluateAll(all => all.map(li => li.className)), ['completed', 'failed', 'pending', 'failed'], 'failed: the one that did is marked');
is(await read(), ['Queued: done after Ns', 'Building: failed after Ns', 'Deploying: not yet', 'Failed just now'], 'failed: and they are read so');
await soon(() => page.getByText('This build had another build command than the project has').isVisible(), 'failed: what was set for it alone is named');
is([await link("project's settings").count(), await page.getByText('The site stays as it was').count()], [0, 0], 'failed: not the settings, nor a site that is not');
await panel.clean(page, 'a failed deployment');
is(await button('Deploy now').count(), 0, 'failed: what would be built without that is not offered');
await button('Deploy with other settings').click();
await at(/^\/deploy\?step=configure$/, 'failed: it can be tried with others');
await soon(() => field('Build command').inputValue().then(v => v === 'sleep 5; exit 3'), 'failed: beginning with its own');
is(await field('Build command: which').inputValue(), 'own', 'failed: as what was set here');
is(await field(/^Output directory/).inputValue(), '', 'failed: what it had from the project comes from it again');
const {body: broken} = await api('POST', '/api/projects', {name: 'broken', repository, installCommand: '', buildCommand: 'exit 4', outputDir: '.'});
const own = (await api('POST', '/api/deployments', {repository: 'broken'})).body;
is(await ended(own.id), 'failed', 'one that fails by its project\'s settings');
await page.goto(`/deployments/${own.id}`);
await soon(() => link("project's settings").isVisible(), 'failed: leads to them');
is(await page.locator('[role=status]').filter({hasText: 'Deployment failed'}).count(), 0, 'failed: what is long over is not told aloud');
ok(await page.getByText('Correct what it names, push that and deploy the newest commit').isVisible(), 'failed: it says what works without a webhook, too');
await panel.clean(page, 'a failed deployment that is as its project');
await button('Deploy now').click();
await at(new RegExp(`^/deployments/(?!${own.id})`), 'failed: the newest commit is a press away');
is(await ended(page.url().slice(-36)), 'failed', 'failed: which is deployed');
await api('DELETE', `/api/projects/${broken.id}`);

// --- the variables of a project ---
const shop = (await api('POST', '/api/projects', {name: 'shop', repository, installCommand: '', buildCommand: 'sh build.sh', outputDir: 'out'})).body;
const production = page.getByRole('region', {name: 'Production', exact: true});
let address;
async function deploys(wanted, what) {
	await button('Deploy now').click();
	await at(/^\/deployments\/[0-9a-f-]{36}$/);
	await soon(() => head.getByText('Live', {exact: true}).isVisible(), 'it becomes live', 60_000);
	address = await link(/Visit site/).getAttribute('href');
	is(await shown(address), wanted, what);
	return page.url().slice(-36);
}
const environment = async () => {
	await page.goto(`/projects/${shop.id}/environment`);
	await ready();
};
await environment();
await soon(() => production.getByText('The builds of the site get no variables').isVisible(), 'variables: there are none');
await button('Add a variable for production', production).click();
const looksLike = async text => {
	await field('Name').evaluate((e, placeholder) => Object.assign(e, {placeholder}), text);
	return (await field('Name').screenshot()).toString('base64');
};
const [spaced, joined] = [await looksLike('API URL'), await looksLike('API_URL')];
ok(spaced !== joined, 'variables: an underscore in a placeholder is drawn');
await field('Name').fill('PATH');
await button('Add', production).click();
like(await wrong('Name'), /PATH is reserved/, 'variables: what a build needs itself is refused');
await field('Name').fill('GREETING');
await field('Value').fill('good-morning');
await panel.clean(page, 'adding a variable');
await button('Add', production).click();
await told('GREETING is set.');
await soon(() => row('GREETING').isVisible(), 'variables: the list has its name');
unlike(await page.locator('main').innerText(), /good-morning/, 'variables: and not its value');
const first = await deploys('greeting good-morning', 'variables: the build received the value');
await soon(() => page.getByRole('log').getByText(/^says/).first().isVisible(), 'variables: its log is there');
unlike(await page.getByRole('log').innerText(), /good-morning/, 'variables: without the value');
await environment();
await button('Replace the value of GREETING').click();
ok(await field('Name').isDisabled(), 'variables: one is replaced');
await field('New value').fill('good-evening');
await button('Replace the value').click();
await told('GREETING is set.');
const second = await deploys('greeting good-evening', 'variables: the next build received the new one');
await environment();
await button('Remove GREETING').click();
await panel.clean(page, 'removing a variable');
await button('Remove', dialog).click();
await told('GREETING is removed.');
await soon(() => row('GREETING').count().then(n => n === 0), 'variables: it is gone from the list');
const third = await deploys('greeting nobody', 'variables: and the next build has none');

// --- back to an earlier release, from the project's page ---
await page.goto(`/projects/${shop.id}`);
await ready();
const of = id => page.locator('tbody tr').filter({has: page.locator(`a[href="/deployments/${id}"]`)});
ok(await of(third).getByText('Live', {exact: true}).isVisible() && await button(/^Roll back/, of(third)).isHidden(), 'rollback: none to what is live');
await button(/^Roll back/, of(first)).click();
await soon(() => dialog.getByText('Nothing is built').isVisible(), 'rollback: says what will happen');
await soon(() => dialog.getByText('built with the settings of what is live').isVisible(), 'rollback: and what is set otherwise');
await panel.clean(page, 'asking for a rollback');
await button('Roll back', dialog).click();
await told(/The site goes back/);
await soon(async () => await shown(address) === 'greeting good-morning', 'rollback: the site is what it was', 30_000);
await soon(() => page.getByText('Auto-deploy is paused').isVisible(), 'rollback: pushes deploy nothing now');
await soon(() => row('Rollback').getByText('Live', {exact: true}).isVisible(), 'rollback: the list has it as live', 30_000);
await button('Resume').click();
await told('Auto-deploy goes on: the next push deploys.');
await soon(() => page.getByText('Auto-deploy is paused').isHidden(), 'rollback: until one says so');

// --- a domain of one's own ---
panel.expected.push(/status of 422/);
await page.goto(`/projects/${shop.id}/domains`);
await soon(() => page.getByText('No domains of your own yet').isVisible(), 'domains: there are none');
await button('Add a domain').click();
await field('Domain').fill('not a name');
await button('Add').click();
like(await wrong('Domain'), /\w/, 'domains: what is no name is refused at its field');
await field('Domain').fill(`https://${host}/index.html`);
await button('Add').click();
await told('The domain is added. Now set its DNS records.');
const [domain] = (await api('GET', `/api/projects/${shop.id}/domains`)).body.domains;
is(domain.host, host, 'domains: of an address that is pasted the name is taken');
const card = page.getByRole('region', {name: host});
await soon(() => card.getByText('Waits for its DNS record').isVisible(), 'domains: it waits');
is(await card.locator('.records code').allInnerTexts(), ['TXT', domain.proofName, domain.proofValue, 'CNAME', host, new URL(address).hostname],
	'domains: it says to set a TXT record, and a CNAME to the site');
ok(await card.getByText('The bare domain, like example.com, mostly cannot be a CNAME').isVisible(), 'domains: which only the bare one cannot have');
like(`${domain.proofName} ${domain.proofValue}`, new RegExp(`^_autostack\\.${host} autostack=\\S{16,}$`), 'domains: which only its owner can');
await button(`Copy the TXT value of ${host}`, card).click();
is(await page.evaluate(() => navigator.clipboard.readText()), domain.proofValue, 'domains: what it says can be copied');
await panel.clean(page, 'a domain that waits');
await button(`Use a certificate of my own ${host}`, card).click();
await button('Use this certificate', card).click();
like(await wrong('Certificate and its chain'), /Paste the certificate/, 'certificate: one is wanted');
await field('Certificate and its chain').fill('-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----');
await field('Private key').fill(readFileSync(key, 'utf8'));
await button('Use this certificate', card).click();
like(await wrong('Certificate and its chain'), /PEM/, 'certificate: what is none is refused at its field');
await field('Certificate and its chain').fill(readFileSync(certificate, 'utf8'));
await field('Private key').fill('-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----');
await button('Use this certificate', card).click();
like(await wrong('Private key'), /\w/, 'certificate: so is what is no key');
await panel.clean(page, 'a certificate that is refused');
await field('Private key').fill(readFileSync(key, 'utf8'));
await button('Use this certificate', card).click();
await told('The certificate is set. It has to be renewed by you.');
await soon(() => card.getByText(/^Your own/).isVisible(), 'certificate: a good one is taken');
await soon(() => card.getByText(`There is no TXT record ${domain.proofName}.`).isVisible(), 'domains: what is missing is said', 30_000);
await button(`Verify now ${host}`, card).click();
const missing = page.locator('.toast').filter({hasText: 'There is no TXT record'});
await soon(() => missing.isVisible(), 'domains: also when it is looked for again');
unlike(await missing.locator('> .icon path').getAttribute('d'), /12\.5 4\.5 4\.5/, 'domains: without the tick of good news');
writeFileSync(zone, `${domain.proofName} TXT ${domain.proofValue}\n${host} A 127.0.0.1\n`);
await soon(() => sql(`SELECT now() > last_checked_at + interval '10 seconds' FROM domains`) === 't', 'domains: it may be looked at again');
await button(`Verify now ${host}`, card).click();
await told(`${host}: the record is there.`);
await soon(() => card.getByText('Active', {exact: true}).isVisible(), 'domains: with its record it is active', 30_000);
await panel.clean(page, 'a domain that is active');
await button(`Remove ${host}`, card).click();
await button('Remove', dialog).click();
await told(`${host} is removed.`);
await soon(() => page.getByText('No domains of your own yet').isVisible(), 'domains: removed, it is gone');
await page.goto('/audit?action=domain.');
await soon(() => row('You added a domain').isVisible(), 'domains: the audit log has it');
is(await row('You added a domain').locator('.did').innerText(), 'You added a domain. Look at it', 'domains: and names no id');
is(await link('Look at it', row('You added a domain')).getAttribute('href'), `/projects/${shop.id}/domains`, 'domains: but the way to it');

// --- figures and what they did since before ---
const change = async label => {
	const span = page.locator('.stat').filter({has: page.locator('dt').getByText(label, {exact: true})}).locator('.note > span');
	return await span.count() ? [await span.innerText(), await span.getAttribute('class') || ''] : null;
};
const moved = (id, days, seconds) => sql(`UPDATE deployments SET created_at = created_at + interval '${days} days', started_at = started_at + interval '${days} days',
	completed_at = started_at + interval '${days} days' + interval '${seconds} s' WHERE id = '${id}'`);
// as what the API says is written
const signed = (n, unit) => n === null ? null : `${n > 0 ? '+' : n < 0 ? '−' : '±'}${Math.abs(n)}${unit}`;
async function figures(what, board, metrics) {
	const {body: {stats}} = await api('GET', '/api/dashboard/stats?timezone=Europe/Berlin');
	await page.goto('/dashboard');
	await ready();
	is([await change('Total deployments'), await change('Success rate'), await change('Average deploy time')], board, `dashboard: ${what}`);
	is(await page.locator('.stat:has(.note > span) .note').evaluateAll(all => all.map(e => e.lastChild.data.trim())), ['vs the week before', 'vs 30 days before', 'vs 30 days before'],
		'dashboard: than when, is said');
	is([stats.weeklyChange.replace('-', '−'), signed(stats.monthlySuccessChange, ' points'), stats.timeImprovement.replace('-', '−')],
		board.map(([text]) => text), 'dashboard: as the API has it');
	const {body: {metrics: m}} = await api('GET', '/api/analytics/metrics?range=30d&timezone=Europe/Berlin');
	await page.goto('/analytics?range=30d');
	await ready();
	is([await change('Deployments'), await change('Success rate'), await change('Average build time'), await change('Active projects')], metrics, `analytics: ${what}`);
	is([signed(m.deploymentsChange, '%'), signed(m.successChange, ' pts'), signed(m.buildTimeChange, '%'), signed(m.projectsChange, '%')],
		metrics.map(([text]) => text), 'analytics: as the API has it');
	await panel.clean(page, what);
}
for (const id of [second, third])
	moved(id, 0, 30);
moved(first, -40, 60);
moved(failing.id, -40, 1);
await figures('more succeed, and faster', [['+3', ''], ['+50 points', 'up'], ['−30s', 'up']],
	[['+50%', ''], ['+50 pts', 'up'], ['−50%', 'up'], ['−50%', '']]);
moved(first, 0, 20);
moved(failing.id, 40, 1);
await figures('fewer succeed, and slower', [['+4', ''], ['−25 points', 'down'], ['+10s', 'down']],
	[['+300%', ''], ['−25 pts', 'down'], ['+50%', 'down'], ['+100%', '']]);

// --- exact times ---
await page.goto('/deployments');
await ready();
const time = row('shop').first().locator('time');
const when = new Date(await time.getAttribute('datetime'));
like(await time.innerText(), /ago|just now/, 'times: as people say them');
like(await time.getAttribute('title'), new RegExp(`\\b${when.toLocaleString('en', {timeZone: 'Europe/Berlin', year: 'numeric'})}\\b.*${when.toLocaleTimeString('en-GB', {timeZone: 'Europe/Berlin'})}`),
	'times: the exact one on hover, where one is');

// --- by keyboard alone, on a telephone's width ---
const small = await panel.page({as: 'ada', width: 360, height: 740});
const s = hands(small);
const press = (...keys) => keys.reduce((before, k) => before.then(() => small.keyboard.press(k)), Promise.resolve());
const focused = () => small.evaluate(() => {
	const e = document.activeElement;
	return `${e.tagName.toLowerCase()} ${e.getAttribute('aria-label') ?? e.textContent.trim()}`;
});
await small.goto('/dashboard');
await s.ready();
await press('Tab');
is(await focused(), 'a Skip to the content', 'keyboard: first comes the way past the navigation');
ok(await small.locator('.skip').evaluate(e => e.getBoundingClientRect().top >= 0), 'keyboard: which can be seen then');
await press('Enter');
is(await focused(), 'h1 Dashboard', 'keyboard: and leads to the heading');
await small.reload();
await s.ready();
await press('Tab', 'Tab', 'Tab');
is(await focused(), 'button Menu', 'keyboard: the menu is the third');
const menu = s.button('Menu');
const side = small.locator('#side');
is([await menu.getAttribute('aria-expanded'), await side.isVisible()], ['false', false], 'keyboard: closed');
await press('Enter');
await soon(() => side.isVisible(), 'keyboard: Enter opens it');
is(await menu.getAttribute('aria-expanded'), 'true', 'keyboard: and says so');
await panel.clean(small, 'the menu');
await press('Tab');
ok(await small.evaluate(() => document.activeElement.closest('#side') !== null), 'keyboard: Tab goes into it');
for (let n = 0; n < 20 && await focused() !== 'button Sign out'; n++)
	await press('Tab');
await press('Tab');
ok(await small.evaluate(() => document.activeElement.closest('main') === null), 'keyboard: and never behind it');
for (let n = 0; n < 20 && await focused() !== 'a Dashboard'; n++)
	await press('Tab');
await press('Enter');
await soon(() => side.isHidden(), 'keyboard: the page that is here closes it');
is(await focused(), 'button Menu', 'keyboard: and gives the focus back');
await menu.click();
await small.locator('.bar .brand').click();
await soon(() => side.isHidden(), 'keyboard: so does the name');
await menu.click();
await s.link('New deployment', side).click();
await s.at(/^\/deploy$/);
await menu.click();
await s.link('New deployment', side).click();
await soon(() => side.isHidden(), 'keyboard: and what leads to where one is');
await small.goto('/dashboard');
await s.ready();
await menu.focus();
await press('Enter', 'Tab', 'Escape');
await soon(() => side.isHidden(), 'keyboard: Escape closes it');
is([await focused(), await menu.getAttribute('aria-expanded')], ['button Menu', 'false'], 'keyboard: and gives the focus back');
await press('Enter', 'Tab');
for (let n = 0; n < 10 && await focused() !== 'a Projects'; n++)
	await press('Tab');
is(await focused(), 'a Projects', 'keyboard: on to a page');
await press('Enter');
await s.at(/^\/projects$/);
await soon(async () => await focused() === 'h1 Projects', 'keyboard: whose heading has the focus');
ok(await side.isHidden(), 'keyboard: with the menu closed');
for (let n = 0; n < 30 && await focused() !== 'a shop'; n++)
	await press('Tab');
await press('Enter');
await s.at(/^\/projects\/[0-9a-f-]{36}$/);
await soon(async () => await focused() === 'h1 shop', 'keyboard: so it is on the next');
await small.context().close();

// --- the reference of the API ---
const {paths} = (await ask('GET', '/api/openapi.json')).json;
// an operation that has other addresses as well is in the document once for each
const operations = Object.values(paths).flatMap(methods => Object.values(methods).map(o => o.operationId)).filter(id => !/Alias\d+$/.test(id));
const drawn = page.locator('details.operation');
for (const where of ['/docs', '/redoc']) {
	await page.goto(where);
	await ready();
	is((await drawn.evaluateAll(all => all.map(e => e.id))).sort(), [...operations].sort(), `${where}: all ${operations.length} operations of the document`);
	is((await page.locator('.docs-nav .muted').allInnerTexts()).reduce((sum, n) => sum + Number(n), 0), operations.length, `${where}: counted by section`);
	const rollback = page.locator('#projectRollback');
	await rollback.locator('summary').first().click();
	await soon(() => rollback.getByText('deploymentId').first().isVisible(), `${where}: one is opened`);
	ok((await rollback.locator('pre').innerText()).startsWith(`curl -X POST '${process.env.AUTOSTACK_URL}/api/projects/ID/rollback'`), `${where}: with an example`);
	await panel.clean(page, `${where} with an operation`);
	await link('Address of projectRollback').click();
	await at(new RegExp(`^${where}$`));
	is(new URL(page.url()).hash, '#projectRollback', `${where}: and an address of its own`);
	await page.getByRole('searchbox').fill('rollback');
	await at(new RegExp(`^${where}\\?q=rollback$`));
	await soon(() => drawn.count().then(n => n < operations.length), `${where}: a search leaves what fits`);
	ok((await drawn.evaluateAll(all => all.map(e => e.id))).includes('projectRollback'), `${where}: which is that one`);
	await page.getByRole('searchbox').fill('nothing like it');
	await soon(() => page.getByText('No operation fits').isVisible(), `${where}: or says that nothing does`);
	await button('Show all').click();
	await soon(() => drawn.count().then(n => n === operations.length), `${where}: and shows all again`);
	const other = await page.context().newPage();
	await other.goto(`${where}#deploymentCreate`);
	await hands(other).ready();
	await soon(() => other.locator('#deploymentCreate').evaluate(e => e.open && e.contains(document.activeElement)), `${where}: an anchor opens its operation`);
	await soon(() => other.locator('#deploymentCreate summary').first().evaluate(e => {
		const {top} = e.getBoundingClientRect();
		return top >= 0 && top < innerHeight;
	}), `${where}: and shows it`);
	await other.close();
}

// --- the end of a project ---
await page.goto(`/projects/${shop.id}/settings`);
await button('Delete this project').click();
ok(await button('Delete for ever', dialog).isDisabled(), 'the end: wants a word');
await dialog.getByRole('textbox').fill('tries');
ok(await button('Delete for ever', dialog).isDisabled(), 'the end: the right one');
await dialog.getByRole('textbox').fill('shop');
await panel.clean(page, 'the end of a project');
await button('Delete for ever', dialog).click();
await told('shop is deleted.');
await at(/^\/projects$/);
await soon(async () => await row('tries').isVisible() && await row('shop').count() === 0, 'the end: the list has the other one only');
await soon(async () => await shown(address) === 404, 'the end: its site is offline', 30_000);
await page.goto(`/projects/${shop.id}`);
await soon(() => page.getByText('There is no such project').isVisible(), 'the end: and nothing is at its address');

await panel.end();
