// logstream.ts - a deployment's log as it is written. What is there already
// comes over HTTP, a page when that is all of it; the rest and what follows
// over a WebSocket. After a loss it goes on behind the last line that the
// reader has, waiting longer from failure to failure. Where WebSockets do not
// get through, it asks page by page instead.
import {asApiError} from './error';
import type {Reply} from './types';

export type LogPage = Reply<'/api/deployments/{id}/logs', 'get'>;
export type LogLine = LogPage['logs'][number];

// connecting: about to; live: lines come as they are written; asking: the same,
// but asked for every few seconds; lost: not connected, tries again at `until`;
// ended: this is all of it; stopped: it makes no sense to go on.
export type LinkState =
	| {name: 'connecting' | 'live' | 'asking' | 'ended'}
	| {name: 'lost'; until: number} // Date.now()
	| {name: 'stopped'; why: string};

export interface LogReader {
	last(): number; // the last line it has
	// The next line. False: those between are missing.
	line(line: LogLine): boolean;
	state(state: LinkState): void;
	// Status of the deployment: it is another one now.
	status(status: string): void;
}

// What it stands on: logwire.ts, or what a test gives.
export interface LogWire {
	page(after: number): Promise<LogPage>;
	ticket(): Promise<string>;
	socket(ticket: string): LogSocket;
	// Resolves after so many ms; sooner when something hints that it is worth it.
	pause(ms: number, signal: AbortSignal): Promise<void>;
}

// What is needed of a WebSocket; messages may come several at a time.
export interface LogSocket {
	onopen: (() => void) | null;
	onmessages: ((texts: string[]) => void) | null;
	onclose: (() => void) | null;
	send(text: string): void;
	close(): void;
}

type Message =
	| {type: 'log'; seq: number; timestamp: string; level: LogLine['level']; message: string}
	| {type: 'status_update'; status: string}
	| {type: 'deployment_complete'; status: string}
	| {type: 'lagged'}
	| {type: 'error'; code: string; message: string};

// How one connection went.
interface Course {
	opened: boolean;
	complete: boolean;
	lagged: boolean; // we were too slow: go on at once
}

const WAIT_FIRST = 500;
const WAIT_LAST = 15_000;
const ASK_EVERY = 3000;
const ASK_NEXT = 650; // between full pages: 100 requests a minute are allowed
const BLOCKED_AFTER = 2; // connections in a row that were never made
const SOCKET_EVERY = 10; // rounds of asking until another is tried
const OPEN_WITHIN = 10_000;

// again: do not wait, or try whether the connection still is one.
export function followLog(reader: LogReader, wire: LogWire): {stop(): void; again(): void} {
	const stopped = new AbortController();
	let hurry = new AbortController(); // of the present pause or connection
	void follow(reader, wire, stopped.signal, () => {
		hurry = new AbortController();
		return hurry.signal;
	});
	return {
		stop: () => {
			stopped.abort();
			hurry.abort();
		},
		again: () => hurry.abort(),
	};
}

async function follow(reader: LogReader, wire: LogWire, stopped: AbortSignal, step: () => AbortSignal): Promise<void> {
	let blocked = 0;
	let wait = WAIT_FIRST;
	for (let round = 0; !stopped.aborted; round++) {
		const asking = blocked >= BLOCKED_AFTER;
		let delay: number;
		try {
			if (!asking)
				reader.state({name: 'connecting'});
			const before = reader.last();
			const page = await wire.page(before);
			if (stopped.aborted)
				return;
			page.logs.every(line => reader.line(line));
			if (page.complete) {
				reader.state({name: 'ended'});
				return;
			}
			if (asking && round % SOCKET_EVERY) {
				reader.state({name: 'asking'});
				wait = WAIT_FIRST;
				delay = page.logs.length ? ASK_NEXT : ASK_EVERY;
			} else {
				const ticket = await wire.ticket();
				if (stopped.aborted)
					return;
				const course = await connect(reader, wire.socket(ticket), step());
				if (stopped.aborted)
					return;
				if (course.complete) {
					reader.state({name: 'ended'});
					return;
				}
				blocked = course.opened ? 0 : blocked + 1;
				// it got somewhere: the next loss is a new one
				if (reader.last() > before)
					wait = WAIT_FIRST;
				delay = course.lagged ? 0 : wait;
			}
		} catch (thrown) {
			const error = asApiError(thrown);
			if (stopped.aborted)
				return;
			if (error.status === 401 || error.status === 403 || error.status === 404) {
				reader.state({name: 'stopped', why: error.message});
				return;
			}
			delay = Math.max(wait, (error.retryAfter ?? 0) * 1000);
			reader.state({name: 'lost', until: Date.now() + delay});
			wait = Math.min(wait * 2, WAIT_LAST);
			await wire.pause(delay, step());
			continue;
		}
		if (delay && blocked < BLOCKED_AFTER) {
			reader.state({name: 'lost', until: Date.now() + delay});
			wait = Math.min(wait * 2, WAIT_LAST);
		}
		await wire.pause(delay, step());
	}
}

// One connection to its end. signal ends it.
function connect(reader: LogReader, socket: LogSocket, signal: AbortSignal): Promise<Course> {
	const course: Course = {opened: false, complete: false, lagged: false};
	return new Promise(resolve => {
		let over = false;
		const end = () => {
			clearTimeout(late);
			over = true;
			socket.onopen = socket.onmessages = socket.onclose = null;
			socket.close();
			resolve(course);
		};
		const late = setTimeout(end, OPEN_WITHIN);
		signal.addEventListener('abort', end, {once: true});
		socket.onopen = () => {
			clearTimeout(late);
			course.opened = true;
			socket.send(JSON.stringify({type: 'subscribe', after: reader.last()}));
			reader.state({name: 'live'});
		};
		socket.onclose = end;
		const take = (text: string) => {
			const message = JSON.parse(text) as Message;
			switch (message.type) {
			case 'log':
				if (!reader.line(message))
					end();
				break;
			case 'status_update':
				reader.status(message.status);
				break;
			case 'deployment_complete':
				course.complete = true;
				reader.status(message.status);
				end();
				break;
			case 'lagged':
				course.lagged = true;
				break;
			case 'error':
				break; // a close with the reason follows
			}
		};
		socket.onmessages = texts => {
			for (let i = 0; i < texts.length && !over; i++)
				take(texts[i]!);
		};
	});
}
