// github.mjs - an account at GitHub: connected, deployed from, pushed to,
// signed in with. $GITHUB is the directory of the server that is GitHub here.
import {createHmac, randomUUID} from 'node:crypto';
import {readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {hands, is, like, ok, Panel, soon, unlike} from './panel.mjs';
import {apiAway, apiBack, ask, site, sql, svc} from './stack.mjs';

const {GITHUB, GITHUB_URL, AUTOSTACK_STATE, AUTOSTACK_URL} = process.env;
const repository = `${AUTOSTACK_STATE}/git/site.git`;
const git = (...args) => svc('git', '--git-dir', repository, ...args);
const commitOf = ref => git('rev-parse', ref);

// --- what GitHub is and does ---
function put(name, value) {
	writeFileSync(`${GITHUB}/${name}.new`, typeof value === 'string' ? value : JSON.stringify(value));
	renameSync(`${GITHUB}/${name}.new`, `${GITHUB}/${name}`);
}
function person(id, login, email, verified = true) {
	put('user.json', {id, login, name: login[0].toUpperCase() + login.slice(1), avatar_url: `https://avatars.githubusercontent.com/u/${id}`});
	put('emails.json', [{email, primary: true, verified}]);
}
const right = () => rmSync(`${GITHUB}/odd`, {force: true});
// Answers so at a path until right().
function odd(path, status, headers = [], body = '{"message":"canary of GitHub"}') {
	put('odd.http', [`HTTP/1.1 ${status}`, 'Connection: close', 'Content-Type: application/json', ...headers, `Content-Length: ${body.length}`, '', body].join('\r\n'));
	put('odd', `${path} odd.http`);
}
const asked = path => readFileSync(`${GITHUB}/requests`, 'utf8').trim().split('\n').map(l => JSON.parse(l)).filter(r => r.path === path);
const hooks = () => JSON.parse(readFileSync(`${GITHUB}/hooks/ada,site.json`, 'utf8'));
// As GitHub delivers it to the webhook that is registered there.
let hook;
async function event(kind, body, secret) {
	hook ??= hooks()[0].config;
	const text = JSON.stringify(body);
	return (await ask('POST', hook.url, {body: text, headers: {
		'Content-Type': 'application/json', 'X-GitHub-Event': kind, 'X-GitHub-Delivery': randomUUID(),
		'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret ?? hook.secret).update(text).digest('hex')}`,
	}})).json;
}
const push = (ref, sha, message) => ({ref, before: commitOf('main~0'), after: sha, deleted: false, repository: {full_name: 'ada/site'},
	head_commit: {id: sha, message}, commits: [{id: sha, modified: ['index.html']}]});
let changed = Date.now(); // each event is a second newer than the one before
const pull = (action, sha) => ({action, number: 8, repository: {full_name: 'ada/site'}, pull_request: {
	updated_at: new Date(changed += 1000).toISOString().replace(/\.\d+/, ''),
	title: 'A new heading', user: {login: 'eve'}, head: {ref: 'topic', sha, repo: {full_name: 'eve/site'}}}});

put('repos/ada,site.json', {private: true, push: true, admin: true, git: repository});
put('lists/user,repos.json', [
	{id: 1, full_name: 'ada/site', private: true, default_branch: 'main', description: 'A <b>site</b>', language: 'HTML'},
	...Array.from({length: 30}, (_, i) => ({id: i + 2, full_name: `ada/other-${i}`, private: false, default_branch: 'trunk', description: null, language: null})),
]);
put('lists/repos,ada,site,branches.json', ['main', 'next'].map(name => ({name, commit: {sha: commitOf(name)}, protected: false})));

const panel = await Panel.start();
const page = await panel.page({as: 'ada', height: 1000});
const {at, button, dialog, field, link, ready, row, told} = hands(page);
const badge = text => page.locator('.badge').getByText(text, {exact: true});
const live = what => soon(() => page.locator('.page-head').getByText('Live').isVisible(), what, 60_000);

// --- connect ---
person(42, 'ada', 'ada@example.org');
await page.goto('/dashboard');
await soon(() => page.getByRole('region', {name: 'Connect GitHub'}).isVisible(), 'the dashboard offers to connect GitHub');
await ready();
await panel.clean(page, 'the dashboard with the offer');

put('deny', '');
await button('Connect GitHub', page.getByRole('region', {name: 'Connect GitHub'})).click();
await at(/^\/oauth$/, 'a press leads to GitHub, and what is said there back');
await link('Back').click();
await at(/^\/dashboard$/, 'to where it began');
await page.goto('/settings/github');
await soon(() => page.getByText('GitHub is not connected').isVisible(), 'the settings say that it is not');
await panel.clean(page, 'GitHub, not connected');
await button('Connect GitHub').click();
await at(/^\/oauth$/, 'GitHub sends the browser back');
await soon(() => page.getByRole('alert').getByText('You did not let the provider tell us who you are').isVisible(), 'who says no there reads that here');
await panel.clean(page, 'a refused connection');
await link('Back').click();
await at(/^\/settings\/github$/, 'and gets back to where it began');
rmSync(`${GITHUB}/deny`);

await button('Connect GitHub').click();
await told('Your account at GitHub is connected', 'who says yes is connected');
await at(/^\/settings\/github$/);
is(new URL(page.url()).hash, '', 'with nothing left in the address');
await soon(() => badge('Connected').isVisible(), 'which the settings show');
is(await link(/^ada/).getAttribute('href'), 'https://github.com/ada', 'with the account');
const scope = asked('/login/oauth/authorize').at(-1).query.scope.split(' ').sort().join(' ');
ok(/\brepo\b/.test(scope), `GitHub was asked for repositories (${scope})`);
await panel.clean(page, 'GitHub, connected');
await page.goto('/dashboard');
await ready();
is(await page.getByRole('region', {name: 'Connect GitHub'}).count(), 0, 'the dashboard offers it no more');

// --- deploy a private repository ---
await page.goto('/deploy');
const repos = page.getByRole('list', {name: 'Repositories'});
await soon(() => repos.getByRole('button').count().then(n => n === 20), 'the wizard lists repositories, a page of them');
await panel.clean(page, 'the wizard, repositories');
await button('Next').click();
await soon(() => repos.getByRole('button').count().then(n => n === 11), 'and the next page');
await page.getByRole('searchbox').fill('nothing-like-it');
await soon(() => page.getByText('The account sees none with “nothing-like-it” in its name.').isVisible(), 'what is not there is said');
await page.getByRole('searchbox').fill('sit');
await soon(() => repos.getByRole('button').count().then(n => n === 1), 'a search finds it');
ok(await repos.getByText('Private').isVisible() && await repos.getByText('A <b>site</b>').isVisible(), 'it is marked private, and markup of its description is text');
await repos.getByRole('button', {name: /ada\/site/}).click();
await at(/step=configure/);
await soon(() => field('Branch').evaluate(e => [...e.options ?? []].map(o => o.value).join() === 'main,next'), 'its branches are to choose from');
await field('Install command: which').selectOption('own');
await field('Build command: which').selectOption('own');
await field(/^Output directory/).fill('.');
await panel.clean(page, 'the wizard, configuring');
await button('Continue').click();
await at(/step=deploy/);
await panel.clean(page, 'the wizard, ready');
await button('Deploy').click();
await panel.clean(page, 'the wizard, asking');
await button('Deploy', dialog).click();
await at(/^\/deployments\/[0-9a-f-]{36}$/);
await told('The deployment has started');
await live('it is cloned with the connection, and live');
ok(await site('site', '<h1>one</h1>'), 'the site shows it');
await page.reload();
await soon(() => page.getByText('Shown on the commit').isVisible(), 'the commit at GitHub shows it, too');
const project = await link('site', page.locator('main .facts')).getAttribute('href');

// --- the webhook ---
await page.goto(`${project}/hooks`);
await soon(() => badge('Registered').isVisible(), 'its webhook is registered', 30_000);
ok(await page.getByText('Registered at ada/site').isVisible(), 'at that repository');
await panel.clean(page, 'hooks');
await button('Remove').click();
await button('Remove', dialog).click();
await told('The webhook is removed.');
await soon(() => hooks().length === 0, 'removed, it is gone from GitHub', 30_000);
like(await button('Register at GitHub').getAttribute('class'), /primary/, 'with a connection it is offered to be registered');
await button('Register at GitHub').click();
await soon(() => badge('Registered').isVisible(), 'and is again', 30_000);
await page.goto(`${project}/deliveries`);
await soon(() => page.getByText('Nothing was delivered yet').isVisible(), 'nothing has come yet');

is((await event('ping', {zen: 'Keep it simple.'})).verdict, 'pong', 'GitHub pings');
const two = commitOf('next');
is((await event('push', push('refs/heads/next', two, 'on another branch'))).verdict, 'branch_not_tracked', 'a push to another branch');
git('update-ref', 'refs/heads/main', two);
const pushed = await event('push', push('refs/heads/main', two, 'two <script>'));
is(pushed.verdict, 'deployed', 'a push to the branch');
await event('push', push('refs/heads/main', two, 'forged'), 'not the secret');
await page.reload();
await soon(() => row('two <script>').isVisible(), 'what came is listed');
ok(await row('two <script>').getByText('Deployed', {exact: true}).isVisible(), 'the push with what became of it');
ok(await row('two <script>').getByText(two.slice(0, 7)).isVisible(), 'and its commit');
ok(await row('on another branch').getByText('Another branch', {exact: true}).isVisible(), 'the one of another branch, too');
ok(await row('Ping answered').isVisible(), 'the ping');
ok(await row('Bad signature').isVisible(), 'and the one that nobody could have signed');
is(await button(/Redeliver/, row('Bad signature')).count(), 0, 'which cannot be judged again');
ok(await page.locator('main').innerText().then(t => !t.includes('forged')), 'and of which nothing is believed');
await panel.clean(page, 'deliveries');
await field(/Outcome/).selectOption('branch_not_tracked');
await at(/verdict=branch_not_tracked/);
await soon(async () => await page.locator('tbody tr:not(.loading)').count() === 1 && await row('on another branch').isVisible(), 'a filter leaves what it names');
await field(/Outcome/).selectOption('queue_full');
await soon(() => page.getByText('Nothing with this filter').isVisible(), 'or says that there is none');
await button('Show all deliveries').click();
await link('Deployment', row('two <script>')).click();
await at(new RegExp(`^/deployments/${pushed.deploymentId}$`));
await soon(() => page.getByText('Push to the branch').isVisible(), 'the way leads to its deployment, which says that a push began it');
await live('which becomes live');
ok(await site('site', '<h1>two</h1>'), 'the site shows the push');

// judged again by the settings of now: a redelivery deploys what did not
await page.goto(`${project}/settings`);
await field('Branch').fill('next');
await page.locator('button[type=submit]:not([aria-disabled])', {hasText: 'Save'}).click();
await told('Saved');
await page.goto(`${project}/deliveries`);
await button('Redeliver', row('on another branch')).click();
await soon(() => row('on another branch').getByText('Deployed', {exact: true}).isVisible(), 'a redelivery is judged by the settings of now');
await page.locator('.toast').first().waitFor();
await link('Deployment', row('on another branch')).click();
await at(/^\/deployments\/[0-9a-f-]{36}$/);
await soon(() => page.locator('.page-head').getByText(/Success|Live/).first().isVisible(), 'and deploys', 60_000);

// --- a stranger's pull request ---
await page.goto(`${project}/previews`);
await soon(() => page.getByText('No open pull requests').isVisible(), 'there are no previews');
const stranger = commitOf('refs/pull/8/head');
is((await event('pull_request', pull('opened', stranger))).verdict, 'waits_for_approval', "a fork's pull request");
await page.reload();
const preview = row('#8 A new heading');
await soon(() => preview.getByText('Waits for approval').isVisible(), 'waits');
ok(await preview.getByText('from a fork').isVisible() && await preview.getByText('Not built').isVisible(), 'not built, with the reason');
await panel.clean(page, 'previews, one waits');
await button(/Approve/, preview).click();
like(await dialog.innerText(), /without any of your variables/, 'approving says what that means');
await panel.clean(page, 'previews, asking');
await button(/^Build [0-9a-f]{7}$/, dialog).click();
await at(/^\/deployments\/[0-9a-f-]{36}$/);
await soon(() => page.getByText('Preview of pull request 8').isVisible(), 'it leads to its deployment');
await soon(() => page.locator('.page-head').getByText('Success').isVisible(), 'which succeeds', 60_000);
const visit = await link(/Visit site/).getAttribute('href');
like(visit, /^https:\/\/pr-8--site\.localhost/, 'at an address of its own');
await page.goto(`${project}/previews`);
await soon(() => preview.getByText('Open', {exact: true}).isVisible(), 'the preview is open');
is(await link(/Visit/, preview).getAttribute('href'), visit, 'and the list has its address');
ok(await site('pr-8--site', '<h1>stranger</h1>'), 'which shows the pull request');
ok(await site('site', '<h1>two</h1>'), 'beside the site');
git('update-ref', 'refs/pull/8/head', commitOf('refs/pull/8/changed'));
is((await event('pull_request', pull('synchronize', commitOf('refs/pull/8/changed')))).verdict, 'waits_for_approval', 'its next commit');
await page.reload();
await soon(() => preview.getByText('Waits for approval').isVisible(), 'waits again');
ok(await link(/Visit/, preview).isVisible(), 'while what was approved stays');
await button(/Close/, preview).click();
await button('Close the preview', dialog).click();
await told('The preview is closed');
await soon(() => page.getByText('No open pull requests').isVisible(), 'the owner closes it: it goes from the list with its files', 60_000);

// --- what GitHub does not do as it should ---
for (const [what, status, headers, says] of [
	['answers 500', '500 Internal Server Error', [], /GitHub did not answer as it should/],
	['is no server at all', '200 OK', [], /GitHub did not answer as it should/],
	['has a limit', '403 Forbidden', ['X-RateLimit-Remaining: 0', `X-RateLimit-Reset: ${Math.floor(Date.now() / 1000) + 600}`],
		/GitHub takes no more requests of your account for a while\. Please try again in 10 minutes\./],
	['refuses the connection', '401 Unauthorized', [], /GitHub does not accept the connection any more/],
]) {
	panel.expected.push(/status of (409|50[23])/);
	odd('/user/repos', status, headers, status.startsWith('200') ? '<html>' : undefined);
	await page.goto('/deploy');
	await button(/Start over/).click({timeout: 1000}).catch(() => undefined);
	await soon(() => page.getByRole('alert').getByText(says).isVisible(), `GitHub ${what}: that is said in words`);
	unlike(await page.locator('main').innerText(), /canary|<html/, 'and not in those of GitHub');
	right();
	if (status.startsWith('401'))
		continue;
	await button('Try again').click();
	await soon(() => repos.getByRole('button').first().isVisible(), 'and trying again works');
}
await page.reload();
await soon(() => page.getByText('GitHub does not take the connection any more').isVisible(), 'a connection that GitHub refused is known to be one');
await page.goto('/settings/github');
await soon(() => badge('Refused by GitHub').isVisible(), 'in the settings, too');
await panel.clean(page, 'GitHub, refused');
await button('Connect again').click();
await told('Your account at GitHub is connected', 'connecting again helps');
await soon(() => badge('Connected').isVisible(), 'at once');

// --- disconnect ---
await button('Disconnect').click();
await panel.clean(page, 'GitHub, asking');
await button('Disconnect', dialog).click();
await told('GitHub is disconnected');
await soon(() => page.getByText('GitHub is not connected').isVisible(), 'the settings say so');
is(hooks().length, 0, 'its webhook is gone from GitHub');
ok(await site('site', '<h1>two</h1>'), 'the site stays');
await page.goto(`${project}/hooks`);
panel.expected.push(/status of 409/);
await button(/Register at GitHub/).click();
await soon(() => page.getByRole('alert').getByText(/Your account is not connected to GitHub/).isVisible(), 'registering needs a connection: that is said');
await link('your settings').click();
await at(/^\/settings\/github$/, 'with the way to one');

// a private repository without a connection: a token of the project's own
const token = `gho_${'a'.repeat(36)}`;
writeFileSync(`${GITHUB}/token.${token}`, '');
await page.goto(`${project}/settings`);
await field('Access token').fill(`ada:${token}`);
await button('Set the token').click();
await told('The token is set');
await soon(() => badge('Token is set').isVisible(), 'a deploy token is set');
is(await field('Access token').inputValue(), '', 'and not shown again');
await button('Deploy now').click();
await at(/^\/deployments\/[0-9a-f-]{36}$/);
await live('the next clone uses it');
await page.goto(`${project}/settings`);
await button('Remove').click();
await button('Remove', dialog).click();
await told('The token is removed');
await button('Deploy now').click();
await at(/^\/deployments\/[0-9a-f-]{36}$/);
await soon(() => page.locator('.page-head').getByText('Failed').isVisible(), 'without it nothing can be cloned', 60_000);
like(await page.locator('main .note.bad').first().innerText(), /repository/i, 'and the page says why');
unlike(await page.locator('main').innerText(), /gho_/, 'and nobody reads the token');

// --- signing in with it ---
person(77, 'grace', 'grace@example.org');
const guest = await panel.page();
const g = hands(guest);
await guest.goto('/projects');
await g.at(/^\/login\?next=/);
await g.link('Sign in with GitHub').click();
await g.told('You are signed in as Grace (grace@example.org)', 'signing in with GitHub makes an account');
await g.at(/^\/projects$/, 'and leads to where one wanted to be');
await guest.goto('/settings/profile');
await soon(() => guest.getByText('Your account has no password').isVisible(), 'it has no password');
ok(await guest.getByText('Confirmed', {exact: true}).isVisible(), 'a confirmed address');
const identity = g.row('GitHub');
await soon(() => identity.getByText(/grace, linked/).isVisible(), 'and is linked');
await panel.clean(guest, 'the profile of such an account');
await g.button(/Unlink/, identity).click();
await g.button('Unlink', g.dialog).click();
await soon(() => g.dialog.getByRole('alert').getByText(/only way to sign in/).isVisible(), 'its only way to sign in stays: that is said');
await g.button('Cancel', g.dialog).click();
await g.button('Sign out').click();
await g.at(/^\/login/);
await guest.goto('/signup');
await g.link('Sign up with GitHub').click();
await g.told('You are signed in as Grace', 'the second time it is the same account');
is(sql("SELECT count(*) FROM users WHERE email = 'grace@example.org'"), '1', 'and no other one');

// a sign-in that nobody here began is not simply taken
const lured = await panel.page();
await lured.goto('/api/auth/github');
await hands(lured).at(/^\/oauth$/);
await soon(() => lured.getByText('This sign-in was not started in this tab').isVisible(), 'a sign-in that was not begun in the panel asks first');
await panel.clean(lured, 'a sign-in from elsewhere');
await hands(lured).button('Continue').click();
await hands(lured).at(/^\/dashboard$/, 'and goes on when one says so');
await lured.context().close();
await guest.context().close();

// how it can end otherwise: what is so at GitHub or here, what the page says
const ended = await panel.page();
const e = hands(ended);
for (const [code, set, says] of [
	['OAUTH_DENIED', () => put('deny', ''), /You did not let the provider tell us who you are/],
	['ACCOUNT_EXISTS', () => person(78, 'mallory', 'ada@example.org'), /There is an account with the address of that profile already/],
	['EMAIL_UNVERIFIED', () => person(79, 'nobody', 'nobody@example.org', false), /The provider has no confirmed address for you/],
	['PROVIDER_LINKED', () => person(81, 'grace-too', 'grace@example.org'), /Your account here is linked to another profile there already/],
	['ACCOUNT_DISABLED', () => {
		person(77, 'grace', 'grace@example.org');
		sql("UPDATE users SET active = false WHERE email = 'grace@example.org'");
	}, /This account is disabled/],
	['PROVIDER_FAILED', () => odd('/user', '500 Internal Server Error'), /The provider did not answer as it should/],
]) {
	set();
	await ended.goto('/login?next=/analytics');
	await e.link('Sign in with GitHub').click();
	await e.at(/^\/oauth$/);
	await soon(() => ended.getByRole('alert').getByText(says).isVisible(), `${code} is said in words`);
	if (code === 'OAUTH_DENIED')
		await panel.clean(ended, 'a sign-in that failed');
	await e.link('Back to sign in').click();
	await e.at(/^\/login\?next=%2Fanalytics$/, 'and the way back remembers where one wanted to go');
	rmSync(`${GITHUB}/deny`, {force: true});
	right();
}
await ended.goto('/login?next=/analytics');
await e.link('Sign in with GitHub').waitFor();
apiAway();
await e.link('Sign in with GitHub').click();
await e.at(/^\/oauth$/, 'BAD_GATEWAY: a browser on its way to GitHub is not left with an answer for programs');
await soon(() => ended.getByRole('alert').getByText('Autostack does not answer at the moment').isVisible(), 'BAD_GATEWAY: but reads what is wrong');
apiBack();
await ended.goto('/api/auth/github/callback?code=x&state=y');
await soon(() => ended.getByRole('alert').getByText(/started somewhere else, or too long ago/).isVisible(), 'OAUTH_STATE is said in words');
await e.link('Back to sign in').click();
await e.at(/^\/login$/);

// --- linking it to an account that has a password ---
person(80, 'ada-at-github', 'ada@elsewhere.example');
await page.goto('/settings/profile');
await button('Link GitHub').click();
await told('From now on you can sign in with GitHub, too');
await at(/^\/settings\/profile$/);
await soon(() => row('GitHub').getByText(/ada-at-github, linked/).isVisible(), 'an account at GitHub is linked');
person(77, 'grace', 'grace@example.org');
await button(/Unlink/, row('GitHub')).click();
await button('Unlink', dialog).click();
await told('GitHub is unlinked');
await button('Link GitHub').click();
await at(/^\/oauth$/);
await soon(() => page.getByRole('alert').getByText('That profile signs in to another account here').isVisible(), "IDENTITY_TAKEN: somebody else's cannot be linked");

await panel.end();
