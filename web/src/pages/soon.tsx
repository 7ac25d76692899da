// soon.tsx - addresses whose pages are not there yet: what they will be, and
// what does the job until then.
import type {ComponentChildren} from 'preact';
import {useLocation} from 'preact-iso';
import {user} from '../api/session';
import {LinkButton} from '../ui/button';
import {Icon, type IconName} from '../ui/icon';
import {Badge, PageHead} from '../ui/parts';
import {useTitle} from '../ui/title';

interface Soon {
	title: string;
	icon: IconName;
	will: string; // what will be here
	now: ComponentChildren[]; // what there is instead
	go: readonly (readonly [href: string, text: string])[];
}

const SOON: Record<string, Soon> = {
	'/pricing': {
		title: 'Pricing',
		icon: 'key',
		will: 'For operators who share their installation with others, this page will show the plans that they offer.',
		now: [
			<>Autostack itself costs nothing: it is free software under the ISC licence and runs on a host of your own.</>,
			<>There are no paid features. What you pay for is the host, and storage where you archive releases.</>,
		],
		go: [['/signup', 'Make an account'], ['/', 'What Autostack does']],
	},
	'/templates': {
		title: 'Templates',
		icon: 'copy',
		will: 'A choice of starting points: a repository and its settings, made yours and deployed in one step.',
		now: [
			<>Any git repository can be deployed; give its address and the branch.</>,
			<>The build command and the folder to publish are detected when you leave them empty.</>,
			<>A site that was built elsewhere can be uploaded by the command-line client: <code>autostack deploy</code>.</>,
		],
		go: [['/deploy', 'New deployment']],
	},
	'/pipelines': {
		title: 'Pipelines',
		icon: 'branch',
		will: 'Builds of several steps: tests before the deployment, approvals between stages, one commit through several environments.',
		now: [
			<>A push deploys by itself once a project’s webhook is set up.</>,
			<>Pull requests get previews; those of strangers wait for your approval.</>,
			<>Deploy hooks start a deployment from any other system with one POST.</>,
			<>Every release that is kept can be made live again without a build.</>,
		],
		go: [['/projects', 'Your projects'], ['/docs#deployHookCreate', 'Deploy hooks in the API']],
	},
	'/monitoring': {
		title: 'Monitoring',
		icon: 'status',
		will: 'Hosts and sites watched from one place, with alarms that you set.',
		now: [
			<>The status page looks at the platform’s services every three seconds and keeps 90 days.</>,
			<>Analytics show how often, how fast and how well you deploy, and how busy the hosts are.</>,
			<>Operators can read <code>/metrics</code> with Prometheus.</>,
			<>Mail, Slack, Discord or a webhook of your own tell you of deployments.</>,
		],
		go: [['/status', 'Status'], ['/analytics', 'Analytics']],
	},
	'/team': {
		title: 'Team',
		icon: 'users',
		will: 'Projects that several people share, each with a role in them.',
		now: [
			<>Every project belongs to one account.</>,
			<>Accounts have roles: users, managers who see all accounts, and administrators who manage them.</>,
			<>The audit log says who did what.</>,
		],
		go: [['/users', 'Users'], ['/audit', 'Audit log']],
	},
	'/integrations': {
		title: 'Integrations',
		icon: 'external',
		will: 'More services to connect, each with a few clicks.',
		now: [
			<>GitHub: repositories, webhooks, previews of pull requests, and states of commits.</>,
			<>Slack and Discord: messages about deployments.</>,
			<>Signed webhooks to an address of your own.</>,
			<>Deploy hooks, API keys and the whole API for everything else.</>,
		],
		go: [['/settings', 'Settings'], ['/docs', 'API']],
	},
};

// where only some people may go
const ROLES: Record<string, readonly string[]> = {'/users': ['manager', 'admin']};

export default function Page() {
	const {path} = useLocation();
	const soon = SOON[path] ?? SOON['/pricing']!;
	useTitle(soon.title);
	const role = user.value?.role;
	const go = soon.go.filter(([href]) => role ? href !== '/signup' && (ROLES[href]?.includes(role) ?? true) : !ROLES[href]);
	return (
		<div class="page narrow">
			<PageHead title={<><Icon name={soon.icon} size={26} /> {soon.title} <Badge mood="busy">Coming soon</Badge></>} lead={soon.will} />
			<section class="card" aria-labelledby="soon-now">
				<h2 id="soon-now">What there is today</h2>
				<ul class="ticks">{soon.now.map((text, i) => <li key={i}><Icon name="check" /> <span>{text}</span></li>)}</ul>
				<div class="actions">{go.map(([href, text], i) => <LinkButton key={href} kind={i ? 'normal' : 'primary'} href={href}>{text}</LinkButton>)}</div>
			</section>
		</div>
	);
}
