// resources.tsx - how busy the hosts that build are, and how the platform is.
import {api, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import {Badge} from '../../ui/parts';
import {overall, uptime} from '../status/words';
import {Part} from './part';

const EVERY = 15_000;
const MUCH = 75;
const FULL = 90;
const ABOUT: Record<string, string> = {
	CPU: 'of all cores',
	Memory: 'of what is installed',
	Storage: 'of the disk of sites and builds',
	Network: 'of the busiest link, in its busier direction',
};

export function Resources() {
	const usage = useLoad(signal => ok(api.GET('/api/analytics/resource-usage', {signal})).then(r => r.resourceUsage), [], EVERY);
	const services = useLoad(signal => ok(api.GET('/api/status/services', {signal})).then(r => r.services), [], EVERY);
	return (
		<div class="wide-narrow">
			<Part title="In use right now" loaded={{...usage, loading: false}}>
				{data => (
					<>
						<ul class="meters">
							{data.map(({name, value}) => (
								<li key={name}>
									<p><strong>{name}</strong> <span class="muted">{ABOUT[name]}</span>
										<span class="value tabular">{value === null ? 'not measured' : `${value}%`}</span></p>
									<div class={`meter${value === null ? ' unknown' : value >= FULL ? ' bad' : value >= MUCH ? ' warn' : ''}`}
										role="meter" aria-label={name} aria-valuemin={0} aria-valuemax={100} aria-valuenow={value ?? 0}
										aria-valuetext={value === null ? 'not measured' : `${value}%`}>
										<div style={{width: `${value ?? 0}%`}} />
									</div>
								</li>
							))}
						</ul>
						{data.some(d => d.value === null) && (
							<p class="hint">Not measured: no worker has reported within a minute, or the speed of its network is not known.</p>
						)}
					</>
				)}
			</Part>
			<Part title="System" loaded={{...services, loading: false}}>
				{data => {
					const {mood, title} = overall(data);
					return (
						<>
							<p class="overall"><Badge mood={mood}>{title}</Badge></p>
							<dl class="facts">
								{data.map(s => [<dt key={s.name}>{s.name}</dt>, <dd key={`${s.name}-up`}>{uptime(s.uptime)} in 90 days</dd>])}
							</dl>
							<p><a href="/status">All about the services</a></p>
						</>
					);
				}}
			</Part>
		</div>
	);
}
