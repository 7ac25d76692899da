// session.mjs - who is signed in: reloads, several tabs, expiry, sign-out.
import {is, ok, Panel, soon} from './panel.mjs';

const panel = await Panel.start();
const context = await panel.context({as: 'ada'});
await context.clock.install();
const refreshes = [];
context.on('request', r => /\/auth\/refresh$/.test(r.url()) && refreshes.push(Date.now()));
const signedIn = page => page.getByRole('button', {name: 'Sign out', exact: true}).isVisible();
const atLogin = page => new URL(page.url()).pathname === '/login';

const one = await context.newPage();
await one.goto('/dashboard');
await soon(() => signedIn(one), 'a cookie from before is a session');
is(refreshes.length, 1, 'with one renewal');
is(await one.evaluate(() => JSON.stringify({...localStorage, ...sessionStorage}).match(/eyJ/)), null, 'JW-10 no token is stored');

// --- two tabs ---
const two = await context.newPage();
await two.goto('/projects');
await soon(() => signedIn(two), 'a second tab is signed in');
is(refreshes.length, 1, 'by the token of the first');
await Promise.all([one.reload(), two.reload()]);
await soon(async () => await signedIn(one) && await signedIn(two), 'both reload at once and stay signed in');
ok(refreshes.length <= 3, `renewed one after the other (${refreshes.length})`);

// --- the token's end, 15 minutes from its beginning ---
let before = refreshes.length;
await context.clock.fastForward('14:30');
await soon(() => refreshes.length > before, 'a token is renewed before it ends, by itself');
await new Promise(resolve => setTimeout(resolve, 1000));
is(refreshes.length, before + 1, 'two tabs renew once for both');
// asleep for longer than a token lives
before = refreshes.length;
await context.clock.fastForward('03:00:00');
await one.goto('/deployments');
await soon(() => one.getByRole('heading', {level: 1, name: 'Deployments'}).isVisible(), 'after hours of sleep pages go on working');
ok(refreshes.length > before, 'with a new token');

// --- ended from elsewhere ---
panel.expected.push(/status of 401/);
const other = await panel.api('ada', 'POST', '/api/auth/logout', {all: true});
is(other.status, 204, 'another device signs out everywhere');
await one.goto('/settings');
await soon(() => atLogin(one), 'SE-7 the next page asks to sign in');
is(new URL(one.url()).searchParams.get('next'), '/settings', 'and remembers where one was');
await soon(() => atLogin(two), 'the other tab knows, too');

// --- signing out in one tab ---
await one.getByLabel('Email').fill('ada@example.org');
await one.getByLabel('Password', {exact: true}).fill('correct horse ada');
await one.getByRole('button', {name: 'Sign in', exact: true}).click();
await soon(() => new URL(one.url()).pathname.startsWith('/settings'), 'after signing in one is where one wanted to be');
await soon(() => signedIn(two), 'and the other tab is signed in by it');
await one.getByRole('button', {name: 'Sign out'}).click();
await soon(() => atLogin(one) && atLogin(two), 'SE-6 signing out in one signs out both');
await one.reload();
await soon(() => atLogin(one), 'for good');

// --- one of several, which is this one ---
{
	const here = await panel.page({as: 'ada'});
	const there = await panel.page({as: 'ada'});
	await here.goto('/settings/sessions');
	await there.goto('/projects');
	await soon(async () => await signedIn(here) && await signedIn(there), 'two browsers are signed in, here and there');
	await here.locator('tbody tr').filter({hasText: 'This session'}).getByRole('button', {name: /Sign out/}).click();
	await here.getByRole('dialog', {name: 'Sign out here'}).getByRole('button', {name: 'Sign out'}).click();
	await soon(() => atLogin(here), 'in the list of sessions this one can be signed out');
	await there.reload();
	await soon(() => signedIn(there), 'the other one goes on');
	for (const page of [here, there])
		await page.context().close();
}

// --- everywhere ---
const here = await panel.page({as: 'ada'});
const there = await panel.page({as: 'ada'});
await here.goto('/settings/sessions');
await there.goto('/projects');
await soon(async () => await signedIn(here) && await signedIn(there), 'two browsers are signed in');
await here.getByRole('button', {name: 'Sign out everywhere'}).click();
await panel.clean(here, 'signing out everywhere');
await here.getByRole('dialog').getByRole('button', {name: 'Sign out everywhere'}).click();
await soon(() => atLogin(here), 'signing out everywhere signs this one out');
await there.getByRole('link', {name: 'Deployments', exact: true}).click();
await soon(() => atLogin(there), 'SE-7 and the other one at its next step');
for (const page of [here, there]) {
	await page.goto('/dashboard');
	await soon(() => atLogin(page), 'its cookie is good for nothing');
	await page.context().close();
}

// --- away ---
panel.expected.push(/status of 50[234]|ERR_FAILED|Failed to load/);
const three = await panel.page({as: 'ada'});
await three.goto('/projects');
await soon(() => three.getByRole('heading', {level: 1, name: 'Projects'}).isVisible(), 'a page of somebody who is signed in');
await three.route('**/api/projects*', route => route.fulfill({status: 503, contentType: 'application/json', headers: {'X-Request-Id': 'f00'},
	body: JSON.stringify({error: {code: 'SERVICE_UNAVAILABLE', message: 'The service is away', statusCode: 503, details: {}}})}));
await three.reload();
await soon(() => three.getByRole('alert').getByText('The service is away').isVisible(), 'an error is said in words');
await three.unroute('**/api/projects*');
await three.getByRole('button', {name: 'Try again'}).click();
await soon(() => three.getByRole('alert').isHidden(), 'and trying again works');

await panel.end();
