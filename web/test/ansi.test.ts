import assert from 'node:assert/strict';
import {test} from 'node:test';
import {columns, mark, pieces, plain} from '../src/pages/deployment/ansi';

const E = '\x1b';

test('text without sequences is one plain piece', () => {
	assert.deepEqual(pieces('<b>a & b</b>'), [{text: '<b>a & b</b>', style: ''}]);
	assert.deepEqual(pieces(''), [{text: '', style: ''}]);
	assert.deepEqual(pieces('a\tb'), [{text: 'a\tb', style: ''}]);
});

test('the sixteen colours, in front and behind', () => {
	assert.deepEqual(pieces(`${E}[31mred${E}[0m plain ${E}[97;44mb${E}[39mc${E}[49md`), [
		{text: 'red', style: 'a-fg-1'}, {text: ' plain ', style: ''}, {text: 'b', style: 'a-fg-15 a-bg-4'},
		{text: 'c', style: 'a-bg-4'}, {text: 'd', style: ''}]);
	assert.deepEqual(pieces(`${E}[90ma${E}[100mb`), [{text: 'a', style: 'a-fg-8'}, {text: 'b', style: 'a-fg-8 a-bg-8'}]);
});

test('bold, dim and the like, and their ends', () => {
	assert.deepEqual(pieces(`${E}[1;3;4;7;9mx${E}[22;23;24;27;29my`), [
		{text: 'x', style: 'a-bold a-italic a-underline a-inverse a-strike'}, {text: 'y', style: ''}]);
	assert.deepEqual(pieces(`${E}[1mb${E}[mp`), [{text: 'b', style: 'a-bold'}, {text: 'p', style: ''}]);
});

test('256 and true colours become the nearest of sixteen', () => {
	const style = (codes: string) => pieces(`${E}[${codes}mx`)[0]!.style;
	assert.equal(style('38;5;9'), 'a-fg-9');
	assert.equal(style('38;5;196'), 'a-fg-9');
	assert.equal(style('48;5;232'), 'a-bg-0');
	assert.equal(style('38;5;244'), 'a-fg-8');
	assert.equal(style('38;2;0;250;5'), 'a-fg-10');
	assert.equal(style('38:2::0:250:5'), 'a-fg-10');
	assert.equal(style('38;2;1;2;3;1'), 'a-bold a-fg-0');
});

test('colours that are none are left out', () => {
	assert.deepEqual(pieces(`${E}[38;5;999mx${E}[38;2;1my${E}[38mz${E}[999mw`), [{text: 'xyzw', style: ''}]);
});

test('other sequences vanish', () => {
	assert.equal(plain(`${E}[2K${E}[1A${E}[?25lok${E}[10;20H`), 'ok');
	assert.equal(plain(`${E}]0;title\x07a${E}]8;;http://x/${E}\\link${E}]8;;${E}\\`), 'alink');
	assert.equal(plain(`${E}(B${E}=${E}7x`), 'x');
	assert.equal(plain('\x9b31mx\x9d0;t\x9cy'), 'xy');
	assert.equal(plain('a\x00\x08\x7fb'), 'ab');
});

test('a sequence without an end takes nothing down but itself', () => {
	assert.equal(plain(`ok${E}[31`), 'ok31');
	assert.equal(plain(`ok${E}`), 'ok');
	assert.equal(plain(`ok${E}]0;title`), 'ok');
	assert.deepEqual(pieces(`${E}[>4mx`), [{text: 'x', style: ''}]);
});

test('what is shown and what is searched are the same text', () => {
	for (const line of [`${E}[31mred${E}[0m`, `${E}[31`, '10%\r20%\r', `a${E}]x\x07b\x9bmc`, 'x\rab'])
		assert.equal(pieces(line).map(p => p.text).join(''), plain(line));
});

test('of a progress line the last state stays', () => {
	assert.equal(plain('10%\r50%\r100%'), '100%');
	assert.equal(plain('10%\r50%\r'), '50%');
	assert.equal(plain('\r'), '');
});

test('hits cut pieces and keep their style', () => {
	assert.deepEqual(mark([{text: 'abc', style: 's'}, {text: 'def', style: ''}], [[1, 4], [5, 6]]), [
		{text: 'a', style: 's', hit: false}, {text: 'bc', style: 's', hit: true}, {text: 'd', style: '', hit: true},
		{text: 'e', style: '', hit: false}, {text: 'f', style: '', hit: true}]);
	assert.deepEqual(mark([{text: 'abc', style: ''}], []), [{text: 'abc', style: '', hit: false}]);
	assert.deepEqual(mark([{text: '', style: ''}], []), [{text: '', style: '', hit: false}]);
});

test('columns', () => {
	assert.equal(columns('plain'), 5);
	assert.equal(columns('\u65e5\u672c'), 4);
	assert.equal(columns('e\u0301'), 1);
	assert.equal(columns('\u{1f680}!'), 3);
	assert.equal(columns('a\tb'), 9);
	assert.equal(columns('\u2713 ok'), 4);
});
