// account.mjs REPOSITORY RECEIVER FOLDER - accounts, from signing up to the
// end. RECEIVER takes notifications and keeps them in FOLDER (t/helper/hookd).
import {createHmac} from 'node:crypto';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {hands, is, like, ok, Panel, soon, unlike} from './panel.mjs';
import {ask, mail, mails} from './stack.mjs';

const [repository, receiver, folder] = process.argv.slice(2);
const panel = await Panel.start();
const page = await panel.page({height: 1000});
const {at, button, dialog, field, heading, link, ready, row, told, wrong} = hands(page);
const badge = (text, within = page) => within.locator('.badge').getByText(text, {exact: true});
const grace = 'grace@example.org';
let password = 'correct horse grace';

async function signIn(on, email, secret) {
	const h = hands(on);
	await h.field('Email').fill(email);
	await h.field('Password').fill(secret);
	await h.button('Sign in').click();
}
const login = (email, secret) => ask('POST', '/api/auth/login', {json: {email, password: secret}});
const session = async () => (await login(grace, password)).json.accessToken;
const bearer = token => ({Authorization: `Bearer ${token}`});

// --- signing up, and the mail ---
await page.goto('/signup');
for (const name of ['Terms of Service', 'Privacy Policy']) {
	await button(name).click();
	await soon(() => dialog.getByRole('heading', {name}).isVisible(), `the ${name} can be read`);
	await panel.clean(page, name);
	await page.keyboard.press('Escape');
}
await field('Full name').fill('Grace');
await field('Email').fill(grace);
await field('Password').fill('password1');
panel.expected.push(/status of 4(00|01|09|22)/);
await button('Create account').click();
like(await wrong('Password'), /common/, 'a password that is too common is refused at its field');
await field('Password').fill(password);
await button('Create account').click();
await told(/Welcome, Grace\. A mail .* is on its way/);
await at(/^\/dashboard$/);
await page.goto('/settings/profile');
await soon(() => badge('Not confirmed').isVisible(), 'the address is not confirmed');
await button('Send the link again').click();
await told(/A mail with a link is on its way to grace/);
const [first, second] = await mails('verify', grace, 2);
await page.goto('/verify-email');
await soon(() => page.getByRole('alert').getByText('This link is not complete').isVisible(), 'a link without its code is not complete');
await page.goto(second.link);
await soon(() => heading('Confirm your address').isVisible(), 'the link of the mail leads to a page');
is(new URL(page.url()).hash, '', 'and its code is in the address no more');
await panel.clean(page, 'confirming');
await button('Confirm this address').click();
await soon(() => page.getByRole('status').getByText('your address is confirmed').isVisible(), 'that says: confirmed');
await link('To the dashboard').click();
await page.goto('/settings/profile');
await soon(() => badge('Confirmed').isVisible(), 'the profile says it, too');
await page.goto(first.link);
await button('Confirm this address').click();
await soon(() => page.getByRole('alert').getByText('This link was used already, or is too old').isVisible(), 'the other link is good no more');
is(await link('your settings').getAttribute('href'), '/settings/profile', 'with the way to a new one');

// --- the profile ---
await page.goto('/settings/profile');
ok(await field('Email').isDisabled(), 'the address is shown and not typed over');
await field('Full name').fill('Grace Hopper');
await button('Save changes').click();
await told('Your profile is saved');
ok(await page.locator('.me').getByText('Grace Hopper').isVisible(), 'the name is another one everywhere at once');
is(await page.locator('.person .avatar').innerText(), 'GH', 'as is the picture, made of its initials');
await page.reload();
await soon(async () => await field('Full name').inputValue() === 'Grace Hopper', 'and after a reload');
is((await panel.api([grace, password], 'GET', '/api/user/profile')).body.name, 'Grace Hopper', 'as the API has it');
await field('Full name').fill(' ');
await button('Save changes').click();
is(await wrong('Full name'), 'Enter your name.', 'a name is wanted');
await button('Discard changes').click();
ok(await button('Save changes').isDisabled(), 'without a change there is nothing to save');
await panel.clean(page, 'the profile');

