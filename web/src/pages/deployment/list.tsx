// list.tsx - the lines that can be seen, and no others: a log of a hundred
// thousand lines costs what a screen of it costs. Everything across is measured
// in characters of the one fixed-width font.
import {Component} from 'preact';
import {useImperativeHandle, useLayoutEffect, useMemo, useRef, useState} from 'preact/hooks';
import type {Ref} from 'preact';
import {exactly} from '../../ui/time';
import {mark, pieces, plain} from './ansi';
import type {Find} from './find';
import {Wrapped, type Level, type Lines} from './lines';

const ROW = 20; // px, as in the style sheet
const MORE = 8; // rows above and below what can be seen

export interface ListHandle {
	show(seq: number): boolean; // scrolls to a line when it cannot be seen; false: it is not drawn yet
	top(): number; // the first line that can be
	focus(): void;
}

interface ListProps {
	handle: Ref<ListHandle>;
	lines: Lines;
	version: number; // of the lines
	wrap: boolean;
	times: boolean;
	find: Find | null;
	at: number; // the line that one is at, 0: none
	follow: boolean;
	ended: boolean; // no more lines come: a short log is as high as it is
	onFollow(follow: boolean): void;
	onPick(seq: number): void;
}

export function LogList({handle, lines, wrap, times, find, at, follow, ended, onFollow, onPick}: ListProps) {
	const box = useRef<HTMLDivElement>(null);
	const probe = useRef<HTMLSpanElement>(null);
	const wrapped = useMemo(() => new Wrapped(), [lines]);
	const top = useRef(0); // scrollTop
	const [, redraw] = useState(0);
	const scrolledTo = (y: number) => {
		top.current = y;
		redraw(y);
	};
	const [size, setSize] = useState({width: 0, height: 0, char: 8});
	// where we scrolled to ourselves: that is nobody's wish to follow or to stop
	const ours = useRef(-1);
	const lowest = useRef(0);

	useLayoutEffect(() => {
		const measure = () => setSize({
			width: box.current!.clientWidth,
			height: box.current!.clientHeight,
			char: probe.current!.getBoundingClientRect().width / 100 || 8,
		});
		const observer = new ResizeObserver(measure);
		observer.observe(box.current!);
		measure();
		return () => observer.disconnect();
	}, []);

	const digits = Math.max(3, String(lines.last).length);
	const gutter = digits + 4 + (times ? 7 : 0); // characters
	const across = Math.max(20, Math.floor(size.width / size.char) - gutter - 2);
	if (wrap)
		wrapped.update(lines, across);
	const topOf = (seq: number) => (wrap ? wrapped.top(seq) : seq - lines.first) * ROW;
	const lineAt = (y: number) => wrap ? wrapped.at(Math.floor(y / ROW)) : lines.first + Math.floor(y / ROW);
	const total = (wrap ? wrapped.total() : lines.count) * ROW;

	const seen = follow ? Math.max(0, total - size.height) : Math.min(top.current, Math.max(0, total - size.height));
	const from = lines.count ? lineAt(Math.max(0, seen - MORE * ROW)) : 1;
	const to = Math.min(lines.last, lineAt(seen + size.height + MORE * ROW));
	// by turns, so that scrolling moves few nodes and a leap makes none and, since
	// it begins the turns anew, moves none
	const slots = Math.max(to - from + 1, 1);
	const turn = useRef({from, by: 0});
	turn.current = {from, by: Math.abs(from - turn.current.from) < slots ? turn.current.by : from % slots};

	useLayoutEffect(() => {
		const e = box.current!;
		if (follow) {
			e.scrollTop = total;
			lowest.current = ours.current = top.current = e.scrollTop;
		}
	});

	// what is at the top stays there when old lines go or rows change
	const anchor = useRef({seq: 1, first: 1, across: 0, wrap});
	useLayoutEffect(() => {
		const a = anchor.current;
		const moved = a.first !== lines.first || a.wrap !== wrap || (wrap && a.across !== across);
		if (moved && !follow && lines.count) {
			const e = box.current!;
			e.scrollTop = topOf(Math.max(a.seq, lines.first));
			ours.current = lowest.current = e.scrollTop;
			scrolledTo(e.scrollTop);
		}
		anchor.current = {seq: moved && !follow ? a.seq : lines.count ? lineAt(seen) : 1, first: lines.first, across, wrap};
	});

	const show = useRef<ListHandle['show']>(() => false);
	show.current = seq => {
		const e = box.current!;
		const y = topOf(seq);
		if (y + ROW > total)
			return false;
		if (y < e.scrollTop || y + ROW > e.scrollTop + e.clientHeight)
			e.scrollTop = Math.max(0, y - e.clientHeight / 3);
		ours.current = lowest.current = e.scrollTop;
		scrolledTo(e.scrollTop);
		if (wrap)
			return true;
		const hit = find?.ranges(plain(lines.text(seq)))[0];
		const x = hit ? hit[0] * size.char : 0;
		if (x < e.scrollLeft || (hit && hit[1] > across + e.scrollLeft / size.char))
			e.scrollLeft = Math.max(0, x - e.clientWidth / 3);
		return true;
	};
	useImperativeHandle(handle, () => ({
		show: seq => show.current(seq),
		top: () => anchor.current.seq,
		focus: () => box.current?.focus({preventScroll: true}),
	}), []);

	const scrolled = () => {
		const e = box.current!;
		const y = e.scrollTop;
		const atEnd = y + e.clientHeight >= e.scrollHeight - 2;
		if (Math.abs(y - ours.current) >= 1) {
			if (atEnd && !follow)
				onFollow(true);
			else if (!atEnd && follow && y < lowest.current)
				onFollow(false);
		}
		lowest.current = y;
		// the end is drawn for the lines, not for being scrolled to
		if (!follow || !atEnd)
			scrolledTo(y);
	};

	const rows = [];
	for (let seq = from; seq <= to && lines.count; seq++)
		rows.push(<Row key={(seq + slots - turn.current.by) % slots} lines={lines} seq={seq} times={times} find={find} at={seq === at}
			rows={wrap ? wrapped.rows(lines.width(seq)) : 1} onPick={onPick} />);
	return (
		<div ref={box} class={`log${wrap ? ' wrap' : ''}`} role="log" aria-live="off" aria-label="Log of the build" tabIndex={0}
			style={{maxHeight: ended && lines.count ? `${total + 2 * ROW}px` : ''}} onScroll={scrolled}>
			<span ref={probe} class="log-probe" aria-hidden="true">{'0'.repeat(100)}</span>
			<div class="log-space" style={{height: `${total}px`, minWidth: wrap ? '0' : `${lines.widest + gutter + 2}ch`}}>
				<div class="log-view" style={{transform: `translateY(${lines.count ? topOf(from) : 0}px)`, '--digits': `${digits}ch`}}>{rows}</div>
			</div>
		</div>
	);
}

