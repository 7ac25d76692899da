// session.test.ts - a token that is refused while it cannot be renewed.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {ApiError} from '../src/api/error';
import {followLog, type LogWire} from '../src/api/logstream';

const answer = (status: number, code: string) => Response.json({error: {code, message: `It says ${code}`}}, {status});

// What a browser has. What /auth/refresh answers, one after the other; the API
// takes the token that it gave.
const refreshed: (() => Response)[] = [];
const grant = (accessToken: string) => ({user: {id: 'ada'} as never, accessToken, expiresIn: 900});
const give = (name: string, value: unknown) => Object.defineProperty(globalThis, name, {value, configurable: true});
give('BroadcastChannel', class {
	postMessage(): void {}
});
give('localStorage', {getItem: () => null, setItem: () => undefined, removeItem: () => undefined});
give('navigator', {locks: {request: (_: string, run: () => Promise<void>) => run()}});
give('document', {visibilityState: 'visible'});
give('addEventListener', () => undefined);
give('fetch', async (request: Request | string) => {
	if (request === '/api/auth/refresh')
		return refreshed.shift()!();
	return (request as Request).headers.get('Authorization') === 'Bearer new'
		? Response.json({logs: [], nextAfter: 0, complete: true}) : answer(401, 'UNAUTHORIZED');
});
const {authorized, begin, end, user} = await import('../src/api/session');

async function ask() {
	const response = await authorized(new Request('http://panel.example/api/deployments/1/logs'));
	const body = await response.json();
	if (!response.ok)
		throw ApiError.from(body, response);
	return body;
}

test('a session that is over is what was answered', async () => {
	for (const status of [401, 422]) {
		begin(grant('old'));
		refreshed.push(() => answer(status, 'UNAUTHORIZED'));
		await assert.rejects(ask, {status: 401});
		assert.equal(user.value, null);
	}
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