// --- a forgotten password ---
await button('Sign out').click();
await at(/^\/login/);
await page.goto('/login');
await field('Email').fill(grace);
await link('Forgot password?').click();
await at(/^\/forgot-password$/);
is(await field('Email').inputValue(), grace, 'what was typed is there');
await button('Send reset link').click();
await soon(() => heading('Look into your mail').isVisible(), 'a mail is on its way');
await panel.clean(page, 'a mail is on its way');
const reset = await mail('reset', grace);
await page.goto(reset.link);
await field('New password').fill('short');
await button('Set the password').click();
like(await wrong('New password'), /at least 8/, 'a short one is refused');
password = 'another horse grace';
await field('New password').fill(password);
await panel.clean(page, 'a new password');
await button('Set the password').click();
await soon(() => page.getByRole('status').getByText('Your password is set').isVisible(), 'a new password is set');
await link('Sign in').last().click();
await at(/^\/login$/);
await signIn(page, grace, 'correct horse grace');
await soon(() => page.getByRole('alert').getByText(/wrong/).isVisible(), 'the old one is refused');
await signIn(page, grace, password);
await told('Welcome back, Grace Hopper');
await at(/^\/dashboard$/);
await page.goto(reset.link);
await field('New password').fill('a third horse grace');
await button('Set the password').click();
await soon(() => page.getByRole('alert').getByText('This link was used already').isVisible(), 'the link works once');

// --- another password; what else was signed in is not any more ---
const other = await panel.page({as: [grace, password]});
const o = hands(other);
await other.goto('/projects');
await soon(() => o.heading('Projects').isVisible(), 'another browser is signed in');
await page.goto('/settings/profile');
await field('Current password').fill('wrong horse');
await field('New password').fill('the newest horse grace');
await button('Change password').click();
await soon(() => page.getByRole('alert').getByText('The current password is wrong').isVisible(), 'changing it wants the one of now');
is(await field('New password').inputValue(), 'the newest horse grace', 'what was typed stays');
await field('Current password').fill(password);
password = 'the newest horse grace';
await button('Change password').click();
await told(/Your password is changed\. All other sessions have ended/);
await mail('password_changed', grace);
await o.link('Deployments').first().click();
await o.at(/^\/login\?next=%2Fdeployments$/, 'SE-7 the other browser is signed out at its next step');
ok(await button('Sign out').isVisible(), 'this one is not');

// --- sessions ---
await signIn(other, grace, password);
await o.at(/^\/deployments$/);
await page.goto('/settings/sessions');
await soon(() => page.locator('tbody tr:not(.loading)').count().then(n => n >= 2), 'sessions are listed');
is(await badge('This session').count(), 1, 'this one is marked');
like(await page.locator('tbody').innerText(), /Chrome on Linux/, 'with the device');
await panel.clean(page, 'sessions');
await page.locator('tbody tr').filter({hasNotText: 'This session'}).first().getByRole('button', {name: /Sign out/}).click();
await panel.clean(page, 'sessions, asking');
await button('Sign out', dialog).click();
await told('The session is signed out');
await o.link('Projects').first().click();
await o.at(/^\/login\?next=%2Fprojects$/, 'SE-7 and that browser really is');
await signIn(other, grace, password);
await o.at(/^\/projects$/);

// --- API keys ---
await page.goto('/settings/api-keys');
await soon(() => page.getByText('No API keys yet').isVisible(), 'there are no API keys');
await button('New API key').click();
await button('Make the key', dialog).click();
like(await wrong('Name'), /what the key is for/, 'a key wants a name');
await field('Name').fill('Integration');
await field('Ends').selectOption({label: 'In 30 days'});
await button('Make the key', dialog).click();
const secret = await field('API key').inputValue();
await soon(() => dialog.getByText('It is never shown again').isVisible(), 'a key is shown, once');
await panel.clean(page, 'a key, shown once');
await button(/^Copy/, dialog).click();
is(await page.evaluate(() => navigator.clipboard.readText()), secret, 'and copied');
await button('I have copied it').click();
is((await ask('GET', '/api/projects', {headers: {'X-API-Key': secret}})).status, 200, 'a program uses it');
await page.reload();
await soon(() => row('Integration').getByText('127.0.0.1').isVisible(), 'the list says from where');
like(await row('Integration').locator('[data-label=Ends]').innerText(), /^\d+ \w+ 20\d\d$/, 'the day on which it ends');
unlike(await page.locator('main').innerText(), new RegExp(secret.slice(-12)), 'and not the key');
await panel.clean(page, 'API keys');
await mail('api_key_made', grace);
await button(/Revoke/, row('Integration')).click();
await button('Revoke', dialog).click();
await told('The key "Integration" is revoked');
is((await ask('GET', '/api/projects', {headers: {'X-API-Key': secret}})).status, 401, 'revoked, it is refused');
await soon(() => page.getByText('No API keys yet').isVisible(), 'and gone from the list');

