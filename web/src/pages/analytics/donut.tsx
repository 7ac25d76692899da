// donut.tsx - shares of a whole as a ring, with a list that says them in words.

interface Part {
	name: string;
	value: number;
	colour: 'good' | 'bad' | 'muted' | 'busy';
}

const GAP = 0.6; // between two parts, in percent of the ring

export function Donut({label, parts}: {label: string; parts: readonly Part[]}) {
	const total = parts.reduce((sum, p) => sum + p.value, 0);
	const shown = parts.filter(p => p.value);
	const share = (p: Part) => p.value / total * 100;
	const arc = (p: Part) => shown.length > 1 ? Math.max(share(p) - GAP, 0.2) : 100;
	const before = (n: number) => shown.slice(0, n).reduce((sum, p) => sum + share(p), 0);
	return (
		<div class="donut">
			<svg viewBox="0 0 42 42" role="img" aria-label={`${label}: ${parts.map(p => `${p.name} ${p.value}`).join(', ')}`}>
				{shown.map((p, i) => (
					<circle key={p.name} cx="21" cy="21" r="15.9155" fill="none" stroke-width="5" class={`stroke-${p.colour}`}
						stroke-dasharray={`${arc(p)} ${100 - arc(p)}`} stroke-dashoffset={25 - before(i)}>
						<title>{p.name}: {p.value}</title>
					</circle>
				))}
				<text x="21" y="21.5" text-anchor="middle">{total}</text>
				<text x="21" y="26" text-anchor="middle" class="small">ended</text>
			</svg>
			<ul>
				{parts.map(p => (
					<li key={p.name}>
						<svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" rx="3" class={`fill-${p.colour}`} /></svg>
						<span>{p.name}</span> <strong class="tabular">{p.value}</strong>
						<span class="muted tabular">{total ? `${Math.round(share(p) * 10) / 10}%` : ''}</span>
					</li>
				))}
			</ul>
		</div>
	);
}
