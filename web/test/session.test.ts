// session.test.ts - a token that is refused while it cannot be renewed; what is
// under way when a session ends.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {ApiError} from '../src/api/error';
import {followLog, type LogWire} from '../src/api/logstream';

const answer = (status: number, code: string) => Response.json({error: {code, message: `It says ${code}`}}, {status});

// What a browser has. What /auth/refresh answers, one after the other; the API
// takes the token that it gave. What is asked for is written down; what `slow`
// names is answered when the test says so.
const refreshed: (() => Response)[] = [];
const asked: string[] = [];
const slow = new Map<string, Promise<void>>();
let loggingOut = () => new Response(null, {status: 204});
const grant = (accessToken: string, id = 'ada') => ({user: {id} as never, accessToken, expiresIn: 900});
const give = (name: string, value: unknown) => Object.defineProperty(globalThis, name, {value, configurable: true});
give('BroadcastChannel', class {
	postMessage(): void {}
});
give('localStorage', {getItem: () => null, setItem: () => undefined, removeItem: () => undefined});
give('navigator', {locks: {request: (_: string, run: () => Promise<void>) => run()}});
give('document', {visibilityState: 'visible'});
give('addEventListener', () => undefined);
give('fetch', async (request: Request | string, {signal}: {signal?: AbortSignal} = {}) => {
	if (request === '/api/auth/refresh')
		return refreshed.shift()!();
	const path = typeof request === 'string' ? request : new URL(request.url).pathname;
	asked.push(path);
	await Promise.race([slow.get(path), new Promise((_, reject) => signal?.addEventListener('abort', () => {
		asked.push(`${path} stopped`);
		reject(signal.reason);
	}))].slice(0, slow.has(path) ? 2 : 1));
	if (typeof request === 'string')
		return loggingOut();
	return (request as Request).headers.get('Authorization') === 'Bearer new'
		? Response.json({logs: [], nextAfter: 0, complete: true}) : answer(401, 'UNAUTHORIZED');
});
const {authorized, begin, end, lapsed, leave, logout, user} = await import('../src/api/session');

async function ask(path = '/api/deployments/1/logs', method = 'GET') {
	const response = await authorized(new Request(`http://panel.example${path}`, {method}));
	const body = await response.json();
	if (!response.ok)
		throw ApiError.from(body, response);
	return body;
}

// What the promise has come to, once everything that can happen has.
function now(promise: Promise<unknown>): Promise<string> {
	return Promise.race([
		promise.then(() => 'done', thrown => thrown.message as string),
		new Promise<string>(resolve => setTimeout(resolve, 20, 'waits')),
	]);
}
const HAD_ENDED = /^Your session had ended before this was done/;

test('a session that is over has lapsed; what changes something is refused', async () => {
	for (const status of [401, 422]) {
		begin(grant('old'));
		refreshed.push(() => answer(status, 'UNAUTHORIZED'));
		await assert.rejects(ask('/api/projects', 'POST'), {status: 401, message: HAD_ENDED});
		assert.equal(lapsed.value, true);
		assert.equal(user.value?.id, 'ada');
		await assert.rejects(ask('/api/projects', 'POST'), {message: HAD_ENDED});
		leave();
		assert.equal(lapsed.value, false);
		assert.equal(user.value, null);
	}
});

test('what only reads waits for its owner, and is refused to others', async () => {
	const lose = () => {
		begin(grant('old'));
		refreshed.push(() => answer(401, 'UNAUTHORIZED'));
		return ask();
	};
	const lost = async (reading: Promise<unknown>) => {
		while (!lapsed.value)
			assert.equal(await now(reading), 'waits');
		assert.equal(await now(reading), 'waits');
	};
	let reading = lose();
	await lost(reading);
	asked.length = 0;
	const another = ask('/api/projects');
	assert.equal(await now(another), 'waits');
	assert.deepEqual(asked, []);
	begin(grant('new'));
	assert.equal(await now(reading), 'done');
	assert.equal(await now(another), 'done');
	assert.deepEqual(asked.sort(), ['/api/deployments/1/logs', '/api/projects']);

	reading = lose();
	await lost(reading);
	begin(grant('new', 'bob'));
	assert.match(await now(reading), HAD_ENDED);
	assert.equal(user.value?.id, 'bob');

	reading = lose();
	await lost(reading);
	leave();
	assert.match(await now(reading), HAD_ENDED);

	// before it was known that it has ended
	reading = lose();
	assert.equal(await now(reading), 'waits');
	begin(grant('new', 'bob'));
	assert.match(await now(reading), HAD_ENDED);
	refreshed.length = 0;
	end();
});