const LETTER: Record<Level, string> = {info: '', warning: 'W', error: 'E'};

interface RowProps {
	lines: Lines;
	seq: number;
	times: boolean;
	find: Find | null;
	at: boolean;
	rows: number;
	onPick(seq: number): void;
}

// A line never changes, so it is drawn again only for what is around it.
class Row extends Component<RowProps> {
	override shouldComponentUpdate(next: RowProps): boolean {
		const now = this.props;
		return next.seq !== now.seq || next.lines !== now.lines || next.find !== now.find || next.at !== now.at
			|| next.times !== now.times || next.rows !== now.rows;
	}

	override render({lines, seq, times, find, at, rows, onPick}: RowProps) {
		const text = lines.text(seq);
		const level = lines.level(seq);
		const ranges = find?.ranges(plain(text)) ?? [];
		const time = lines.timeOf(seq);
		return (
			<div class={`log-line log-${level}${at ? ' at' : ''}`} style={{height: `${rows * ROW}px`}}>
				<span class="log-gutter">
					<a class="log-no" href={`#L${seq}`} tabIndex={-1} onClick={e => {
						e.preventDefault();
						onPick(seq);
					}}>{seq}</a>
					<span class="log-mark" aria-label={level === 'info' ? undefined : level} role={level === 'info' ? undefined : 'img'}>{LETTER[level]}</span>
					{times && <span class="log-time" title={Number.isNaN(time) ? undefined : exactly(new Date(time).toISOString())}>{lines.elapsedOf(seq)}</span>}
				</span>
				<span class="log-text">
					{mark(pieces(text), ranges).map(piece => piece.hit
						? <mark class={piece.style}>{piece.text}</mark>
						: piece.style ? <span class={piece.style}>{piece.text}</span> : piece.text)}
				</span>
			</div>
		);
	}
}
