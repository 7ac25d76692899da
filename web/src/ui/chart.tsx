// chart.tsx - values over days or hours, drawn by uPlot, which is loaded when
// the first chart is shown. The legend says the values of what the pointer or
// the arrow keys are at; a table has all of them. Colours are the tokens of the
// theme; dashes tell lines apart without them.
import type uPlot from 'uplot';
import {useEffect, useRef, useState} from 'preact/hooks';
import {useScrub} from './scrub';

export type Colour = 'accent' | 'good' | 'bad' | 'warn' | 'busy';

export interface Series {
	label: string;
	values: readonly (number | null)[];
	colour: Colour;
	dash?: number[];
}

interface ChartProps {
	label: string; // what is shown
	kind: 'line' | 'area' | 'bars';
	across: string; // what the values stand over: 'Day'
	short: readonly string[]; // names of the values, as the axis has room for
	long: readonly string[]; // and in full
	series: readonly Series[];
	format(value: number): string;
	// distances of the lines across that read well, the smallest first
	steps: readonly number[];
	max?: number; // where the axis ends whatever the values are
	missing: string; // what it means when there is no value
}

const HEIGHT = 256; // as .chart-plot
const LINES = 5;
const X_STEPS = [1, 2, 3, 4, 6, 7, 8, 12, 14, 21, 28];

// Counts the changes of the theme, by whom ever.
function useTheme(): number {
	const [count, setCount] = useState(0);
	useEffect(() => {
		const watch = new MutationObserver(() => setCount(n => n + 1));
		watch.observe(document.documentElement, {attributes: true, attributeFilter: ['data-theme']});
		return () => watch.disconnect();
	}, []);
	return count;
}

// Where the lines across are: from 0, in steps that read well.
function ticks(top: number, steps: readonly number[]): number[] {
	const step = steps.find(s => s * LINES >= top) ?? Math.ceil(top / LINES / steps.at(-1)!) * steps.at(-1)!;
	return Array.from({length: Math.max(Math.ceil(top / step), 1) + 1}, (_, i) => i * step);
}

function options(UPlot: typeof uPlot, props: ChartProps, box: HTMLElement, pick: (at: number | null) => void): uPlot.Options {
	const style = getComputedStyle(box);
	const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
	const {kind, series, short} = props;
	const lines = ticks(props.max ?? Math.max(0, ...series.flatMap(s => s.values).map(v => v ?? 0)), props.steps);
	const edge = kind === 'bars' || short.length < 2 ? 0.5 : 0;
	const font = `12px ${token('sans')}`;
	const axis = {font, stroke: token('muted'), ticks: {show: false}, grid: {stroke: token('border'), width: 1}};
	return {
		width: box.clientWidth,
		height: HEIGHT,
		padding: [8, 28, 0, 0],
		legend: {show: false},
		cursor: {y: false, drag: {x: false, y: false}, points: {size: 9}},
		scales: {
			x: {time: false, range: [-edge, short.length - 1 + edge]},
			y: {range: [0, lines.at(-1)!]},
		},
		axes: [
			{...axis, grid: {show: false}, gap: 8, incrs: X_STEPS, space: 64, size: 32, values: (_, at) => at.map(i => short[i] ?? '')},
			{...axis, splits: () => lines, values: (_, at) => at.map(props.format),
				size: (_, texts) => 18 + 7 * Math.max(0, ...(texts ?? []).map(t => t.length))},
		],
		series: [
			{},
			...series.map((s): uPlot.Series => ({
				label: s.label,
				stroke: token(s.colour),
				width: kind === 'bars' ? 0 : 2,
				dash: s.dash,
				// a day without a value is no point, but the line goes on
				spanGaps: true,
				fill: kind === 'bars' ? token(s.colour) : kind === 'area' ? token(`${s.colour}-soft`) : undefined,
				paths: kind === 'bars' ? UPlot.paths.bars!({size: [0.7, 40], radius: 0.15}) : undefined,
				points: {show: kind === 'line' && short.length <= 45, size: 5, fill: token(s.colour)},
			})),
		],
		hooks: {setCursor: [u => pick(u.cursor.idx ?? null)]},
	};
}

export function Chart(props: ChartProps) {
	const {label, across, long, series, format, missing} = props;
	const said = (value: number | null | undefined) => typeof value === 'number' ? format(value) : missing;
	const scrub = useScrub(`${label}, value by value`, long.length,
		at => `${long[at]}: ${series.map(s => `${s.label} ${said(s.values[at])}`).join(', ')}`);
	const box = useRef<HTMLDivElement>(null);
	const chart = useRef<uPlot>();
	const [failed, setFailed] = useState(false);
	const theme = useTheme();
	const data = JSON.stringify([props.short, series]);

	useEffect(() => {
		const element = box.current!;
		let gone = false;
		import('uplot').then(({default: UPlot}) => {
			if (gone)
				return;
			const values = [props.short.map((_, i) => i), ...series.map(s => [...s.values])] as uPlot.AlignedData;
			chart.current = new UPlot(options(UPlot, props, element, scrub.pick), values, element);
		}, () => setFailed(true));
		const watch = new ResizeObserver(() => chart.current?.setSize({width: element.clientWidth, height: HEIGHT}));
		watch.observe(element);
		return () => {
			gone = true;
			watch.disconnect();
			chart.current?.destroy();
			chart.current = undefined;
		};
	}, [data, theme]);

	// where the arrow keys went
	useEffect(() => {
		const left = scrub.at === null ? -10 : chart.current?.valToPos(scrub.at, 'x');
		if (left !== undefined && chart.current?.cursor.idx !== scrub.at)
			chart.current?.setCursor({left, top: left < 0 ? -10 : 1}, false);
	}, [scrub.at]);

	return (
		<figure class="chart">
			<p class="chart-legend" aria-hidden="true">
				<span class="chart-at">{scrub.at === null ? `By ${across.toLowerCase()}` : long[scrub.at]}</span>
				{series.map(s => (
					<span key={s.label}>
						<svg width="18" height="10"><line x1="0" y1="5" x2="18" y2="5" class={`stroke-${s.colour}`} stroke-width="3" stroke-dasharray={s.dash?.join(' ')} /></svg>
						{s.label} {scrub.at !== null && <strong class="tabular">{said(s.values[scrub.at])}</strong>}
					</span>
				))}
			</p>
			{failed
				? <p class="chart-plot empty">The chart could not be loaded. The table below has its values.</p>
				: <div ref={box} class="chart-plot" {...scrub.props} />}
			<details open={failed}>
				<summary>Show as a table<span class="sr-only">: {label}</span></summary>
				<div class="table-wrap" tabIndex={0} role="region" aria-label={`${label}, as a table`}>
					<table>
						<thead><tr><th scope="col">{across}</th>{series.map(s => <th key={s.label} scope="col" class="end">{s.label}</th>)}</tr></thead>
						<tbody>
							{long.map((name, i) => (
								<tr key={name}>
									<th scope="row">{name}</th>
									{series.map(s => <td key={s.label} class="end tabular">{said(s.values[i])}</td>)}
								</tr>
							))}
						</tbody>
					</table>
				</div>
			</details>
		</figure>
	);
}
