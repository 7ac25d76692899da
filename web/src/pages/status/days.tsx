// days.tsx - 90 days of every service: a bar a day, said in words by the arrow
// keys and on hover, and as a table.
import {useState} from 'preact/hooks';
import {useScrub} from '../../ui/scrub';
import {dayName, duration} from '../../ui/time';
import {SERVICES, uptime, type Day} from './words';

const WELL = 99; // percent; below is a day one remembers

type Part = Day['services'][number];

const MOODS = ['good', 'warn', 'bad', 'unknown'] as const;

function mood(percent: number | null): (typeof MOODS)[number] {
	return percent === null ? 'unknown' : percent >= 100 ? 'good' : percent >= WELL ? 'warn' : 'bad';
}

function inWords(part: Part | undefined): string {
	if (!part || part.uptime === null)
		return 'unknown, nobody has looked';
	return [
		`${part.uptime}% up`,
		part.downSeconds ? `down for ${duration(part.downSeconds)}` : '',
		part.unknownSeconds ? `unknown for ${duration(part.unknownSeconds)}` : '',
	].filter(Boolean).join(', ');
}

function incidents(day: Day): string {
	return day.incidents ? `, ${day.incidents} ${day.incidents > 1 ? 'incidents' : 'incident'}` : '';
}

function Row({name, days}: {name: string; days: readonly Day[]}) {
	const parts = days.map(d => d.services.find(s => s.name === name));
	const words = (i: number) => `${dayName(days[i]!.day)}: ${inWords(parts[i])}${incidents(days[i]!)}`;
	const scrub = useScrub(`${name}, day by day`, days.length, words);
	const moods = parts.map(p => mood(p?.uptime ?? null));
	const known = moods.filter(m => m !== 'unknown').length;
	return (
		<li>
			<p class="days-head">
				<strong>{name}</strong>
				<span class="muted" aria-hidden="true">{scrub.at === null ? `known on ${known} of ${days.length} days` : words(scrub.at)}</span>
			</p>
			<div class="days" {...scrub.props} onMouseLeave={() => scrub.pick(null)}
				onMouseMove={e => {
					const {left, width} = e.currentTarget.getBoundingClientRect();
					scrub.pick(Math.min(Math.max(Math.floor((e.clientX - left) / width * days.length), 0), days.length - 1));
				}}>
				<svg viewBox={`0 0 ${days.length} 1`} preserveAspectRatio="none" aria-hidden="true">
					{MOODS.map(m => <path key={m} class={m} d={moods.map((is, i) => is === m ? `M${i} 0h.75v1h-.75z` : '').join('')} />)}
					{scrub.at !== null && <rect class="at" x={scrub.at} width=".75" height="1" />}
				</svg>
			</div>
		</li>
	);
}

export function Days({days}: {days: readonly Day[]}) {
	const [open, setOpen] = useState(false);
	return (
		<>
			<ul class="days-rows">{SERVICES.map(name => <Row key={name} name={name} days={days} />)}</ul>
			<p class="days-ends muted" aria-hidden="true"><span>{days[0]?.date}</span><span>Today</span></p>
			<ul class="days-key" aria-label="Bars">
				<li><span class="good" /> up all day</li>
				<li><span class="warn" /> up {WELL}% or more</li>
				<li><span class="bad" /> up less</li>
				<li><span class="unknown" /> unknown</li>
			</ul>
			<details class="as-table" onToggle={e => setOpen(e.currentTarget.open)}>
				<summary>Show as a table</summary>
				{open && (
					<div class="table-wrap" tabIndex={0} role="region" aria-label="The last 90 days as a table">
						<table>
							<thead><tr><th scope="col">Day</th><th scope="col">Together</th>{SERVICES.map(s => <th key={s} scope="col">{s}</th>)}<th scope="col" class="end">Incidents</th></tr></thead>
							<tbody>
								{[...days].reverse().map(d => (
									<tr key={d.day}>
										<th scope="row">{dayName(d.day)}</th>
										<td>{uptime(d.uptime)}</td>
										{SERVICES.map(s => <td key={s}>{inWords(d.services.find(p => p.name === s))}</td>)}
										<td class="end">{d.incidents}</td>
									</tr>
								))}
							</tbody>
						</table>
					</div>
				)}
			</details>
		</>
	);
}
