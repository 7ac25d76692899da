// upload.mjs DIRECTORY ARCHIVE PROJECT SITE: what was built elsewhere, from a
// file, a directory and a drop to a live site.
import {randomBytes} from 'node:crypto';
import {mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {is, like, ok, Panel, soon, unlike} from './panel.mjs';
import {sql} from './stack.mjs';

const [directory, archive, project, site] = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), 'upload-'));
const file = (name, content) => {
	writeFileSync(join(dir, name), content);
	return join(dir, name);
};
const gzip = bytes => Buffer.concat([Buffer.from([0x1f, 0x8b]), randomBytes(bytes - 2)]);

const panel = await Panel.start();
const page = await panel.page({as: 'ada', height: 1000});
const dialog = page.getByRole('dialog', {name: 'Deploy a prebuilt directory'});
const button = name => dialog.getByRole('button', {name, exact: true});
const says = (pattern, what) => soon(async () => pattern.test(await dialog.innerText()), what, 30_000);
const deployments = async () => (await panel.api('ada', 'GET', `/api/deployments?projectId=${project}`)).body.pagination.totalItems;
const open = async () => {
	await page.goto(`/projects/${project}`);
	await page.getByRole('button', {name: 'Deploy a prebuilt directory'}).click();
	await soon(() => dialog.isVisible(), 'the dialog opens');
};
const shown = async (path = '') => {
	const other = await page.context().newPage();
	const answer = await other.goto(new URL(path, site).href);
	const text = (await other.locator('body').innerText()).trim();
	await other.close();
	return answer.status() === 200 ? text : answer.status();
};
const again = page.getByRole('link', {name: 'Upload again', exact: true});
const rebuilds = page.getByRole('button', {name: /^(Redeploy|Build it again)$/});
const goesLive = async (text, what) => {
	await button('Deploy').click();
	await soon(() => /^\/deployments\/[0-9a-f-]{36}$/.test(new URL(page.url()).pathname), `${what}: then the deployment's page is there`, 30_000);
	await soon(() => page.locator('.page-head').getByText('Live').isVisible(), 'it becomes live', 60_000);
	is(await shown(), text, 'the site is what was sent');
};

// ---- told before anything is sent ----
await open();
await says(/At most 1 MB/, 'how much the server takes is said beforehand');
is(await panel.violations(page), [], 'everybody can use it');
// as a picker tells that nothing was chosen
await dialog.getByLabel('A .tar.gz file').evaluate(input => input.dispatchEvent(new Event('cancel', {bubbles: true})));
ok(await dialog.isVisible(), 'a picker that is given up does not close it');
await dialog.getByLabel('A .tar.gz file').setInputFiles(file('page.tar.gz', '<h1>no</h1>'));
await says(/“page\.tar\.gz” is no tar\.gz file/, 'what is no archive is told in words');
await dialog.getByLabel('A .tar.gz file').setInputFiles(file('large.tar.gz', gzip(1_100_000)));
await says(/The archive has 1\.1 MB\. This server takes 1 MB at most/, 'so is one that is too large');
const heavy = mkdtempSync(join(dir, 'heavy-'));
writeFileSync(join(heavy, 'index.html'), randomBytes(1_100_000));
await dialog.locator('input[webkitdirectory]').setInputFiles(heavy);
await says(/The directory has more than 1 MB when it is packed/, 'and a directory');
const hidden = mkdtempSync(join(dir, 'hidden-'));
writeFileSync(join(hidden, '.env'), 'A=1');
await dialog.locator('input[webkitdirectory]').setInputFiles(hidden);
await says(/no file in it that could be published/, 'or one that has only what is hidden');
is(await deployments(), 0, 'nothing of it was sent');

// ---- an archive ----
await dialog.getByLabel('A .tar.gz file').setInputFiles(archive);
await says(/site\.tar\.gz/, 'what was chosen is shown');
ok(await button('Choose something else').isVisible(), 'and can be changed');
await goesLive('from an archive', 'an archive');
is([await again.count(), await rebuilds.count()], [1, 0], 'it cannot be built again, only uploaded');
await again.click();
await soon(() => dialog.isVisible(), 'which the page leads to');
await button('Close').click();

