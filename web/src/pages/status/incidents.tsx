// incidents.tsx - the incidents of the status page.
import type {ComponentChildren} from 'preact';
import {useEffect, useState} from 'preact/hooks';
import {user} from '../../api/session';
import {Button} from '../../ui/button';
import {Card, Empty, Skeleton} from '../../ui/parts';
import {IncidentCard} from './incident';
import type {Incident} from './words';

const FIRST = 5; // shown at once; what is not over is shown always

// What only administrators need is loaded for them alone.
export function Incidents({incidents}: {incidents: Incident[] | undefined}) {
	const admin = user.value?.role === 'admin';
	const [Managed, setManaged] = useState<typeof import('./managed').Managed>();
	useEffect(() => {
		if (admin)
			import('./managed').then(m => setManaged(() => m.Managed), () => undefined);
	}, [admin]);
	return admin && Managed
		? <Managed incidents={incidents} />
		: <List incidents={incidents} draw={i => <IncidentCard key={i.id} incident={i} />} />;
}

export function List({incidents, draw, actions}: {
	incidents: Incident[] | undefined;
	draw(incident: Incident): ComponentChildren;
	actions?: ComponentChildren;
}) {
	const [all, setAll] = useState(false);
	const open = incidents?.filter(i => !i.resolvedAt) ?? [];
	const past = incidents?.filter(i => i.resolvedAt) ?? [];
	const shown = all ? past : past.slice(0, FIRST);
	return (
		<Card title="Incidents" actions={actions}>
			{!incidents ? <p><Skeleton width="60%" height="3rem" /></p>
				: !incidents.length ? <Empty icon="check" title="No incidents">Nothing has been reported. What happens to the platform is told here, with the newest first.</Empty>
				: <div class="incidents">{open.map(draw)}{shown.map(draw)}</div>}
			{shown.length < past.length && <Button onClick={() => setAll(true)}>Show {past.length - shown.length} older</Button>}
		</Card>
	);
}
