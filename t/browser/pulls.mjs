// pulls.mjs - a project's pull requests, as GitHub's deliveries change them
// below the page.
import {createHmac} from 'node:crypto';
import {is, like, ok, Panel, soon} from './panel.mjs';

const [, , repository] = process.argv;
const panel = await Panel.start();
const {body: project} = await panel.api('ada', 'POST', '/api/projects', {name: 'shop', repository});
const {body: hook} = await panel.api('ada', 'POST', `/api/projects/${project.id}/webhook-secret`, {});

let n = 0;
async function deliver(event, said) {
	const body = JSON.stringify({...said, repository: {full_name: 'git/shop'}});
	const response = await fetch(hook.url, {method: 'POST', body, headers: {
		'Content-Type': 'application/json', 'X-GitHub-Event': event, 'X-GitHub-Delivery': `d-${++n}`,
		'X-Hub-Signature-256': `sha256=${createHmac('sha256', hook.secret).update(body).digest('hex')}`,
	}});
	return (await response.json()).verdict;
}
const pull = (action, number, digit) => deliver('pull_request', {action, number, pull_request: {
	title: `Pull ${number}`, updated_at: `2026-01-20T10:00:${10 + n}Z`, user: {login: 'eve'}, head: {ref: 'topic', sha: digit.repeat(40), repo: {full_name: 'eve/shop'}}}});

// ---- what is approved is what was shown ----
is(await pull('opened', 8, 'b'), 'waits_for_approval', "a fork's pull request waits");
const page = await panel.page({as: 'ada'});
panel.expected.push(/status of 409/);
await page.goto(`/projects/${project.id}/previews`);
await page.getByRole('button', {name: 'Approve #8 Pull 8'}).click();
const dialog = page.getByRole('dialog');
const build = digit => dialog.getByRole('button', {name: `Build ${digit.repeat(7)}`, exact: true});
await soon(() => build('b').isVisible(), 'PEER-10 its owner is asked about the commit by name');
is(await pull('synchronize', 8, 'c'), 'waits_for_approval', 'meanwhile another one is pushed');
await build('b').click();
await soon(() => dialog.getByText('A newer commit was pushed to it').isVisible(), 'PEER-10 that is not what is approved, and it is said');
const preview = async () => (await panel.api('ada', 'GET', `/api/projects/${project.id}/previews`)).body.previews[0];
is((await preview()).state, 'waiting', 'PEER-10 nor is anything approved');
ok(await build('b').isVisible() && await dialog.getByText('ccccccc').isVisible(), 'the new one is shown, and not put in its place');
await dialog.getByRole('button', {name: 'Ask about that one'}).click();
await soon(() => build('c').isVisible(), 'until its owner says so');
is(await panel.violations(page), [], 'the dialog is accessible');
await build('c').click();
await page.waitForURL('**/deployments/*');
const approved = await preview();
is([approved.state, approved.commit], ['open', 'c'.repeat(40)], 'PEER-10 then it is approved');
like(page.url(), new RegExp(`${approved.deploymentId}$`), 'and built');

// ---- a delivery is judged again where that can lead to something ----
is(await deliver('push', {ref: 'refs/heads/next', after: 'd'.repeat(40), head_commit: {message: 'ahead'}}), 'branch_not_tracked', 'a push to another branch');
is(await pull('closed', 8, 'c'), 'preview_closed', 'the end of the pull request');
await page.reload();
await soon(() => page.getByRole('button', {name: 'Delete'}).isVisible(), 'its deployment has ended too');
ok(await page.getByRole('button', {name: 'Redeploy'}).isHidden(), 'and is not offered to be made again');
await page.goto(`/projects/${project.id}/deliveries`);
const row = text => page.getByRole('row').filter({hasText: text});
const again = text => row(text).getByRole('button', {name: 'Redeliver'});
await soon(() => again('ahead').isVisible(), 'what led to nothing has a button');
ok(await row('Its preview is removed').isVisible() && await again('Its preview is removed').isHidden(), 'what has closed something has none');
ok(await row('pull_request #8').first().isVisible(), 'and tells which pull request it was about');
await panel.api('ada', 'PUT', `/api/projects/${project.id}`, {branch: 'next'});
await again('ahead').click();
await soon(() => row('ahead').getByText('Deployed', {exact: true}).isVisible(), 'pressed, it deploys by the settings of now');
ok(await again('ahead').isHidden(), 'and not a second time');
is(await panel.violations(page), [], 'the page is accessible');

await panel.end();
