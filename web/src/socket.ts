// socket.ts - a WebSocket beside the page: a worker takes the messages, which
// cost the browser far more than what is in them, and hands them over many at a
// time. So the page stays smooth while a build writes thousands of lines a
// second. api/logwire.ts speaks to it.

// what the page tells: an address to open first, texts to send, null to end
export type ToSocket = {url: string} | {send: string} | null;
// what it hears
export type FromSocket = 'open' | 'close' | string[];

const BATCH = 16; // ms, a frame

// The types are those of a page, where a worker's own end looks like this.
const page = self as unknown as {postMessage(m: FromSocket): void; onmessage: (e: MessageEvent<ToSocket>) => void; close(): void};
let socket: WebSocket | undefined;
let texts: string[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

function hand(): void {
	timer = undefined;
	if (texts.length)
		page.postMessage(texts);
	texts = [];
}

function open(url: string): void {
	socket = new WebSocket(url);
	socket.onopen = () => page.postMessage('open');
	socket.onmessage = ({data}: MessageEvent<string>) => {
		texts.push(data);
		timer ??= setTimeout(hand, BATCH);
	};
	socket.onclose = () => {
		hand();
		page.postMessage('close');
	};
}

page.onmessage = ({data}) => {
	if (data === null) {
		socket?.close();
		page.close();
	} else if ('url' in data) {
		open(data.url);
	} else {
		socket?.send(data.send);
	}
};
