// session.ts - who is signed in, over all tabs of this browser.
//
// The access token lives in memory only; the refresh token in a cookie that no
// script can read. Renewing swaps that cookie, and using one twice ends the
// session, so only one tab renews at a time (Web Locks) and gives the others
// what it got (BroadcastChannel).
//
// A session ends because somebody signs out, or by itself: it expired, or was
// ended from elsewhere. Then it has lapsed: the page still is its owner's, who
// may sign in again and go on, until the app gives up on that (leave).
import {signal} from '@preact/signals';
import {ApiError} from './error';
import type {components} from './types';

export type User = components['User'];
interface Grant {
	user: User;
	accessToken: string;
	csrfToken?: string;
	expiresIn: number; // seconds
}
interface Held {
	token: string;
	until: number; // Date.now() at which it is renewed
	expires: number;
	user: User;
}
// closing: it is about to be ended; out: it was; lapsed: it has ended by itself
type Message = {type: 'grant'; held: Held} | {type: 'user'; user: User} | {type: 'closing' | 'out' | 'lapsed' | 'ask'};

const LOCK = 'autostack-session';
const RENEW_BEFORE = 60_000;
const ASK_FOR = 80; // ms that another tab has to answer
const WAIT_FOR_WRITES = 3000; // ms
// A hint only: without it nobody is asked whether a cookie is there.
const HINT = 'autostack.signed-in';

// undefined: not known yet, null: nobody
export const user = signal<User | null | undefined>(undefined);
// the session of this user has lapsed
export const lapsed = signal(false);

let held: Held | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
const channel = new BroadcastChannel(LOCK);

// While a session is being ended, or has lapsed, nothing is sent for it: what
// comes back would be a refusal. It waits until the session goes on; when that
// does not, it is refused with these words, after the page that asked is gone.
// What would have changed something does not wait for somebody to sign in again,
// which may be hours later: it is refused at once.
class Halt extends ApiError {
	goOn!: () => void;
	giveUp!: () => void;
	readonly over = new Promise<void>((resolve, reject) => {
		this.goOn = resolve;
		this.giveUp = () => reject(this);
	});

	constructor() {
		super('UNAUTHORIZED', 'Your session had ended before this was done. Please try again once you are signed in.', 401);
		this.over.catch(() => undefined); // there need not be anybody who waits
	}
}
let halt: Halt | null = null;
const stops = new Set<(halt: Halt) => void>();
const writes = new Set<Promise<unknown>>();

function stop(): Halt {
	halt ??= new Halt();
	for (const told of stops)
		told(halt);
	return halt;
}

// One that nobody will go on after.
function ended(): Halt {
	const halt = new Halt();
	halt.giveUp();
	return halt;
}

function goOn(): void {
	halt?.goOn();
	halt = null;
}

function hold(next: Held | null): void {
	clearTimeout(timer);
	// what was asked for somebody else is answered to nobody
	const before = next?.user.id === user.value?.id ? null : stop();
	if (!before && lapsed.value)
		goOn();
	held = next;
	lapsed.value = false;
	// the same person is the same value: nothing is drawn anew for a new token
	if (user.value === undefined || JSON.stringify(user.value) !== JSON.stringify(next?.user ?? null))
		user.value = next?.user ?? null;
	if (next) {
		localStorage.setItem(HINT, '1');
		timer = setTimeout(() => void renew().catch(() => undefined), Math.max(next.until - Date.now(), 1000));
	} else {
		localStorage.removeItem(HINT);
	}
	if (before) {
		halt = null;
		before.giveUp();
	}
}

channel.onmessage = ({data}: MessageEvent<Message>) => {
	if (data.type === 'grant' && (!held || data.held.expires > held.expires || data.held.user.id !== held.user.id))
		hold(data.held);
	else if (data.type === 'user' && held)
		hold({...held, user: data.user});
	else if (data.type === 'closing' && held)
		void waitForClosing(stop());
	else if (data.type === 'out')
		hold(null);
	else if (data.type === 'lapsed')
		lapse();
	else if (data.type === 'ask' && held && held.until > Date.now())
		channel.postMessage({type: 'grant', held} satisfies Message);
};

