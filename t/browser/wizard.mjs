// wizard.mjs REPOSITORY - the three steps to a new deployment.
import {hands, is, like, ok, Panel, soon, unlike} from './panel.mjs';
import {site} from './stack.mjs';

const [repository] = process.argv.slice(2);
const panel = await Panel.start();
// the browser's own line: a stream of a page that was left at once
panel.expected.push(/WebSocket connection/);
const api = async (method, path, body) => (await panel.api('ada', method, path, body)).body;
const page = await panel.page({as: 'ada', height: 1000});
const {at, button, dialog, field, link, ready, told, wrong} = hands(page);
const step = () => page.locator('.steps [aria-current=step]').innerText().then(text => text.replace(/^\d\s*/, ''));
const fact = name => page.locator('.summary dt').getByText(name, {exact: true}).locator('xpath=following-sibling::dd[1]').innerText();
const total = async () => (await api('GET', '/api/deployments')).pagination.totalItems;
const live = what => soon(() => page.locator('.page-head').getByText('Live', {exact: true}).isVisible(), what, 60_000);
const way = name => page.locator('.ways label').filter({has: page.locator('strong').getByText(name, {exact: true})});

// --- the first step: which repository ---
await page.goto('/deploy?step=deploy');
await soon(async () => await step() === 'Repository', 'nothing is deployed before something is chosen');
is(await page.locator('.steps li').allInnerTexts().then(all => all.map(text => text.replace(/^\d\s*/, ''))), ['Repository', 'Configure', 'Deploy'], 'there are three steps');
is(await page.locator('.steps a').count(), 0, 'none of which can be skipped');
await soon(() => page.getByText('GitHub is not set up on this server').isVisible(), 'where GitHub is not set up, that is said');
await way('Project').click();
await soon(() => page.getByText('No projects yet').isVisible(), 'as is that there are no projects yet');
await button('Use a git address').click();
await button('Continue').click();
like(await wrong('Repository'), /Give the address/, 'an address is wanted');
await field('Repository').fill(repository);
await button('Continue').click();

// --- the second: how it is built ---
await at(/step=configure/);
is(await step(), 'Configure', 'the step is marked');
ok(await link(/^Repository/, page.locator('.steps')).isVisible(), 'and the one before is a way back');
ok(await field('Build command').isDisabled() && await field('Install command').isDisabled(), 'commands are detected unless one says otherwise');
ok(await page.getByText('Letters, digits, dots, hyphens and underscores; a letter or digit first. It names the site as well.').isVisible(), 'a name: what it may be is said');
await field(/^Project name/).fill('my shop');
await button('Continue').click();
like(await wrong(/^Project name/), /Use letters, digits, dots, hyphens and underscores/, 'a name: another one is refused at once');
await field(/^Project name/).fill('shop');
ok(await page.getByText('What is built; main when left empty.').isVisible(), 'a branch: so is which one it is by itself');
await field(/^Branch/).fill('next');
await field('Install command: which').selectOption('own');
await field('Install command').fill('echo installed >made');
await field('Build command: which').selectOption('own');
await field('Build command').fill('sh build.sh');
await field(/^Output directory/).fill('public');
await field(/^Root directory/).fill('app');
await field(/^Environment variables/).fill('GREETING=hello\n2ND=x\nPATH=/');
await button('Continue').click();
like(await wrong(/^Environment variables/), /correct these lines/, 'variables: some lines are wrong');
is(await page.locator('.env-check .error').allInnerTexts(), ['Line 2: a name has letters, digits and _, and does not begin with a digit.', 'Line 3: PATH is reserved.'], 'variables: which, and why');
ok(/step=configure/.test(page.url()), 'variables: and nothing goes on');
await field(/^Environment variables/).fill('GREETING=hello\n# a remark\nOTHER="two words"');
await field('Build with an empty cache').check();
await panel.clean(page, 'configuring');
await button('Continue').click();

