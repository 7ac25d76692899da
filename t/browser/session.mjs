// session.mjs - who is signed in: reloads, several tabs, expiry, sign-out.
import {hands, is, like, ok, Panel, soon} from './panel.mjs';

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

// --- what is not waited for ---
{
	let answer;
	const asked = new Promise(resolve => one.route('**/api/auth/refresh', route => {
		answer = () => route.continue();
		resolve();
	}));
	const file = one.waitForRequest(/\/assets\/analytics-[^/]*\.js$/);
	await one.goto('/analytics');
	await asked;
	ok(await file, 'the file of the page comes while it is asked who is signed in');
	is(await one.locator('main h1').count(), 0, 'and is not shown before that is known');
	await answer();
	await soon(() => one.getByRole('heading', {level: 1, name: 'Analytics'}).isVisible(), 'then it is there');
	await one.unroute('**/api/auth/refresh');
	await one.goto('/dashboard');
	await soon(() => signedIn(one), 'as is another one after it');
	refreshes.length = 1; // of the page that is open now
}

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

// --- signing out while something is under way ---
// A list that does not come before somebody lets it, in both tabs; so does the
// answer to signing out. What would be an error on the page is written down.
const held = [];
const hold = route => new Promise(go => held.push(() => go(route.continue().catch(() => undefined))));
const stopped = [];
context.on('requestfailed', r => /audit-logs\?/.test(r.url()) && stopped.push(r.failure().errorText));
for (const page of [one, two]) {
	await page.goto('/dashboard');
	await hands(page).ready();
	await page.evaluate(() => {
		window.alerts = [];
		new MutationObserver(() => window.alerts.push(...[...document.querySelectorAll('[role=alert]')].map(e => e.textContent).filter(Boolean)))
			.observe(document.body, {childList: true, subtree: true, characterData: true});
	});
	await page.route(/\/api\/audit-logs\?/, hold);
	await page.getByRole('link', {name: 'Audit log', exact: true}).click();
}
await soon(() => held.length === 2, 'two tabs wait for a list');
await one.route('**/api/auth/logout', hold);
await one.getByRole('button', {name: 'Sign out', exact: true}).click();
await soon(() => held.length === 3, 'one of them signs out');
const asked = [];
context.on('request', r => asked.push(new URL(r.url()).pathname));
await soon(() => stopped.length === 2, 'which stops what both wait for');
is(stopped, Array(2).fill('net::ERR_ABORTED'), 'on purpose');
ok(await one.getByRole('button', {name: 'Sign out', exact: true}).isDisabled(), 'that it goes on is shown');
await context.clock.fastForward('02:00');
await new Promise(resolve => setTimeout(resolve, 500));
is(asked, [], 'and nothing is asked for meanwhile, not even by the clock');
held.splice(0).forEach(go => go());
await soon(() => atLogin(one) && atLogin(two), 'then both are signed out');
is(new URL(one.url()).search, '', 'of the panel, not of a page');
for (const page of [one, two]) {
	is(await page.evaluate(() => window.alerts), [], 'no page has said an error');
	await page.unroute(/\/api\/audit-logs\?/);
}
await one.unroute('**/api/auth/logout');
is(panel.complaints, [], 'nor has the console');
await panel.signIn(context, 'ada');
await one.evaluate(() => localStorage.setItem('autostack.signed-in', '1'));
await one.goto('/projects');
await soon(async () => await signedIn(one) && await signedIn(two), 'signing in again is for both');

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

