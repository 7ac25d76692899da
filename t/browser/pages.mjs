// pages.mjs - every page of the panel, and every tab of it, in both themes and at
// the widths of telephones, tablets and laptops.
import {hands, is, like, ok, Panel, paths, soon, tabs, transferred} from './panel.mjs';

const panel = await Panel.start();
const test = ['test@example.com', 'testpass123'];
const admin = ['admin@example.com', 'adminpass123'];

const deployment = (await panel.api(test, 'GET', '/api/deployments/recent')).body.recentDeployments[0];
const pages = paths({projects: deployment.projectId, deployments: deployment.id});
ok(pages.length > 20, `the table has ${pages.length} pages`);

async function themed(page, theme) {
	await page.emulateMedia({colorScheme: theme});
	await page.locator(`html[data-theme=${theme}]`).waitFor();
}

// By how much the page is wider than the window, and each table than its room.
const outside = page => page.evaluate(() => [document.documentElement.scrollWidth - innerWidth,
	...[...document.querySelectorAll('.table-wrap:has(> .cards)')].map(e => e.scrollWidth - e.clientWidth)].map(n => Math.max(0, n)));

async function narrowed(page, what) {
	const wrong = [];
	for (let width = 320; width <= 1400; width += 40) {
		await page.setViewportSize({width, height: 900});
		if ((await outside(page)).some(Boolean))
			wrong.push(width);
	}
	is(wrong, [], `${what}, at each width`);
}

async function looks(page, what) {
	is(await page.locator('main h1').count(), 1, `${what}: one heading says what it is`);
	like(await page.title(), /Autostack/, `${what}: it has a title`);
	await panel.clean(page, what);
	for (const width of [320, 360, 768, 900, 1024, 1200, 1440]) {
		await page.setViewportSize({width, height: 900});
		is((await outside(page)).filter(Boolean), [], `${what}: nothing sticks out at ${width} px`);
	}
	// the other theme has other colours, and nothing else
	await themed(page, 'dark');
	is(await panel.violations(page, 'color-contrast', 'link-in-text-block'), [], `${what}: axe finds no fault in the dark colours`);
	await themed(page, 'light');
}

const browsers = {
	guest: await panel.page(),
	user: await panel.page({as: test}),
	admin: await panel.page({as: admin}),
};
for (const {path, who, pattern} of pages) {
	const as = who === 'public' || who === 'guest' ? 'guest' : who === 'user' ? 'user' : 'admin';
	const page = browsers[as];
	let what = pattern;
	try {
		await page.setViewportSize({width: 1280, height: 900});
		await page.goto(path, {waitUntil: 'load'});
		await hands(page).ready();
		await looks(page, what);
		const others = await tabs(page);
		ok(pattern.endsWith('/:tab?') ? others.length >= 2 : others.length === 0, `${what}: ${others.length} other tabs`);
		for (const href of others) {
			what = pattern.replace(':tab?', /([^/?]+)(\?|$)/.exec(href)[1]);
			await page.locator(`nav.tabs a[href="${href}"]`).press('Enter');
			await page.locator(`nav.tabs a[href="${href}"][aria-current]`).waitFor();
			await hands(page).ready();
			await looks(page, what);
		}
	} catch (thrown) {
		ok(false, `${what}: ${thrown.message}`);
	}
}

// --- tables of what others have named, as long as it may be ---
for (const [as, path] of [['user', '/dashboard'], ['admin', '/deployments'], ['user', '/projects'], ['user', `/projects/${deployment.projectId}`],
	['admin', '/settings/sessions'], ['admin', '/users']]) {
	const page = browsers[as];
	const long = (name, value) => typeof value === 'string' && ['name', 'repo', 'branch', 'author', 'commitMessage', 'email', 'ip'].includes(name) ? 'w'.repeat(100) : value;
	await page.route(/\/api\/(dashboard|deployments|projects|users|auth\/sessions)\b/, async route => {
		if (route.request().method() !== 'GET')
			return route.fulfill({json: {}});
		const response = await route.fetch();
		return route.fulfill({response, body: JSON.stringify(JSON.parse(await response.text(), long))});
	});
	await page.goto(path);
	await page.locator('.table-wrap').first().waitFor();
	await hands(page).ready();
	await narrowed(page, `${path.replace(/[0-9a-f-]{36}/, ':id')}: long words stay in their columns`);
	if (path === '/users') {
		await page.setViewportSize({width: 375, height: 740});
		await hands(page).button(/^Deactivate/).first().click();
		await hands(page).button('Deactivate', page.getByRole('dialog')).click();
		await hands(page).told(/is deactivated/, 'toasts: one with a long word can be put away, on a telephone');
	}
	await page.unrouteAll({behavior: 'ignoreErrors'});
}

