// public.mjs - the pages that need no account, the ways to one, and what each
// page does with somebody who has none. (Sign-in at GitHub: github.mjs, at
// Google: google.mjs; mails and their links: account.mjs.)
import {hands, is, like, ok, Panel, paths, soon, unlike} from './panel.mjs';
import {ask, mail, mails} from './stack.mjs';

const panel = await Panel.start();
// the browser's own line: a stream of a page that was left at once
panel.expected.push(/WebSocket connection/);
const guest = await panel.page();
const g = hands(guest);
const member = await panel.page({as: 'ada'});
const m = hands(member);
const missing = page => page.getByText('There is no such page');
// A press on it leads to a page, and to that one.
async function leads(page, link, href, what) {
	await link.click();
	await soon(async () => {
		const {pathname, hash} = new URL(page.url());
		return pathname + hash === href.replace(/\?.*/, '') && await page.locator('main h1').isVisible() && !await missing(page).isVisible();
	}, what);
}

// --- landing ---
await guest.goto('/');
await soon(() => g.heading(/git push/).isVisible(), 'landing: a hero says what it is');
for (const [name, href] of [['Get started', '/signup'], ['Sign in', '/login']]) {
	await guest.goto('/');
	await leads(guest, g.link(name, guest.locator('.hero')), href, `landing: its button "${name}" leads to ${href}`);
}
await guest.goto('/');
is(await guest.locator('.bento h3').allInnerTexts(), ['GitHub integration', 'Lightning fast', 'Secure by default', 'Served by your own nginx'],
	'landing: the four features');
ok((await guest.locator('.bento p').allInnerTexts()).every(text => text.length > 40), 'landing: each says what it means');
is(await guest.locator('.timeline h3').allInnerTexts(), ['Connect a repository', 'Watch it build', 'It is live'], 'landing: how it works, in three steps');
await leads(guest, g.link('Get started', guest.locator('.cta')), '/signup', 'landing: the last word leads to signing up');
await guest.goto('/');
const footer = await guest.locator('footer a').evaluateAll(links => links.map(a => a.getAttribute('href')));
is(footer, ['/status', '/docs', '/pricing', '/templates', '/integrations'], 'landing: a footer with links');
for (const href of footer) {
	await guest.goto('/');
	await leads(guest, guest.locator(`footer a[href="${href}"]`), href, `landing: ${href} is a page`);
}
await member.goto('/');
await soon(() => m.link('To the dashboard', member.locator('.hero')).isVisible(), 'landing: who is signed in is not asked to sign up');
is(await m.link(/Get started|Sign in/, member.locator('main')).count(), 0, 'landing: nor to sign in');
await leads(member, m.link('To the dashboard', member.locator('.cta')), '/dashboard', 'landing: but led to the dashboard');

// --- signing in ---
await guest.goto('/login');
await g.button('Sign in').click();
is(await g.wrong('Email'), 'Enter your address.', 'login: an address is wanted');
is(await g.wrong('Password'), 'Enter your password.', 'login: and a password');
await g.field('Email').fill('nonsense');
await g.button('Sign in').click();
like(await g.wrong('Email'), /no email address/, 'login: an address that is none is told before anything is sent');
is(await guest.getByRole('link', {name: /with (GitHub|Google)/}).count(), 0, 'login: providers that are not set up are not offered');
await guest.goto('/login?next=/analytics');
await g.field('Email').fill('grace@example.org');
await g.link('Sign up').click();
await g.at(/^\/signup\?next=%2Fanalytics$/, 'login: who has no account is a link away from one, and from where they wanted to go');
is(await g.field('Email').inputValue(), 'grace@example.org', 'login: with the address that was typed');
for (const remember of [false, true]) {
	await guest.goto('/login');
	await g.field('Email').fill('ada@example.org');
	await g.field('Password').fill('correct horse ada');
	await g.field('Remember me').setChecked(remember);
	await g.button('Sign in').click();
	await g.told('Welcome back, ada.', 'login: a toast greets');
	await g.at(/^\/dashboard$/, 'login: and the dashboard is next');
	// all of it: what it still asks for would meet the end of the session
	await g.heading('Dashboard').waitFor();
	await g.ready();
	const cookie = (await guest.context().cookies()).find(c => c.httpOnly && /autostack/.test(c.name));
	is(cookie.expires > 0, remember, `login: remembered ${remember ? 'beyond' : 'until'} the browser's end`);
	await g.button('Sign out').click();
	await g.at(/^\/login/);
}

