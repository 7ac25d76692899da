// pack.ts - a directory as a tar.gz, in the browser: the pax format of POSIX
// (files, and long names), which every tar reads.

export interface Packable {
	path: string; // a/b.html
	file: Blob;
}

type Bytes = Uint8Array<ArrayBuffer>;

const BLOCK = 512;
const NAME_MAX = 100; // of a plain header; longer ones have a record before
const utf8 = new TextEncoder();

// What the server would leave out does not even leave the machine, as in
// src/cli/pack.c.
export function isPublished(path: string): boolean {
	return path.split('/').every((name, depth) => !name.startsWith('.') || depth === 0 && name === '.well-known');
}

function header(name: Bytes, size: number, type: 'file' | 'record'): Bytes {
	const block = new Uint8Array(BLOCK);
	const put = (at: number, text: string) => block.set(utf8.encode(text), at);
	block.set(name.subarray(0, NAME_MAX));
	put(100, '0000644\0'); // mode, owner, group
	put(108, '0000000\0');
	put(116, '0000000\0');
	put(124, `${size.toString(8).padStart(11, '0')}\0`);
	put(136, '00000000000\0'); // the server makes the time its own
	put(148, '        '); // the checksum counts as blanks
	put(156, type === 'file' ? '0' : 'x');
	put(257, 'ustar\x0000');
	put(148, `${block.reduce((a, b) => a + b, 0).toString(8).padStart(6, '0')}\0 `);
	return block;
}

// "LENGTH path=NAME\n"; LENGTH counts its own digits.
function record(name: Bytes): Bytes {
	const rest = ' path=\n'.length + name.length;
	let length = rest;
	while (rest + String(length).length !== length)
		length = rest + String(length).length;
	const text = new Uint8Array(length);
	const begin = utf8.encode(`${length} path=`);
	text.set(begin);
	text.set(name, begin.length);
	text[length - 1] = 0x0a;
	return text;
}

function padding(size: number): Bytes {
	return new Uint8Array((BLOCK - size % BLOCK) % BLOCK);
}

async function* tar(files: readonly Packable[], onRead: (bytes: number) => void): AsyncGenerator<Bytes> {
	let read = 0;
	for (const {path, file} of files) {
		const name = utf8.encode(path);
		if (name.length > NAME_MAX) {
			const text = record(name);
			yield header(utf8.encode('record'), text.length, 'record');
			yield text;
			yield padding(text.length);
		}
		yield header(name, file.size, 'file');
		const reader = file.stream().getReader();
		for (let part = await reader.read(); !part.done; part = await reader.read()) {
			yield part.value;
			onRead(read += part.value.length);
		}
		yield padding(file.size);
	}
	yield new Uint8Array(2 * BLOCK);
}

export class TooLarge extends Error {}

// onRead: how many bytes of the files are done. Throws TooLarge as soon as the
// archive has more than max bytes, and what the browser says when a file cannot
// be read.
export async function pack(files: readonly Packable[], max: number, onRead: (bytes: number) => void, signal?: AbortSignal): Promise<Blob> {
	const parts = tar(files, onRead);
	const source = new ReadableStream<BufferSource>({
		async pull(control) {
			const part = await parts.next();
			if (part.done)
				control.close();
			else
				control.enqueue(part.value);
		},
	});
	const reader = source.pipeThrough(new CompressionStream('gzip'), {signal}).getReader();
	const packed: Blob[] = []; // out of the page's memory, piece by piece
	let size = 0;
	for (let part = await reader.read(); !part.done; part = await reader.read()) {
		size += part.value.length;
		if (size > max) {
			await reader.cancel();
			throw new TooLarge();
		}
		packed.push(new Blob([part.value]));
	}
	return new Blob(packed);
}