// --- a deploy hook ---
const made = await ask('POST', '/api/projects', {headers: bearer(await session()), json: {
	repository, name: 'site', installCommand: '', buildCommand: '', outputDir: '.'}});
is(made.status, 201, 'a project');
await page.goto(`/projects/${made.json.id}/hooks`);
await button('Make a deploy hook').click();
await button('Make it').click();
like(await wrong('Who uses it'), /who uses it/, 'a hook wants a name');
await field('Who uses it').fill('Content system');
await button('Make it').click();
const shown = page.getByRole('group', {name: 'The address of Content system'});
await soon(() => shown.isVisible(), 'its address is shown, once');
await panel.clean(page, 'a deploy hook, shown once');
const address = await shown.locator('code').first().innerText();
await button('I have it').click();
await soon(() => row('Content system').getByText('Never used').isVisible(), 'nobody has used it');
const used = await ask('POST', address);
is(used.status, 201, 'a POST to it deploys');
await page.reload();
await soon(() => row('Content system').getByText(/Used just now/).isVisible(), 'which the list says');
await page.goto(`/projects/${made.json.id}`);
await soon(() => badge('Live').first().isVisible(), 'the deployment becomes live', 60_000);
await page.goto(`/projects/${made.json.id}/hooks`);
await button(/Revoke/, row('Content system')).click();
await button('Revoke', dialog).click();
await told('The deploy hook is revoked');
is((await ask('POST', address)).status, 404, 'revoked, it deploys nothing');

// --- notifications ---
const preferences = async () => (await panel.api([grace, password], 'GET', '/api/user/preferences')).body;
const saved = (press, what) => Promise.all([page.waitForResponse(r => r.url().endsWith('/api/user/preferences') && r.request().method() === 'PUT', {timeout: 10_000}), press])
	.then(([answer]) => is(answer.status(), 200, what));
const TOGGLES = [['Deployment success', 'deploymentSuccessNotifications'], ['Deployment failure', 'deploymentFailureNotifications'],
	['Only when it changes', 'deploymentStateChangeOnly'], ['Email notifications', 'emailNotifications']];
const mailed = async () => Object.fromEntries(Object.entries(await preferences()).filter(([name]) => TOGGLES.some(([, of]) => of === name)));
await page.goto('/settings/notifications');
await field('Email notifications').waitFor();
let wanted = await mailed();
is(wanted, {...wanted, emailNotifications: true, deploymentSuccessNotifications: true, deploymentFailureNotifications: true, deploymentStateChangeOnly: false},
	'mails: of each success and each failure, to begin with');