test('signing out waits for what changes something and stops the rest', async () => {
	let answerTheWrite!: () => void;
	let answerLogout!: () => void;
	begin(grant('new'));
	asked.length = 0;
	slow.set('/api/read', new Promise(() => undefined));
	slow.set('/api/write', new Promise(resolve => answerTheWrite = resolve));
	slow.set('/api/auth/logout', new Promise(resolve => answerLogout = resolve));
	const reading = ask('/api/read');
	const writing = ask('/api/write', 'POST');
	await now(reading);
	const out = logout(false);
	assert.equal(await now(writing), 'waits');
	assert.deepEqual(asked, ['/api/read', '/api/write', '/api/read stopped']);
	answerTheWrite();
	assert.equal(await now(writing), 'done');
	const late = ask('/api/projects');
	assert.equal(await now(late), 'waits');
	assert.deepEqual(asked.slice(3), ['/api/auth/logout']);
	answerLogout();
	await out;
	end();
	assert.match(await now(reading), HAD_ENDED);
	assert.match(await now(late), HAD_ENDED);
	assert.equal(asked.length, 4);
	slow.clear();
});

test('and when it does not work, what was stopped goes on', async () => {
	begin(grant('new'));
	loggingOut = () => answer(503, 'SERVICE_UNAVAILABLE');
	let answerLogout!: () => void;
	slow.set('/api/auth/logout', new Promise(resolve => answerLogout = resolve));
	slow.set('/api/read', new Promise(() => undefined));
	const reading = ask('/api/read');
	await now(reading);
	const out = logout(true);
	const late = ask('/api/projects', 'POST');
	assert.equal(await now(late), 'waits');
	slow.delete('/api/read');
	answerLogout();
	await assert.rejects(out, {status: 503});
	assert.equal(await now(reading), 'done');
	assert.equal(await now(late), 'done');
	assert.equal(user.value?.id, 'ada');
	slow.clear();
	end();
});

test('a renewal that did not work says why, and ends nothing', async () => {
	begin(grant('old'));
	const away = () => {
		throw new TypeError('fetch failed');
	};
	// once because its time has come, once because it was refused
	for (const [refusal, status] of [[() => answer(429, 'RATE_LIMIT_EXCEEDED'), 429], [() => answer(503, 'SERVICE_UNAVAILABLE'), 503], [away, 0]] as const) {
		refreshed.splice(0, Infinity, refusal, refusal);
		await assert.rejects(ask, {status});
		assert.notEqual(user.value, null);
	}
	end();
});

test('a log goes on after one', async () => {
	begin(grant('old'));
	refreshed.splice(0, Infinity, () => answer(503, 'SERVICE_UNAVAILABLE'), () => Response.json(grant('new')));
	const states: string[] = [];
	const wire: LogWire = {
		page: ask, ticket: async () => 'ticket', socket: () => assert.fail('the log is complete'),
		pause: () => new Promise(resolve => setImmediate(resolve)),
	};
	await new Promise<void>(done => followLog({
		last: () => 0, line: () => true, status: () => undefined,
		state: ({name}) => {
			states.push(name);
			if (name === 'ended' || name === 'stopped')
				done();
		},
	}, wire));
	assert.deepEqual(states, ['connecting', 'lost', 'connecting', 'ended']);
	end();
});
