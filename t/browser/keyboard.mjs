// keyboard.mjs REPOSITORY - the panel without a mouse: where the focus is when
// something has closed, ended or gone; dialogs that work; what would be lost.
import {diag, hands, is, ok, Panel, soon} from './panel.mjs';

const [repository] = process.argv.slice(2);
const panel = await Panel.start();
panel.expected.push(/status of 4(01|22)/);
const page = await panel.page({as: 'ada', height: 1000});
const {at, button, dialog, field, link, ready, row, told} = hands(page);
const api = (method, path, body) => panel.api('ada', method, path, body);

// the questions of the browser itself, and what is answered
const questions = [];
let answer = 'dismiss';
page.on('dialog', question => {
	questions.push(question.message());
	void question[answer]();
});
async function asked(pattern, what) {
	await soon(() => questions.length === 1, what);
	ok(pattern.test(questions.splice(0).join()), `${what}: in words that fit`);
}

const name = of => of.evaluate(() => {
	const e = document.activeElement;
	return `${e.tagName.toLowerCase()} ${e.getAttribute('aria-label') ?? (e.labels?.[0] ?? e).textContent.trim()}`;
});
async function focus(wanted, what, of = page) {
	if (!await soon(async () => await name(of) === wanted, `${what}: the focus is on ${wanted}`, 5000))
		diag(`     it is on ${(await name(of)).slice(0, 100)}`);
}
const keys = async (...all) => {
	for (const key of all)
		await page.keyboard.press(key);
};
// typed where the focus is, once it is there
const type = async (label, text, of = page) => {
	await soon(async () => await name(of) === `input ${label}`, `${label} takes what is typed`);
	await of.keyboard.type(text);
};
const press = (control, key = 'Enter') => control.press(key);

// --- dialogs: where one begins, and where one is afterwards ---
for (let n = 1; n <= 11; n++)
	await api('POST', '/api/api-keys', {name: `key-${n}`, expiresAt: null});
await page.goto('/settings/api-keys');
await ready();
await press(button('New API key'));
await focus('input Name', 'a dialog begins at its field');
await press(button('Cancel', dialog));
await dialog.waitFor({state: 'detached'});
await focus('button New API key', 'Cancel gives the focus back');
await keys('Enter');
await dialog.waitFor();
await keys('Escape');
await focus('button New API key', 'so does Escape');
await press(button(/^Revoke key-5$/));
await press(button('Revoke', dialog));
await told('The key "key-5" is revoked.');
await soon(() => row('key-5').count().then(n => n === 0), 'a row is gone');
await focus('h2 API keys', 'with the button that was pressed, so the list has it');

// --- what is shown once ---
await press(button('New API key'));
await type('Name', 'once');
await keys('Enter');
await field('API key').waitFor();
await keys('Escape');
await asked(/shown once/, 'a key that nobody has copied');
ok(await field('API key').isVisible(), 'stays');
await page.evaluate(() => {
	window.allowed = navigator.clipboard.writeText;
	navigator.clipboard.writeText = () => Promise.reject(new Error('no'));
});
await press(button('Copy', dialog));
await dialog.getByRole('status').getByText(/did not allow copying/).waitFor();
await press(button('Dismiss', dialog));
await focus('button Copy', 'what is told over a dialog is put away in it, and the focus stays');
is(await page.getByText(/did not allow copying/).count(), 0, 'and is told once');
await page.evaluate(() => {
	navigator.clipboard.writeText = window.allowed;
});
await press(button('Copy', dialog));
await button('Copied', dialog).waitFor();
await keys('Escape');
await dialog.waitFor({state: 'detached'});
is(questions, [], 'copied, it goes without a question');
await focus('button New API key', 'after both dialogs');

// --- the last page ---
await press(button('Next'));
await at(/page=2$/);
await soon(() => button('Next').getAttribute('aria-disabled').then(off => off === 'true'), 'there is no page after the last');
await focus('button Next', 'which keeps the focus');
await keys('Enter');
await at(/page=2$/, 'and does nothing');