for (let round = 0; round < 2; round++) { // each is turned, and then turned back
	for (const [label, name] of round ? [...TOGGLES].reverse() : TOGGLES) {
		wanted = {...wanted, [name]: !wanted[name]};
		await saved(field(label).setChecked(wanted[name]), `mails: "${label}" is ${wanted[name] ? 'on' : 'off'}`);
	}
	is(await mailed(), wanted, 'mails: the API has them so');
	await page.reload();
	await field('Email notifications').waitFor();
	is(await Promise.all(TOGGLES.map(([label]) => field(label).isChecked())), TOGGLES.map(([, name]) => wanted[name]), 'mails: so has the page after a reload');
	is(await Promise.all(TOGGLES.map(([label]) => field(label).isDisabled())), round ? [false, false, false, false] : [true, true, true, false],
		round ? 'mails: all can be chosen' : 'mails: without any there is nothing to choose of them');
}
await page.route('**/api/user/preferences', route => route.request().method() === 'PUT' ? route.abort() : route.continue());
panel.expected.push(/ERR_FAILED/);
await field('Deployment failure').click();
await told(/^That is not saved\./, 'mails: what cannot be saved is said');
await soon(() => field('Deployment failure').isChecked(), 'mails: and is not shown as if it were');
await page.unroute('**/api/user/preferences');
await panel.clean(page, 'notifications');
await link('New channel').click();
await field('Kind').selectOption({label: 'Webhook'});
await field('Name').fill('Pager');
await field('Address').fill('ftp://example.org');
await button('Make the channel').click();
like(await wrong('Address'), /https:/, 'an address that is none is refused at its field');
await field('Address').fill('https://10.0.0.1/hook');
await button('Make the channel').click();
like(await wrong('Address'), /\w/, 'a private one, too');
is(await field('Name').inputValue(), 'Pager', 'with what was typed still there');
await panel.clean(page, 'a channel that is refused');
await field('Address').fill(`${receiver}/mode`);
await button('Make the channel').click();
const signing = await dialog.getByLabel('Secret').inputValue();
await panel.clean(page, 'the secret of a channel');
await button('I have copied it').click();
await at(/channel=[0-9a-f-]{36}/);
await button('Send a test').click();
await told('A test is on its way');
await soon(() => row('Test').getByText('answer 204').isVisible(), 'a test arrives, and its delivery says so', 30_000);
ok(await badge('Delivered', row('Test')).isVisible(), 'as delivered');
const got = JSON.parse(readFileSync(`${folder}/1.json`, 'utf8'));
const header = name => Object.entries(got.headers).find(([key]) => key.toLowerCase() === name)[1];
is(header('autostack-signature'), `v1=${createHmac('sha256', signing).update(`${header('autostack-timestamp')}.${got.body}`).digest('hex')}`, 'WH-9 signed by that secret');
writeFileSync(`${folder}/mode`, '500\n');
await button('Send a test').click();
await soon(() => row('answer 500').getByText('Failed', {exact: true}).isVisible(), 'one that is not taken says why', 30_000);
await panel.clean(page, 'a channel');
is(readdirSync(folder).filter(f => f.endsWith('.json')).length, 2, 'the receiver had two');
await page.goto('/settings/notifications');
await soon(() => row('Pager').isVisible(), 'the list has it');
await link('Pager').click();
await button('Delete').click();
await button('Delete', dialog).click();
await told('The channel "Pager" is deleted');
await soon(() => page.getByText('No channels yet').isVisible(), 'and it is gone');

// --- the theme, on all devices ---
const theme = (on = page) => on.evaluate(() => document.documentElement.dataset.theme);
const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
const grounds = {};
await page.goto('/settings/appearance');
for (const [label, value, seen] of [[/^Dark/, 'dark', 'dark'], [/^Light/, 'light', 'light'], [/^System/, 'system', 'light'], [/^Dark/, 'dark', 'dark']]) {
	await saved(field(label).check(), `theme: ${value} is chosen`);
	is(await theme(), seen, `theme: ${value} is ${seen} at once`);
	grounds[seen] ??= await ground();
	is(await ground(), grounds[seen], `theme: ${value} is seen`);
	is((await preferences()).theme, value, `theme: ${value} is what the API has`);
	await page.reload();
	await ready();
	is(await theme(), seen, `theme: ${value} is ${seen} after a reload`);
	await soon(() => field(label).isChecked(), `theme: ${value} is still chosen`);
}
ok(grounds.dark !== grounds.light, 'theme: dark and light are two');
await other.goto('/settings/appearance');
await soon(async () => await theme(other) === 'dark', 'theme: in another browser, too');
await saved(field(/^System/).check(), 'theme: as the system is');
is(await theme(), 'light', 'theme: which is light');
await page.emulateMedia({colorScheme: 'dark'});
await soon(async () => await theme() === 'dark', 'theme: goes dark with the system');
await page.reload();
await ready();
is(await theme(), 'dark', 'theme: is as dark as that from the start');
await page.emulateMedia({colorScheme: 'light'});
await soon(async () => await theme() === 'light', 'theme: and light again');

// --- another address ---
await page.goto('/settings/profile');
await button('Change address').click();
await field('New address').fill('hopper@example.org');
await dialog.getByLabel('Password', {exact: true}).fill('wrong horse');
await button('Mail me the link').click();
await soon(() => dialog.getByRole('alert').getByText('The password is wrong').isVisible(), 'another address wants the password');
await dialog.getByLabel('Password', {exact: true}).fill(password);
await panel.clean(page, 'another address');
await button('Mail me the link').click();
await told(/A mail with a link is on its way to hopper/);
await soon(() => page.getByText('Once it is opened, that is your address').isVisible(), 'until the link is opened the old one stays');
await mail('email_changed', grace);
await page.goto((await mail('email_change', 'hopper@example.org')).link);
await button('Confirm this address').click();
await soon(() => page.getByRole('status').getByText('your address is confirmed').isVisible(), 'the link of the mail there is opened');
await page.goto('/settings/profile');
await soon(async () => await field('Email').inputValue() === 'hopper@example.org', 'and the address is the new one');

