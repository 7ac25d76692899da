// scrub.ts - one of many values in a row, such as the days of a chart: picked
// by the pointer or, with the keyboard, by the arrow keys. To a screen reader
// the row is a slider that says each value in words.
import {useRef, useState} from 'preact/hooks';

export interface Scrub {
	at: number | null; // the one that is looked at
	pick(at: number | null): void;
	props: {
		role: 'slider';
		tabIndex: 0;
		'aria-label': string;
		'aria-valuemin': number;
		'aria-valuemax': number;
		'aria-valuenow': number;
		'aria-valuetext': string;
		onKeyDown(e: KeyboardEvent): void;
		onFocus(e: FocusEvent): void;
		onBlur(): void;
	};
}

const WEEK = 7;

export function useScrub(label: string, count: number, text: (at: number) => string): Scrub {
	const [state, setState] = useState<number | null>(null);
	const current = useRef<number | null>(null);
	const pick = (at: number | null) => {
		current.current = at;
		setState(at);
	};
	const at = state !== null && state < count ? state : null;
	const last = Math.max(count - 1, 0);
	const key = (e: KeyboardEvent) => {
		const from = at ?? last;
		const to = {
			ArrowLeft: from - 1, ArrowDown: from - 1, ArrowRight: from + 1, ArrowUp: from + 1,
			PageDown: from - WEEK, PageUp: from + WEEK, Home: 0, End: last,
		}[e.key];
		if (to === undefined || e.ctrlKey || e.metaKey || e.altKey)
			return;
		e.preventDefault();
		pick(Math.min(Math.max(to, 0), last));
	};
	return {
		at,
		pick,
		props: {
			role: 'slider',
			tabIndex: 0,
			'aria-label': label,
			'aria-valuemin': 0,
			'aria-valuemax': last,
			'aria-valuenow': at ?? last,
			'aria-valuetext': count ? text(at ?? last) : 'Nothing',
			onKeyDown: key,
			// a press says by itself where it was
			onFocus: e => {
				if (current.current === null && (e.currentTarget as Element).matches(':focus-visible'))
					pick(last);
			},
			onBlur: () => pick(null),
		},
	};
}