// --- signing up ---
const asked = [];
guest.on('request', request => request.method() === 'POST' && asked.push(new URL(request.url()).pathname));
await guest.goto('/signup');
await g.button('Create account').click();
is(await g.wrong('Full name'), 'Enter your name.', 'signup: a name is wanted');
is(await g.wrong('Email'), 'Enter your address.', 'signup: and an address');
is(await g.wrong('Password'), 'Choose a password.', 'signup: and a password');
await g.field('Full name').fill('Grace');
await g.field('Email').fill('grace@');
await g.field('Password').fill('1234567');
await g.button('Create account').click();
like(await g.wrong('Email'), /no email address/, 'signup: the address has to be one');
is(await g.wrong('Password'), 'Use at least 8 characters.', 'signup: seven characters are too few');
ok(!asked.includes('/api/auth/signup'), 'signup: all of it is told before anything is sent');
await guest.goto('/signup?next=/analytics');
await g.field('Email').fill('ada@example.org');
await g.link('Sign in', guest.locator('main')).click();
await g.at(/^\/login\?next=%2Fanalytics$/, 'signup: who has an account is a link away from it');
is(await g.field('Email').inputValue(), 'ada@example.org', 'signup: with the address that was typed');

// --- a forgotten password ---
await g.link('Forgot password?').click();
await g.at(/^\/forgot-password$/);
await g.field('Email').fill('nonsense');
await g.button('Send reset link').click();
like(await g.wrong('Email'), /no email address/, 'forgot: an address that is none is told');
const said = [];
for (const email of ['nobody@example.org', 'ada@example.org']) {
	await g.field('Email').fill(email);
	await g.button('Send reset link').click();
	await soon(() => g.heading('Look into your mail').isVisible(), `forgot: ${email} is sent a mail, if there is an account`);
	said.push((await guest.locator('main').innerText()).replace(email, '…'));
	await g.button('Use another address').click();
}
is(said[0], said[1], 'forgot: nobody learns which of them has one');
await mail('reset', 'ada@example.org');
is((await mails('reset', 'nobody@example.org', 0)).length, 0, 'forgot: which only the mail tells');
await leads(guest, g.link(/Back to sign in/), '/login', 'forgot: and back to signing in');

// --- what is behind ---
const table = paths({projects: '00000000-0000-4000-8000-000000000000', deployments: '00000000-0000-4000-8000-000000000000'});
for (const {path} of table.filter(({who}) => !['public', 'guest'].includes(who))) {
	await guest.goto(path);
	await g.at(new RegExp(`^/login${path === '/dashboard' ? '' : `\\?next=${encodeURIComponent(path)}`}$`), `${path} is for who is signed in`);
}
for (const {path} of table.filter(({who}) => who === 'guest')) {
	await member.goto(path);
	await m.at(/^\/dashboard$/, `${path} leads who is signed in to the dashboard`);
}
await guest.goto('/status');
await soon(() => guest.locator('.banner-title').innerText().then(text => /Operational|Degraded|Unknown/.test(text)), '/status is for everybody');

