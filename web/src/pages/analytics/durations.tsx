// durations.tsx - how long builds took.
import {api, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import {Chart} from '../../ui/chart';
import {ErrorNote, Skeleton, Stat} from '../../ui/parts';
import {dayName, duration} from '../../ui/time';
import {Part} from './part';
import {SECONDS, type Window} from './window';

// 2m 0s -> 2m
function brief(seconds: number): string {
	return duration(seconds).replace(/ 0s$/, '');
}

export function Durations({window: {query, range}}: {window: Window}) {
	const days = useLoad(signal => ok(api.GET('/api/analytics/build-durations', {params: {query}, signal}))
		.then(r => r.buildDurations), [range]);
	// an average of days' averages is none of builds, so that one is asked for
	const average = useLoad(signal => ok(api.GET('/api/analytics/metrics', {params: {query}, signal}))
		.then(r => r.metrics.avgBuildTime), [range]);
	const built = days.data?.filter(d => d.avgDuration !== null) ?? [];
	const fastest = [...built].sort((a, b) => a.minDuration! - b.minDuration!)[0];
	const slowest = [...built].sort((a, b) => b.maxDuration! - a.maxDuration!)[0];
	const wait = <Skeleton width="4rem" />;
	const shown = (seconds: number | null | undefined) => !days.data ? wait : typeof seconds === 'number' ? duration(seconds) : 'None yet';
	return (
		<>
			{average.error && <ErrorNote error={average.error} onRetry={() => void average.reload()} />}
			<dl class="stats">
				<Stat label="Fastest build" value={shown(fastest?.minDuration)} note={fastest && dayName(fastest.day)} />
				<Stat label="Average build" value={average.data === undefined ? wait : average.data ?? 'None yet'} note="of builds that succeeded" />
				<Stat label="Slowest build" value={shown(slowest?.maxDuration)} note={slowest && dayName(slowest.day)} />
			</dl>
			<Part title="Build durations by day" loaded={days} none={() => !built.length && 'No build has succeeded in this range. Rollbacks and uploads build nothing.'}>
				{data => (
					<Chart label="Build durations by day" kind="line" across="Day" format={brief} steps={SECONDS} missing="no build"
						short={data.map(d => d.date)} long={data.map(d => dayName(d.day))}
						series={[
							{label: 'Average', colour: 'accent', values: data.map(d => d.avgDuration)},
							{label: 'Fastest', colour: 'good', dash: [2, 4], values: data.map(d => d.minDuration)},
							{label: 'Slowest', colour: 'bad', dash: [8, 4], values: data.map(d => d.maxDuration)},
						]} />
				)}
			</Part>
		</>
	);
}