// --- an incident that is not over, told with a long word ---
{
	const page = browsers.guest;
	const incident = (title, resolvedAt) => ({id: title, title, description: title, status: resolvedAt ? 'resolved' : 'identified', severity: 'major', affectedServices: ['CDN'],
		startedAt: '2026-01-01T00:00:00Z', resolvedAt, updatedAt: '2026-01-01T00:00:00Z', updates: [{status: 'identified', message: title, createdAt: '2026-01-01T00:00:00Z'}]});
	await page.route('**/api/status/incidents', route => route.fulfill({json: {incidents: [incident('w'.repeat(200), null), incident('Long ago', '2026-01-02T00:00:00Z')]}}));
	await page.goto('/status');
	await hands(page).ready();
	is(await page.locator('.banner-title').innerText(), 'Open Incident', 'status: all services answer, and all is not well');
	like(await page.locator('.banner').getAttribute('class'), /\bwarn\b/, 'status: nor looks so');
	is(await page.locator('.incident, .services').evaluateAll(all => all.map(e => e.querySelector('h3').innerText.slice(0, 8))), ['wwwwwwww', 'API Gate', 'Long ago'],
		'status: what is not over comes first, what is over last');
	await narrowed(page, 'status: a long word stays in its incident');
	await panel.clean(page, 'the status page with an incident that is not over');
	await page.unrouteAll({behavior: 'ignoreErrors'});
}

// --- where a page opens that has tabs further down than the window ---
{
	const page = browsers.user;
	await page.setViewportSize({width: 375, height: 568});
	await page.goto('/analytics/duration');
	await hands(page).ready();
	const tab = await page.locator('nav.tabs [aria-current]').boundingBox();
	ok(tab.x >= 0 && tab.x + tab.width <= 375, 'tabs: the row shows the one that is open');
	ok(tab.y > 568, 'tabs: which is below the window');
	is(await page.evaluate(() => scrollY), 0, 'tabs: the page opens at its top');
}

// --- what the first visit costs ---
for (const [path, as] of [['/', 'guest'], ['/login', 'guest'], ['/status', 'guest'], ['/dashboard', 'user'],
	[`/deployments/${deployment.id}`, 'user']]) {
	const bytes = await transferred(browsers[as], path);
	ok(bytes > 1000 && bytes <= 90 * 1024, `${path.replace(/[0-9a-f-]{36}/, ':id')} transfers ${(bytes / 1024).toFixed(1)} KB, at most 90`);
}

// --- who may see what ---
{
	const page = browsers.guest;
	await page.goto('/deployments?status=failed');
	await soon(() => new URL(page.url()).pathname === '/login', 'a page for users sends others to sign in');
	is(new URL(page.url()).searchParams.get('next'), '/deployments?status=failed', 'and remembers where they wanted to go');
	await page.goto('/nothing/here');
	await soon(() => page.getByText('There is no such page').isVisible(), 'an unknown address is said to be one');
	const {user} = browsers;
	await user.goto('/users');
	await soon(() => user.getByText('There is no such page').isVisible(), 'what one may not see looks like what is not there');
}

// --- what is typed into a dialog ---
{
	const page = browsers.admin;
	const questions = [];
	let answer = 'dismiss';
	page.on('dialog', question => {
		questions.push(question.message());
		void question[answer]();
	});
	await page.goto('/users');
	await page.getByRole('button', {name: 'Add a user'}).click();
	await page.keyboard.press('Escape');
	await soon(() => page.getByRole('dialog').isHidden(), 'Escape closes a dialog that nothing was typed into');
	is(questions, [], 'without a question');
	await page.getByRole('button', {name: 'Add a user'}).click();
	await page.getByLabel('Name', {exact: true}).fill('Grace');
	for (let n = 1; n <= 3; n++) {
		await page.keyboard.press('Escape');
		await soon(() => questions.length === n, `Escape asks first (${n})`);
	}
	is(await page.getByLabel('Name', {exact: true}).inputValue(), 'Grace', 'and nothing is lost');
	answer = 'accept';
	await page.getByRole('dialog').getByRole('button', {name: 'Close'}).click();
	await soon(() => page.getByRole('dialog').isHidden(), 'who wants to lose it closes it');
}

await panel.end();
