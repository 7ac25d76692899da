// log.mjs REPOSITORY - the log of a deployment, and what stands about it.
import {readFileSync} from 'node:fs';
import {hands, is, like, ok, Panel, soon} from './panel.mjs';
import {ask} from './stack.mjs';

const [repository] = process.argv.slice(2);
const panel = await Panel.start();
// the browser's own line: a stream of a page that was left at once
panel.expected.push(/WebSocket connection/);
const api = (method, path, body) => panel.api('ada', method, path, body);
const page = await panel.page({as: 'ada', height: 1000});
const {at, button, field, link, told} = hands(page);
const head = page.locator('.page-head');
const log = page.getByRole('log');
const line = text => log.locator('.log-line').filter({hasText: text});
const pressed = name => button(name).getAttribute('aria-pressed', {timeout: 2000});
const position = () => log.evaluate(e => e.scrollTop);
const bottom = async () => await log.evaluate(e => e.scrollHeight - e.scrollTop - e.clientHeight) < 30;
const inSight = text => line(text).evaluate(e => {
	const {top, bottom} = e.getBoundingClientRect();
	const box = e.closest('[role=log]').getBoundingClientRect();
	return top >= box.top - 1 && bottom <= box.bottom + 1;
});

// --- while it comes ---
const made = await api('POST', '/api/deployments', {repository, buildCommand: 'sh build.sh', installCommand: '', outputDir: 'out'});
const here = `/deployments/${made.body.id}`;
await page.goto(here);
await soon(() => line(/slow 2 of 60/).isVisible(), 'the log follows what comes', 60_000);
is(await pressed('Follow'), 'true', 'follow: and says so');
await button('Follow').click();
is(await pressed('Follow'), 'false', 'follow: a press pauses it');
const stays = await position();
const more = page.getByRole('button', {name: /\d+ new lines? · follow/});
await soon(() => more.isVisible(), 'follow: what comes meanwhile is counted');
const counted = Number(/^\d+/.exec(await more.innerText())[0]);
await soon(async () => Number(/^\d+/.exec(await more.innerText())[0]) > counted, 'follow: on and on');
is(await position(), stays, 'follow: and does not move what one reads');
await button('Follow').click();
is(await pressed('Follow'), 'true', 'follow: another press goes on');
await soon(bottom, 'follow: at the end');
ok(await more.isHidden(), 'follow: where nothing is new any more');
await log.focus();
await page.keyboard.press('Home');
await soon(async () => await pressed('Follow') === 'false', 'follow: going up by keyboard pauses it, too');
// what comes while it scrolls moves the end
await soon(async () => {
	await page.keyboard.press('End');
	await page.waitForTimeout(300);
	return await pressed('Follow') === 'true' && bottom();
}, 'follow: going to the end goes on');
await soon(() => head.getByText('Live', {exact: true}).isVisible(), 'it becomes live', 60_000);
await soon(() => page.locator('.log-link').getByText('Complete').isVisible(), 'the log is complete');
ok(await button('Follow').isHidden(), 'follow: there is nothing to follow any more');

// --- what it is the log of ---
const {body: d} = await api('GET', `/api${here}`);
is(await page.getByRole('heading', {level: 1}).innerText(), d.repo, 'head: the repository');
ok(await head.locator('.branch').getByText(d.branch, {exact: true}).isVisible(), 'head: the branch');
ok(await head.locator('.badge').getByText('Success', {exact: true}).isVisible(), 'head: the status');
ok(await head.getByText(d.commit, {exact: true}).isVisible() && await head.getByText('the first of many').isVisible(), 'head: the commit and its message');
ok(await head.getByText(new RegExp(`by ${d.author} · `)).isVisible(), 'head: the author');
is(await head.locator('time').getAttribute('datetime'), d.timestamp, 'head: the time');
is(await page.locator('.stages li strong').allInnerTexts(), d.stages.map(s => s.name), 'stages: as the API has them');
is(await page.locator('.stages li').evaluateAll(all => all.map(li => li.className)), d.stages.map(s => s.status), 'stages: all of them done');
const facts = page.getByRole('region', {name: 'Details'});
ok(await facts.getByText(d.duration, {exact: true}).isVisible(), 'details: the duration');
const fact = name => facts.locator('dt').getByText(name, {exact: true}).locator('+ dd').innerText();
for (const [name, at] of [['Began', d.startedAt], ['Ended', d.completedAt]])
	like(await fact(name), new RegExp(`^\\d+ \\w+ 20\\d\\d\\b.* ${new Date(at).toLocaleTimeString('en-GB', {timeZone: 'Europe/Berlin'})} `), `details: when it ${name.toLowerCase()}, to the second`);
