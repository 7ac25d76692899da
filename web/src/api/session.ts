// session.ts - who is signed in, over all tabs of this browser.
//
// The access token lives in memory only; the refresh token in a cookie that no
// script can read. Renewing swaps that cookie, and using one twice ends the
// session, so only one tab renews at a time (Web Locks) and gives the others
// what it got (BroadcastChannel).
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
type Message = {type: 'grant'; held: Held} | {type: 'user'; user: User} | {type: 'out'} | {type: 'ask'};

const RENEW_BEFORE = 60_000;
const ASK_FOR = 80; // ms that another tab has to answer
// A hint only: without it nobody is asked whether a cookie is there.
const HINT = 'autostack.signed-in';

// undefined: not known yet, null: nobody
export const user = signal<User | null | undefined>(undefined);

let held: Held | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
const channel = new BroadcastChannel('autostack-session');

function hold(next: Held | null): void {
	clearTimeout(timer);
	held = next;
	// the same person is the same value: nothing is drawn anew for a new token
	if (user.value === undefined || JSON.stringify(user.value) !== JSON.stringify(next?.user ?? null))
		user.value = next?.user ?? null;
	if (next) {
		localStorage.setItem(HINT, '1');
		timer = setTimeout(() => void renew().catch(() => undefined), Math.max(next.until - Date.now(), 1000));
	} else {
		localStorage.removeItem(HINT);
	}
}

channel.onmessage = ({data}: MessageEvent<Message>) => {
	if (data.type === 'grant' && (!held || data.held.expires > held.expires || data.held.user.id !== held.user.id))
		hold(data.held);
	else if (data.type === 'user' && held)
		hold({...held, user: data.user});
	else if (data.type === 'out')
		hold(null);
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

async function refresh(): Promise<void> {
	let response: Response;
	try {
		response = await fetch('/api/auth/refresh', {
			method: 'POST',
			headers: {'Content-Type': 'application/json', 'X-Client': 'web'},
			body: '{}',
		});
	} catch {
		throw ApiError.unreachable();
	}
	const body = await response.json().catch(() => undefined);
	if (response.ok) {
		take(body as Grant);
		return;
	}
	const refusal = ApiError.from(body, response);
	if (isOver(refusal)) {
		hold(null);
		channel.postMessage({type: 'out'} satisfies Message);
	}
	throw refusal;
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
	await navigator.locks.request('autostack-session', async () => {
		if (fresh())
			return;
		await askOthers();
		if (!fresh() || held?.token === stale)
			await refresh();
	});
}

// At the start of every page.
export async function resume(): Promise<void> {
	if (localStorage.getItem(HINT) === null) {
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

export function token(): string | null {
	return held?.token ?? null;
}

// A 401 may also be about a password that was typed. Sent again, it would count
// as a second wrong one.
async function tokenRefused(response: Response): Promise<boolean> {
	if (response.status !== 401)
		return false;
	const body = await response.clone().json().catch(() => undefined) as {error?: {code?: string}} | undefined;
	return body?.error?.code === 'UNAUTHORIZED';
}

// fetch with the access token, renewed in time; a token that is refused is
// renewed once.
export async function authorized(request: Request): Promise<Response> {
	if (held && !fresh())
		await renew().catch(() => undefined);
	const again = request.clone();
	const used = token();
	const response = await send(request, used);
	if (used === null || !await tokenRefused(response))
		return response;
	try {
		await renew(used);
	} catch (thrown) {
		if (isOver(thrown))
			return response;
		throw thrown; // whether this may be asked is not known
	}
	return send(again, token());
}

async function send(request: Request, bearer: string | null): Promise<Response> {
	request.headers.set('X-Client', 'web');
	if (bearer)
		request.headers.set('Authorization', `Bearer ${bearer}`);
	try {
		return await fetch(request);
	} catch (thrown) {
		if (request.signal.aborted)
			throw thrown;
		throw ApiError.unreachable();
	}
}

addEventListener('visibilitychange', () => {
	if (document.visibilityState === 'visible' && held && !fresh())
		void renew().catch(() => undefined);
});
