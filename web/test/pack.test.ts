import {webcrypto as crypto} from 'node:crypto'; // no global of Node 18
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {isPublished, pack, TooLarge} from '../src/pages/project/pack';

const big = Uint8Array.from({length: 300_001}, (_, i) => i * 7919 % 251);
const long = `${'deep/'.repeat(30)}été ${'x'.repeat(90)}.html`;
const files: Record<string, string | Uint8Array> = {
	'index.html': '<h1>hello</h1>\n',
	'empty': '',
	'block': 'b'.repeat(512),
	'big.bin': big,
	'schön & gut.txt': 'ä',
	[`${'n'.repeat(95)}.html`]: 'a name of exactly 100 bytes',
	[`${'n'.repeat(96)}.html`]: 'one more',
	[long]: 'a long name',
};
const packable = Object.entries(files).map(([path, content]) => ({path, file: new Blob([content])}));

test('GNU tar reads what was packed', async () => {
	const dir = mkdtempSync(join(tmpdir(), 'pack-'));
	try {
		let read = 0;
		const archive = await pack(packable, 1 << 20, bytes => {
			read = bytes;
		});
		assert.equal(read, packable.reduce((sum, f) => sum + f.file.size, 0), 'progress ends with all of it');
		writeFileSync(join(dir, 'x.tar.gz'), Buffer.from(await archive.arrayBuffer()));
		const listed = execFileSync('tar', ['-tzf', 'x.tar.gz', '--quoting-style=literal'], {cwd: dir, encoding: 'utf8', env: {LC_ALL: 'C.UTF-8', PATH: process.env.PATH}});
		assert.deepEqual(listed.trim().split('\n'), Object.keys(files));
		execFileSync('tar', ['-xzf', 'x.tar.gz'], {cwd: dir, env: {LC_ALL: 'C.UTF-8', PATH: process.env.PATH}});
		for (const [path, content] of Object.entries(files))
			assert.deepEqual(readFileSync(join(dir, path)), Buffer.from(content), path);
		assert.equal(statSync(join(dir, 'index.html')).mode & 0o777, 0o644);
		assert.equal(readdirSync(dir).length, Object.keys(files).length + 1, 'and nothing else is in it');
	} finally {
		rmSync(dir, {recursive: true});
	}
});

test('an archive over the limit is given up', async () => {
	const noise = new Blob([crypto.getRandomValues(new Uint8Array(60_000))]);
	await assert.rejects(pack([{path: 'a', file: noise}, {path: 'b', file: noise}], 100_000, () => undefined), TooLarge);
	assert.ok((await pack([{path: 'a', file: noise}], 100_000, () => undefined)).size > 60_000);
});

test('it can be given up at any time', async () => {
	const control = new AbortController();
	const packed = pack(packable, 1 << 20, () => control.abort(), control.signal);
	await assert.rejects(packed, {name: 'AbortError'});
});

test('what is never published is not packed', () => {
	for (const path of ['index.html', 'a/b.html', '.well-known/x.txt', 'a.b/c'])
		assert.equal(isPublished(path), true, path);
	for (const path of ['.env', '.git/config', 'a/.htaccess', 'a/.well-known/x', '.well-known/.x'])
		assert.equal(isPublished(path), false, path);
});
