import assert from 'node:assert/strict';
import {test} from 'node:test';
import {ApiError} from '../src/api/error';
import {followLog, type LinkState, type LogLine, type LogPage, type LogWire} from '../src/api/logstream';

const line = (seq: number): LogLine => ({seq, timestamp: '2026-01-01T00:00:00Z', level: 'info', message: `${seq}`});
const lines = (from: number, to: number) => Array.from({length: to - from + 1}, (_, i) => line(from + i));
const page = (from: number, to: number, complete = false): LogPage => ({logs: lines(from, to), nextAfter: to, complete});

class Socket {
	onopen: (() => void) | null = null;
	onclose: (() => void) | null = null;
	onmessages: ((texts: string[]) => void) | null = null;
	sent: string[] = [];
	closed = false;
	send(text: string): void {
		this.sent.push(text);
	}
	close(): void {
		this.closed = true;
	}
	say(message: object): void {
		this.onmessages?.([JSON.stringify(message)]);
	}
	log(from: number, to: number): void {
		for (const l of lines(from, to))
			this.say({type: 'log', ...l});
	}
}

// A reader, and a server that does what a test says: pages are answered from a
// list, sockets are handed out, pauses end at once and are noted.
function stage(pages: (LogPage | Error)[]) {
	const got: number[] = [];
	const states: LinkState[] = [];
	const statuses: string[] = [];
	const asked: number[] = [];
	const pauses: number[] = [];
	const sockets: Socket[] = [];
	const waiting: (() => void)[] = [];
	const wire: LogWire = {
		page: async after => {
			asked.push(after);
			const next = pages.shift();
			if (!next)
				return {logs: [], nextAfter: after, complete: false};
			if (next instanceof Error)
				throw next;
			return next;
		},
		ticket: async () => 'ticket',
		socket: () => {
			const socket = new Socket();
			sockets.push(socket);
			waiting.splice(0).forEach(tell => tell());
			return socket;
		},
		pause: async ms => {
			pauses.push(ms);
			await new Promise(resolve => setImmediate(resolve));
		},
	};
	const reader = {
		last: () => got.at(-1) ?? 0,
		line: (l: LogLine) => {
			if (l.seq > (got.at(-1) ?? 0) + 1)
				return false;
			if (l.seq === (got.at(-1) ?? 0) + 1)
				got.push(l.seq);
			return true;
		},
		state: (s: LinkState) => void states.push(s),
		status: (s: string) => void statuses.push(s),
	};
	const link = followLog(reader, wire);
	return {
		got, states, statuses, asked, pauses, link,
		names: () => states.map(s => s.name),
		// the n-th socket, once it was made
		socket: async (n: number) => {
			while (sockets.length < n)
				await new Promise<void>(tell => waiting.push(tell));
			await new Promise(resolve => setImmediate(resolve));
			return sockets[n - 1]!;
		},
		settle: async (done: () => boolean) => {
			for (let i = 0; i < 1000 && !done(); i++)
				await new Promise(resolve => setImmediate(resolve));
			assert.ok(done());
		},
	};
}

test('a short log that is over needs no socket', async () => {
	const s = stage([page(1, 3, true)]);
	await s.settle(() => s.names().includes('ended'));
	assert.deepEqual(s.got, [1, 2, 3]);
	assert.deepEqual(s.names(), ['connecting', 'ended']);
});

test('what follows comes over the socket, from behind the page on', async () => {
	const s = stage([page(1, 3)]);
	const socket = await s.socket(1);
	socket.onopen!();
	assert.deepEqual(JSON.parse(socket.sent[0]!), {type: 'subscribe', after: 3});
	socket.say({type: 'status_update', status: 'building'});
	socket.log(4, 6);
	socket.say({type: 'deployment_complete', status: 'success'});
	await s.settle(() => s.names().includes('ended'));
	assert.deepEqual(s.got, [1, 2, 3, 4, 5, 6]);
	assert.deepEqual(s.statuses, ['building', 'success']);
	assert.deepEqual(s.names(), ['connecting', 'live', 'ended']);
	assert.ok(socket.closed);
});

