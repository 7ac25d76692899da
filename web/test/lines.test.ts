import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Find} from '../src/pages/deployment/find';
import {Lines, severity, Wrapped, type Level} from '../src/pages/deployment/lines';

const line = (seq: number, message = `[00:01] line ${seq}`, level: Level = 'info') =>
	({seq, timestamp: '2026-01-02T03:04:05Z', level, message});
const many = (n: number, lines = new Lines()) => {
	for (let seq = 1; seq <= n; seq++)
		lines.add(line(seq));
	return lines;
};

test('lines are taken once, in order', () => {
	const lines = new Lines();
	assert.equal(lines.last, 0);
	assert.equal(lines.add(line(1)), true);
	assert.equal(lines.add(line(2)), true);
	assert.equal(lines.add(line(1, '[00:01] other')), true, 'known already');
	assert.equal(lines.add(line(4)), false, 'a gap');
	assert.equal(lines.last, 2);
	assert.equal(lines.text(1), 'line 1');
	assert.equal(lines.elapsedOf(1), '00:01');
	assert.equal(lines.timeOf(2), Date.UTC(2026, 0, 2, 3, 4, 5));
});

test('a line without a time is taken as it is', () => {
	const lines = new Lines();
	lines.add(line(1, '[x] y'));
	assert.equal(lines.text(1), '[x] y');
	assert.equal(lines.elapsedOf(1), '');
	assert.equal(lines.copy(true), '[x] y\n');
});

test('the oldest go when there are too many; numbers stay', () => {
	const lines = many(1000, new Lines(100));
	assert.ok(lines.count <= 100);
	assert.equal(lines.last, 1000);
	assert.equal(lines.text(1000), 'line 1000');
	assert.equal(lines.text(lines.first), `line ${lines.first}`);
	assert.equal(lines.text(lines.first - 1), '');
	assert.equal(lines.copy(false).split('\n').length, lines.count + 1);
});

test('nor may they be too long', () => {
	const lines = new Lines(1e6, 1000);
	for (let seq = 1; seq <= 100; seq++)
		lines.add(line(seq, `[00:00] ${'x'.repeat(100)}`));
	assert.ok(lines.count <= 10);
	assert.equal(lines.last, 100);
});

test('the first error is found again when it is gone', () => {
	const lines = new Lines(8);
	lines.add(line(1, '[00:00] a', 'error'));
	assert.equal(lines.firstError, 1);
	for (let seq = 2; seq <= 9; seq++)
		lines.add(line(seq, '[00:00] b', seq === 5 ? 'error' : 'info'));
	assert.equal(lines.firstError, 5);
});

test('a build\'s own words say what is an error', () => {
	for (const text of ['Error: no such file', 'npm ERR! code 1', 'error TS2304: Cannot find name', 'main.c:3:1: error: x',
		'TypeError: x is not a function', 'fatal: not a git repository', 'error[E0425]: cannot find', 'panic: runtime error'])
		assert.equal(severity('info', text), 'error', text);
	for (const text of ['0 errors', 'no errors found: error: 0 errors', 'compiling error-page.tsx', 'terror', 'src/errors.ts', 'Building: echo error: x'])
		assert.equal(severity('info', text), 'info', text);
	for (const text of ['npm WARN deprecated x', 'warning: unused', 'DeprecationWarning: x', 'main.c:1:2: warning: y'])
		assert.equal(severity('info', text), 'warning', text);
	assert.equal(severity('error', 'all is well'), 'error');
});

test('wrapped lines have rows', () => {
	const lines = new Lines();
	[5, 10, 11, 0, 35].forEach((n, i) => lines.add(line(i + 1, `[00:00] ${'x'.repeat(n)}`)));
	const wrapped = new Wrapped();
	wrapped.update(lines, 10);
	assert.equal(wrapped.total(), 1 + 1 + 2 + 1 + 4);
	assert.deepEqual([1, 2, 3, 4, 5].map(seq => wrapped.top(seq)), [0, 1, 2, 4, 5]);
	assert.deepEqual([0, 1, 2, 3, 4, 5, 8].map(row => wrapped.at(row)), [1, 2, 3, 3, 4, 5, 5]);
	lines.add(line(6));
	wrapped.update(lines, 10);
	assert.equal(wrapped.total(), 10);
	wrapped.update(lines, 100);
	assert.equal(wrapped.total(), 6);
});

test('wrapping follows when old lines go', () => {
	const lines = many(2000, new Lines(100));
	const wrapped = new Wrapped();
	wrapped.update(lines, 4);
	many(4000, lines);
	wrapped.update(lines, 4);
	assert.equal(wrapped.total(), lines.count * 3);
	assert.equal(wrapped.at(0), lines.first);
	assert.equal(wrapped.at(wrapped.total() - 1), lines.last);
});

test('finding goes on with what comes', () => {
	const lines = many(20);
	const find = new Find('LINE 1');
	assert.equal(find.advance(lines), true);
	assert.deepEqual(find.hits, [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
	for (let seq = 21; seq <= 100; seq++)
		lines.add(line(seq));
	assert.equal(find.advance(lines), true);
	assert.equal(find.hits.at(-1), 100);
	assert.deepEqual(find.ranges('line 1, Line 10'), [[0, 6], [8, 14]]);
});

test('what is looked for is no pattern', () => {
	const lines = new Lines();
	lines.add(line(1, '[00:00] a+b (c)'));
	const find = new Find('+b (');
	find.advance(lines);
	assert.deepEqual(find.hits, [1]);
});

test('from hit to hit, round and round', () => {
	const lines = many(30);
	const find = new Find('0');
	assert.equal(find.from(1, 1), -1);
	find.advance(lines);
	assert.deepEqual(find.hits, [10, 20, 30]);
	assert.deepEqual([0, 10, 15, 30].map(seq => find.from(seq, 1)), [0, 1, 1, 0]);
	assert.deepEqual([1, 10, 15, 20, 31].map(seq => find.from(seq, -1)), [2, 2, 0, 0, 2]);
});

test('hits go with their lines', () => {
	const lines = many(100, new Lines(100));
	const find = new Find('line');
	find.advance(lines);
	many(140, lines);
	find.advance(lines);
	assert.equal(find.hits[0], lines.first);
	assert.equal(find.hits.length, lines.count);
});
