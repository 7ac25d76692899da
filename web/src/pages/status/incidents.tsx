// incidents.tsx - the incidents of the status page.
import type {ComponentChildren, VNode} from 'preact';
import {useEffect, useState} from 'preact/hooks';
import {user} from '../../api/session';
import {Button} from '../../ui/button';
import {Card, Empty, Skeleton} from '../../ui/parts';
import {IncidentCard} from './incident';
import type {Incident} from './words';

const FIRST = 5; // shown at once

// Where the page has them: their titles are for its banner, what is not over
// stands under that, what is over at the end.
export type Places = (titles: string[], open: ComponentChildren, past: ComponentChildren) => VNode;

// What only administrators need is loaded for them alone.
export function Incidents({incidents, children}: {incidents: Incident[] | undefined; children: Places}) {
	const admin = user.value?.role === 'admin';
	const [Managed, setManaged] = useState<typeof import('./managed').Managed>();
	useEffect(() => {
		if (admin)
			import('./managed').then(m => setManaged(() => m.Managed), () => undefined);
	}, [admin]);
	return admin && Managed
		? <Managed incidents={incidents}>{children}</Managed>
		: placed(incidents, i => <IncidentCard key={i.id} incident={i} />, children);
}

export function placed(incidents: Incident[] | undefined, draw: (incident: Incident) => ComponentChildren, places: Places, actions?: ComponentChildren): VNode {
	const open = incidents?.filter(i => !i.resolvedAt) ?? [];
	return places(
		open.map(i => i.title),
		open.length > 0 && <Card title="Not over yet"><div class="incidents">{open.map(draw)}</div></Card>,
		<Past incidents={incidents?.filter(i => i.resolvedAt)} other={open.length > 0 ? 'other ' : ''} draw={draw} actions={actions} />);
}

function Past({incidents, other, draw, actions}: {
	incidents: Incident[] | undefined;
	other: string; // beside those that are not over
	draw(incident: Incident): ComponentChildren;
	actions: ComponentChildren;
}) {
	const [all, setAll] = useState(false);
	const past = incidents ?? [];
	const shown = all ? past : past.slice(0, FIRST);
	return (
		<Card title={other ? 'Other incidents' : 'Incidents'} actions={actions}>
			{!incidents ? <p><Skeleton width="60%" height="3rem" /></p>
				: !past.length ? <Empty icon="check" title={`No ${other}incidents`}>What happens to the platform is told here, with the newest first.</Empty>
				: <div class="incidents">{shown.map(draw)}</div>}
			{shown.length < past.length && <Button onClick={() => setAll(true)}>Show {past.length - shown.length} older</Button>}
		</Card>
	);
}
