// build.mjs - bundles the panel: node build.mjs [DIR], by default dist.
// Files under DIR/assets carry a hash of what is in them and are good for ever;
// index.html names them. Everything that shrinks is there as .gz, too.
import {build} from 'esbuild';
import {cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {basename, dirname, extname, join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, 'dist'));

rmSync(out, {recursive: true, force: true});
mkdirSync(out, {recursive: true});

const options = {
	absWorkingDir: here,
	bundle: true,
	minify: true,
	target: ['es2022', 'chrome109', 'firefox115', 'safari16.4'],
	outdir: join(out, 'assets'),
	entryNames: '[name]-[hash]',
	chunkNames: '[name]-[hash]',
	legalComments: 'eof',
	metafile: true,
	logLevel: 'warning',
};
const url = path => '/' + relative(out, resolve(here, path));
// the worker first: the panel names its file
const worker = await build({...options, entryPoints: {socket: 'src/socket.ts'}, format: 'iife'});
const SOCKET_URL = JSON.stringify(url(Object.keys(worker.metafile.outputs)[0]));
const results = await Promise.all([
	build({...options, entryPoints: {main: 'src/main.tsx'}, format: 'esm', splitting: true,
		jsx: 'automatic', jsxImportSource: 'preact', define: {SOCKET_URL}}),
	build({...options, entryPoints: {theme: 'src/theme.ts'}, format: 'iife'}),
	build({...options, entryPoints: {style: 'src/style/index.css'}}),
]);

// what an entry is made of: its own file first, then what it imports at once
const outputs = Object.assign({}, ...results.map(r => r.metafile.outputs));
const entry = name => Object.keys(outputs).find(path =>
	outputs[path].entryPoint && basename(path).startsWith(name + '-') && dirname(resolve(here, path)) === options.outdir);
const imports = path => outputs[path].imports.filter(i => i.kind === 'import-statement')
	.flatMap(i => [i.path, ...imports(i.path)]);
const main = entry('main');
const names = {
	style: url(entry('style')),
	theme: url(entry('theme')),
	main: url(main),
	preload: [...new Set(imports(main))].map(path => `<link rel="modulepreload" href="${url(path)}">`).join('\n'),
};
const html = readFileSync(join(here, 'src/index.html'), 'utf8')
	.replace(/<!-- \{(\w+)\} -->/g, (_, name) => names[name])
	.replace(/\{(\w+)\}/g, (_, name) => names[name]);
writeFileSync(join(out, 'index.html'), html);
cpSync(join(here, 'src/favicon.svg'), join(out, 'favicon.svg'));

for (const name of readdirSync(out, {recursive: true})) {
	if (!['.js', '.css', '.html', '.svg'].includes(extname(name)))
		continue;
	const text = readFileSync(join(out, name));
	const small = gzipSync(text, {level: 9});
	if (small.length < text.length)
		writeFileSync(join(out, name + '.gz'), small);
}