// --- the third: what is going to happen ---
await at(/step=deploy/);
const summary = async () => Object.fromEntries(await Promise.all(['Project', 'Branch', 'Install', 'Build', 'Output', 'Root', 'Variables', 'Cache'].map(async name => [name, await fact(name)])));
is(await summary(), {Project: 'shop · is made now', Branch: 'next', Install: 'echo installed >made', Build: 'sh build.sh', Output: 'public', Root: 'app',
	Variables: 'GREETING\nOTHER', Cache: 'Empty'}, 'the summary has all that was set');
unlike(await page.locator('main').innerText(), /hello|two words/, 'and no value of a variable');
await panel.clean(page, 'ready to deploy');
await link('Back').click();
await at(/step=configure/);
is([await field(/^Branch/).inputValue(), await field(/^Environment variables/).inputValue(), await field('Build with an empty cache').isChecked()],
	['next', 'GREETING=hello\n# a remark\nOTHER="two words"', true], 'going back loses nothing');
await link(/^Repository/, page.locator('.steps')).click();
await at(/step=repository/);
is(await field('Repository').inputValue(), repository, 'nor does going to the beginning');
await button('Continue').click();
await button('Continue').click();
await at(/step=deploy/);
await button('Deploy').click();
await soon(() => dialog.getByText('goes online').isVisible(), 'it asks before it deploys');
await button('Cancel', dialog).click();
is(await total(), 0, 'and does not when one says no');
await button('Deploy').click();
await button('Deploy', dialog).click();
await told('The deployment has started.');
await at(/^\/deployments\/[0-9a-f-]{36}$/, 'its page is next');
const {settings, repo, branch} = await api('GET', `/api${new URL(page.url()).pathname}`);
is([repo, branch, settings.installCommand, settings.buildCommand, settings.outputDir, settings.rootDir], ['shop', 'next', 'echo installed >made', 'sh build.sh', 'public', 'app'], 'the API has what was set');
const project = (await api('GET', '/api/projects')).projects[0];
is((await api('GET', `/api/projects/${project.id}`)).envVarNames.sort(), ['GREETING', 'OTHER'], 'and the variables');
await live('it becomes live');
ok(await site('shop', 'installed hello'), 'the site was made by all of it');

// --- to a project that is there ---
await page.goto('/deploy');
ok(await button('Start over').isHidden(), 'what was deployed is not asked again');
await way('Project').click();
await page.getByRole('list', {name: 'Projects'}).getByRole('button', {name: /shop/}).click();
await at(/step=configure/);
await soon(() => page.getByText('What you leave as it is comes from it').isVisible(), 'an existing project: what is not set comes from it');
is(await field('Build command').getAttribute('placeholder'), 'sh build.sh', 'an existing project: which is shown');
ok(await page.getByText('takes the place of all variables that the project has').isVisible(), 'an existing project: as is what becomes of its variables');
await field('Build command: which').selectOption('own');
await field('Build command').fill('mkdir public; echo another >public/index.html');
await button('Continue').click();
is([await fact('Project'), await fact('Branch'), await fact('Variables')], ['shop', 'next', 'The project’s 2'], 'an existing project: the summary says so');
await button('Deploy').click();
await soon(() => dialog.getByText('takes the place of what is live of shop').isVisible(), 'an existing project: and the question, what is replaced');
await button('Deploy', dialog).click();
await at(/^\/deployments\/[0-9a-f-]{36}$/);
await live('an existing project: it is deployed');
ok(await site('shop', 'another'), 'an existing project: as it was set here');
is((await api('GET', `/api/projects/${project.id}`)).buildCommand, 'sh build.sh', 'an existing project: whose own settings stay');
is((await api('GET', '/api/projects')).projects.length, 1, 'an existing project: no other one was made');

