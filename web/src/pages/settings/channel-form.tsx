// channel-form.tsx - the settings of a notification channel, new or there.
import {useState} from 'preact/hooks';
import {api, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import {CheckField, Form, SelectField, TextField} from '../../ui/form';
import {useUnsaved} from '../../ui/unsaved';
import {KINDS, type Channel} from './channels';

const WHERE: Record<Channel['kind'], string> = {
	webhook: 'A public https address of yours that takes a POST.',
	slack: 'Of an incoming webhook, e.g. https://hooks.slack.com/services/...',
	discord: 'Of a webhook of a text channel, e.g. https://discord.com/api/webhooks/...',
};

interface Props {
	channel?: Channel;
	onSaved(channel: Channel, secret: string | null): void;
	onCancel?: () => void;
}

export function ChannelForm({channel, onSaved, onCancel}: Props) {
	const start = {
		kind: channel?.kind ?? 'slack' as Channel['kind'],
		name: channel?.name ?? '',
		url: '',
		projectId: channel?.projectId ?? '',
		onSuccess: channel?.onSuccess ?? true,
		onFailure: channel?.onFailure ?? true,
		stateChangeOnly: channel?.stateChangeOnly ?? false,
		enabled: channel?.enabled ?? true,
	};
	const [is, setIs] = useState(start);
	const [saved, setSaved] = useState(false);
	const put = (part: Partial<typeof is>) => setIs(before => ({...before, ...part}));
	const dirty = !saved && JSON.stringify(is) !== JSON.stringify(start);
	useUnsaved(dirty);
	const projects = useLoad(signal => ok(api.GET('/api/projects', {params: {query: {limit: 100}}, signal})), []);
	const options: [string, string][] = [['', 'All projects'], ...(projects.data?.projects ?? []).map((p): [string, string] => [p.id, p.name])];
	// one that is not among them, or as long as they are not there
	if (is.projectId && !options.some(([id]) => id === is.projectId))
		options.push([is.projectId, 'The project that it is for now']);

	const save = async () => {
		const {kind, url, projectId, ...rest} = {...is, name: is.name.trim(), url: is.url.trim()};
		const common = {...rest, projectId: projectId || null};
		if (channel) {
			const next = await ok(api.PUT('/api/notification-channels/{id}', {
				params: {path: {id: channel.id}},
				body: url ? {...common, url} : common,
			}));
			setSaved(true);
			onSaved(next, null);
		} else {
			const {secret, ...next} = await ok(api.POST('/api/notification-channels', {body: {...common, kind, url}}));
			setSaved(true);
			onSaved(next, secret);
		}
	};
	return (
		<Form submit={channel ? 'Save changes' : 'Make the channel'} busyText="Saving" disabled={channel && !dirty} onSubmit={save}
			onCancel={onCancel} onDiscard={channel && dirty ? () => setIs(start) : undefined}
			check={() => ({
				name: !is.name.trim() && 'Give it a name.',
				url: (!channel || is.url.trim()) && !/^https:\/\/./i.test(is.url.trim()) && 'Enter an address that begins with https://.',
			})}>
			<div class="row">
				{!channel && <SelectField name="kind" label="Kind" value={is.kind} onValue={kind => put({kind: kind as Channel['kind']})}
					options={Object.entries(KINDS)} />}
				<TextField name="name" label="Name" autoComplete="off" maxLength={100} value={is.name} onValue={name => put({name})} />
			</div>
			<TextField name="url" label={channel ? 'Another address' : 'Address'} type="url" mono autoComplete="off" optional={!!channel} maxLength={2048}
				value={is.url} onValue={url => put({url})}
				hint={channel ? `Now one at ${channel.host}. An address may be as good as a password, so it is never shown again.` : WHERE[is.kind]} />
			<SelectField name="projectId" label="Project" value={is.projectId} onValue={projectId => put({projectId})} options={options} />
			<div class="toggles">
				<CheckField toggle label="Successes" hint="When a deployment is live." checked={is.onSuccess} onChecked={onSuccess => put({onSuccess})} />
				<CheckField toggle label="Failures" hint="When one fails, with the reason." checked={is.onFailure} onChecked={onFailure => put({onFailure})} />
				<CheckField toggle label="Only when it changes" hint="Only the first failure after a success, and the first success after a failure."
					checked={is.stateChangeOnly} onChecked={stateChangeOnly => put({stateChangeOnly})} />
				<CheckField toggle label="Switched on" hint={channel && channel.enabled && !is.enabled ? 'What waits to be sent is given up.' : undefined}
					checked={is.enabled} onChecked={enabled => put({enabled})} />
			</div>
		</Form>
	);
}
