// errors.mjs REPOSITORY - every code of the API's document: how it comes about,
// what the page says, and how one goes on. TABLE has a line for each; a code
// that is in neither it nor ELSEWHERE fails the test.
import {hands, is, like, ok, Panel, soon, unlike} from './panel.mjs';
import {apiAway, apiBack, ask, mail, postgresAway, postgresBack, sql} from './stack.mjs';

const [repository] = process.argv.slice(2);
const only = process.env.ONLY; // one code of TABLE, while one works on it
const panel = await Panel.start();
// the browser's own lines: answers that are errors, a stream of a page that was
// left at once
panel.expected.push(/Failed to load resource|WebSocket is closed before/);
const page = await panel.page({as: 'ada', height: 1000});
const {at, button, dialog, field, heading, link, ready, row, told, wrong} = hands(page);
// Another browser, which those who need one have in turn.
const spare = await panel.page();
const another = as => panel.handOver(spare, as);
const api = (as, method, path, body) => panel.api(as, method, path, body);
const NOBODY = '00000000-0000-4000-8000-00000000dead';

// Said where people look, which a screen reader says at once.
async function said(words, what, on = page) {
	return soon(() => on.getByRole('alert').getByText(words).first().isVisible(), what);
}
async function made(as, path, body) {
	const {status, body: object} = await api(as, 'POST', path, body);
	if (status !== 201 && status !== 202)
		throw new Error(`POST ${path}: ${status} ${JSON.stringify(object)}`);
	return object;
}
async function ended(id, as = 'ada') {
	let status;
	await soon(async () => ['success', 'failed', 'cancelled'].includes(status = (await api(as, 'GET', `/api/deployments/${id}`)).body.status), 'a deployment ends', 60_000);
	return status;
}
// A build of slow's that goes on until it is cancelled.
const ENDLESS = {repository, installCommand: '', buildCommand: 'sleep 100', outputDir: '.'};
let endless;
async function building() {
	const status = async () => endless && (await api('slow', 'GET', `/api/deployments/${endless.id}`)).body.status;
	if (await status() !== 'building')
		endless = await made('slow', '/api/deployments', ENDLESS);
	await soon(async () => await status() === 'building', 'something is being built');
	return endless;
}
// Press it; the dialog that asks has `action`.
async function confirmed(press, action, within = dialog) {
	await press.click();
	await button(action, within).click();
}
// For a page's route(): what the server says while it cannot.
const refuse503 = route => route.fulfill({status: 503, contentType: 'application/json',
	body: JSON.stringify({error: {code: 'SERVICE_UNAVAILABLE', message: 'What it says of 503', statusCode: 503, details: {}}})});
async function closed() {
	await button('Close', dialog).first().click();
	await dialog.waitFor({state: 'detached'});
}
const STATIC = {installCommand: '', buildCommand: '', outputDir: '.'};
const project = await made('ada', '/api/projects', {repository, name: 'site', ...STATIC});
const here = `/projects/${project.id}`;
const first = await made('ada', '/api/deployments', {repository: 'site'});
is(await ended(first.id), 'success', 'a site to begin with');
const second = await made('ada', '/api/deployments', {repository: 'site'});
is(await ended(second.id), 'success', 'and its second release');

// Deleting what another device has deleted: that is what was wanted, so it is
// no error, and the page is as things are.
async function stale(code, path, remove, press, action) {
	await page.goto(path);
	await press().first().waitFor();
	const {status} = await remove();
	ok(status === 204 || status === 200, `${code}: another device deletes it`);
	await confirmed(press().first(), action);
	await soon(() => page.locator('.toast.good').first().isVisible(), `${code}: deleting it here is no error`);
	await page.locator('.toast.good').first().getByRole('button', {name: 'Dismiss'}).click();
	await soon(() => press().count().then(n => n === 0), `${code}: the page does not show it any more`);
}

