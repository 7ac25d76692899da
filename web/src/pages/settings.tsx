// settings.tsx - one's own account. Each tab has an address and a file.
import type {ComponentType} from 'preact';
import {useEffect} from 'preact/hooks';
import {useLocation, useRoute} from 'preact-iso';
import {PageHead, Tabs} from '../ui/parts';
import {useTitle} from '../ui/title';
import {Account} from './settings/account';
import {ApiKeys} from './settings/api-keys';
import {Appearance} from './settings/appearance';
import {GitHub} from './settings/github';
import {Notifications} from './settings/notifications';
import {Profile} from './settings/profile';
import {Sessions} from './settings/sessions';

const TABS: readonly {id: string; text: string; View: ComponentType}[] = [
	{id: 'profile', text: 'Profile', View: Profile},
	{id: 'github', text: 'GitHub', View: GitHub},
	{id: 'notifications', text: 'Notifications', View: Notifications},
	{id: 'appearance', text: 'Appearance', View: Appearance},
	{id: 'sessions', text: 'Sessions', View: Sessions},
	{id: 'api-keys', text: 'API keys', View: ApiKeys},
	{id: 'account', text: 'Account', View: Account},
];
const LINKS = TABS.map(({id, text}) => ({id, text, href: `/settings/${id}`}));

export default function Settings() {
	const {params} = useRoute();
	const {route} = useLocation();
	const wanted = params.tab ?? 'profile';
	const tab = TABS.find(t => t.id === wanted);
	useTitle(tab && `${tab.text} · Settings`);
	useEffect(() => {
		if (!tab)
			route('/settings', true);
	}, [tab]);
	return (
		<div class="page settings">
			<PageHead title="Settings" />
			<Tabs tabs={LINKS} current={wanted} label="Settings" />
			{tab && <tab.View />}
		</div>
	);
}