is(await fact('Limits of the build'), d.limits.split(',').join(', '), 'details: the limits, with room to break the line between two');

// --- the stored lines, and what is shown ---
const stored = (await api('GET', `/api${here}/logs?limit=1000`)).body.logs;
const plain = text => text.replace(/\x1b\[\d*m/g, '');
const number = text => stored.findIndex(l => plain(l.message).includes(text)) + 1;
like(await page.locator('.log-link').innerText(), new RegExp(`\\b${stored.length} lines`), 'the log says how many lines it has');

// --- times ---
is(await pressed('Times'), 'true', 'times: are shown');
like(await line('the last needle').locator('.log-time').innerText(), /^\d\d:\d\d$/, 'times: since it began');
await button('Times').click();
is([await pressed('Times'), await log.locator('.log-time').count()], ['false', 0], 'times: a press hides them');
await button('Copy').click();
await told(`Copied ${stored.length} lines`);
is(await page.evaluate(() => navigator.clipboard.readText()), stored.map(l => `${plain(l.message).replace(/^\[\d+:\d\d\] /, '')}\n`).join(''),
	'copy: all lines as they are shown, without times');
await page.reload();
await soon(() => line('the last needle').or(line('row 1 of')).first().isVisible(), 'the log is there after a reload');
is([await pressed('Times'), await log.locator('.log-time').count()], ['false', 0], 'times: are still hidden');
await button('Times').click();
await soon(() => log.locator('.log-time').first().isVisible(), 'times: and shown again');
await button('Copy').click();
await told(`Copied ${stored.length} lines`);
is(await page.evaluate(() => navigator.clipboard.readText()), stored.map(l => `${plain(l.message)}\n`).join(''), 'copy: with times, and without colours');

// --- a file ---
const [file] = await Promise.all([page.waitForEvent('download'), button('Download').click()]);
is(file.suggestedFilename(), `site-${d.commit}.log`, 'download: a file named after the commit');
const token = (await ask('POST', '/api/auth/login', {json: {email: 'ada@example.org', password: 'correct horse ada'}})).json.accessToken;
const raw = await ask('GET', `/api${here}/logs`, {headers: {Authorization: `Bearer ${token}`, Accept: 'text/plain'}});
is(readFileSync(await file.path(), 'utf8'), raw.text, 'download: with what the API gives as text');
ok(stored.every(l => raw.text.includes(l.message)), 'download: which is every line');

// --- looking for something ---
const find = field('Find in the log');
const found = page.locator('.log-found');
const next = button('Next line that has it');
const previous = button('Previous line that has it');
// page.url() is told later
const where = async () => Number(/^#L(\d+)$/.exec(await page.evaluate(() => location.hash))?.[1]);
const says = (text, what) => soon(async () => await found.innerText() === text, what);
ok(await next.isDisabled() && await previous.isDisabled(), 'find: nowhere to go before something is looked for');
await find.fill('needle');
await soon(async () => /^\d of 3 lines$/.test(await found.innerText()), 'find: counts the lines, capitals or not');
await find.press('Enter');
const hits = ['one Needle', 'another needle', 'the last needle'].map(number);
await soon(async () => hits.includes(await where()), 'find: Enter goes to one');
for (let n = 0; n < 3 && await where() !== hits[0]; n++)
	await next.click();
await says('1 of 3 lines', 'find: the first of them');
await soon(() => inSight('one Needle'), 'find: is in sight');
is(await line('one Needle').locator('mark').allInnerTexts(), ['Needle'], 'find: the word is marked');
ok(await line('one Needle').evaluate(e => e.classList.contains('at')), 'find: and its line');
await next.click();
await says('2 of 3 lines', 'find: the next');
is(await where(), hits[1], 'find: is where it should be');
await soon(() => inSight('another needle'), 'find: and in sight');
await find.press('Enter');
await find.press('Enter');
await says('1 of 3 lines', 'find: after the last comes the first');
await find.press('Shift+Enter');
await says('3 of 3 lines', 'find: Shift+Enter goes back');
await previous.click();
await says('2 of 3 lines', 'find: as does the button');
await find.fill('<b>in a');
await says('1 of 1 line', 'find: markup is text to be found');
await find.fill('no such words');
await says('Not found', 'find: what is not there is said');
ok(await next.isDisabled() && await previous.isDisabled(), 'find: with nowhere to go');
await find.press('Escape');
is([await find.inputValue(), await found.innerText()], ['', ''], 'find: Escape gives it up');
ok(await log.evaluate(e => e === document.activeElement), 'find: and goes back to the log');
await page.keyboard.press('Control+f');
ok(await find.evaluate(e => e === document.activeElement), 'find: Ctrl+F leads to the box');

// --- the first error, and addresses of lines ---
await log.press('End'); // the browser scrolls there, and not at once
await soon(() => log.evaluate(e => e.scrollTop + e.clientHeight >= e.scrollHeight - 2), 'first error: the end is shown');
await button('First error').click();
is(await where(), number('error: the first one'), 'first error: has an address');
await soon(() => inSight('error: the first one'), 'first error: is in sight');
ok(await line('error: the first one').evaluate(e => e.classList.contains('at') && e.classList.contains('log-error')), 'first error: marked, as an error');
await page.reload();
await soon(() => inSight('error: the first one'), 'address: leads to its line again');
ok(await line('error: the first one').evaluate(e => e.classList.contains('at')), 'address: which is marked');
await log.press('Home');
await line(/row 3 of 120/).locator('.log-no').click();
is(await where(), number('row 3 of 120'), 'address: the number of a line is its address');
is(await log.locator('.at').count(), 1, 'address: one line is marked at a time');
await page.evaluate(n => {
	location.hash = `L${n}`;
}, number('the last needle'));
await soon(() => inSight('the last needle'), 'address: another one leads there');

// --- long lines ---
const long = line('long:0000');
const across = () => log.evaluate(e => e.scrollWidth > e.clientWidth);
await page.goto(`${here}#L${number('long:0000')}`);
await soon(() => long.isVisible(), 'wrap: a long line');
is([await pressed('Wrap'), await across(), Math.round((await long.boundingBox()).height)], ['false', true, 20], 'wrap: is one row, wider than the log');
await button('Wrap').click();
is(await pressed('Wrap'), 'true', 'wrap: a press wraps it');
await soon(async () => !await across() && (await long.boundingBox()).height >= 60, 'wrap: to several rows within the log');
await panel.clean(page, 'a log that is wrapped');
await page.reload();
await soon(() => long.isVisible(), 'wrap: after a reload');
is([await pressed('Wrap'), await across()], ['true', false], 'wrap: it is still so');
await button('Wrap').click();
await soon(across, 'wrap: until it is unwrapped');

// --- in the list ---
await page.goto('/deployments');
const row = page.locator('tbody tr:not(.loading)');
await soon(() => row.count().then(n => n === 1), 'list: it has the deployment');
const cell = name => row.locator(`td[data-label="${name}"]`);
is(await Promise.all(['Repository', 'Branch', 'Status', 'Author', 'Duration'].map(name => cell(name).innerText())),
	[d.repo, d.branch, 'Success', d.author, d.duration], 'list: what and whose it is, as the API has it');
ok(await page.locator('.pages').getByText('1 deployment', {exact: true}).isVisible(), 'list: which is one');
is(await cell('Commit').locator('code').innerText(), d.commit, 'list: of which commit');
is(await cell('Started').locator('time').getAttribute('datetime'), d.timestamp, 'list: and when');
await link(/^View logs/, row).click();
await at(new RegExp(`^${here}$`), 'list: its log is a press away');
await link('Back to Deployments').click();
await at(/^\/deployments$/, 'and so is the list');

await panel.end();