// --- buttons that work, forms that are refused or done ---
await page.goto('/settings/profile');
await ready();
await field('Current password').fill('wrong horse');
await field('New password').fill('correct horse battery');
await press(button('Change password'));
await soon(() => page.getByRole('alert').getByText('The current password is wrong').isVisible(), 'a password is wrong');
await focus('button Change password', 'the button that was pressed keeps the focus');
await field('Current password').fill('');
await field('New password').fill('');
await field('Full name').fill('  ');
await press(button('Save changes'));
await soon(() => field('Full name').getAttribute('aria-invalid').then(v => v === 'true'), 'a name is refused');
await focus('input Full name', 'which takes the focus, to be mended');
await press(button('Discard changes'));
is([await field('Full name').inputValue(), await field('Full name').getAttribute('aria-invalid')], ['ada', null], 'discarded, the error goes with it');
await focus('h2 Profile', 'and so does the button');

const project = (await api('POST', '/api/projects', {name: 'shop', repository, installCommand: '', buildCommand: '', outputDir: '.'})).body;
const here = `/projects/${project.id}`;
const source = page.getByRole('region', {name: 'Source'});
await page.goto(`${here}/settings`);
await ready();
await field('Branch').fill('next');
await press(button('Save', source));
await told('Saved.');
await focus('button Save', 'saving');
is(await button('Save', source).getAttribute('aria-disabled'), 'true', 'though there is nothing more to save');
await field('Name').fill('bad name !');
await keys('Enter');
await soon(() => field('Name').getAttribute('aria-invalid').then(v => v === 'true'), 'settings: a name is refused');
await press(button('Discard changes'));
is(await field('Name').getAttribute('aria-invalid'), null, 'settings: discarded, it is not wrong any more');
const auto = page.getByRole('switch', {name: 'Deploy by pushes and deploy hooks'});
await press(auto, 'Space');
await told('Auto-deploy is paused.');
await soon(() => page.getByText('Auto-deploy is paused').isVisible(), 'a switch');
ok(await auto.evaluate(e => e === document.activeElement), 'a switch keeps the focus');
await press(button('Resume'));
await told('Auto-deploy goes on: the next push deploys.');
await soon(() => button('Resume').isHidden(), 'a note goes with its button');
await focus('h1 shop', 'to the heading of its place');

// --- a deployment that is cancelled, a form that gives way to its answer ---
const endless = (await api('POST', '/api/deployments', {repository: 'shop', branch: 'main', buildCommand: 'sleep 300'})).body;
await page.goto(`/deployments/${endless.id}`);
await soon(() => page.locator('.page-head').getByText('Building', {exact: true}).isVisible(), 'something is being built', 30_000);
await press(button('Cancel'));
await soon(() => button('Redeploy').isVisible(), 'and cancelled', 30_000);
await focus('button Redeploy', 'what it was is something else now');
await press(button('Redeploy'));
await press(button('Cancel', dialog));
await focus('button Redeploy', 'asked whether to build it again');
const guest = await panel.page();
await guest.goto('/forgot-password');
await hands(guest).field('Email').fill('ada@example.org');
await guest.keyboard.press('Enter');
await soon(() => guest.getByText('Look into your mail').isVisible(), 'a form gives way to its answer');
await focus('h1 Look into your mail', 'whose heading has it', guest);
await guest.context().close();

// --- a command that is kept while one looks at the other choice ---
await page.goto(`${here}/settings`);
await ready();
await field('Build command: which').selectOption('own');
await field('Build command').fill('make site');
await field('Build command: which').selectOption('detect');
await field('Build command: which').selectOption('own');
is(await field('Build command').inputValue(), 'make site', 'a command is there again');
answer = 'accept';

// --- forms in the page: variables ---
await page.goto(`${here}/environment`);
await ready();
questions.length = 0;
answer = 'dismiss';
is(await button(/^(Paste lines|Add a variable)/).allTextContents(), ['Paste lines for production', 'Add a variable for production',
	'Paste lines for previews', 'Add a variable for previews'], 'variables: each button says of what');
