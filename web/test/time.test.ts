// time.test.ts - times as people say them.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {ago} from '../src/ui/time';

const NOW = Date.parse('2026-12-01T12:00:00Z');
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function said(seconds: number): string {
	return ago(NOW + seconds * 1000, NOW);
}

test('what is a few seconds off is just now, or in a moment', () => {
	assert.equal(said(0), 'just now');
	assert.equal(said(-9), 'just now');
	assert.equal(said(1), 'in a moment');
	assert.equal(said(9), 'in a moment');
	assert.equal(said(-10), '10 seconds ago');
	assert.equal(said(10), 'in 10 seconds');
});

test('the nearest number is said, not the one below', () => {
	assert.equal(said(119), 'in 2 minutes');
	assert.equal(said(-100), '2 minutes ago');
	assert.equal(said(-89), '1 minute ago');
	assert.equal(ago(Date.parse('2027-03-01T12:00:00Z'), NOW), 'in 3 months');
	assert.equal(ago(Date.parse('2027-02-28T09:00:00Z'), NOW), 'in 3 months');
});

test('what rounds to a whole of the next unit is said in that', () => {
	assert.equal(said(-59.7 * MINUTE), '1 hour ago');
	assert.equal(said(23.7 * HOUR), 'in 1 day');
	assert.equal(said(-6.8 * DAY), '1 week ago');
	assert.equal(said(-29 * DAY), '4 weeks ago');
	assert.equal(said(-30 * DAY), '1 month ago');
	assert.equal(said(-355 * DAY), '12 months ago');
	assert.equal(said(-365 * DAY), '1 year ago');
});

test('a number says it, not a word that a calendar may contradict', () => {
	assert.equal(ago(Date.parse('2026-10-22T12:00:00Z'), NOW), '1 month ago');
	assert.equal(said(-8 * DAY), '1 week ago');
	assert.equal(said(30 * HOUR), 'in 1 day');
});