const TABLE = [
	// --- fields ---
	['VALIDATION_ERROR', 'a field that the API judges', async () => {
		await page.goto(`${here}/settings`);
		await field('Name').fill('two words');
		await page.locator('button[type=submit]:not([aria-disabled])').click();
		like(await wrong('Name'), /letters|name/i, 'VALIDATION_ERROR: the words are at the field');
		is(await field('Name').inputValue(), 'two words', 'VALIDATION_ERROR: what was typed stays');
		await soon(() => field('Name').evaluate(e => e === document.activeElement), 'VALIDATION_ERROR: the field has the focus');
		await panel.clean(page, 'a field that is wrong');
		await button('Discard changes').click();
		await field(/^Releases to keep/).fill('5000');
		await page.locator('button[type=submit]:not([aria-disabled])').click();
		like(await wrong(/^Releases to keep/), /1000/, 'VALIDATION_ERROR: a number with its limits');
		await button('Discard changes').click();
	}],
	['VALIDATION_ERROR', 'a command and a choice that are corrected', async () => {
		for (const [name, label, correct] of [
			['buildCommand', 'Build command', value => field('Build command').fill(value)],
			['spa', 'Paths without a file', value => field('Paths without a file').selectOption(value === 'one' ? 'on' : 'off')],
		]) {
			await page.goto(`${here}/settings`);
			await page.route(`**/api${here}`, route => route.request().method() === 'GET' ? route.continue() : route.fulfill({status: 422, contentType: 'application/json',
				body: JSON.stringify({error: {code: 'VALIDATION_ERROR', message: 'Invalid', statusCode: 422, details: {fields: [{name, code: 'invalid', message: 'Not like this'}]}}})}));
			await correct('one');
			await page.locator('button[type=submit]:not([aria-disabled])').click();
			is(await wrong(label), 'Not like this', `VALIDATION_ERROR: ${name} is wrong`);
			await correct('another');
			await soon(async () => await field(label).getAttribute('aria-invalid') === null, `VALIDATION_ERROR: ${name} is not, once it is another`, 2000);
			await page.unroute(`**/api${here}`);
			await button('Discard changes').click();
		}
	}],
	['REPOSITORY_REFUSED', 'an address that the server does not take', async () => {
		await page.goto('/deploy');
		await page.getByText('Git address').first().click();
		await field('Repository').fill('https://10.1.2.3/team/site.git');
		await button('Continue').click();
		await at(/step=configure/);
		await field(/^Output directory/).fill('public');
		await button('Continue').click();
		await at(/step=deploy/);
		await confirmed(button('Deploy'), 'Deploy');
		await at(/step=repository/, 'REPOSITORY_REFUSED: the wizard goes back to the step that has it');
		like(await wrong('Repository'), /not allowed/, 'REPOSITORY_REFUSED: with the words at the field');
		is(await field('Repository').inputValue(), 'https://10.1.2.3/team/site.git', 'REPOSITORY_REFUSED: and what was typed');
		await panel.clean(page, 'a repository that is refused');
	}],
	['PROJECT_NAME_TAKEN', 'a name that one has given already', async () => {
		await field('Repository').fill(`${repository.replace(/\.git$/, '')}`);
		await button('Continue').click();
		await at(/step=configure/);
		is(await field(/^Output directory/).inputValue(), 'public', 'REPOSITORY_REFUSED: once it is corrected, what was typed after it is there');
		await field('Make another project of this repository').check();
		await field(/^Project name/).fill('site');
		await field(/^Environment variables/).fill('KEPT=yes');
		await button('Continue').click();
		await confirmed(button('Deploy'), 'Deploy');
		await at(/step=configure/);
		like(await wrong(/^Project name/), /a project of this name already/, 'PROJECT_NAME_TAKEN: the wizard goes back to the name');
		is(await field(/^Environment variables/).inputValue(), 'KEPT=yes', 'PROJECT_NAME_TAKEN: nothing typed is lost');
		page.once('dialog', d => d.accept());
		const other = await made('ada', '/api/projects', {repository, name: 'other', ...STATIC});
		await page.goto(`/projects/${other.id}/settings`);
		await field('Name').fill('site');
		await page.locator('button[type=submit]:not([aria-disabled])').click();
		await said('You have a project of this name already', 'PROJECT_NAME_TAKEN: the settings say it, too');
		is(await field('Name').inputValue(), 'site', 'PROJECT_NAME_TAKEN: with what was typed');
		await button('Discard changes').click();
	}],
	['PAYLOAD_TOO_LARGE', 'more than a request may be', async () => {
		await page.goto(`${here}/environment`);
		await button(/^Paste lines/).first().click();
		const lines = Array.from({length: 9}, (_, i) => `NAME_${i}=${'x'.repeat(1000)}`).join('\n');
		await field('KEY=VALUE lines').fill(lines);
		await button('Set these').click();
		await said('The request is too large', 'PAYLOAD_TOO_LARGE: is said');
		is((await field('KEY=VALUE lines').inputValue()).length, lines.length, 'PAYLOAD_TOO_LARGE: and nothing typed is lost');
		await button('Cancel').click();
	}],

	// --- who one is ---
	['INVALID_CREDENTIALS', 'a wrong password, until the account is locked', async () => {
		const guest = await another();
		const g = hands(guest);
		await guest.goto('/login');
		for (let i = 0; i < 3; i++) {
			await g.field('Email').fill('bob@example.org');
			await g.field('Password').fill('wrong horse');
			await g.button('Sign in').click();
			await said('Email or password is wrong', `INVALID_CREDENTIALS: try ${i + 1}`, guest);
		}
		is(await g.field('Email').inputValue(), 'bob@example.org', 'INVALID_CREDENTIALS: the address stays');
		await g.field('Password').fill('correct horse bob');
		await g.button('Sign in').click();
		await guest.waitForResponse(r => r.url().endsWith('/api/auth/login'));
		await said('Email or password is wrong', 'LG-4 INVALID_CREDENTIALS: a locked account answers the same', guest);
		await guest.goto((await mail('locked', 'bob@example.org')).link);
		ok(/\/forgot-password|\/reset-password/.test(guest.url()), 'INVALID_CREDENTIALS: the mail about it leads out') || console.error(`# ${guest.url()}`);
	}],
	['CODE_INVALID', 'a link of a mail that is used or made up', async () => {
		await page.goto(`/reset-password#code=${'A'.repeat(43)}`);
		await field('New password').fill('correct horse battery');
		await button('Set the password').click();
		await said('This link was used already, or is too old', 'CODE_INVALID: is said');
		is(await field('New password').inputValue(), 'correct horse battery', 'CODE_INVALID: what was typed stays');
		await link(/Ask for a new one/).click();
		await at(/^\/forgot-password$/, 'CODE_INVALID: with the way to a new one');
	}],
	['EMAIL_TAKEN', 'signing up twice', async () => {
		const guest = await another();
		const g = hands(guest);
		await guest.goto('/signup');
		await g.field('Full name').fill('Ada');
		await g.field('Email').fill('ada@example.org');
		await g.field('Password').fill('correct horse battery');
		await g.button('Create account').click();
		await said('This address has an account already', 'EMAIL_TAKEN: is said', guest);
		is(await g.field('Full name').inputValue(), 'Ada', 'EMAIL_TAKEN: what was typed stays');
		await g.link('Sign in', guest.getByRole('alert')).click();
		await g.at(/^\/login$/);
		is(await g.field('Email').inputValue(), 'ada@example.org', 'EMAIL_TAKEN: the way to sign in takes the address along');
	}],
	['UNAUTHORIZED', 'a session that was ended elsewhere, in the middle of the wizard', async () => {
		const tab = await another('slow');
		const t = hands(tab);
		await tab.goto('/deploy');
		await tab.getByText('Git address').first().click();
		await t.field('Repository').fill('https://git.example.com/team/site.git');
		await t.button('Continue').click();
		await t.at(/step=configure/);
		await t.field(/^Output directory/).fill('kept');
		await api('slow', 'POST', '/api/auth/logout', {all: true});
		panel.tokens.delete('slow');
		await t.button('Continue').click();
		await t.button('Deploy').click();
		await t.button('Deploy', t.dialog).click();
		await t.at(/^\/login\?next=%2Fdeploy%3Fstep%3Ddeploy$/, 'UNAUTHORIZED: the way leads to signing in');
		await t.field('Email').fill('slow@example.org');
		await t.field('Password').fill('correct horse slow');
		await t.button('Sign in').click();
		await t.at(/^\/deploy\?step=deploy$/, 'UNAUTHORIZED: and back to where one was');
		await soon(() => tab.locator('main .facts').getByText('kept').isVisible(), 'UNAUTHORIZED: with what was typed');
	}],
	['SIGN_IN_AGAIN', 'something dangerous, long after the sign-in', async () => {
		await page.goto('/settings/account');
		sql("UPDATE sessions SET created_at = created_at - interval '2 hours' WHERE user_id = (SELECT id FROM users WHERE email = 'ada@example.org')");
		await button('Download').click();
		await said('Your sign-in was some time ago', 'SIGN_IN_AGAIN: is said');
		await panel.clean(page, 'a sign-in that is too old');
		await button('sign in again').click();
		await at(/^\/login\?next=%2Fsettings%2Faccount$/);
		await field('Email').fill('ada@example.org');
		await field('Password').fill('correct horse ada');
		await button('Sign in').click();
		await at(/^\/settings\/account$/, 'SIGN_IN_AGAIN: and one comes back');
		const [file] = await Promise.all([page.waitForEvent('download'), button('Download').click()]);
		ok(await file.path(), 'SIGN_IN_AGAIN: after which it is done');
	}],
	['SIGN_IN_AGAIN', 'connecting GitHub, where a server has it', async () => {
		const answer = (status, body) => route => route.fulfill({status, contentType: 'application/json', body: JSON.stringify(body)});
		await page.route('**/api/auth/providers', answer(200, {providers: [{name: 'github', enabled: true}]}));
		await page.route('**/api/github/connect', answer(403, {error: {code: 'SIGN_IN_AGAIN', message: 'Too old', statusCode: 403, details: {}}}));
		await page.route('**/api/github/connection', answer(200, {connected: false, username: null, connectedAt: null, refusedAt: null, scopes: []}));
		for (const where of ['/settings/github', '/dashboard']) {
			await page.goto(where);
			await button('Connect GitHub').click();
			await said('Your sign-in was some time ago', `SIGN_IN_AGAIN: connecting says it, ${where}`);
			ok(await button('sign in again').isVisible(), `SIGN_IN_AGAIN: with the way to do that, ${where}`);
			await panel.clean(page, `connecting wants a sign-in, ${where}`);
		}
		await page.unroute('**/api/github/connection');
		await page.unroute('**/api/auth/providers');
		await page.unroute('**/api/github/connect');
	}],
	['FORBIDDEN', 'a role that was taken away while the page was open', async () => {
		const tab = await another('second');
		const t = hands(tab);
		await tab.goto('/users?search=bob');
		await t.button(/^Edit/, t.row('bob@example.org')).click();
		await t.field('Name').fill('Robert');
		const {body: {users: [account]}} = await api('root', 'GET', '/api/users?search=second');
		is((await api('root', 'PUT', `/api/users/${account.id}`, {role: 'manager'})).status, 200, 'FORBIDDEN: an administrator is one no more');
		await t.button('Save', t.dialog).click();
		await soon(() => t.dialog.getByRole('alert').getByText(/not allowed|may/i).isVisible(), 'FORBIDDEN: is said');
		is(await t.field('Name').inputValue(), 'Robert', 'FORBIDDEN: what was typed stays');
		await tab.reload();
		await soon(() => t.row('bob@example.org').isVisible(), 'FORBIDDEN: the page is what a manager may see');
		is(await t.button(/^Edit/).count(), 0, 'FORBIDDEN: without what is not allowed any more');
		await api('root', 'PUT', `/api/users/${account.id}`, {role: 'user'});
		await tab.reload();
		await soon(() => tab.getByText('There is no such page').isVisible(), 'FORBIDDEN: a page that one may not see is none');
		await t.link('To the dashboard').click();
		await t.at(/^\/dashboard$/, 'FORBIDDEN: with a way on');
	}],
	['LAST_ADMIN', 'the only administrator deletes the account', async () => {
		const tab = await another('root');
		const t = hands(tab);
		await tab.goto('/settings/account');
		await t.button('Delete account').click();
		await t.field('Password').fill('correct horse root');
		await t.button('Delete everything').click();
		await soon(() => t.dialog.getByRole('alert').getByText('You are the only administrator').isVisible(), 'LAST_ADMIN: is said');
		await t.link('Users', t.dialog).click();
		await t.at(/^\/users$/, 'LAST_ADMIN: with the way to make another one');
	}],

	// --- what is not there, or somebody else's ---
	['PROJECT_NOT_FOUND', "somebody else's project", async () => {
		const tab = await another('hasty');
		for (const path of [here, `${here}/settings`, `/projects/${NOBODY}`, '/projects/nothing']) {
			await tab.goto(path);
			await soon(() => tab.getByText('There is no such project').isVisible(), `PROJECT_NOT_FOUND: ${path.replace(project.id, ':id')}`);
		}
		await panel.clean(tab, 'no such project');
		await hands(tab).link('Show my projects').click();
		await hands(tab).at(/^\/projects$/, 'PROJECT_NOT_FOUND: with a way on');
		for (const id of [project.id, 'nothing']) {
			await tab.goto(`/deploy?project=${id}&step=configure`);
			await soon(() => tab.getByText('There is no such project').isVisible(), 'PROJECT_NOT_FOUND: the way to a deployment says so');
			is(await tab.locator('.steps [aria-current]').innerText(), '1\nRepository', 'PROJECT_NOT_FOUND: and is at its begin');
			is(await hands(tab).button('Try again').count(), 0, 'PROJECT_NOT_FOUND: trying again is not offered');
		}
		await tab.goto('/deployments?projectId=nothing');
		await soon(() => tab.getByText('There is no such project').isVisible(), 'PROJECT_NOT_FOUND: the list of its deployments says so');
		await hands(tab).link('Show all deployments').click();
		await hands(tab).at(/^\/deployments$/, 'PROJECT_NOT_FOUND: and leads to all');
	}],
	['DEPLOYMENT_NOT_FOUND', "somebody else's deployment", async () => {
		const tab = await another('hasty');
		for (const path of [`/deployments/${first.id}`, `/deployments/${NOBODY}`, '/deployments/nothing']) {
			await tab.goto(path);
			await soon(() => tab.getByText('There is no such deployment').isVisible(), `DEPLOYMENT_NOT_FOUND: ${path.replace(first.id, ':id')}`);
		}
		await hands(tab).link('To the deployments').click();
		await hands(tab).at(/^\/deployments$/, 'DEPLOYMENT_NOT_FOUND: with a way on');
	}],
	['CHANNEL_NOT_FOUND', 'a channel that is not there', async () => {
		await page.goto(`/settings/notifications?channel=${NOBODY}`);
		await soon(() => page.getByText('There is no such channel').isVisible(), 'CHANNEL_NOT_FOUND: is said');
		await link('All notifications').click();
		await at(/^\/settings\/notifications$/, 'CHANNEL_NOT_FOUND: with a way on');
	}],
	['API_KEY_NOT_FOUND', 'a key that another device has revoked', async () => {
		const key = await made('ada', '/api/api-keys', {name: 'stale', expiresAt: null});
		await stale('API_KEY_NOT_FOUND', '/settings/api-keys', () => api('ada', 'DELETE', `/api/api-keys/${key.id}`), () => button(/^Revoke/), 'Revoke');
	}],
	['SESSION_NOT_FOUND', 'a session that has ended meanwhile', async () => {
		const {json} = await ask('POST', '/api/auth/login', {json: {email: 'ada@example.org', password: 'correct horse ada'}, headers: {'User-Agent': 'Opera OPR/1.0'}});
		await stale('SESSION_NOT_FOUND', '/settings/sessions', () => ask('POST', '/api/auth/logout', {json: {}, headers: {Authorization: `Bearer ${json.accessToken}`}}),
			() => button(/^Sign out\s/, row('Opera')), 'Sign out');
	}],
	['DEPLOY_HOOK_NOT_FOUND', 'a deploy hook that another device has revoked', async () => {
		const hook = await made('ada', `/api/projects/${project.id}/deploy-hooks`, {name: 'stale', branch: null});
		await stale('DEPLOY_HOOK_NOT_FOUND', `${here}/hooks`, () => api('ada', 'DELETE', `/api/projects/${project.id}/deploy-hooks/${hook.id}`), () => button(/^Revoke/), 'Revoke');
	}],
	['DOMAIN_NOT_FOUND', 'a domain that another device has removed', async () => {
		const domain = await made('ada', `/api/projects/${project.id}/domains`, {host: 'www.stale.example'});
		await stale('DOMAIN_NOT_FOUND', `${here}/domains`, () => api('ada', 'DELETE', `/api/projects/${project.id}/domains/${domain.id}`), () => button(/^Remove/), 'Remove');
	}],
	['ENV_VAR_NOT_FOUND', 'a variable that another device has removed', async () => {
		await api('ada', 'PUT', `/api/projects/${project.id}/env/STALE`, {scope: 'production', value: 'x'});
		await stale('ENV_VAR_NOT_FOUND', `${here}/environment`, () => api('ada', 'DELETE', `/api/projects/${project.id}/env/STALE?scope=production`), () => button(/^Remove/), 'Remove');
	}],
	['USER_NOT_FOUND', 'an account that another administrator has deleted', async () => {
		const account = await made('root', '/api/users', {name: 'Gone', email: 'gone@example.org', password: 'correct horse gone'});
		const tab = await another('root');
		const t = hands(tab);
		await tab.goto('/users?search=gone');
		await t.button(/^Deactivate/).click();
		await api('root', 'DELETE', `/api/users/${account.id}?hard=true`);
		await t.button('Deactivate', t.dialog).click();
		await said('User not found', 'USER_NOT_FOUND: is said', tab);
	}],
	['INCIDENT_NOT_FOUND', 'an incident that another administrator has deleted', async () => {
		const incident = await made('root', '/api/status/incidents', {title: 'Stale news', status: 'investigating', severity: 'minor', affectedServices: [], published: false});
		const tab = await another('root');
		const t = hands(tab);
		await tab.goto('/status');
		await t.button(/^Edit/).first().waitFor();
		await api('root', 'DELETE', `/api/status/incidents/${incident.id}`);
		await t.button(/^Edit/).first().click();
		await t.told('Incident not found', 'INCIDENT_NOT_FOUND: is said');
	}],

	// --- what cannot be as things are ---
	['API_KEYS_FULL', 'one key more than there may be', async () => {
		const key = await made('ada', '/api/api-keys', {name: 'the only one', expiresAt: null});
		await page.goto('/settings/api-keys');
		await button('New API key').click();
		await field('Name').fill('one more');
		await button('Make the key', dialog).click();
		await said('There are too many API keys; revoke one first', 'API_KEYS_FULL: is said');
		is(await field('Name').inputValue(), 'one more', 'API_KEYS_FULL: what was typed stays');
		await button('Cancel', dialog).click();
		await api('ada', 'DELETE', `/api/api-keys/${key.id}`);
	}],
	['CHANNELS_FULL', 'one channel more than there may be', async () => {
		await made('ada', '/api/notification-channels', {kind: 'slack', name: 'the only one', url: 'https://hooks.slack.com/services/T/B/x', onSuccess: true, onFailure: true});
		await page.goto('/settings/notifications?channel=new');
		await field('Name').fill('one more');
		await field('Address').fill('https://hooks.slack.com/services/T/B/y');
		await button('Make the channel').click();
		await said('There are too many notification channels; delete one first', 'CHANNELS_FULL: is said');
		is(await field('Name').inputValue(), 'one more', 'CHANNELS_FULL: what was typed stays');
		page.once('dialog', d => d.accept());
	}],
	['DEPLOY_HOOKS_FULL', 'one deploy hook more than there may be', async () => {
		await made('ada', `/api/projects/${project.id}/deploy-hooks`, {name: 'the only one', branch: null});
		await page.goto(`${here}/hooks`);
		await button('Make a deploy hook').click();
		await field('Who uses it').fill('one more');
		await button('Make it').click();
		await said('There are too many deploy hooks; remove one first', 'DEPLOY_HOOKS_FULL: is said');
		is(await field('Who uses it').inputValue(), 'one more', 'DEPLOY_HOOKS_FULL: what was typed stays');
	}],
	['DOMAIN_TAKEN', 'the same domain again', async () => {
		await made('ada', `/api/projects/${project.id}/domains`, {host: 'www.example.org'});
		await page.goto(`${here}/domains`);
		await button('Add a domain').click();
		await field('Domain').fill('www.example.org');
		await button('Add').click();
		await said('This project has that domain already', 'DOMAIN_TAKEN: is said');
		is(await field('Domain').inputValue(), 'www.example.org', 'DOMAIN_TAKEN: what was typed stays');
	}],
	['DOMAINS_FULL', 'one domain more than there may be', async () => {
		await made('ada', `/api/projects/${project.id}/domains`, {host: 'blog.example.org'});
		await field('Domain').fill('shop.example.org');
		await button('Add').click();
		await said('This project has as many domains as it may have', 'DOMAINS_FULL: is said');
		is(await field('Domain').inputValue(), 'shop.example.org', 'DOMAINS_FULL: what was typed stays');
	}],
	['GITHUB_NOT_CONNECTED', 'a webhook at GitHub without an account there', async () => {
		await page.goto(`${here}/hooks`);
		await button('Register at GitHub').click();
		await said(/Your account is not connected to GitHub/, 'GITHUB_NOT_CONNECTED: is said');
		is(await link('your settings', page.getByRole('alert')).getAttribute('href'), '/settings/github', 'GITHUB_NOT_CONNECTED: with the way to connect it');
		like(await button('Set it up by hand').getAttribute('class'), /primary/, 'GITHUB_NOT_CONNECTED: the other way is offered first');
		await button('Set it up by hand').click();
		await page.getByText('This secret is shown once').waitFor();
		is(await page.getByText('not connected to GitHub').count(), 0, 'GITHUB_NOT_CONNECTED: and once it is gone, so is the error');
		await button('I have it').click();
	}],
	['RELEASE_LIVE', 'a rollback to what became live meanwhile', async () => {
		await page.goto(`/deployments/${first.id}`);
		await button('Roll back to this release').waitFor();
		const back = await made('ada', `/api/projects/${project.id}/rollback`, {deploymentId: first.id});
		await ended(back.id);
		await confirmed(button('Roll back to this release'), 'Roll back');
		await said('Its release is live', 'RELEASE_LIVE: is said');
		await closed();
	}],
	['CONFLICT', 'deleting a project that is being built', async () => {
		const slow = await building();
		const tab = await another('slow');
		const t = hands(tab);
		await tab.goto(`/projects/${slow.projectId}/settings`);
		await t.button('Delete this project').click();
		await t.dialog.getByRole('textbox').fill(slow.repo);
		await t.button('Delete for ever', t.dialog).click();
		await said('A deployment of this project is being built; cancel it first', 'CONFLICT: is said, with what to do', tab);
		await t.button('Cancel', t.dialog).click();
	}],
	['DEPLOYMENT_FINISHED', 'cancelling what has ended meanwhile, seen by a page that hears nothing', async () => {
		const slow = await building();
		const tab = await another('slow');
		const t = hands(tab);
		await tab.route('**/api/ws-ticket', route => route.abort());
		await tab.goto(`/deployments/${slow.id}`);
		await t.button('Cancel').waitFor();
		await api('slow', 'POST', `/api/deployments/${slow.id}/cancel`);
		await ended(slow.id, 'slow');
		await t.button('Cancel').click();
		await t.told('The deployment has already ended', 'DEPLOYMENT_FINISHED: is said');
		await soon(() => tab.locator('.page-head').getByText('Cancelled').isVisible(), 'DEPLOYMENT_FINISHED: and the page is as it is', 2000);
	}],

	// --- too much, too often ---
	['QUEUE_FULL', 'more deployments than may wait', async () => {
		const {id} = await building();
		const waiting = await made('slow', '/api/deployments', ENDLESS);
		const tab = await another('slow');
		const t = hands(tab);
		await tab.goto(`/projects/${waiting.projectId}`);
		await t.button('Deploy now').click();
		await t.told(/Too many deployments are waiting\. Please try again in \d+ seconds\./, 'QUEUE_FULL: is said, with when to try again');
		await api('slow', 'POST', `/api/deployments/${waiting.id}/cancel`);
		await t.button('Deploy now').click();
		await t.at(/^\/deployments\//, 'QUEUE_FULL: when one is gone there is room');
		await api('slow', 'POST', `/api/deployments/${new URL(tab.url()).pathname.slice(-36)}/cancel`);
		await api('slow', 'POST', `/api/deployments/${id}/cancel`);
	}],
	['RATE_LIMIT_EXCEEDED', 'more than is allowed: deployments, requests, sign-ins', async () => {
		const tab = await another('hasty');
		const t = hands(tab);
		await tab.goto('/deploy');
		await tab.getByText('Git address').first().click();
		await t.field('Repository').fill(repository);
		await t.button('Continue').click();
		await t.field(/^Output directory/).fill('kept');
		await t.button('Continue').click();
		for (let i = 0; i < 30 && (await api('hasty', 'POST', '/api/deployments', {})).status !== 429; i++);
		await t.button('Deploy').click();
		await t.button('Deploy', t.dialog).click();
		await said(/At most \d+ deployments an hour, with redeliveries and tests of channels\. Please try again in \d+ minutes\./, 'RATE_LIMIT_EXCEEDED: of deployments, with the minutes', tab);
		await panel.clean(tab, 'too many deployments');
		await t.button('Cancel', t.dialog).click();
		ok(await tab.locator('main .facts').getByText('kept').isVisible(), 'RATE_LIMIT_EXCEEDED: nothing typed is lost');

		for (let over = false; !over;)
			over = (await Promise.all(Array.from({length: 25}, () => api('hasty', 'GET', '/api/auth/sessions')))).some(r => r.status === 429);
		await t.link('Projects').first().click();
		await said(/Too many requests\. Please try again in \d+ seconds?\./, 'RATE_LIMIT_EXCEEDED: of requests, with the seconds', tab);
		await panel.clean(tab, 'too many requests');
		ok(await t.button('Try again').isVisible(), 'RATE_LIMIT_EXCEEDED: with a way to try again');

		const guest = await another();
		const g = hands(guest);
		await guest.goto('/login');
		await g.field('Email').fill('ada@example.org');
		await g.field('Password').fill('correct horse ada');
		// others at the same address go on all the while, in another tab: node may
		// come by another one (IPv4 or IPv6)
		const crowd = await guest.context().newPage();
		await crowd.goto('/login');
		const over = crowd.evaluate(async () => {
			window.refused = 0;
			for (window.others = true; window.others;) {
				const answer = await fetch('/api/auth/verify-email', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{"token":"x"}'});
				await answer.text(); // each that nobody reads keeps half a megabyte
				if (answer.status === 429)
					window.refused++;
				else if (window.refused)
					window.admitted?.();
				await new Promise(resolve => setTimeout(resolve, 20));
			}
			return window.refused;
		});
		// one of them is let in: the next place is two seconds away
		await crowd.evaluate(() => new Promise(resolve => {
			window.admitted = resolve;
		}));
		await g.button('Sign in').click();
		await said(/Too many requests\. Please try again in 2 seconds\./, 'RATE_LIMIT_EXCEEDED: of sign-ins, by nginx', guest);
		await crowd.evaluate(() => {
			window.others = false;
		});
		ok(await over > 0, 'RATE_LIMIT_EXCEEDED: for all who are there');
		await crowd.close();
		is(await g.field('Password').inputValue(), 'correct horse ada', 'RATE_LIMIT_EXCEEDED: what was typed stays');
		await new Promise(resolve => setTimeout(resolve, 2500));
		await g.button('Sign in').click();
		await g.at(/^\/dashboard$/, 'RATE_LIMIT_EXCEEDED: and trying again then works');
	}],

	// --- something is broken or away ---
	['INTERNAL_SERVER_ERROR', 'a table that is gone', async () => {
		sql('ALTER TABLE api_keys RENAME TO api_keys_away');
		await page.goto('/settings/api-keys');
		await said('Something went wrong on our side', 'INTERNAL_SERVER_ERROR: is said');
		await said(/^Request [0-9a-f-]{36}: your administrator finds it in the log/, 'INTERNAL_SERVER_ERROR: with what the log knows it by');
		unlike(await page.locator('main').innerText(), /relation|api_keys_away|SQL/, 'INTERNAL_SERVER_ERROR: and nothing of the cause');
		await panel.clean(page, 'an error of ours');
		sql('ALTER TABLE api_keys_away RENAME TO api_keys');
		await button('Try again').click();
		await soon(() => page.getByText('No API keys yet').isVisible(), 'INTERNAL_SERVER_ERROR: trying again works once it is mended');
	}],
	['BAD_GATEWAY', 'the API is away', async () => {
		await page.goto('/settings/profile');
		await field('Full name').fill('Ada Lovelace');
		apiAway();
		await button('Save changes').click();
		await said('The API is not answering', 'BAD_GATEWAY: a form says it');
		is(await field('Full name').inputValue(), 'Ada Lovelace', 'BAD_GATEWAY: and keeps what was typed');
		page.once('dialog', d => d.accept());
		await link('Projects').first().click();
		await at(/^\/projects$/);
		await said('The API is not answering', 'BAD_GATEWAY: a page says it');
		await panel.clean(page, 'the API is away');
		await page.reload();
		await soon(() => page.getByText('Autostack does not answer').isVisible(), 'BAD_GATEWAY: the panel itself says it');
		await panel.clean(page, 'nothing but the panel is there');
		apiBack();
		await button('Try again').click();
		await soon(() => row('site').first().isVisible(), 'BAD_GATEWAY: trying again works once it is back, and one is still signed in');
	}],
	['SERVICE_UNAVAILABLE', 'PostgreSQL is away', async () => {
		await page.goto(`${here}/settings`);
		await field('Branch').fill('other');
		await postgresAway();
		await page.locator('button[type=submit]:not([aria-disabled])').click();
		await said(/The service is not available now\. Please try again in \d seconds?\./, 'SERVICE_UNAVAILABLE: a form says it');
		is(await field('Branch').inputValue(), 'other', 'SERVICE_UNAVAILABLE: and keeps what was typed');
		page.once('dialog', d => d.accept());
		await link('Deployments').first().click();
		await said('The service is not available now', 'SERVICE_UNAVAILABLE: a page says it');
		await link('Status').first().click();
		await soon(() => heading('Status').isVisible(), 'SERVICE_UNAVAILABLE: the status page is there');
		await page.goto('/projects');
		await soon(() => page.getByText('Autostack does not answer').isVisible(), 'SERVICE_UNAVAILABLE: so does the panel');
		await postgresBack();
		await button('Try again').click();
		await soon(() => row('site').first().isVisible(), 'SERVICE_UNAVAILABLE: trying again works once it is back');
	}],
	['SERVICE_UNAVAILABLE', 'a deployment that is refused once its project was made', async () => {
		const tab = await another('ada');
		const t = hands(tab);
		await tab.goto('/deploy');
		await tab.getByText('Git address').first().click();
		await t.field('Repository').fill(repository);
		await t.button('Continue').click();
		await t.field('Make another project of this repository').check();
		await t.field(/^Project name/).fill('made-once');
		await t.button('Continue').click();
		await tab.route('**/api/deployments', refuse503);
		await confirmed(t.button('Deploy'), 'Deploy', t.dialog);
		await said('What it says of 503', 'SERVICE_UNAVAILABLE: the wizard says it', tab);
		await tab.unroute('**/api/deployments');
		await t.button('Deploy', t.dialog).click();
		await t.at(/^\/deployments\//, 'SERVICE_UNAVAILABLE: pressing it again deploys');
		is((await api('ada', 'GET', '/api/projects?search=made-once')).body.projects.length, 1, 'SERVICE_UNAVAILABLE: to the project that was made');
	}],
	['SERVICE_UNAVAILABLE', 'which providers there are', async () => {
		await page.route('**/api/auth/providers', refuse503);
		for (const path of ['/settings/github', '/settings/profile']) {
			await page.goto(path);
			await said('What it says of 503', `SERVICE_UNAVAILABLE: ${path} says it`);
			is(await page.getByText('not set up on this server').count(), 0, 'SERVICE_UNAVAILABLE: which is no answer to what is set up');
		}
		const tab = await another();
		await tab.route('**/api/auth/providers', refuse503);
		await tab.goto('/login');
		await soon(() => tab.getByText('Other ways to sign in could not be asked for').isVisible(), 'SERVICE_UNAVAILABLE: the sign-in does not pass it over');
		await tab.unroute('**/api/auth/providers');
		await hands(tab).button('Try again').click();
		await soon(() => tab.getByText('Other ways to sign in').isHidden(), 'SERVICE_UNAVAILABLE: and asks again');
		await page.unroute('**/api/auth/providers');
		await button('Try again').click();
		await soon(() => page.getByText('not set up on this server').isVisible(), 'SERVICE_UNAVAILABLE: then it is known');
	}],
	['SERVICE_UNAVAILABLE', 'a list that is asked for other rows', async () => {
		const tab = await another('ada');
		const t = hands(tab);
		const status = tab.getByRole('combobox', {name: 'Status'});
		await tab.goto('/deployments');
		await t.row('site').first().waitFor();
		await tab.route('**/api/deployments?*', refuse503);
		await status.selectOption('failed');
		await said('What it says of 503', 'SERVICE_UNAVAILABLE: the list says it', tab);
		is(await t.row('site').count(), 0, 'SERVICE_UNAVAILABLE: and does not pass its old rows for those of the filter');
		await tab.unroute('**/api/deployments?*');
		await status.selectOption('all');
		await t.row('site').first().waitFor();
		await soon(() => tab.getByRole('alert').isHidden(), 'SERVICE_UNAVAILABLE: the next filter tries again');

		// a slow line: the answer comes when the test says so
		let answer;
		const slowly = async route => {
			await new Promise(resolve => answer = resolve);
			await route.continue();
		};
		const pale = () => t.row('site').first().locator('td').first().evaluate(e => getComputedStyle(e).opacity !== '1');
		await tab.route('**/api/deployments?*', slowly);
		await status.selectOption('success');
		await soon(pale, 'a list that waits for other rows looks like it');
		answer();
		await soon(async () => !await pale(), 'until they are there');

		const box = t.field('Search by name');
		const typing = () => box.evaluate(e => e === document.activeElement);
		await tab.goto('/projects?search=zzz');
		await tab.getByText('No project has').waitFor();
		await tab.route('**/api/projects?*', slowly);
		await box.fill('');
		await soon(() => tab.locator('[aria-busy=true]').count(), 'a search that is cleared waits for all');
		is(await tab.getByText('No projects yet').count(), 0, 'and does not say meanwhile that there are none');
		answer();
		await t.row('site').first().waitFor();
		ok(await typing(), 'one types on in its box');
	}],
	['SERVICE_UNAVAILABLE', 'signing out while the server cannot', async () => {
		const tab = await another('ada');
		const t = hands(tab);
		await tab.route('**/api/auth/logout', refuse503);
		await tab.goto('/settings/sessions');
		await confirmed(t.button('Sign out everywhere'), 'Sign out everywhere', t.dialog);
		await said('What it says of 503', 'SERVICE_UNAVAILABLE: signing out everywhere says that it did not work', tab);
		await t.at(/^\/settings\/sessions$/, 'SERVICE_UNAVAILABLE: and ends nothing');
		await t.button('Cancel', t.dialog).click();
		await t.button('Sign out').click();
		await t.told(/the server does not know it\. What it says of 503/, 'SERVICE_UNAVAILABLE: signing out says that it is for here alone');
		await t.at(/^\/login/, 'SERVICE_UNAVAILABLE: and does that');
	}],
	['UNREACHABLE', 'no network', async () => {
		await page.goto('/dashboard');
		await ready();
		await page.context().setOffline(true);
		await link('Audit log').first().click();
		await soon(() => page.getByRole('alert').getByText(/This page could not be loaded/).isVisible(), 'UNREACHABLE: a page that was never here says it');
		await panel.clean(page, 'a page that did not come');
		await page.context().setOffline(false);
		await button('Try again').click();
		await soon(() => heading('Audit log').isVisible(), 'UNREACHABLE: trying again works');
		await soon(() => row('signed in').first().isVisible(), 'UNREACHABLE: with all of it');
		await page.context().setOffline(true);
		await button('Refresh').click();
		await said('The server cannot be reached', 'UNREACHABLE: a page that is here says it');
		ok(await row('signed in').first().isVisible(), 'UNREACHABLE: and keeps what it has');
		await page.context().setOffline(false);
		await button('Try again').click();
		await soon(() => page.getByRole('alert').getByText('The server cannot be reached').isHidden(), 'UNREACHABLE: trying again works here, too');
	}],
	['UNREADABLE', 'an address with half a character', async () => {
		panel.expected.push(/URI malformed/);
		await page.goto('/docs#%E0%A4');
		await soon(() => page.getByLabel(/^Search/).isVisible(), 'UNREADABLE: in a fragment it leads nowhere');
		// nginx takes none in a path; what leads there within the panel could
		await page.evaluate(() => {
			history.pushState(null, '', '/projects/%E0%A4');
			dispatchEvent(new PopStateEvent('popstate'));
		});
		await said('This page does not work', 'UNREADABLE: a page that cannot be drawn says so');
		await panel.clean(page, 'a page that cannot be drawn');
		await link('To the dashboard').click();
		await soon(() => heading(/./).isVisible(), 'UNREADABLE: and others can');
		await at(/^\/dashboard$/);
	}],
	['UNREADABLE', 'an answer that is not the API', async () => {
		await page.route('**/api/projects?*', route => route.fulfill({status: 502, contentType: 'text/html', body: '<h1>canary of a proxy</h1>'}));
		await page.goto('/projects');
		await said('The server answered 502.', 'UNREADABLE: is said');
		await page.unroute('**/api/projects?*');
		await page.route('**/api/projects?*', route => route.fulfill({status: 200, contentType: 'text/html', body: '<h1>canary of a hotel</h1>'}));
		await button('Try again').click();
		await said(/not what it should be|cannot be reached/, 'UNREADABLE: as is one that seems to be right');
		unlike(await page.locator('main').innerText(), /canary/, 'UNREADABLE: nothing of it is shown');
		await page.unroute('**/api/projects?*');
		await button('Try again').click();
		await soon(() => row('site').first().isVisible(), 'UNREADABLE: trying again works');
	}],
];

// What no press in the panel brings about: a page says the server's own words.
const ANSWERED = {
	BAD_REQUEST: 400, REFRESH_TOKEN_REUSED: 401, CSRF_REFUSED: 403, KEY_REFUSED: 403, NOT_FOUND: 404, PREVIEW_NOT_FOUND: 404,
	DELIVERY_NOT_FOUND: 404, METHOD_NOT_ALLOWED: 405, RELEASE_GONE: 409, UNSUPPORTED_MEDIA_TYPE: 415, UPGRADE_REQUIRED: 426, GATEWAY_TIMEOUT: 504,
};
// Where else a code is seen, or why it is nobody's in a browser.
const ELSEWHERE = {
	OAUTH_STATE: 'github.mjs', OAUTH_DENIED: 'github.mjs', EMAIL_UNVERIFIED: 'github.mjs', ACCOUNT_DISABLED: 'github.mjs', ACCOUNT_EXISTS: 'github.mjs',
	IDENTITY_TAKEN: 'github.mjs', PROVIDER_LINKED: 'github.mjs', LAST_LOGIN_METHOD: 'github.mjs', PROVIDER_FAILED: 'github.mjs', GITHUB_REVOKED: 'github.mjs',
	GITHUB_FAILED: 'github.mjs', GITHUB_LIMITED: 'github.mjs',
	PROVIDER_NOT_FOUND: 'the panel asks for providers that are there only', IDENTITY_NOT_FOUND: 'as API_KEY_NOT_FOUND',
	REPOSITORY_NOT_FOUND: 'the branch is typed when GitHub lists none',
	WEBHOOK_SIGNATURE: 'said to GitHub', DEPLOY_PAUSED: 'said to who uses a deploy hook',
	PREVIEWS_OFF: 'said to programs', PREVIEW_WAITS: 'said to programs', PREVIEW_CLOSED: 'the list has no closed ones',
	UPLOAD_GONE: 'an upload is offered to be uploaded again',
	PREVIEW_CHANGED: 'pulls.mjs', NO_REPOSITORY: 'the panel offers uploads alone where there is none',
};

for (const [code, how, run] of TABLE) {
	if (only && only !== code)
		continue;
	try {
		await run();
	} catch (thrown) {
		ok(false, `${code} by ${how}: ${thrown.message}`);
	}
}
for (const [code, status] of only ? [] : Object.entries(ANSWERED)) {
	await page.route('**/api/projects?*', route => route.fulfill({status, contentType: 'application/json',
		body: JSON.stringify({error: {code, message: `What it says of ${code}`, statusCode: status, details: {}}})}));
	await page.goto('/projects');
	await said(`What it says of ${code}`, `${code}: the page says what the API says`);
	await page.unroute('**/api/projects?*');
	await button('Try again').click();
	await soon(() => row('site').first().isVisible(), `${code}: and tries again`);
}

// --- no error, but a way that people go after one ---
if (!only) {
	const tab = await another();
	await tab.setViewportSize({width: 1280, height: 500});
	const t = hands(tab);
	await tab.goto('/');
	await t.heading(/./).waitFor();
	await t.link('Status').last().click(); // in the foot: Playwright scrolls to it
	await t.heading('Status').waitFor();
	await soon(() => tab.evaluate(() => scrollY === 0), 'a page begins at its top');
	await tab.goBack();
	await t.at(/^\/$/);
	await tab.waitForTimeout(300);
	ok(await tab.evaluate(() => scrollY) > 300, 'going back leads to where one was on it');
}

const document = (await ask('GET', '/api/openapi.json')).json;
const codes = new Set(Object.values(document.paths).flatMap(p => Object.values(p)).flatMap(o => Object.entries(o.responses ?? {}))
	.filter(([status]) => Number(status) >= 400).flatMap(([, r]) => r.description.match(/\b[A-Z]+(_[A-Z]+)*(?=: )/g) ?? []));
ok(codes.size > 40, `the API's document has ${codes.size} codes`);
const known = new Set([...TABLE.map(([code]) => code), ...Object.keys(ANSWERED), ...Object.keys(ELSEWHERE)]);
is([...codes].filter(code => !known.has(code)), [], 'and all of them are seen here or elsewhere');

await panel.end();
