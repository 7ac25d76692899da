// client.ts - every request of the panel, typed by the API's own document.
import createClient from 'openapi-fetch';
import {ApiError} from './error';
import type {paths} from './types';
import {authorized, unsigned} from './session';

export const api = createClient<paths>({fetch: authorized});
// What signs in: it needs no session, and waits for none.
export const door = createClient<paths>({fetch: unsigned});

interface Answer<T> {
	data?: T;
	error?: unknown;
	response: Response;
}

// What was answered; throws an ApiError when the API refused.
export async function ok<T>(answer: Promise<Answer<T>>): Promise<T> {
	const {data, error, response} = await answer;
	if (!response.ok)
		throw ApiError.from(error, response);
	return data as T;
}

// The same for what is to go: where it is gone already, that is what was wanted.
export async function gone(answer: Promise<Answer<unknown>>): Promise<void> {
	const answered = await answer;
	if (answered.response.status !== 404)
		await ok(Promise.resolve(answered));
}