// --- what is kept, and how one begins anew ---
await page.goto('/deploy');
await way('Git address').click();
await field('Repository').fill(repository);
await button('Continue').click();
await at(/step=configure/);
await soon(() => field('Make another project of this repository').isVisible(), 'a repository that a project has already is known');
await field('Make another project of this repository').check();
await field(/^Project name/).fill('plain');
await field(/^Output directory/).fill('kept');
await field(/^Environment variables/).fill('SECRET=forgotten');
let asked = '';
page.once('dialog', question => {
	asked = question.type();
	void question.accept();
});
await page.reload();
await ready();
is(asked, 'beforeunload', 'a reload asks first, for the sake of the variables');
await soon(async () => await field(/^Output directory/).inputValue() === 'kept', 'after it what was typed is there');
is(await field(/^Environment variables/).inputValue(), '', 'but for the variables, which are kept nowhere');
unlike(await page.evaluate(() => JSON.stringify({...localStorage, ...sessionStorage})), /forgotten/, 'not even in the browser');

// --- an address that is corrected, and another repository ---
const typed = async () => Promise.all([/^Output directory/, /^Environment variables/, /^Access token/].map(label => field(label).inputValue()));
const correct = async address => {
	await link(/^Repository/, page.locator('.steps')).click();
	await field('Repository').fill(address);
	await button('Continue').click();
	await at(/step=configure/);
};
await field(/^Environment variables/).fill('SECRET=kept');
await field(/^Access token/).fill('token of this server');
await correct(repository.replace('site.git', 'sight.git'));
is(await typed(), ['kept', 'SECRET=kept', 'token of this server'], 'an address that is corrected: what was typed is still there');
is(await field(/^Project name/).inputValue(), 'plain', 'an address that is corrected: as is the name');
is(await field('Make another project of this repository').count(), 0, 'an address that is corrected: no project has this one');
await correct('https://git.example.com/team/sight.git');
is(await typed(), ['kept', 'SECRET=kept', ''], 'an address at another server: it does not get the token');
await link(/^Repository/, page.locator('.steps')).click();
await way('Project').click();
await page.getByRole('list', {name: 'Projects'}).getByRole('button', {name: /shop/}).click();
await at(/step=configure/);
await field('Make another project of this repository').waitFor({state: 'detached'});
is([await field(/^Output directory/).inputValue(), await field(/^Environment variables/).inputValue()], ['', ''], 'a pick from a list: begins with nothing typed');
await button('Start over').click();
await at(/^\/deploy$/);
is(await step(), 'Repository', 'one can start over');
await way('Git address').click();
is(await field('Repository').inputValue(), '', 'with nothing typed');

// --- as little as possible: everything is detected ---
await field('Repository').fill(repository);
await button('Continue').click();
await field('Make another project of this repository').check();
await field(/^Project name/).fill('plain');
await button('Continue').click();
is([await fact('Branch'), await fact('Install'), await fact('Build'), await fact('Output'), await fact('Root'), await fact('Variables')],
	['main', 'Detected', 'Detected', 'Detected', 'The top of the repository', 'None'], 'what is not set is detected, and said to be');
await button('Deploy').click();
await button('Deploy', dialog).click();
await at(/^\/deployments\/[0-9a-f-]{36}$/);
await live('it becomes live, too');
ok(await site('plain', '<h1>top</h1>'), 'as what is there');
is((await api('GET', '/api/projects')).projects.map(p => p.name).sort(), ['plain', 'shop'], 'as a project of its own');

// --- the same tab, somebody else ---
await page.goto('/deploy');
await way('Git address').click();
await field('Repository').fill(repository);
await button('Continue').click();
await at(/step=configure/);
await panel.logIn(page.context(), 'bob');
await page.goto('/deploy?step=configure');
await soon(async () => await step() === 'Repository', 'who signs in next begins at the first step');
await way('Git address').click();
is(await field('Repository').inputValue(), '', 'and sees nothing of what was typed before');
unlike(await page.evaluate(() => JSON.stringify({...localStorage, ...sessionStorage})), /site\.git/, 'nor does the browser keep it');

await panel.end();
