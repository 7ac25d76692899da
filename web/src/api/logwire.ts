// logwire.ts - what logstream.ts stands on: the API and a WebSocket.
import {api, ok} from './client';
import {onStop} from './session';
import type {FromSocket, ToSocket} from '../socket';
import type {LogPage, LogSocket, LogWire} from './logstream';

declare const SOCKET_URL: string; // build.mjs puts it in: socket.ts as a file of its own

const PAGE = 1000;

function openSocket(url: string): LogSocket {
	const worker = new Worker(SOCKET_URL);
	const tell = (message: ToSocket) => worker.postMessage(message);
	const socket: LogSocket = {
		onopen: null,
		onmessages: null,
		onclose: null,
		send: text => tell({send: text}),
		close: () => {
			off();
			tell(null);
		},
	};
	const closed = () => socket.onclose?.();
	worker.onmessage = ({data}: MessageEvent<FromSocket>) => {
		if (data === 'open')
			socket.onopen?.();
		else if (data === 'close')
			closed();
		else
			socket.onmessages?.(data);
	};
	worker.onerror = closed;
	// the reader hears of it when it makes sense to open another one
	const off = onStop(({over}) => {
		tell(null);
		over.then(closed, () => undefined);
	});
	tell({url});
	return socket;
}

export function logWire(id: string): LogWire {
	const path = `/api/deployments/${id}/logs/stream`;
	return {
		// the document says text as well, which only comes when asked for
		page: after => ok(api.GET('/api/deployments/{id}/logs', {params: {path: {id}, query: {after, limit: PAGE}}})) as Promise<LogPage>,
		ticket: async () => (await ok(api.POST('/api/ws-ticket', {body: {path}}))).ticket,
		socket: ticket => openSocket(`${location.origin.replace(/^http/, 'ws')}${path}?token=${encodeURIComponent(ticket)}`),
		pause: (ms, signal) => new Promise(resolve => {
			const done = () => {
				clearTimeout(timer);
				removeEventListener('online', done);
				removeEventListener('visibilitychange', seen);
				signal.removeEventListener('abort', done);
				resolve();
			};
			// at once when the network is back or somebody looks again
			const seen = () => {
				if (document.visibilityState === 'visible')
					done();
			};
			const timer = setTimeout(done, ms);
			addEventListener('online', done);
			addEventListener('visibilitychange', seen);
			signal.addEventListener('abort', done);
		}),
	};
}

// All of it as text, with what no longer is in the viewer.
export async function rawLog(id: string): Promise<string> {
	return ok(api.GET('/api/deployments/{id}/logs', {params: {path: {id}}, headers: {Accept: 'text/plain'}, parseAs: 'text'})) as Promise<string>;
}
