// notifications.tsx - what is mailed, and where else deployments are told of.
// A channel's own page is behind ?channel=, so that it has an address.
import {useLocation} from 'preact-iso';
import {api, ok} from '../../api/client';
import {asApiError} from '../../api/error';
import {useLoad} from '../../api/load';
import type {Body} from '../../api/types';
import {CheckField} from '../../ui/form';
import {Card, ErrorNote, Skeleton} from '../../ui/parts';
import {toast} from '../../ui/toast';
import {ChannelList} from './channels';
import {ChannelNew, ChannelPage} from './channel';

type Preferences = Body<'/api/user/preferences', 'put'>;

export function Notifications() {
	const {channel} = useLocation().query;
	if (channel === 'new')
		return <ChannelNew />;
	if (channel)
		return <ChannelPage key={channel} id={channel} />;
	return (
		<>
			<Mails />
			<ChannelList />
		</>
	);
}

function Mails() {
	const {data, error, reload, set} = useLoad(signal => ok(api.GET('/api/user/preferences', {signal})), []);

	// shown at once, taken back when it cannot be saved
	const change = async (to: Preferences) => {
		const before = data!;
		set({...before, ...to});
		try {
			set(await ok(api.PUT('/api/user/preferences', {body: to})));
		} catch (thrown) {
			set(before);
			toast(`That is not saved. ${asApiError(thrown).message}`, 'bad');
		}
	};
	return (
		<Card title="Mails">
			{!data ? error ? <ErrorNote error={error} onRetry={() => void reload()} /> : <Skeleton height="13rem" /> : (
				<div class="toggles">
					<CheckField toggle label="Email notifications" checked={data.emailNotifications}
						hint="Mails about deployments at all. What concerns the security of your account is always mailed."
						onChecked={v => void change({emailNotifications: v})} />
					<CheckField toggle label="Deployment success" hint="When a deployment of yours is live."
						disabled={!data.emailNotifications} checked={data.deploymentSuccessNotifications}
						onChecked={v => void change({deploymentSuccessNotifications: v})} />
					<CheckField toggle label="Deployment failure" hint="When one fails, with the reason."
						disabled={!data.emailNotifications} checked={data.deploymentFailureNotifications}
						onChecked={v => void change({deploymentFailureNotifications: v})} />
					<CheckField toggle label="Only when it changes"
						hint="Of these only the first failure after a success, and the first success after a failure."
						disabled={!data.emailNotifications} checked={data.deploymentStateChangeOnly}
						onChecked={v => void change({deploymentStateChangeOnly: v})} />
				</div>
			)}
		</Card>
	);
}