// --- users, as an administrator has them ---
const admin = await panel.page({as: ['root@example.org', 'adminpass of root'], height: 1000});
const a = hands(admin);
await admin.goto('/users');
await soon(() => a.row('hopper@example.org').isVisible(), 'an administrator sees the accounts');
await a.button('Add a user').click();
await a.field('Name').fill('Alan');
await a.field('Email address').fill('hopper@example.org');
await a.button('Send the invitation').click();
await soon(() => a.dialog.getByRole('alert').getByText('There is an account with this address already').isVisible(), 'an address that is taken is said');
is(await a.field('Name').inputValue(), 'Alan', 'and what was typed stays');
await panel.clean(admin, 'adding a user');
await a.field('Email address').fill('alan@example.org');
await a.button('Send the invitation').click();
await a.told('An invitation is on its way to alan@example.org');
await soon(() => a.row('alan@example.org').getByText('never').isVisible(), 'somebody was invited');
const invited = await panel.page();
const i = hands(invited);
await invited.goto((await mail('invite', 'alan@example.org')).link);
await soon(() => i.heading('Welcome to Autostack').isVisible(), 'the link of the invitation welcomes');
await i.field('Password').fill('correct horse alan');
await i.button('Set the password').click();
await soon(() => invited.getByRole('status').getByText('Your password is set').isVisible(), 'and takes a password');
await i.link('Sign in').last().click();
await signIn(invited, 'alan@example.org', 'correct horse alan');
await i.at(/^\/dashboard$/, 'who was invited signs in');
is(await invited.getByRole('navigation', {name: 'Main'}).getByRole('link', {name: 'Users'}).count(), 0, 'and sees nothing of users');

await admin.goto('/users?search=alan');
await soon(() => admin.locator('tbody tr:not(.loading)').count().then(n => n === 1), 'a search leaves whom it names');
await a.button(/^Edit/, a.row('alan')).click();
await a.field('Role').last().selectOption({label: 'Manager'});
await panel.clean(admin, 'editing a user');
await a.button('Save', a.dialog).click();
await a.told('Alan is saved');
await soon(() => a.row('alan').getByText('Manager').isVisible(), 'a role is given');
await panel.clean(admin, 'users');

// a manager reads
await invited.reload();
await i.link('Users').click();
await soon(() => i.row('root@example.org').isVisible(), 'a manager sees the accounts');
is(await invited.locator('main').getByRole('button', {name: /Edit|Deactivate|Delete|Add a user|CSV/}).count(), 0, 'and nothing that changes them');
is((await ask('POST', '/api/users', {headers: bearer((await login('alan@example.org', 'correct horse alan')).json.accessToken),
	json: {name: 'x', email: 'x@example.org'}})).status, 403, 'which the API would refuse');
await panel.clean(invited, 'users, to a manager');

// the last administrator stays
await admin.goto('/users?role=admin');
await a.button(/^Edit/, a.row('root@example.org')).click();
await a.field('Role').last().selectOption({label: 'User'});
await a.button('Save', a.dialog).click();
await soon(() => a.dialog.getByRole('alert').getByText('This is the last administrator').isVisible(), 'LAST_ADMIN is said in words');
await a.button('Cancel', a.dialog).click();

