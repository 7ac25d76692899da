// frequency.tsx - how often and when in the day one deploys.
import {api, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import {Chart} from '../../ui/chart';
import {dayName} from '../../ui/time';
import {Part} from './part';
import {COUNTS, type Window} from './window';

const NONE = 'No deployments in this range.';

function nextHour(hour: string): string {
	return `${String((Number(hour.slice(0, 2)) + 1) % 24).padStart(2, '0')}:00`;
}

export function Frequency({window: {query, range}}: {window: Window}) {
	const days = useLoad(signal => ok(api.GET('/api/analytics/deployment-frequency', {params: {query}, signal}))
		.then(r => r.deploymentFrequency), [range]);
	const hours = useLoad(signal => ok(api.GET('/api/analytics/hourly-deployments', {params: {query}, signal}))
		.then(r => r.hourlyDeployments), [range]);
	return (
		<>
			<Part title="Deployments by day" loaded={days} none={d => !d.some(day => day.deployments) && NONE}>
				{data => (
					<Chart label="Deployments by day" kind="area" across="Day" format={String} steps={COUNTS} missing="none"
						short={data.map(d => d.date)} long={data.map(d => dayName(d.day))}
						series={[{label: 'Deployments', colour: 'accent', values: data.map(d => d.deployments)}]} />
				)}
			</Part>
			<Part title="Deployments by hour of the day" loaded={hours} none={d => !d.some(hour => hour.deployments) && NONE}>
				{data => (
					<Chart label="Deployments by hour of the day" kind="bars" across="Hour" format={String} steps={COUNTS} missing="none"
						short={data.map(d => d.hour)} long={data.map(d => `${d.hour} to ${nextHour(d.hour)}`)}
						series={[{label: 'Deployments', colour: 'accent', values: data.map(d => d.deployments)}]} />
				)}
			</Part>
		</>
	);
}