test('after a loss it goes on without a line lost or doubled', async () => {
	const s = stage([page(1, 2)]);
	const one = await s.socket(1);
	one.onopen!();
	one.log(3, 5);
	one.onclose!();
	const two = await s.socket(2);
	assert.deepEqual(s.asked, [0, 5]);
	two.onopen!();
	assert.deepEqual(JSON.parse(two.sent[0]!), {type: 'subscribe', after: 5});
	two.log(4, 8);
	two.say({type: 'deployment_complete', status: 'failed'});
	await s.settle(() => s.names().includes('ended'));
	assert.deepEqual(s.got, [1, 2, 3, 4, 5, 6, 7, 8]);
	assert.deepEqual(s.names(), ['connecting', 'live', 'lost', 'connecting', 'live', 'ended']);
});

test('a gap is a loss', async () => {
	const s = stage([page(1, 2)]);
	const one = await s.socket(1);
	one.onopen!();
	one.log(5, 6);
	const two = await s.socket(2);
	assert.deepEqual(s.got, [1, 2]);
	assert.ok(one.closed);
	two.onopen!();
	two.log(3, 4);
	assert.deepEqual(s.got, [1, 2, 3, 4]);
	s.link.stop();
});

test('who was too slow goes on at once', async () => {
	const s = stage([page(1, 1)]);
	const one = await s.socket(1);
	one.onopen!();
	one.say({type: 'lagged', after: 1});
	one.onclose!();
	await s.socket(2);
	assert.deepEqual(s.pauses, [0]);
	assert.ok(!s.names().includes('lost'));
	s.link.stop();
});

test('it waits longer from failure to failure, and no longer once it got on', async () => {
	const s = stage([ApiError.unreachable(), ApiError.unreachable(), ApiError.unreachable(), page(1, 1)]);
	const one = await s.socket(1);
	assert.deepEqual(s.pauses, [500, 1000, 2000]);
	one.onopen!();
	one.onclose!();
	const two = await s.socket(2);
	assert.equal(s.pauses[3], 500);
	two.onopen!();
	two.onclose!();
	await s.socket(3);
	assert.equal(s.pauses[4], 1000, 'nothing new came');
	s.link.stop();
});

test('a limit says itself when to come back', async () => {
	const s = stage([new ApiError('RATE_LIMIT_EXCEEDED', 'slower', 429, [], 20)]);
	await s.socket(1);
	assert.deepEqual(s.pauses, [20_000]);
	s.link.stop();
});

test('what is gone is not asked for again', async () => {
	const s = stage([new ApiError('DEPLOYMENT_NOT_FOUND', 'gone', 404)]);
	await s.settle(() => s.names().includes('stopped'));
	assert.deepEqual(s.states.at(-1), {name: 'stopped', why: 'gone'});
	assert.deepEqual(s.asked, [0]);
});

test('where no socket gets through it asks page by page', async () => {
	const s = stage([page(1, 2), page(3, 3), page(4, 5), page(6, 7, true)]);
	(await s.socket(1)).onclose!();
	(await s.socket(2)).onclose!();
	await s.settle(() => s.names().includes('ended'));
	assert.deepEqual(s.got, [1, 2, 3, 4, 5, 6, 7]);
	assert.ok(s.names().includes('asking'));
	assert.deepEqual(s.asked, [0, 2, 3, 5]);
});

test('stop ends all', async () => {
	const s = stage([page(1, 2)]);
	const one = await s.socket(1);
	one.onopen!();
	s.link.stop();
	assert.ok(one.closed);
	const before = s.states.length;
	await new Promise(resolve => setTimeout(resolve, 20));
	assert.equal(s.states.length, before);
});