// --- ended while something is typed: the page stays, one signs in over it ---
const title = 'Your session has ended. Sign in to go on';
async function form({width = 1280, theme = 'light', name = 'Countess'} = {}) {
	const own = await panel.context({as: 'ada', width, theme});
	await own.clock.install();
	const page = await own.newPage();
	const questions = [];
	page.on('dialog', question => {
		questions.push(question.message());
		void (questions.yes ? question.accept() : question.dismiss());
	});
	await page.goto('/settings/profile');
	const h = hands(page);
	if (name)
		await h.field('Full name').fill(name);
	const over = page.getByRole('dialog', {name: title});
	return {own, page, h, over, questions, typed: () => h.field('Full name').inputValue()};
}
// from another device, so that no tab knows of it
async function endAll() {
	panel.tokens.delete('ada');
	await panel.api('ada', 'POST', '/api/auth/logout', {all: true});
}
async function lapsedForm() {
	const f = await form();
	await endAll();
	await f.h.button('Save changes').click();
	await f.over.waitFor();
	return f;
}
async function signInOver({h, over}, name) {
	await h.field('Email', over).fill(`${name}@example.org`);
	await h.field('Password', over).fill(`correct horse ${name}`);
	await h.button('Sign in', over).click();
}

{
	const f = await form();
	const {own, page, h, over, questions} = f;
	const idle = await own.newPage();
	await idle.goto('/projects');
	await hands(idle).ready();
	const busy = await own.newPage();
	await busy.goto('/settings/profile');
	await hands(busy).field('New password').fill('half a passw');
	await page.bringToFront();
	await endAll();
	await h.button('Save changes').click();
	await soon(() => over.isVisible(), 'a form whose session has ended stays, with a dialog over it');
	is(await f.typed(), 'Countess', 'and what is typed in it');
	await soon(() => page.getByRole('alert').getByText('Your session had ended before this was done').count(), 'that it is not saved is said');
	await hands(idle).at(/^\/login\?next=%2Fprojects$/, 'another tab without anything typed goes to the sign-in page');
	const overBusy = busy.getByRole('dialog', {name: title});
	await soon(() => overBusy.isVisible(), 'one with something typed has the dialog as well');
	is(await h.field('Email', over).inputValue(), 'ada@example.org', 'the dialog knows the address');
	ok(await h.field('Password', over).evaluate(e => e === document.activeElement), 'and begins at the password');
	await panel.clean(page, 'a session that has ended');
	await page.keyboard.press('Escape');
	await soon(() => questions.length === 1, 'Escape asks first');
	like(questions[0], /will be lost/, 'since what was typed would be lost');
	ok(await over.isVisible(), 'and keeps it');

	// what goes wrong in it, in words
	await h.field('Password', over).fill('wrong horse');
	await h.button('Sign in', over).click();
	await soon(() => over.getByRole('alert').getByText('Email or password is wrong').isVisible(), 'a wrong password is said, as for a locked account');
	for (const [status, code, message, says, after] of [
		[429, 'RATE_LIMIT_EXCEEDED', 'Too many requests', 'Too many requests. Please try again in 30 seconds.', '30'],
		[403, 'CSRF_REFUSED', 'This request did not come from the panel', 'This request did not come from the panel'],
	]) {
		panel.expected.push(new RegExp(`status of ${status}`));
		await page.route('**/api/auth/login', route => route.fulfill({status, contentType: 'application/json',
			headers: after ? {'Retry-After': after} : {}, body: JSON.stringify({error: {code, message, statusCode: status, details: {}}})}));
		await h.button('Sign in', over).click();
		await soon(() => over.getByRole('alert').getByText(says, {exact: true}).isVisible(), `${code} is said in words`);
		await page.unroute('**/api/auth/login');
		panel.expected.pop();
	}
	await signInOver(f, 'ada');
	await soon(() => over.isHidden(), 'signing in closes it');
	is(await f.typed(), 'Countess', 'with the form as it was');
	await soon(() => h.button('Save changes').evaluate(e => e === document.activeElement), 'and the focus where it was');
	await h.told('You are signed in again, ada.');
	await soon(async () => await signedIn(idle) && await overBusy.isHidden(), 'the other tabs are signed in as well');
	is(await hands(busy).field('New password').inputValue(), 'half a passw', 'and have what was typed');
	await h.button('Save changes').click();
	await h.told('Your profile is saved', 'what was typed is saved then');
	await h.field('Full name').fill('ada');
	await h.button('Save changes').click();
	await h.told('Your profile is saved');
	await own.close();
}

