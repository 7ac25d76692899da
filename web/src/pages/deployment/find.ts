// find.ts - looks for a text in the log, a part at a time, and goes on with
// the lines that come.
import {plain} from './ansi';
import type {Lines} from './lines';

const AT_ONCE = 40_000; // lines, a few milliseconds

export class Find {
	readonly hits: number[] = []; // lines that have it
	private seen = 0; // the last line that was looked at
	private readonly pattern: RegExp;

	constructor(readonly words: string) {
		this.pattern = new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi');
	}

	// False: there is more to look at, call again.
	advance(lines: Lines): boolean {
		const kept = this.hits.findIndex(seq => seq >= lines.first);
		if (kept)
			this.hits.splice(0, kept < 0 ? this.hits.length : kept);
		let seq = Math.max(this.seen + 1, lines.first);
		const until = Math.min(lines.last, seq + AT_ONCE - 1);
		for (; seq <= until; seq++)
			if (this.in(plain(lines.text(seq))))
				this.hits.push(seq);
		this.seen = until;
		return until >= lines.last;
	}

	private in(text: string): boolean {
		this.pattern.lastIndex = 0;
		return this.pattern.test(text);
	}

	// Where it is in a line: [from, to), in order.
	ranges(text: string): [number, number][] {
		const found: [number, number][] = [];
		this.pattern.lastIndex = 0;
		for (let m = this.pattern.exec(text); m; m = this.pattern.exec(text))
			found.push([m.index, m.index + m[0].length]);
		return found;
	}

	// Index of the hit to go to from a line: the next one, or the one before;
	// goes round. -1: there is none.
	from(seq: number, step: 1 | -1): number {
		if (!this.hits.length)
			return -1;
		const next = this.hits.findIndex(hit => step > 0 ? hit > seq : hit >= seq);
		if (step > 0)
			return next < 0 ? 0 : next;
		return (next < 0 ? this.hits.length : next || this.hits.length) - 1;
	}
}
