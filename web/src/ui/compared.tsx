// compared.tsx - in what a deployment differs from the one that is live: asked
// before a rollback, since what broke is often there.
import {api, ok} from '../api/client';
import {useLoad} from '../api/load';
import type {Deployment} from '../api/types';
import {differences} from './differences';
import {Skeleton} from './parts';

export function Compared({to}: {to: Deployment}) {
	const {data: live, error} = useLoad(async signal => {
		const project = await ok(api.GET('/api/projects/{id}', {params: {path: {id: to.projectId}}, signal}));
		return project.liveDeploymentId ? ok(api.GET('/api/deployments/{id}', {params: {path: {id: project.liveDeploymentId}}, signal})) : null;
	}, [to.id]);
	if (live === undefined && !error)
		return <Skeleton width="16rem" />;
	if (!live)
		return null;
	const different = differences(live, to);
	return different.length ? (
		<table class="compared">
			<thead><tr><th>Setting</th><th>Live now</th><th>Then</th></tr></thead>
			<tbody>{different.map(([name, a, b]) => <tr key={name}><th scope="row">{name}</th><td><code>{a}</code></td><td><code>{b}</code></td></tr>)}</tbody>
		</table>
	) : <p class="muted">{to.uploaded ? 'It was uploaded, as what is live now was.'
		: 'It was built with the settings of what is live now; the variables may have been others.'}</p>;
}