// over another dialog, and with what is kept in memory alone
{
	const f = await form({name: null});
	const {own, page, h, over} = f;
	await page.goto('/deploy');
	await page.getByText('Git address').first().click();
	await h.field('Repository').fill('https://git.example.com/team/site.git');
	await h.button('Continue').click();
	await h.field(/^Environment variables/).fill('SECRET=kept');
	await h.button('Continue').click();
	await h.button('Deploy').click();
	const question = page.getByRole('dialog', {name: 'Deploy now?'});
	await question.waitFor();
	await endAll();
	await h.button('Deploy', question).click();
	await soon(() => over.isVisible(), 'it comes over a dialog, too');
	await signInOver(f, 'ada');
	await soon(() => over.isHidden(), 'and leads back to it');
	ok(await question.getByRole('alert').getByText('Your session had ended before this was done').isVisible(), 'which says that nothing was done');
	await soon(() => h.button('Deploy', question).evaluate(e => e === document.activeElement), 'and has the focus');
	await h.button('Cancel', question).click();
	await page.goBack();
	is(await h.field(/^Environment variables/).inputValue(), 'SECRET=kept', 'a variable of the wizard is kept');
	await own.close();
}

// the way by another tab, for who has no password
for (const theme of ['light', 'dark']) {
	const f = await form({width: 360, theme});
	const {own, page, h, over} = f;
	await endAll();
	await own.clock.fastForward('14:30');
	await soon(() => over.isVisible(), `${theme}: a renewal that is refused opens it as well`);
	await panel.clean(page, `${theme}, narrow: a session that has ended`);
	ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth
		&& [...document.querySelectorAll('dialog[open], dialog[open] *')].every(e => e.closest('.sr-only') || e.getBoundingClientRect().right <= innerWidth)),
	`${theme}: it fits on a small screen`);
	if (process.env.SCREENSHOTS)
		await page.screenshot({path: `${process.env.SCREENSHOTS}/lapsed-${theme}.png`});
	const [elsewhere] = await Promise.all([own.waitForEvent('page'), over.getByRole('link', {name: /sign-in page/}).click()]);
	const e = hands(elsewhere);
	await e.field('Email').fill('ada@example.org');
	await e.field('Password').fill('correct horse ada');
	await e.button('Sign in').click();
	await e.at(/^\/dashboard$/);
	await soon(() => over.isHidden(), `${theme}: signing in in another tab closes it`);
	is(await f.typed(), 'Countess', `${theme}: with the form as it was`);
	await h.button('Save changes').focus();
	if (theme === 'dark') {
		// an explicit sign-out is one, whatever is typed elsewhere
		await e.button('Menu').click();
		await e.button('Sign out').click();
		await h.at(/^\/login\?next=%2Fsettings%2Fprofile$/, 'signing out in another tab leads to the sign-in page');
		is(f.questions, [], 'without a question');
	}
	await own.close();
}

{
	const f = await lapsedForm();
	const {own, page, h, over, questions} = f;
	await signInOver(f, 'bob');
	await soon(() => over.isHidden(), 'somebody else signs in');
	await soon(async () => await f.typed() === 'bob', 'and has a page of their own, with nothing that was typed before');
	ok(await page.locator('.me').getByText('bob@example.org').isVisible(), 'under their name');
	await soon(() => page.getByRole('heading', {level: 1}).evaluate(e => e === document.activeElement), 'which begins at its heading');
	is(questions, [], 'no question is asked of them');
	await own.close();
}

{
	const f = await lapsedForm();
	const {own, page, h, over, questions} = f;
	questions.yes = true;
	await h.button('Close', over).click();
	await h.at(/^\/login\?next=%2Fsettings%2Fprofile$/, 'who closes it comes to the sign-in page');
	is(questions.length, 1, 'and was asked');
	await soon(() => h.field('Email').evaluate(e => e === document.activeElement), 'which has the focus');
	await own.close();
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