// deactivated, active again, deleted
await admin.goto('/users?search=alan');
await a.button(/^Deactivate/, a.row('alan')).click();
await a.button('Deactivate', a.dialog).click();
await a.told('Alan is deactivated');
await soon(() => badge('Inactive', a.row('alan')).isVisible(), 'an account is switched off');
await i.link('Projects').first().click();
await i.at(/^\/login\?next=%2Fprojects$/, 'whose session ends');
await signIn(invited, 'alan@example.org', 'correct horse alan');
await soon(() => invited.getByRole('alert').getByText(/wrong/).isVisible(), 'LG-1 and which signs in no more');
await a.button(/^Activate/, a.row('alan')).click();
await a.told('Alan is active again');
await i.button('Sign in').click();
await i.at(/^\/projects$/, 'switched on, it does again');
await a.field('Choose Alan').check();
await a.button('Delete', admin.getByRole('region', {name: 'The chosen accounts'})).click();
ok(await a.button('Delete', a.dialog).isDisabled(), 'deleting wants a word');
await a.dialog.getByRole('textbox').fill('delete');
await panel.clean(admin, 'deleting users');
await a.button('Delete', a.dialog).click();
await a.told('1 account deleted');
await soon(() => admin.getByText('Nobody fits').isVisible(), 'and the account is gone');
await a.button('Show all users').click();
const [csv] = await Promise.all([admin.waitForEvent('download'), a.button(/CSV/).click()]);
like(readFileSync(await csv.path(), 'utf8'), /hopper@example\.org/, 'the list is saved as a file');

// --- the audit log ---
await admin.goto('/audit');
for (const said of ['deleted an account', 'exported the list of accounts', 'changed many accounts at once', 'deactivated an account', 'changed the role of an account'])
	await soon(() => a.row(said).first().isVisible(), `the audit log: somebody ${said}`, 5000);
await a.field(/^What/).selectOption({label: 'Signing in and passwords'});
await a.at(/action=auth\./);
await soon(() => a.row('tried to sign in').first().isVisible(), 'and tried to sign in');
await a.field(/^Outcome/).selectOption({label: 'Refused'});
await soon(() => a.row('signed up').count().then(n => n === 0), 'a filter leaves what was refused');
await a.row('tried to sign in').first().getByText('Details').click();
await soon(() => a.row('tried to sign in').first().getByText('auth.login_failed').isVisible(), 'each row has its details');
ok(await a.row('Email or password is wrong').first().isVisible(), 'and the reason');
await a.field(/^What/).selectOption({label: 'User management'});
await soon(() => a.row('This is the last administrator').first().getByText(/tried to change/).first().isVisible(), 'what was refused was tried only');
await a.button('Clear').click();
await a.at(/^\/audit$/);
is(await a.row('stayed signed in').count(), 0, 'what goes by itself is left out');
await a.field('Renewals of sign-ins too').check();
await a.at(/routine=too/);
await soon(() => a.row('stayed signed in').first().isVisible(), 'until one asks for it');
await panel.clean(admin, 'the audit log');
await page.goto('/audit?action=api_key.');
await soon(() => row('made an API key').first().isVisible() && row('revoked an API key').first().isVisible(), 'one sees what one did oneself');
await page.goto('/audit?action=deploy_hook.');
await soon(() => row('removed a deploy hook').first().isVisible(), 'with the deploy hook');
await page.goto('/audit');
await ready();
is(await row('exported the list of accounts').count(), 0, 'and not what others did');
ok(await page.locator('tbody').innerText().then(t => !/root@example/.test(t)), 'nor who they are');

// --- taking everything along, and leaving ---
await page.goto('/settings/account');
const [file] = await Promise.all([page.waitForEvent('download'), button('Download').click()]);
const exported = readFileSync(await file.path(), 'utf8');
await told('The export is downloaded');
const all = JSON.parse(exported);
ok(exported.includes('hopper@example.org') && JSON.stringify(all.projects ?? all).includes('site'), 'the export has the account and its project');
unlike(exported, /\$2[aby]\$/, 'and no hash of a password');
await panel.clean(page, 'the account');
await button('Delete account').click();
await field('Password').fill('wrong horse');
await button('Delete everything').click();
await soon(() => dialog.getByRole('alert').getByText('The password is wrong. Nothing was deleted.').isVisible(), 'the end wants the password');
await panel.clean(page, 'the end, refused');
await field('Password').fill(password);
await button('Delete everything').click();
await told('Your account is deleted');
await at(/^\/$/);
is((await login('hopper@example.org', password)).status, 401, 'nobody signs in to it any more');
await o.link('Projects').first().click();
await o.at(/^\/login/, 'and the other browser is signed out');
await admin.goto('/users?search=hopper');
await soon(() => admin.getByText('Nobody fits').isVisible(), 'the account is gone');
await admin.goto('/audit?action=account.');
await soon(() => a.row('deleted the own account').first().isVisible(), 'the audit log remembers that it was');

await panel.end();
