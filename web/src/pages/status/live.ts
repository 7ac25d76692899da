// live.ts - what the status page shows, kept up to date: by a WebSocket that
// tells services and figures every three seconds, else by asking again. What
// nobody pushes, the days and the incidents, is asked for now and then.
import {useCallback, useEffect, useRef, useState} from 'preact/hooks';
import {api, ok} from '../../api/client';
import {asApiError, type ApiError} from '../../api/error';
import type {Day, Incident, Metrics, Service} from './words';

export interface Status {
	services?: Service[];
	metrics?: Metrics;
	history?: Day[];
	incidents?: Incident[];
	pushed: boolean; // by the WebSocket
	stale: boolean; // the API is away, nginx answers from the last checks
	error: ApiError | null; // of the last request
	at: number | null; // when the last of it came
	reload(): void;
}
type Data = Pick<Status, 'services' | 'metrics' | 'history' | 'incidents'>;
type Message =
	| {type: 'service_update'; service: string; status: Service['status']; uptime: number | null; responseTime: number | null; lastCheckedAt?: string}
	| {type: 'metrics_update'; metrics: Partial<Metrics>};

const ASK = 15_000;
const ASK_REST = 30_000; // as long as answers are kept by nginx
const SILENT = 15_000; // a socket that says nothing for so long is dead
const AGAIN = 3_000; // after one that worked
const REFUSED = 60_000; // a refusal is an error in the console, so seldom

// Without the API nginx answers from the file of the checks, which it wants
// kept nowhere. STALE alone is a copy that is being renewed, seconds old.
function fromChecks(headers: Headers): boolean {
	return headers.get('X-Cache') === 'STALE' && (headers.get('Cache-Control') ?? '').includes('no-store');
}

// A message of the stream put into what is known.
function merged(data: Data, message: Message): Data {
	switch (message.type) {
	case 'service_update':
		return {
			...data,
			services: data.services?.map(s => s.name === message.service
				? {...s, status: message.status, uptime: message.uptime, responseTime: message.responseTime,
					lastCheckedAt: message.lastCheckedAt ?? (message.status === 'unknown' ? s.lastCheckedAt : new Date().toISOString())}
				: s),
		};
	case 'metrics_update':
		return data.metrics ? {...data, metrics: {...data.metrics, ...message.metrics}} : data;
	default:
		return data;
	}
}

// Opens it, and again when it closes; told says what has come, live whether it
// is to be relied on. Ends with what is returned.
function listen(told: (message: Message) => void, live: (is: boolean) => void): () => void {
	let socket: WebSocket | undefined;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let silence: ReturnType<typeof setTimeout> | undefined;
	let notBefore = 0;
	const alive = () => {
		clearTimeout(silence);
		silence = setTimeout(() => socket?.close(), SILENT);
	};
	const later = (ms: number) => {
		notBefore = Date.now() + ms;
		clearTimeout(timer);
		timer = setTimeout(open, ms);
	};
	const open = () => {
		if (socket || document.visibilityState !== 'visible')
			return;
		if (Date.now() < notBefore) {
			later(notBefore - Date.now());
			return;
		}
		let heard = false;
		const own = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/status/stream`);
		socket = own;
		alive();
		own.onmessage = ({data}) => {
			if (socket !== own)
				return;
			heard = true;
			alive();
			live(true);
			try {
				told(JSON.parse(String(data)) as Message);
			} catch {
				own.close();
			}
		};
		own.onclose = () => {
			if (socket !== own)
				return;
			close();
			later(heard ? AGAIN : REFUSED);
		};
	};
	const close = () => {
		const old = socket;
		socket = undefined;
		clearTimeout(silence);
		live(false);
		old?.close();
	};
	// nobody looks: no socket is kept for that
	const seen = () => document.visibilityState === 'visible' ? open() : close();
	addEventListener('visibilitychange', seen);
	open();
	return () => {
		removeEventListener('visibilitychange', seen);
		clearTimeout(timer);
		close();
	};
}

export function useStatus(): Status {
	const [data, setData] = useState<Data>({});
	const [pushed, setPushed] = useState(false);
	const [stale, setStale] = useState(false);
	const [error, setError] = useState<ApiError | null>(null);
	const [at, setAt] = useState<number | null>(null);
	const live = useRef(false);
	const asking = useRef(0);

	const ask = useCallback(async (rest: boolean) => {
		let old = false;
		asking.current++;
		// each is shown when it comes: one that is slow keeps none waiting, and
		// no task of the browser's is as long as all of them
		const show = async <T>(answer: Promise<{data?: T; error?: unknown; response: Response}>, part: (body: T) => Data) => {
			const body = part(await ok(answer));
			old ||= fromChecks((await answer).response.headers);
			setData(d => ({...d, ...body}));
			setAt(Date.now());
		};
		try {
			await Promise.all([
				// while the socket tells them they are asked for once only
				!(live.current && !rest) && show(api.GET('/api/status/services'), r => ({services: r.services})),
				rest && show(api.GET('/api/status/metrics'), r => ({metrics: r.metrics})),
				rest && show(api.GET('/api/status/history'), r => ({history: r.history})),
				rest && show(api.GET('/api/status/incidents'), r => ({incidents: r.incidents})),
			]);
			setStale(old);
			setError(null);
		} catch (thrown) {
			setError(asApiError(thrown));
		}
		asking.current--;
	}, []);

	useEffect(() => {
		void ask(true);
		let lastRest = Date.now();
		const again = () => {
			if (document.visibilityState !== 'visible' || asking.current)
				return;
			const rest = Date.now() - lastRest >= ASK_REST;
			if (rest)
				lastRest = Date.now();
			if (rest || !live.current)
				void ask(rest);
		};
		const timer = setInterval(again, ASK);
		addEventListener('visibilitychange', again);
		const stop = listen(message => {
			setData(d => merged(d, message));
			setAt(Date.now());
		}, is => {
			live.current = is;
			setPushed(is);
		});
		return () => {
			clearInterval(timer);
			removeEventListener('visibilitychange', again);
			stop();
		};
	}, []);

	return {...data, pushed, stale, error, at, reload: () => void ask(true)};
}