// ---- a directory, packed in the browser ----
await open();
await dialog.locator('input[webkitdirectory]').setInputFiles(directory);
await says(/built\s*3 files, \d+ KB packed/, 'a directory is packed, without what is hidden');
await goesLive('from a directory', 'a directory');
is(await shown(`deep/${'long-'.repeat(25)}é.txt`), 'a long name', 'with long names');
is(await shown('.env'), 404, 'and no hidden file');

// ---- back to the archive ----
await page.goto(`/projects/${project}`);
const back = page.getByRole('button', {name: 'Roll back to this deployment', exact: true});
await soon(() => back.isVisible(), 'the first one is offered to go back to');
is(await page.getByText('The commit is not known yet').count(), 0, 'no commit is to come');
await back.click();
await soon(() => page.getByText('It was uploaded, as what is live now was').isVisible(), 'of settings of a build nothing is said');
await page.getByRole('button', {name: 'Cancel'}).click();
await page.getByRole('link', {name: 'Deployment', exact: true}).last().click();
await page.getByRole('button', {name: 'Roll back to this release'}).click();
await soon(() => page.getByText('The site becomes what was uploaded then').isVisible(), 'nor of a commit');
await page.getByRole('button', {name: 'Cancel'}).click();

// ---- dropped ----
await open();
const box = await dialog.locator('.drop').boundingBox();
const cdp = await page.context().newCDPSession(page);
const drag = (type, files) => cdp.send('Input.dispatchDragEvent', {
	type, x: box.x + box.width / 2, y: box.y + box.height / 2, data: {items: [], files, dragOperationsMask: 1}});
for (const type of ['dragEnter', 'dragOver'])
	await drag(type, [directory]);
await soon(() => dialog.locator('.drop.over').isVisible(), 'what is dragged over it is awaited');
await drag('drop', [directory]);
await says(/built\s*3 files, \d+ KB packed/, 'a directory can be dropped');
await button('Choose something else').click();
for (const type of ['dragEnter', 'dragOver', 'drop'])
	await drag(type, [archive]);
await says(/site\.tar\.gz\s*1 KB/, 'and an archive');

// ---- progress, and the end of it ----
await button('Choose something else').click();
await dialog.getByLabel('A .tar.gz file').setInputFiles(file('slow.tar.gz', gzip(900_000)));
await cdp.send('Network.enable');
const network = (uploadThroughput, offline = false) =>
	cdp.send('Network.emulateNetworkConditions', {offline, latency: 0, downloadThroughput: -1, uploadThroughput});
await network(150_000);
const before = await deployments();
await button('Deploy').click();
await says(/Sending …\s*[1-9]\d? % of 879 KB/, 'how much is sent is told');
like(await dialog.getByRole('progressbar').getAttribute('value') ?? '', /^[1-9]\d?$/, 'and drawn');
await button('Cancel').click();
await soon(() => button('Deploy').isVisible(), 'it can be cancelled, and what was chosen is still there');
ok(!await dialog.locator('.note.bad').isVisible(), 'which is no error');
await new Promise(resolve => setTimeout(resolve, 1000));
is(await deployments(), before, 'nothing was deployed');

// ---- no server ----
panel.expected.push(/ERR_INTERNET_DISCONNECTED|WebSocket connection|ERR_NETWORK/);
await network(0, true);
await button('Deploy').click();
await says(/cannot be reached/, 'without a network that is said');
await network(-1);