const add = button('Add a variable for production');
await press(add);
await focus('input Name', 'variables: the form begins at its field');
await press(button('Cancel'));
await focus('button Add a variable for production', 'variables: Cancel gives the focus back');
await keys('Enter');
await type('Name', 'ONE');
await press(button('Paste lines for production'));
await asked(/typed/, 'variables: another form in the place of what was typed');
is(await field('Name').inputValue(), 'ONE', 'variables: it stays');
await field('Value').fill('1');
await press(button('Add'));
await told('ONE is set.');
await focus('button Add a variable for production', 'variables: done, too');
await press(button('Paste lines for production'));
await field('KEY=VALUE lines').fill('TWO=2');
await press(button('Replace the value of ONE'));
await asked(/typed/, 'variables: the reverse');
answer = 'accept';
await press(button('Replace the value of ONE'));
await asked(/typed/, 'variables: who wants to lose it');
await focus('textarea New value', 'variables: has the other form');
await press(button('Cancel'));
await focus('button Replace the value of ONE', 'variables: and its button again');
answer = 'dismiss';

// --- forms in the page: domains ---
await link('Domains').press('Enter');
await press(button('Add a domain'));
await type('Domain', 'www.shop.example.net');
await link('Hooks').press('Enter');
await asked(/typed/, 'domains: what was typed');
await at(/\/domains$/);
await press(button('Cancel'));
await focus('button Add a domain', 'domains: a button that was made anew');
await keys('Enter');
await type('Domain', 'www.shop.example.net');
await keys('Enter');
await told('The domain is added. Now set its DNS records.');
await focus('button Add a domain', 'domains: done, too');
const card = page.getByRole('region', {name: 'www.shop.example.net'});
const names = (await card.getByRole('button').allTextContents()).map(t => t.trim());
is(names.filter(n => !n.includes('www.shop.example.net')), [], 'domains: each button says of which');
is(names.filter((n, i) => names.indexOf(n) !== i), [], 'domains: and no two are the same');
is(await page.title(), 'Domains · shop · Autostack', 'a tab of a project is in the title');
await press(button('Remove www.shop.example.net'));
await press(button('Cancel', dialog));
await focus('button Remove www.shop.example.net', 'domains: asked whether to remove one');
await keys('Enter');
await press(button('Remove', dialog));
await told('www.shop.example.net is removed.');
await focus('h1 shop', 'domains: removed, with its card');

// --- forms in the page: deploy hooks ---
await link('Hooks').press('Enter');
await press(button('Make a deploy hook'));
await type('Who uses it', 'timer');
await link('Domains').press('Enter');
await asked(/typed/, 'hooks: what was typed');
await field('Who uses it').press('Enter');
await focus('div The address of timer', 'hooks: made, its address');
await link('Domains').press('Enter');
await asked(/shown once/, 'hooks: an address that nobody has copied');
await at(/\/hooks$/);
ok(await button('Make a deploy hook').isHidden(), 'hooks: nor does another one take its place');
await press(button('I have it'));
await focus('button Make a deploy hook', 'hooks: taken');
await press(button('Set it up by hand'));
await focus('div What GitHub has to be told', 'hooks: the secret of the webhook');
await link('Domains').press('Enter');
await asked(/shown once/, 'hooks: a secret that nobody has copied');
await press(button('Copy Secret'));
await page.getByText('Copied', {exact: true}).first().waitFor();
await link('Domains').press('Enter');
await at(/\/domains$/, 'hooks: copied, it goes without a question');
is(questions, [], 'hooks: none at all');

// --- the wizard ---
await page.goto('/deploy');
await ready();
const way = text => page.getByRole('radio', {name: text});
await way('GitHub').focus();
for (const next of ['Git address', 'Upload', 'Project']) {
	await keys('ArrowDown');
	await soon(() => way(next).isChecked(), `wizard: down to ${next}`);
	await page.waitForTimeout(100); // a field would have taken it by now
	ok(await way(next).evaluate(e => e === document.activeElement), `wizard: ${next} has the focus`);
}
await way('Git address').press('Space');
await field('Repository').fill('https://git.example.com/team/site.git');
await way('Project').press('Space');
await page.getByRole('list', {name: 'Projects'}).waitFor();
await way('Git address').press('Space');
is(await field('Repository').inputValue(), 'https://git.example.com/team/site.git', 'wizard: what was typed is there again');
await press(button('Continue'));
await at(/step=configure/);
await press(button('Start over'));
await at(/^\/deploy$/);
await way('Git address').press('Space');
is(await field('Repository').inputValue(), '', 'wizard: until one starts over');

