// managing.mjs - users, incidents and the audit log, as administrators have them;
// and what of it others have. (Invitations, and the last administrator: account.mjs.)
import {readFileSync} from 'node:fs';
import {hands, is, like, ok, Panel, soon, unlike} from './panel.mjs';
import {ask, sql} from './stack.mjs';

const panel = await Panel.start();
const api = async (path, as = 'root') => (await panel.api(as, 'GET', path)).body;
const login = async (email, password) => (await ask('POST', '/api/auth/login', {json: {email, password}})).status;
// more than fit on a page
sql(`INSERT INTO users (name, email, email_verified, role, active)
	SELECT 'Crowd ' || n, 'crowd-' || n || '@example.org', n % 2 = 0, CASE WHEN n < 3 THEN 'manager' ELSE 'user' END, n <> 7 FROM generate_series(1, 22) n`);

const page = await panel.page({as: 'root', height: 1000});
const {at, button, dialog, field, link, ready, row, told, wrong} = hands(page);
const rows = (of = page) => of.locator('tbody tr:not(.loading)');
const addresses = (of = page) => of.locator('tbody .who .sub').allInnerTexts();
// the list is what the API says of this query, and nothing else
const shows = (query, n, what) => soon(async () => {
	const wanted = (await api(`/api/users?limit=20&${query}`)).users.map(u => u.email);
	return wanted.length === n && JSON.stringify(await addresses()) === JSON.stringify(wanted);
}, what);
async function saved(press) {
	const [file] = await Promise.all([page.waitForEvent('download'), press.click()]);
	return {name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8')};
}

// --- users: pages, search and filters ---
await page.goto('/users');
await shows('', 20, 'users: a page of them, as the API has them');
ok(await page.getByText('Page 1 of 2').isVisible() && await page.locator('.pages').getByText('25 users').isVisible(), 'users: of how many');
await button('Next').click();
await at(/^\/users\?page=2$/, 'users: the next page has an address');
await shows('page=2', 5, 'users: and the rest');
await page.goBack();
await shows('', 20, 'users: back is back');
await page.getByRole('searchbox').fill('Crowd 1');
await at(/^\/users\?search=Crowd\+1$/, 'users: what is looked for is in the address');
await shows('search=Crowd%201', 11, 'users: a part of the name finds them');
await page.getByRole('searchbox').fill('crowd-2@');
await shows('search=crowd-2@', 1, 'users: so does one of the address');
const crowd = row('crowd-2@example.org');
ok(await page.locator('.pages').getByText('1 user', {exact: true}).isVisible(), 'users: which is one');
ok(await crowd.locator('.main').getByText('Crowd 2', {exact: true}).isVisible() && await crowd.getByText('Manager', {exact: true}).isVisible()
	&& await crowd.locator('.badge').getByText('Active', {exact: true}).isVisible() && await crowd.getByText('never').isVisible(), 'users: a row has name, role, state and the last sign-in');
await page.getByRole('searchbox').fill('');
await at(/^\/users$/);
await field('Role').selectOption({label: 'Managers'});
await at(/^\/users\?role=manager$/, 'users: a role is a filter');
await shows('role=manager', 2, 'users: which leaves those who have it');
await field('Status').selectOption({label: 'Inactive'});
await soon(() => page.getByText('Nobody fits').isVisible(), 'users: no manager is inactive');
await field('Role').selectOption({label: 'All roles'});
await at(/^\/users\?status=inactive$/, 'users: a state is a filter, too');
await page.reload();
await shows('status=inactive', 1, 'users: also after a reload');
is(await field('Status').inputValue(), 'inactive', 'users: which shows the filter');
await panel.clean(page, 'users, filtered');

// --- files of it ---
await field('Role').selectOption({label: 'Managers'});
await field('Status').selectOption({label: 'Active'});
await shows('role=manager&status=active', 2, 'files: of the filter');
const csv = await saved(button(/CSV/));
await told('The file is saved.');
is([csv.name, csv.text.trim().split(/\r?\n/).length], ['users.csv', 3], 'files: a CSV with a head and a line for each');
like(csv.text, /^[^\n]*\bemail\b[^]*crowd-[12]@example\.org[^]*crowd-[12]@example\.org/, 'files: of those of the filter');
const json = await saved(button(/JSON/));
await told('The file is saved.');
is([json.name, JSON.parse(json.text).users.map(u => u.email).sort()], ['users.json', ['crowd-1@example.org', 'crowd-2@example.org']], 'files: as JSON, too');
unlike(csv.text + json.text, /\$2[aby]\$/, 'files: without a hash of a password');

// --- an account is made, with a first password ---
await page.goto('/users');
await button('Add a user').click();
await button('Send the invitation').click();
like(await wrong('Name'), /called/, 'adding: a name is wanted');
like(await wrong('Email address'), /not an address/, 'adding: and an address');
await field('Name').fill('Alan');
await field('Email address').fill('alan@example.org');
await field('Invite by mail').uncheck();
await button('Make the account').click();
like(await wrong('First password'), /first password/, 'adding: without an invitation a password is wanted');
await field('First password').fill('correct horse alan');
await button('Make the account').click();
await told('Alan has an account now.');
is(await login('alan@example.org', 'correct horse alan'), 200, 'adding: who was given it signs in');

// --- one is changed, locked out, let in, deleted ---
await page.goto('/users?search=alan');
await button(/^Edit/, row('alan@')).click();
await field('Name').fill('Alan Turing');
await field('Role').last().selectOption({label: 'Manager'});
await button('Save', dialog).click();
await told('Alan Turing is saved.');
await page.reload();
await soon(() => row('alan@').getByText('Manager', {exact: true}).isVisible(), 'changing: the role is another one, also after a reload');
is((({name, role, email}) => [name, role, email])((await api('/api/users?search=alan')).users[0]), ['Alan Turing', 'manager', 'alan@example.org'], 'changing: as the API has it');
await button(/^Deactivate/, row('alan@')).click();
await button('Deactivate', dialog).click();
await told('Alan Turing is deactivated.');
await page.reload();
await soon(() => row('alan@').locator('.badge').getByText('Inactive').isVisible(), 'locking out: it is inactive, also after a reload');
is(await login('alan@example.org', 'correct horse alan'), 401, 'locking out: nobody signs in to it');
await button(/^Activate/, row('alan@')).click();
await told('Alan Turing is active again.');
is(await login('alan@example.org', 'correct horse alan'), 200, 'locking out: until it is active again');
await button(/^Delete/, row('alan@')).click();
ok(await button('Delete for good', dialog).isDisabled(), 'deleting: wants the address');
await dialog.getByRole('textbox').fill('alan@example.org');
await button('Delete for good', dialog).click();
await told('Alan Turing is deleted.');
await soon(() => page.getByText('Nobody fits').isVisible(), 'deleting: it is gone');
is((await api('/api/users?search=alan')).users, [], 'deleting: for the API, too');
await page.goto('/users?search=root');
await soon(() => row('root@example.org').getByText('(you)').isVisible(), 'oneself: is marked');
is([await row('root@').getByRole('checkbox').count(), await button(/^(Deactivate|Delete)/, row('root@')).count()], [0, 0], 'oneself: cannot be locked out or deleted here');

// --- many at once ---
const chosen = page.getByRole('region', {name: 'The chosen accounts'});
const states = async () => (await api('/api/users?search=Crowd%201')).users.map(u => `${u.role} ${u.active}`);
await page.goto('/users?search=Crowd+1');
await soon(() => rows().count().then(n => n === 11), 'many: eleven of them');
await field('Choose Crowd 1').check();
ok(await chosen.getByText('1 account chosen').isVisible(), 'many: one is chosen');
ok(await field('Choose all on this page').evaluate(e => e.indeterminate), 'many: which is not all');
await field('Choose all on this page').check();
ok(await chosen.getByText('11 accounts chosen').isVisible(), 'many: all are');
await panel.clean(page, 'users, chosen');
await button('Give a role', chosen).click();
await dialog.getByLabel('Role', {exact: true}).selectOption({label: 'Manager'});
await button('Give the role', dialog).click();
await told('11 accounts given the role.');
await page.reload();
await soon(() => rows().getByText('Manager', {exact: true}).count().then(n => n === 11), 'many: all have the role, also after a reload');
is([...new Set(await states())], ['manager true'], 'many: as the API has it');
await field('Choose all on this page').check();
await button('Deactivate', chosen).click();
await button('Deactivate', dialog).click();
await told('11 accounts deactivated.');
await soon(() => rows().locator('.badge').getByText('Inactive', {exact: true}).count().then(n => n === 11), 'many: all are locked out');
is([...new Set(await states())], ['manager false'], 'many: for the API, too');
await field('Choose all on this page').check();
await button('Choose none', chosen).click();
ok(await chosen.isHidden(), 'many: none is chosen again');
await field('Choose all on this page').check();
await button('Activate', chosen).click();
await told('11 accounts activated.');
await soon(() => rows().locator('.badge').getByText('Inactive', {exact: true}).count().then(n => n === 0), 'many: and let in');
// one that is gone meanwhile is said by name
await page.reload();
await field('Choose Crowd 10').check();
await field('Choose Crowd 11').check();
const [{id}] = (await api('/api/users?search=crowd-10@')).users;
is((await panel.api('root', 'DELETE', `/api/users/${id}?hard=true`)).status, 204, 'many: another administrator deletes one of them');
await button('Deactivate', chosen).click();
await button('Deactivate', dialog).click();
await soon(() => dialog.getByText('Not all could be done').isVisible(), 'many: not all could be done');
is(await dialog.locator('.list li').evaluateAll(all => all.map(li => [li.querySelector('strong').innerText, li.querySelector('.badge').innerText]).sort()),
	[['Crowd 10', 'Not done'], ['Crowd 11', 'deactivated']], 'many: which, is said by name');
await panel.clean(page, 'not all could be done');
await button('Close', dialog).first().click();

// --- incidents: drafted, corrected, published, taken back, deleted ---
const guest = await panel.page();
const published = async () => (await ask('GET', '/api/status/incidents')).json.incidents.map(i => `${i.title}: ${i.severity}`);
const kept = async () => (await api('/api/incidents')).incidents.map(i => `${i.title}: ${i.severity}, ${i.published}`);
const incident = title => page.locator('.incident').filter({hasText: title});
await page.goto('/status');
await button('New incident').click();
await field('What has happened').fill('Builds are late');
await field('Everybody sees it').uncheck();
await button('Save the draft', dialog).click();
await told('The draft is saved.');
ok(await page.getByRole('region', {name: 'Drafts'}).getByRole('heading', {name: 'Builds are late'}).isVisible(), 'incidents: a draft is among the drafts');
is(await kept(), ['Builds are late: minor, false'], 'incidents: for administrators');
await button(/^Edit/, incident('Builds are late')).click();
await field('What has happened').fill('Builds are very late');
await field('How bad it is').selectOption('critical');
await button('Save', dialog).click();
await told('The incident is saved.');
await page.reload();
await soon(() => incident('Builds are very late').getByText('Critical').isVisible(), 'incidents: it is corrected, also after a reload');
await guest.goto('/status');
await soon(() => guest.getByText('No incidents').isVisible(), 'incidents: nobody else sees it');
await button(/^Publish/, incident('Builds are very late')).click();
await told('The incident is published.');
await soon(async () => (await published()).join() === 'Builds are very late: critical', 'incidents: published, everybody does', 60_000);
await button(/^Make it a draft/, incident('Builds are very late')).click();
await told('The incident is a draft now.');
is(await kept(), ['Builds are very late: critical, false'], 'incidents: taken back');
await button(/^Delete/, incident('Builds are very late')).click();
await button('Delete', dialog).click();
await told('The incident is deleted.');
is([await incident('Builds are very late').count(), await kept()], [0, []], 'incidents: deleted, also for the API');
await guest.context().close();

// --- the audit log: filters ---
const shown = () => page.locator('tbody .did p:first-child').allInnerTexts();
const total = async query => (await api(`/api/audit-logs?limit=1&withoutRoutine=true&${query}`)).pagination.totalItems;
const lists = (query, what, routine = false) => soon(async () => {
	const {auditLogs, pagination} = await api(`/api/audit-logs?limit=25&withoutRoutine=${!routine}&${query}`);
	return auditLogs.length > 0 && JSON.stringify(await page.locator('tbody time').evaluateAll(all => all.map(t => t.getAttribute('datetime')))) === JSON.stringify(auditLogs.map(l => l.at))
		&& (await page.locator('.pages').innerText()).includes(`${pagination.totalItems} row${pagination.totalItems === 1 ? '' : 's'}`);
}, what);
for (let n = 0; n < 25; n++)
	await login('bob@example.org', 'correct horse bob');
await login('bob@example.org', 'wrong horse');
await page.goto('/audit');
await lists('', 'audit: the newest, as the API has them');
await button('Next').click();
await at(/^\/audit\?page=2$/);
await lists('page=2', 'audit: and those before');
await page.goto('/audit');
await ready();
const renewed = () => shown().then(all => all.filter(text => /stayed signed in/.test(text)).length);
is(await renewed(), 0, 'audit: without what goes by itself');
await field('Renewals of sign-ins too').check();
await at(/^\/audit\?routine=too$/, 'audit: unless it is asked for');
await lists('', 'audit: which is all there is', true);
await field('Renewals of sign-ins too').uncheck();
await at(/^\/audit$/);
for (const [label, action] of [['User management', 'user.'], ['Signing in and passwords', 'auth.'], ['Projects', 'project.']]) {
	await field(/^What/).selectOption({label});
	await at(new RegExp(`^/audit\\?action=${action}$`), `audit: "${label}" is a filter`);
	await lists(`action=${action}`, 'audit: which leaves what it names');
}
ok((await shown()).every(text => /ada made a project/.test(text)), 'audit: said in words');
is(await link('Look at it').count(), 0, 'audit: without a way to what is somebody else\'s, and not there for administrators');
await field(/^What/).selectOption('');
await field(/^Outcome/).selectOption({label: 'Refused'});
await at(/^\/audit\?outcome=failure$/, 'audit: how it ended is a filter');
await lists('outcome=failure', 'audit: which leaves what was refused');
const badges = () => rows().locator('.badge').allInnerTexts().then(all => [...new Set(all)]);
is(await badges(), ['Refused'], 'audit: all of them');
await field(/^Outcome/).selectOption({label: 'Done'});
await lists('outcome=success', 'audit: or what was not');
is(await badges(), ['Done'], 'audit: all of them');
await button('Clear').click();
await at(/^\/audit$/, 'audit: all filters are cleared at once');

// days are those of who looks: it is 2020-03-15 00:30 in Berlin
sql(`INSERT INTO audit_logs (at, event, user_id, outcome) SELECT '2020-03-14T23:30:00Z', 'auth.login', id, 'success' FROM users WHERE email = 'bob@example.org'`);
await field(/^To/).fill('2020-03-15');
await at(/^\/audit\?to=2020-03-15$/);
await soon(() => rows().count().then(n => n === 1), 'audit: until a day, which is within');
await field(/^From/).fill('2020-03-15');
await at(/from=2020-03-15&to=2020-03-15/);
await soon(() => rows().count().then(n => n === 1), 'audit: from a day on, which is, too');
await field(/^From/).fill('');
await field(/^To/).fill('2020-03-14');
await soon(() => page.getByText('Nothing fits').isVisible(), 'audit: but not the day before');
await button('Clear the filters').click();
await at(/^\/audit$/);

// whose it was
const bob = (await api('/api/users?search=bob')).users[0].id;
await field(/^Who/).fill('bob');
await soon(() => page.locator('#audit-who option[value="bob@example.org"]').count().then(n => n === 1), 'audit: who it was is found by a part of the name');
await field(/^Who/).fill('bob@example.org');
await at(new RegExp(`^/audit\\?user=${bob}$`), 'audit: and is a filter');
await lists(`userId=${bob}`, 'audit: which leaves theirs');
ok((await shown()).every(text => /^bob /.test(text)), 'audit: all of them');
await panel.clean(page, 'the audit log, filtered');
await field(/^Outcome/).selectOption({label: 'Refused'});
await lists(`userId=${bob}&outcome=failure`, 'audit: filters go together');
await page.reload();
await lists(`userId=${bob}&outcome=failure`, 'audit: also after a reload');

// --- a file of it, and what comes meanwhile ---
const file = await saved(button('Export CSV'));
await told('The file is saved.');
is([file.name, file.text.trim().split(/\r?\n/).length - 1], ['audit.csv', await total(`userId=${bob}&outcome=failure`)], 'audit: a file has what the filter leaves');
like(file.text, /auth\.login_failed/, 'audit: with what was tried');
await login('bob@example.org', 'wrong mule');
await button('Refresh').click();
await soon(() => rows().count().then(n => n === 2), 'audit: what came meanwhile is there after a refresh');
await button(/show everybody again/).click();
await at(/^\/audit\?outcome=failure$/, 'audit: everybody again');
await button('bob').first().click();
await at(new RegExp(`user=${bob}`), 'audit: a name in a row is a filter as well');
await page.goto('/audit?action=audit.');
await soon(() => row('exported audit rows').first().isVisible(), 'audit: that it was exported is in it');

// --- what others have of it ---
const other = await panel.page({as: 'ada'});
const o = hands(other);
await other.goto('/audit');
await soon(() => o.row('made a project').first().isVisible(), 'others: see what they did');
ok((await other.locator('tbody .did p:first-child').allInnerTexts()).every(text => /^You /.test(text)), 'others: and nothing else');
const [shop] = (await api('/api/projects', 'ada')).projects;
await o.link('Look at it', o.row('made a project')).click();
await o.at(new RegExp(`^/projects/${shop.id}$`), 'others: with the way to what they did it to');
await soon(() => o.heading('shop').isVisible(), 'others: which is there');
await other.goBack();
await o.row('made a project').waitFor();
is(await o.field(/^Who/).count(), 0, 'others: cannot ask for whose');
const [own] = await Promise.all([other.waitForEvent('download'), o.button('Export CSV').click()]);
const text = readFileSync(await own.path(), 'utf8');
ok(text.includes('ada@example.org') && !/bob@|root@|crowd-/.test(text), 'others: have theirs as a file');
panel.expected.push(/status of 403/);
await other.goto(`/audit?user=${bob}`);
await soon(() => other.getByRole('alert').isVisible(), 'others: are refused those of somebody else');
is(await other.locator('tbody tr:not(.loading)').count(), 0, 'others: and see none');

await panel.end();