// ---- what the server finds wrong is the deployment's to say ----
await button('Deploy').click();
await soon(() => /^\/deployments\//.test(new URL(page.url()).pathname), 'it can be tried again at once', 30_000);
await soon(() => page.getByText(/not a whole tar\.gz file/).first().isVisible(), 'what is broken inside is told there', 60_000);
is(await shown(), 'from a directory', 'and the site stays');
await page.getByRole('link', {name: 'upload it again', exact: true}).click();
await soon(() => dialog.isVisible(), 'with the way to send a better one');
await button('Close').click();

// ---- the way back to one whose files are gone ----
sql("UPDATE releases SET retired_at = now() WHERE id = (SELECT id FROM deployments WHERE status = 'success' ORDER BY created_at LIMIT 1)");
await page.getByRole('button', {name: /^Roll back/}).last().click();
await soon(() => page.getByText('It was uploaded, and an upload is not kept either').isVisible(), 'is none');
is(await rebuilds.count(), 0, 'nor is it built again');
await panel.clean(page, 'no way back to an upload');
await page.getByRole('button', {name: 'Upload again', exact: true}).click();
await soon(() => dialog.isVisible(), 'it can be uploaded again there');
await button('Close').click();

// ---- without a repository ----
await page.goto('/deploy');
await page.getByText('A site that is built already').click();
await page.getByRole('button', {name: 'Continue'}).click();
await soon(() => page.getByText('Give the project a name').isVisible(), 'a project without a repository has to be called something');
await page.getByLabel('Project name').fill('the bare one');
await page.getByRole('button', {name: 'Continue'}).click();
await soon(() => page.getByText('Use letters, digits, dots, hyphens and underscores, with').isVisible(), 'by a name that it may have');
await page.getByLabel('Project name').fill('bare');
await page.getByRole('button', {name: 'Continue'}).click();
await soon(() => dialog.isVisible(), 'the wizard leads to its page, which asks for the files');
await dialog.locator('input[webkitdirectory]').setInputFiles(directory);
await soon(() => button('Deploy').isVisible(), 'they are packed');
await button('Deploy').click();
await soon(() => page.locator('.page-head').getByText('Live').isVisible(), 'and go online', 60_000);
is(await shown(site.replace('//shop', '//bare')), 'from a directory', 'under its name');
const lead = await page.locator('.deployment-lead').innerText();
like(lead, /Uploaded/, 'the deployment says that it is uploaded');
unlike(lead, /main|API/, 'of no branch, by no program');
const cells = (...names) => Promise.all(names.map(name => page.locator('tr', {hasText: 'bare'}).locator(`td[data-label="${name}"]`).innerText()));
await page.goto('/deployments?search=bare');
await soon(() => page.locator('tr', {hasText: 'bare'}).isVisible(), 'it is in the list of deployments');
is(await cells('Branch', 'Commit'), ['–', '–'], 'with neither branch nor commit');
await page.goto('/projects');
await soon(() => page.locator('tr', {hasText: 'bare'}).getByText('Uploads').isVisible(), 'the list says that it is uploaded');
is(await cells('Branch', 'Auto-deploy'), ['–', '–'], 'and nothing of what it has not');
await page.locator('tr', {hasText: 'bare'}).getByRole('link', {name: 'bare', exact: true}).click();
await soon(() => page.getByRole('button', {name: 'Deploy a prebuilt directory'}).isVisible(), 'its page offers uploads');
is(await page.getByRole('button', {name: 'Deploy now'}).count(), 0, 'and no build');
is(await page.locator('nav.tabs a').allInnerTexts(), ['Overview', 'Settings', 'Domains'], 'and no sides of what is built');
await soon(() => page.getByText('Uploaded', {exact: true}).isVisible(), 'its deployment is an upload');
is(await Promise.all(['Branch', 'By'].map(name => page.locator(`td[data-label="${name}"]`).innerText())), ['–', 'Upload'], 'which is of no branch');
const bare = new URL(page.url()).pathname;
await page.goto(`${bare}/hooks`);
await soon(() => page.getByText('A project has no such side').isVisible(), 'nothing is registered for it');
await page.goto(bare);
await page.getByRole('link', {name: 'Settings', exact: true}).last().click();
await soon(() => page.getByLabel('Repository', {exact: true}).isVisible(), 'it may get a repository later');
is(await page.locator('main h2').allInnerTexts(), ['Source', 'Publishing', 'Delete the project'], 'before that there is nothing to clone, to build or to deploy by itself');
is(await page.getByLabel('Branch', {exact: true}).count(), 0, 'nor a branch');
await page.getByLabel('Repository', {exact: true}).fill('team/site');
ok(await page.getByLabel('Branch', {exact: true}).isVisible(), 'which is asked for with the repository');
await page.getByRole('button', {name: 'Discard changes'}).click();

// ---- the window of a telephone ----
await page.setViewportSize({width: 360, height: 740});
await open();
ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'it fits a small screen');
if (process.env.SCREENSHOTS)
	await page.screenshot({path: `${process.env.SCREENSHOTS}/upload.png`});
await panel.end();
