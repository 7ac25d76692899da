// error.test.ts - what people read of a refusal.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {ApiError, wordsOf} from '../src/api/error';

function said(message: string, retryAfter?: string): string {
	const response = new Response('', {status: 429, headers: retryAfter ? {'Retry-After': retryAfter} : {}});
	return ApiError.from({error: {code: 'X', message}}, response).message;
}

test('when to try again is said once, in a unit that people use', () => {
	assert.equal(said('Too many requests', '1'), 'Too many requests. Please try again in 1 second.');
	assert.equal(said('Too many requests.', '60'), 'Too many requests. Please try again in 60 seconds.');
	assert.equal(said('Too many requests', '91'), 'Too many requests. Please try again in 2 minutes.');
	assert.equal(said('Too many requests', '3600'), 'Too many requests. Please try again in 60 minutes.');
});

test('without a time nothing is said of one', () => {
	for (const after of [undefined, '0', '-5', 'Wed, 21 Oct 2026 07:28:00 GMT'])
		assert.equal(said('Too many requests', after), 'Too many requests');
});

test('what is not the API has words, too', () => {
	assert.equal(ApiError.from(undefined, new Response('<html>', {status: 502})).message, 'The server answered 502.');
});

test('what the browser throws is not what people read', async () => {
	const hotel = await new Response('<html>').json().catch((thrown: unknown) => thrown);
	assert.ok(hotel instanceof SyntaxError);
	for (const thrown of [hotel, new TypeError('Failed to fetch'), undefined])
		assert.equal(wordsOf(thrown), ApiError.unreachable().message);
	assert.equal(wordsOf(new ApiError('X', 'It is taken', 409)), 'It is taken');
	assert.equal(wordsOf(new Error('The browser did not allow it.')), 'The browser did not allow it.');
});
