// rates.tsx - how deployments ended: by week, and all of the window.
import {api, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import {Chart} from '../../ui/chart';
import {dayName} from '../../ui/time';
import {Donut} from './donut';
import {Part} from './part';
import {PERCENTS, type Window} from './window';

const NONE = 'No deployment has ended in this range.';
const COLOURS = {Success: 'good', Failed: 'bad', Cancelled: 'muted'} as const;

export function Rates({window: {query, range}}: {window: Window}) {
	const weeks = useLoad(signal => ok(api.GET('/api/analytics/success-rates', {params: {query}, signal}))
		.then(r => r.successRates), [range]);
	const ends = useLoad(signal => ok(api.GET('/api/analytics/deployment-status', {params: {query}, signal}))
		.then(r => r.deploymentStatus), [range]);
	return (
		<div class="wide-narrow">
			<Part title="Succeeded and failed, by week" loaded={weeks} none={d => !d.some(week => week.success !== null) && NONE}>
				{data => (
					<Chart label="Share of deployments that succeeded and failed, by week" kind="line" across="Week" max={100} steps={PERCENTS}
						format={v => `${v}%`} missing="none ended" short={data.map(d => d.date)} long={data.map(d => `Week of ${dayName(d.day)}`)}
						series={[
							{label: 'Success', colour: 'good', values: data.map(d => d.success)},
							{label: 'Failed', colour: 'bad', dash: [6, 4], values: data.map(d => d.failed)},
						]} />
				)}
			</Part>
			<Part title="How they ended" loaded={ends} none={d => !d.some(end => end.value) && NONE}>
				{data => (
					<Donut label="Deployments by how they ended" parts={data.map(d =>
						({name: d.name, value: d.value, colour: COLOURS[d.name as keyof typeof COLOURS] ?? 'busy'}))} />
				)}
			</Part>
		</div>
	);
}
