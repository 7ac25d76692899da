// run.mjs - the panel's unit tests: bundles test/*.test.ts beside what they test
// into build/test, which node then runs.
import {build} from 'esbuild';
import {spawnSync} from 'node:child_process';
import {readdirSync, rmSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../build/test');
const named = process.argv.slice(2);
const tests = readdirSync(here).filter(name => name.endsWith('.test.ts') && (!named.length || named.includes(name)));

rmSync(out, {recursive: true, force: true});
await build({
	entryPoints: tests.map(name => join(here, name)),
	outdir: out,
	outExtension: {'.js': '.mjs'},
	bundle: true,
	platform: 'node',
	format: 'esm',
	target: 'node18',
	sourcemap: 'inline',
	logLevel: 'warning',
});
const files = tests.map(name => join(out, name.replace(/\.ts$/, '.mjs')));
process.exit(spawnSync(process.execPath, ['--test', ...files], {stdio: 'inherit'}).status ?? 1);
