// google.mjs - signing in with Google. $OIDC is the directory of the provider
// (t/lib/oidc.mjs) that is Google here, $OIDC_URL where it is.
import {writeFileSync} from 'node:fs';
import {hands, is, like, ok, Panel, soon} from './panel.mjs';
import {sql} from './stack.mjs';

const {OIDC, OIDC_URL} = process.env;
const accounts = {};
// Who signs in there by this name.
function account(login, claims = {}) {
	accounts[`sub-${login}`] = {name: `Name of ${login}`, email: `${login}@example.com`, email_verified: true,
		picture: 'https://lh3.googleusercontent.com/a/x', ...claims};
	writeFileSync(`${OIDC}/accounts.json`, JSON.stringify(accounts));
}
const odd = how => writeFileSync(`${OIDC}/odd`, how);

const panel = await Panel.start();
// A browser; the pages of the provider want a font from elsewhere.
async function browser(as) {
	const context = await panel.context({as});
	await context.route(/^https:\/\/fonts\./, route => route.abort());
	return context.newPage();
}
// The person at the provider: who they say they are, and yes to what is asked.
async function there(page, login) {
	await soon(() => new URL(page.url()).origin === OIDC_URL && page.locator('input[name=login]').isVisible(), `${login} is at the provider, which asks who it is`);
	await page.locator('input[name=login]').fill(`sub-${login}`);
	await page.locator('input[name=password]').fill('x');
	await page.getByRole('button', {name: 'Sign-in'}).click();
	await page.getByRole('button', {name: 'Continue'}).click();
}
const cancel = page => page.getByRole('link', {name: 'Cancel'}).click();

account('grace');
const page = await browser();
const {at, button, dialog, link, row, told} = hands(page);

// --- the first time ---
await page.goto('/projects');
await at(/^\/login\?next=%2Fprojects$/);
await link('Sign in with Google').waitFor();
is(await page.getByRole('link', {name: /with (GitHub|Google)/}).count(), 1, 'the provider that is set up is offered, the other one is not');
await panel.clean(page, 'signing in, with Google');
await link('Sign in with Google').click();
await there(page, 'grace');
await told('You are signed in as Name of grace (grace@example.com)', 'signing in with Google makes an account');
await at(/^\/projects$/, 'and leads to where one wanted to be');
is(new URL(page.url()).hash, '', 'with nothing left in the address');
await page.reload();
await soon(() => page.locator('.me').getByText('Name of grace').isVisible(), 'one is still signed in after a reload');
await page.goto('/settings/profile');
await soon(() => page.getByText('Your account has no password').isVisible(), 'the account has no password');
ok(await page.locator('.badge').getByText('Confirmed', {exact: true}).isVisible(), 'its address is confirmed');
await soon(() => row('Google').getByText(/grace.*linked/).isVisible(), 'and Google is linked');
await page.goto('/settings/sessions');
await soon(() => row('This session').getByText(/^Google · /).isVisible(), 'the session was begun with Google');

// --- the second time, from the page for signing up ---
await button('Sign out').click();
await at(/^\/login/);
await page.goto('/signup');
await link('Sign up with Google').click();
await told('You are signed in as Name of grace', 'the second time it is the same account, without a question there');
await at(/^\/dashboard$/, 'which leads to the dashboard when one wanted nothing else');
is(sql("SELECT count(*) FROM users WHERE email = 'grace@example.com'"), '1', 'and there is no other one');

// --- no said at the provider, and what else goes wrong ---
const ended = await browser();
const e = hands(ended);
for (const [code, act, says] of [
	['OAUTH_DENIED', () => cancel(ended), 'You did not let the provider tell us who you are. Nothing has changed.'],
	['EMAIL_UNVERIFIED', () => {
		account('nobody', {email_verified: false});
		return there(ended, 'nobody');
	}, 'The provider has no confirmed address for you'],
	['ACCOUNT_EXISTS', () => {
		account('mallory', {email: 'ada@example.org'});
		return there(ended, 'mallory');
	}, 'There is an account with the address of that profile already'],
	['PROVIDER_FAILED', async () => {
		await ended.locator('input[name=login]').waitFor();
		odd('signature');
		return there(ended, 'grace');
	}, 'The provider did not answer as it should'],
]) {
	await ended.context().clearCookies();
	await ended.goto('/login?next=/analytics');
	await e.link('Sign in with Google').click();
	await act();
	await e.at(/^\/oauth$/, `${code}: the browser comes back`);
	await soon(() => ended.getByRole('alert').getByText(says).isVisible(), `${code} is said in words`);
	odd('');
	await e.link('Back to sign in').click();
	await e.at(/^\/login\?next=%2Fanalytics$/, `${code}: and the way back remembers where one wanted to go`);
}
odd('discovery');
await e.link('Sign in with Google').click();
await soon(() => ended.getByRole('alert').getByText('The provider did not answer as it should').isVisible(), 'a provider that cannot be found out about is said as well');
odd('');
await e.link('Back to sign in').click();
await ended.context().clearCookies();
await e.link('Sign in with Google').click();
await there(ended, 'grace');
await e.told('You are signed in as Name of grace', 'after all of which it works');
await e.at(/^\/analytics$/);
is(sql("SELECT string_agg(email, ' ' ORDER BY email) FROM users"), 'ada@example.org grace@example.com', 'none of them made an account');
await ended.context().close();

// --- linked to an account that has a password ---
account('ada', {email: 'ada@elsewhere.example'});
const ada = await browser('ada');
const a = hands(ada);
await ada.goto('/settings/profile');
await a.button('Link Google').click();
await ada.locator('input[name=login]').waitFor();
await cancel(ada);
await a.at(/^\/oauth$/, 'who says no to linking comes back');
await soon(() => ada.getByRole('alert').getByText('You did not let the provider tell us who you are').isVisible(), 'and reads that');
await a.link('Back').click();
await a.at(/^\/settings\/profile$/, 'on the way to where it began');
await soon(() => a.row('Google').getByText('Not linked').isVisible(), 'nothing is linked');
await a.button('Link Google').click();
await there(ada, 'ada');
await a.told('From now on you can sign in with Google, too');
await a.at(/^\/settings\/profile$/);
await ada.reload();
await soon(() => a.row('Google').getByText(/ada@elsewhere\.example, linked/).isVisible(), 'Google is linked, by the address there');
await panel.clean(ada, 'a profile with Google');
await a.button('Sign out').click();
await a.at(/^\/login/);
await a.link('Sign in with Google').click();
await a.told('You are signed in as ada (ada@example.org)', 'and opens the account');
await ada.goto('/settings/profile');
await a.button(/Unlink/, a.row('Google')).click();
await a.button('Unlink', a.dialog).click();
await a.told('Google is unlinked');
await soon(() => a.row('Google').getByText('Not linked').isVisible(), 'until it is unlinked');
const {body: {identities}} = await panel.api('ada', 'GET', '/api/auth/oauth/identities');
is(identities, [], 'which the API says, too');

// the only way to sign in stays
panel.expected.push(/status of 409/);
await page.goto('/settings/profile');
await button(/Unlink/, row('Google')).click();
await button('Unlink', dialog).click();
like(await dialog.getByRole('alert').innerText(), /only way to sign in/, 'who has no other way to sign in keeps this one');

await panel.end();