// --- lists: a choice is no step of the history, and how many there are is said ---
await page.goto('/deployments');
await ready();
const steps = await page.evaluate(() => history.length);
await page.getByRole('combobox', {name: 'Status'}).selectOption('failed');
await at(/status=failed/);
is(await page.evaluate(() => history.length), steps, 'a filter is no step of the history');
for (const [path, pattern] of [['/projects?search=shop', /^1 projects?$/], ['/projects?search=zzz', /^0 projects$/], ['/audit', /^\d+ rows$/]]) {
	await page.goto(path);
	await soon(async () => (await page.getByRole('status').allInnerTexts()).some(text => pattern.test(text)), `${path}: how many there are is said`);
}
for (const [path, title] of [['/analytics', 'Frequency'], ['/analytics/resources', 'Resources']]) {
	await page.goto(path);
	await soon(async () => await page.title() === `${title} · Analytics · Autostack`, `${path}: a tab is in the title`);
}
// once its file is here, the page is drawn at once
await link('Dashboard').first().press('Enter');
await at(/^\/dashboard$/);
await link('Analytics').first().press('Enter');
await soon(async () => await page.title() === 'Frequency · Analytics · Autostack', 'a tab is in the title, also the second time');

// --- a dialog that works ---
await page.goto(`${here}/settings`);
await ready();
await press(button('Delete this project'));
await type('Type shop to confirm', 'sho');
await keys('Enter');
await page.keyboard.type('p');
await soon(() => button('Delete for ever', dialog).getAttribute('aria-disabled').then(off => off === null), 'the end: Enter does nothing before the word is there');
let let_go;
await page.route(`**/api${here}`, async route => {
	if (route.request().method() === 'DELETE')
		await new Promise(resolve => let_go = resolve);
	await route.continue();
});
await keys('Enter');
await soon(() => button('Delete for ever', dialog).getAttribute('aria-busy').then(busy => busy === 'true'), 'the end: it is being done');
is(await button('Cancel', dialog).getAttribute('aria-disabled'), 'true', 'the end: too late to cancel');
await button('Cancel', dialog).focus();
await keys('Enter', 'Escape');
await press(button('Close', dialog));
await keys('Escape', 'Escape');
ok(await dialog.isVisible(), 'the end: nor does anything else look like it');
let_go();
await told('shop is deleted.');
await at(/^\/projects$/);

// --- accounts and incidents ---
const admin = await panel.page({as: 'root'});
const a = hands(admin);
await admin.goto('/users');
await a.field('Choose bob').press('Space');
await a.button('Give a role').press('Enter');
await soon(() => a.dialog.getByLabel('Role').isVisible(), 'accounts: the role is chosen in the dialog');
await panel.clean(admin, 'giving a role');
await a.dialog.getByLabel('Role').selectOption({label: 'Manager'});
await a.button('Cancel', a.dialog).press('Enter');
await focus('button Give a role', 'accounts: given up', admin);
await admin.keyboard.press('Enter');
await a.button('Give the role', a.dialog).press('Enter');
await a.told('1 account given the role.');
await focus('h1 Users', 'accounts: done, and nobody is chosen any more', admin);
await soon(() => a.row('bob').getByText('Manager').isVisible(), 'accounts: with the role that was chosen');
await soon(async () => (await admin.getByRole('status').allInnerTexts()).includes('3 users'), 'accounts: how many there are is said');
await a.button('Delete bob').press('Enter');
await type('Type bob@example.org to confirm', 'bob@example.org', admin);
await admin.keyboard.press('Enter');
await a.told('bob is deleted.');
await soon(() => a.row('bob@').count().then(n => n === 0), 'accounts: one is gone');
await focus('h1 Users', 'accounts: after the list was loaded anew, too', admin);

await admin.goto('/status');
await a.button('New incident').press('Enter');
await focus('input What has happened', 'incidents: begin at the field', admin);
await a.button('Cancel', a.dialog).press('Enter');
await focus('button New incident', 'incidents: given up', admin);
await admin.keyboard.press('Enter');
await type('What has happened', 'Builds wait', admin);
await admin.keyboard.press('Enter');
await a.told('The incident is published.');
await focus('button New incident', 'incidents: published', admin);

await panel.end();