// --- what is coming ---
const leading = [];
for (const [path, title, guests, members] of [
	['/pricing', 'Pricing', ['/signup', '/'], ['/']],
	['/templates', 'Templates', ['/deploy'], ['/deploy']],
	['/pipelines', 'Pipelines', ['/projects', '/docs#deployHookCreate'], ['/projects', '/docs#deployHookCreate']],
	['/monitoring', 'Monitoring', ['/status', '/analytics'], ['/status', '/analytics']],
	['/team', 'Team', ['/audit'], ['/audit']],
	['/integrations', 'Integrations', ['/settings', '/docs'], ['/settings', '/docs']],
]) {
	await guest.goto(path);
	await soon(() => g.heading(new RegExp(`^${title} Coming soon$`)).isVisible(), `${path} says that it is coming`);
	await soon(async () => await guest.title() === `${title} · Autostack`, `${path} has its title`, 5000);
	leading.push(await guest.locator('.page-head .lead').innerText());
	ok(await guest.getByRole('heading', {name: 'What there is today'}).isVisible() && await guest.locator('.ticks li').count() >= 2, `${path} says what there is until then`);
	const actions = page => page.locator('main .actions a').evaluateAll(links => links.map(a => a.getAttribute('href')));
	is(await actions(guest), guests, `${path} shows the way to it`);
	await member.goto(path);
	await m.heading(/Coming soon/).waitFor();
	is(await actions(member), members, `${path} shows who is signed in theirs`);
	for (const href of members) {
		await member.goto(path);
		await leads(member, member.locator(`main .actions a[href="${href}"]`), href, `${path}: ${href} does the job until then`);
	}
}
is(new Set(leading).size, 6, 'each of them will be something else');

// --- the reference, without an account ---
for (const path of ['/docs', '/redoc']) {
	await guest.goto(path);
	await soon(() => g.heading('API').isVisible(), `${path} is for everybody`);
	await soon(() => guest.locator('#login summary, #authLogin summary').first().isVisible(), `${path} has the operations`);
	is(await g.link(/OpenAPI document/).getAttribute('href'), '/api/openapi.json', `${path} has the way to its document`);
}
ok((await ask('GET', '/api/openapi.json')).json.openapi, 'docs: which is one');

// --- a browser of web/build.mjs's target, some of which have no popovers ---
{
	const older = await panel.context();
	await older.addInitScript(() => {
		for (const name of ['popover', 'togglePopover', 'showPopover', 'hidePopover'])
			delete HTMLElement.prototype[name];
	});
	const page = await older.newPage();
	const o = hands(page);
	await page.goto('/login');
	await soon(() => o.heading('Sign in').isVisible(), 'older: the panel is there', 5000);
	await o.field('Email').fill('ada@example.org');
	await o.field('Password').fill('correct horse ada');
	await o.button('Sign in').click();
	await o.told('Welcome back, ada.', 'older: a toast is seen');
	await o.heading('Dashboard').waitFor();
	await o.ready();
	await older.close();
}

// --- what is not there ---
for (const [page, h, home, to] of [[guest, g, 'To the start', '/'], [member, m, 'To the dashboard', '/dashboard']]) {
	for (const path of ['/nothing', '/nothing/here', '/deployments/a/b', '/users']) {
		if (path === '/users' && page === guest)
			continue;
		await page.goto(path);
		await soon(() => missing(page).isVisible(), `${path} is not there for ${page === guest ? 'a guest' : 'ada'}`);
		await soon(async () => await page.title() === 'Page not found · Autostack', `${path}: the title says it`, 5000);
		is(new URL(page.url()).pathname, path, `${path}: the address stays, to be mended`);
	}
	await panel.clean(page, 'what is not there');
	await leads(page, h.link(home), to, `what is not there: with the way ${home.toLowerCase()}`);
}
ok(await m.link('Projects').first().isVisible(), 'what is not there: a member keeps the navigation');
await member.goto('/settings/nonsense');
await m.at(/^\/settings$/, 'a tab that is not there leads to the first');
unlike(await member.locator('main').innerText(), /no such page/, 'which is no error');

await panel.end();