function take(grant: Grant): void {
	const now = Date.now();
	const life = grant.expiresIn * 1000;
	hold({
		token: grant.accessToken,
		until: now + life - Math.min(RENEW_BEFORE, life / 4),
		expires: now + life,
		user: grant.user,
	});
	channel.postMessage({type: 'grant', held: held!} satisfies Message);
}

function fresh(): boolean {
	return held !== null && held.until > Date.now();
}

// Another tab may have a token already.
async function askOthers(): Promise<void> {
	channel.postMessage({type: 'ask'} satisfies Message);
	for (const end = Date.now() + ASK_FOR; !fresh() && Date.now() < end;)
		await new Promise(resolve => setTimeout(resolve, 10));
}

// What is about the session itself, so that nothing stops or renews it.
async function post(path: string, body: object, bearer?: string): Promise<unknown> {
	let response: Response;
	try {
		response = await fetch(path, {
			method: 'POST',
			headers: {'Content-Type': 'application/json', 'X-Client': 'web', ...(bearer ? {Authorization: `Bearer ${bearer}`} : {})},
			body: JSON.stringify(body),
		});
	} catch {
		throw ApiError.unreachable();
	}
	const answer = await response.json().catch(() => undefined);
	if (!response.ok)
		throw ApiError.from(answer, response);
	return answer;
}

async function refresh(): Promise<void> {
	try {
		take(await post('/api/auth/refresh', {}) as Grant);
	} catch (thrown) {
		if (isOver(thrown)) {
			lapse();
			channel.postMessage({type: 'lapsed'} satisfies Message);
		}
		throw thrown;
	}
}

function lapse(): void {
	if (!user.value) {
		hold(null);
		return;
	}
	clearTimeout(timer);
	held = null;
	localStorage.removeItem(HINT);
	stop();
	lapsed.value = true;
}

// Whether there is no session any more. 422: there is no cookie. Anything else
// (429, 5xx, unreachable) says nothing about it.
function isOver(thrown: unknown): boolean {
	return thrown instanceof ApiError && (thrown.status === 401 || thrown.status === 422);
}

// Sees to it that there is a token that will do for a while. stale: a token
// that the API has refused, whatever its time says.
export async function renew(stale?: string): Promise<void> {
	if (stale && held?.token === stale)
		held.until = 0;
	const had = held ?? user.value ?? stale;
	await navigator.locks.request(LOCK, async () => {
		if (fresh())
			return;
		if (had && !held)
			throw halt ?? ended(); // the cookie is good for nothing
		await askOthers();
		if (!fresh() || held?.token === stale)
			await refresh();
	});
}

// Somebody seems to be signed in: who it is has to be asked.
export function isLikely(): boolean {
	return localStorage.getItem(HINT) !== null;
}

// At the start of every page.
export async function resume(): Promise<void> {
	if (!isLikely()) {
		hold(null);
		return;
	}
	try {
		await renew();
	} catch (thrown) {
		if (user.value === undefined && isOver(thrown))
			hold(null);
		else if (user.value === undefined)
			throw thrown;
	}
}

// After signing in or up; the answer's body.
export function begin(grant: Grant): void {
	take(grant);
}

// The profile has changed.
export function changed(next: User): void {
	if (held) {
		hold({...held, user: next});
		channel.postMessage({type: 'user', user: next} satisfies Message);
	}
}

// Here and in every tab, whatever the server thinks of it.
export function end(): void {
	hold(null);
	channel.postMessage({type: 'out'} satisfies Message);
}

// A session that has lapsed is not taken up again in this tab.
export function leave(): void {
	hold(null);
}

// Ends the session at the server, or all of the account's; end() is for who
// calls. Nothing is under way then that would be refused: what changes something
// has been answered, the rest is stopped, in the other tabs as well. When it does
// not work, all goes on.
export async function logout(all: boolean): Promise<void> {
	if (held && !fresh())
		await renew().catch(() => undefined);
	if (!held)
		throw ended();
	await navigator.locks.request(LOCK, async () => {
		stop();
		channel.postMessage({type: 'closing'} satisfies Message);
		await Promise.race([Promise.allSettled(writes), new Promise(resolve => setTimeout(resolve, WAIT_FOR_WRITES))]);
		const ask = () => post('/api/auth/logout', {all}, held?.token);
		try {
			await ask().catch(async thrown => {
				if (!isRefusal(thrown))
					throw thrown;
				await refresh();
				await ask();
			});
		} catch (thrown) {
			if (!lapsed.value)
				goOn();
			throw thrown;
		}
	});
}

