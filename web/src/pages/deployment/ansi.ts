// ansi.ts - a line of a terminal as pieces of text with class names. Colours
// become classes (the Content-Security-Policy allows no inline style), all
// other sequences are dropped, and of a progress line, which a carriage return
// writes over and over, the last state stays. Each line begins plain: a line
// has to look the same wherever one begins to read.

export interface Piece {
	text: string;
	style: string; // class names, '' for plain text
}

// CSI, OSC and other strings, two-byte escapes; the C1 forms; what is left of
// the control characters. A sequence without an end goes to the end of the line.
const SEQUENCE = new RegExp([
	'(?:\\x1b\\[|\\x9b)([0-?]*)[ -/]*([@-~])',
	'(?:\\x1b[\\]PX^_]|[\\x90\\x98\\x9d-\\x9f])[^\\x07\\x9c\\x1b]*(?:\\x07|\\x9c|\\x1b\\\\|$)',
	'\\x1b[ -/]*[0-~]?',
	'\\x9b[^@-~]*$',
	'[\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f]',
].join('|'), 'g');
const SPECIAL = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/;

// The sixteen colours as terminals show them; what is nearest is looked for here.
const SIXTEEN: readonly (readonly [number, number, number])[] = [
	[0, 0, 0], [205, 0, 0], [0, 205, 0], [205, 205, 0], [0, 0, 238], [205, 0, 205], [0, 205, 205], [229, 229, 229],
	[127, 127, 127], [255, 0, 0], [0, 255, 0], [255, 255, 0], [92, 92, 255], [255, 0, 255], [0, 255, 255], [255, 255, 255],
];

function nearest(r: number, g: number, b: number): number {
	let best = 0;
	let least = Infinity;
	SIXTEEN.forEach(([x, y, z], i) => {
		const distance = (r - x) ** 2 + (g - y) ** 2 + (b - z) ** 2;
		if (distance < least) {
			best = i;
			least = distance;
		}
	});
	return best;
}

// One of the 256: the sixteen, a cube of 6 by 6 by 6, a ramp of greys.
function of256(n: number): number {
	if (n < 16)
		return n;
	if (n >= 232) {
		const grey = 8 + (n - 232) * 10;
		return nearest(grey, grey, grey);
	}
	const step = (i: number) => i ? 55 + i * 40 : 0;
	return nearest(step(Math.floor((n - 16) / 36)), step(Math.floor((n - 16) / 6) % 6), step((n - 16) % 6));
}

class Pen {
	fg: number | null = null;
	bg: number | null = null;
	private readonly on = new Set<string>();

	reset(): void {
		this.fg = this.bg = null;
		this.on.clear();
	}

	// The parameters of one SGR sequence.
	apply(parameters: string): void {
		// 38:2::R:G:B is another way to write 38;2;R;G;B
		const codes = parameters.replace(/([34]8):2:\d*:(\d+:\d+:\d+)/g, '$1:2:$2').split(/[;:]/).map(Number);
		for (let i = 0; i < codes.length; i++) {
			const code = codes[i]!;
			if (code === 38 || code === 48) {
				const [colour, used] = extended(codes, i + 1);
				i += used;
				if (colour !== null)
					this[code === 38 ? 'fg' : 'bg'] = colour;
			} else {
				this.simple(code);
			}
		}
	}

	private simple(code: number): void {
		const set = SET[code];
		if (code === 0)
			this.reset();
		else if (set)
			this.on.add(set);
		else if (CLEAR[code])
			CLEAR[code]!.forEach(name => this.on.delete(name));
		else if (code >= 30 && code <= 37)
			this.fg = code - 30;
		else if (code >= 90 && code <= 97)
			this.fg = code - 90 + 8;
		else if (code === 39)
			this.fg = null;
		else if (code >= 40 && code <= 47)
			this.bg = code - 40;
		else if (code >= 100 && code <= 107)
			this.bg = code - 100 + 8;
		else if (code === 49)
			this.bg = null;
	}

	style(): string {
		const names = [...this.on].map(name => `a-${name}`);
		if (this.fg !== null)
			names.push(`a-fg-${this.fg}`);
		if (this.bg !== null)
			names.push(`a-bg-${this.bg}`);
		return names.join(' ');
	}
}

const SET: Record<number, string> = {1: 'bold', 2: 'dim', 3: 'italic', 4: 'underline', 7: 'inverse', 9: 'strike'};
const CLEAR: Record<number, string[]> = {21: ['bold'], 22: ['bold', 'dim'], 23: ['italic'], 24: ['underline'], 27: ['inverse'], 29: ['strike']};

// 5;N or 2;R;G;B from codes[at] on: the colour, null when it is none, and how
// many codes it took.
function extended(codes: number[], at: number): [number | null, number] {
	const [kind, a = NaN, b = NaN, c = NaN] = codes.slice(at, at + 4);
	const byte = (n: number) => n >= 0 && n <= 255;
	if (kind === 5)
		return [byte(a) ? of256(a) : null, 2];
	if (kind === 2)
		return [byte(a) && byte(b) && byte(c) ? nearest(a, b, c) : null, 4];
	return [null, 1];
}

// What a carriage return leaves: the last text that was written over the line.
function overwritten(line: string): string {
	return line.includes('\r') ? line.replace(/\r+$/, '').split('\r').at(-1)! : line;
}

// The text without any of it.
export function plain(line: string): string {
	return SPECIAL.test(line) ? overwritten(line).replace(SEQUENCE, '') : line;
}

export function pieces(line: string): Piece[] {
	if (!SPECIAL.test(line))
		return [{text: line, style: ''}];
	const text = overwritten(line);
	const pen = new Pen();
	const out: Piece[] = [];
	const add = (part: string) => {
		const style = pen.style();
		const last = out.at(-1);
		if (last?.style === style)
			last.text += part;
		else if (part)
			out.push({text: part, style});
	};
	let from = 0;
	for (const match of text.matchAll(SEQUENCE)) {
		add(text.slice(from, match.index));
		if (match[2] === 'm' && /^[\d;:]*$/.test(match[1]!))
			pen.apply(match[1]!);
		from = match.index + match[0].length;
	}
	add(text.slice(from));
	return out.length ? out : [{text: '', style: ''}];
}

// Cuts the pieces where what was looked for begins and ends; those get `hit`
// set. ranges: [from, to) of the whole text, in order.
export function mark(list: Piece[], ranges: readonly (readonly [number, number])[]): (Piece & {hit: boolean})[] {
	const out: (Piece & {hit: boolean})[] = [];
	let start = 0;
	for (const {text, style} of list) {
		let at = 0;
		for (const [from, to] of ranges) {
			const a = Math.max(from - start, at);
			const b = Math.min(to - start, text.length);
			if (b <= a)
				continue;
			if (a > at)
				out.push({text: text.slice(at, a), style, hit: false});
			out.push({text: text.slice(a, b), style, hit: true});
			at = b;
		}
		if (at < text.length || !text)
			out.push({text: text.slice(at), style, hit: false});
		start += text.length;
	}
	return out;
}

// Columns that a text takes in a terminal: East Asian wide characters and
// emoji take two, combining ones none. A tab is up to eight.
const NARROW = /^[ -~\xa0-\u02ff]*$/;
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const NONE = /\p{Mn}|\u200d|\ufe0f/u;
export function columns(text: string): number {
	if (NARROW.test(text))
		return text.length;
	let n = 0;
	for (const c of text)
		n += c === '\t' ? 8 - n % 8 : WIDE.test(c) ? 2 : NONE.test(c) ? 0 : 1;
	return n;
}
