// lines.ts - the lines of a log, as many as a browser can hold. They come in
// order and are numbered from 1 without gaps, so a line's number is its place:
// what is there already is not taken twice, and a gap is noticed.
import {columns, plain} from './ansi';

export type Level = 'info' | 'warning' | 'error';

export interface LogLine {
	seq: number;
	timestamp: string;
	level: Level;
	message: string; // [mm:ss] text
}

// The oldest go when there are more; the raw log has them all.
export const LINES_MAX = 400_000;
export const CHARS_MAX = 48_000_000;

// What a build's own words say about a line whose level does not: its output
// is `info` as a whole.
const ERROR = /^\s*(?:npm )?(?:(?:error|fatal|panic)\b|err!)|\b[A-Za-z]*Error:|\berror(?: ?\[?[A-Z]*\d+\]?)?:|\bfatal:/i;
const WARNING = /^\s*(?:npm )?warn(?:ing)?\b|\b[A-Za-z]*Warning:|\bwarning(?: ?\[?[A-Z]*\d+\]?)?:/i;
const NO_SUCH = /\b(?:no|0) (?:error|warning)s?\b|^(?:Building|Installing dependencies): /i; // nor a command that is about to run

export function severity(level: Level, text: string): Level {
	if (level !== 'info' || !/err|fatal|panic|warn/i.test(text) || NO_SUCH.test(text))
		return level;
	return ERROR.test(text) ? 'error' : WARNING.test(text) ? 'warning' : 'info';
}

const PREFIX = /^\[(\d+:\d\d)\] /;

export class Lines {
	first = 1; // number of the oldest that is here
	firstError = 0; // its number; 0: there is none
	widest = 0; // columns
	version = 0; // changes whenever the lines do
	private texts: string[] = []; // as they came, without the time
	private elapsed: string[] = []; // mm:ss
	private times: number[] = []; // Date
	private levels: Level[] = [];
	private widths: number[] = []; // columns
	private chars = 0;
	private lastStamp = '';
	private lastTime = NaN;

	constructor(private readonly linesMax = LINES_MAX, private readonly charsMax = CHARS_MAX) {}

	// Number of the newest; 0: there are none.
	get last(): number {
		return this.first + this.texts.length - 1;
	}

	get count(): number {
		return this.texts.length;
	}

	// True when it is here now, also when it was before; false: the lines
	// between the newest and it are missing.
	add(line: LogLine): boolean {
		if (line.seq <= this.last)
			return true;
		if (line.seq > this.last + 1)
			return false;
		const prefix = PREFIX.exec(line.message);
		const text = prefix ? line.message.slice(prefix[0].length) : line.message;
		const words = plain(text);
		const level = severity(line.level, words);
		const width = columns(words);
		this.texts.push(text);
		this.elapsed.push(prefix ? prefix[1]! : '');
		this.times.push(this.time(line.timestamp));
		this.levels.push(level);
		this.widths.push(width);
		this.chars += text.length;
		if (width > this.widest)
			this.widest = width;
		if (level === 'error' && !this.firstError)
			this.firstError = line.seq;
		this.version++;
		if (this.texts.length > this.linesMax || this.chars > this.charsMax)
			this.drop();
		return true;
	}

	text(seq: number): string {
		return this.texts[seq - this.first] ?? '';
	}

	elapsedOf(seq: number): string {
		return this.elapsed[seq - this.first] ?? '';
	}

	timeOf(seq: number): number {
		return this.times[seq - this.first] ?? NaN;
	}

	level(seq: number): Level {
		return this.levels[seq - this.first] ?? 'info';
	}

	width(seq: number): number {
		return this.widths[seq - this.first] ?? 0;
	}

	// All that is here, without colours; with their times when `timed`.
	copy(timed: boolean): string {
		return this.texts.map((text, i) => `${timed && this.elapsed[i] ? `[${this.elapsed[i]}] ` : ''}${plain(text)}\n`).join('');
	}

	// Whole seconds, so many lines have the same.
	private time(stamp: string): number {
		if (stamp !== this.lastStamp) {
			this.lastStamp = stamp;
			this.lastTime = Date.parse(stamp);
		}
		return this.lastTime;
	}

	// An eighth at once: moving what stays costs its length.
	private drop(): void {
		const n = Math.ceil(this.texts.length / 8);
		for (const text of this.texts.slice(0, n))
			this.chars -= text.length;
		for (const column of [this.texts, this.elapsed, this.times, this.levels, this.widths])
			column.splice(0, n);
		this.first += n;
		if (this.firstError && this.firstError < this.first) {
			const at = this.levels.indexOf('error');
			this.firstError = at < 0 ? 0 : this.first + at;
		}
	}
}

// Where each line is when long ones are wrapped: rows of `columns` characters
// above it. Follows the lines; begins anew when something else than an
// addition happened.
export class Wrapped {
	private above = new Int32Array(1024); // above[i]: rows above the i-th line
	private first = 1;
	private known = 0; // lines
	private columns = 0;

	// Take in what is new.
	update(lines: Lines, columns: number): void {
		if (columns !== this.columns || lines.first !== this.first || lines.count < this.known) {
			this.known = 0;
			this.columns = columns;
			this.first = lines.first;
		}
		if (this.above.length <= lines.count) {
			const larger = new Int32Array(Math.max(lines.count + 1, this.above.length * 2));
			larger.set(this.above);
			this.above = larger;
		}
		for (; this.known < lines.count; this.known++)
			this.above[this.known + 1] = this.above[this.known]! + this.rows(lines.width(this.first + this.known));
	}

	rows(width: number): number {
		return Math.max(1, Math.ceil(width / this.columns));
	}

	total(): number {
		return this.above[this.known]!;
	}

	top(seq: number): number {
		return this.above[Math.min(Math.max(seq - this.first, 0), this.known)]!;
	}

	// The line at a row.
	at(row: number): number {
		let low = 0;
		let high = this.known - 1;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if (this.above[middle]! <= row)
				low = middle;
			else
				high = middle - 1;
		}
		return this.first + Math.max(low, 0);
	}
}