// What another tab does is known when it has the lock no more, even when it was
// closed in the middle of it; its word about that may take a moment longer.
async function waitForClosing(began: Halt): Promise<void> {
	await navigator.locks.request(LOCK, () => undefined);
	await new Promise(resolve => setTimeout(resolve, ASK_FOR));
	if (halt === began && !lapsed.value)
		goOn();
}

export function token(): string | null {
	return held?.token ?? null;
}

// A 401 may also be about a password that was typed. Sent again, it would count
// as a second wrong one.
function isRefusal(thrown: unknown): boolean {
	return thrown instanceof ApiError && thrown.status === 401 && thrown.code === 'UNAUTHORIZED';
}

async function tokenRefused(response: Response): Promise<boolean> {
	return response.status === 401 && isRefusal(ApiError.from(await response.clone().json().catch(() => undefined), response));
}

// fetch with the access token, renewed in time; a token that is refused is
// renewed once. Never with the token of somebody else who has signed in since.
export async function authorized(request: Request): Promise<Response> {
	const whose = user.value?.id;
	for (let renewed = false; ;) {
		if (halt)
			await waitOrRefuse(request, halt);
		if (held && !fresh())
			await renew().catch(() => undefined);
		if (halt)
			continue;
		if (user.value?.id !== whose)
			throw ended();
		const used = token();
		try {
			const response = await send(request.clone(), used);
			if (used === null || renewed || !await tokenRefused(response))
				return response;
			renewed = true;
			await renew(used);
		} catch (thrown) {
			if (!(thrown instanceof Halt) && !isOver(thrown))
				throw thrown; // whether this may be asked is not known
			await waitOrRefuse(request, thrown instanceof Halt ? thrown : halt ?? ended());
		}
	}
}

async function waitOrRefuse(request: Request, by: Halt): Promise<void> {
	if (request.method !== 'GET' && (lapsed.value || !user.value))
		throw by;
	await by.over;
	request.signal.throwIfAborted();
}

// fetch for nobody: what signs in. It goes while a session has lapsed, too.
export function unsigned(request: Request): Promise<Response> {
	return send(request, null);
}

async function send(request: Request, bearer: string | null): Promise<Response> {
	request.headers.set('X-Client', 'web');
	if (bearer)
		request.headers.set('Authorization', `Bearer ${bearer}`);
	try {
		if (!bearer)
			return await fetch(request);
		return await (request.method === 'GET'
			? stoppable(signal => fetch(request, {signal}), request.signal)
			: counted(fetch(request)));
	} catch (thrown) {
		if (request.signal.aborted || thrown instanceof Halt)
			throw thrown;
		throw ApiError.unreachable();
	}
}

// Calls told when nothing must go on for the session any more, at once when that
// is so already; over resolves when it may again. Until the answer is called.
export function onStop(told: (halt: {over: Promise<void>}) => void): () => void {
	stops.add(told);
	if (halt)
		told(halt);
	return () => stops.delete(told);
}

// Runs what is stopped with the session, or by also; rejects with words then.
export async function stoppable<T>(run: (signal: AbortSignal) => Promise<T>, also: AbortSignal): Promise<T> {
	const control = new AbortController();
	const abort = () => control.abort(also.reason);
	also.addEventListener('abort', abort, {once: true});
	if (also.aborted)
		abort();
	const off = onStop(halt => control.abort(halt));
	try {
		return await run(control.signal);
	} catch (thrown) {
		throw control.signal.reason instanceof Halt ? control.signal.reason : thrown;
	} finally {
		off();
	}
}

async function counted<T>(work: Promise<T>): Promise<T> {
	writes.add(work);
	try {
		return await work;
	} finally {
		writes.delete(work);
	}
}

addEventListener('visibilitychange', () => {
	if (document.visibilityState === 'visible' && held && !fresh())
		void renew().catch(() => undefined);
});
