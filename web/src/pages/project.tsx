// project.tsx - a project: a head with what one does most, and a page for each
// of its sides.
import {useState} from 'preact/hooks';
import {useLocation, useRoute} from 'preact-iso';
import {api, ok} from '../api/client';
import {useLoad} from '../api/load';
import {Button, LinkButton, useAction} from '../ui/button';
import {Empty, ErrorNote, Note, PageHead, Skeleton, Tabs} from '../ui/parts';
import {RepoLink} from '../ui/repo';
import {Time} from '../ui/time';
import {useTitle} from '../ui/title';
import {Deliveries} from './project/deliveries';
import {DeployNow} from './project/deploynow';
import {Domains} from './project/domains';
import {Environment} from './project/environment';
import {Hooks} from './project/hooks';
import {Overview} from './project/overview';
import {Previews} from './project/previews';
import {ProjectSettings} from './project/settings';
import {resume, type Side} from './project/side';
import {Upload} from './project/upload';

// built: of what is built of a repository; where there is none, deployments are uploads
const SIDES: readonly {id: string; text: string; View: (side: Side) => preact.JSX.Element; built?: boolean}[] = [
	{id: '', text: 'Overview', View: Overview},
	{id: 'settings', text: 'Settings', View: ProjectSettings},
	{id: 'environment', text: 'Environment', View: Environment, built: true},
	{id: 'domains', text: 'Domains', View: Domains},
	{id: 'previews', text: 'Previews', View: Previews, built: true},
	{id: 'hooks', text: 'Hooks', View: Hooks, built: true},
	{id: 'deliveries', text: 'Deliveries', View: Deliveries, built: true},
];

export default function ProjectPage() {
	const {params} = useRoute();
	return <Loading key={params.id} id={params.id!} tab={params.tab ?? ''} />;
}

function Loading({id, tab}: {id: string; tab: string}) {
	const {data: project, error, reload, set} = useLoad(
		signal => ok(api.GET('/api/projects/{id}', {params: {path: {id}}, signal})), [id]);
	const side = SIDES.find(s => s.id === tab);
	useTitle(project && (side?.id ? `${side.text} · ${project.name}` : project.name));
	if (error && !project)
		return (
			<div class="page">
				<PageHead title="Project" back={{href: '/projects', text: 'Projects'}} />
				{error.status === 404 || error.status === 422
					? <Empty icon="projects" title="There is no such project" action={<LinkButton href="/projects">Show my projects</LinkButton>}>
						It may have been deleted, or it belongs to somebody else.
					</Empty>
					: <ErrorNote error={error} onRetry={() => void reload()} />}
			</div>
		);
	if (!project)
		return (
			<div class="page" aria-busy="true">
				<PageHead title={<Skeleton width="9rem" />} lead={<Skeleton width="16rem" />} back={{href: '/projects', text: 'Projects'}} />
				<TabsOf id={id} tab={tab} sides={SIDES} />
				<div class="card"><Skeleton height="16rem" /></div>
			</div>
		);
	return <Shown project={project} set={set} reload={reload} tab={tab} />;
}

function TabsOf({id, tab, sides}: {id: string; tab: string; sides: typeof SIDES}) {
	return <Tabs label="Project" current={tab}
		tabs={sides.map(s => ({...s, href: `/projects/${id}${s.id && '/' + s.id}`}))} />;
}

function Shown({tab, ...side}: Side & {tab: string}) {
	const {project} = side;
	const {query, route} = useLocation();
	const [uploading, setUploading] = useState(false);
	const sides = SIDES.filter(s => !s.built || project.repository);
	const here = sides.find(s => s.id === tab);
	return (
		<div class="page">
			<PageHead title={project.name} back={{href: '/projects', text: 'Projects'}}
				lead={<span class="project-lead"><RepoLink url={project.repository} /> {project.repository && <span class="mono">{project.branch}</span>}</span>}
				actions={<>
					<div class="actions">
						{project.repository ? <DeployNow project={project} />
							: <Button kind="primary" icon="up" onClick={() => setUploading(true)}>Deploy a prebuilt directory</Button>}
						{project.url && <LinkButton icon="external" href={project.url} external>Visit site</LinkButton>}
					</div>
					{project.repository && (
						<div class="actions">
							<LinkButton href={`/deploy?project=${project.id}&step=configure`}>Deploy with other settings</LinkButton>
							<Button onClick={() => setUploading(true)}>Deploy a prebuilt directory</Button>
						</div>
					)}
				</>} />
			{(uploading || 'upload' in query) && <Upload project={project} onClose={() => {
				setUploading(false);
				if ('upload' in query) // nor asked again when it is loaded anew
					route(`/projects/${project.id}`, true);
			}} />}
			{project.repository && project.autoDeployPausedAt && <Paused {...side} />}
			<TabsOf id={project.id} tab={tab} sides={sides} />
			{here ? <here.View {...side} />
				: <Empty icon="help" title="A project has no such side" action={<LinkButton href={`/projects/${project.id}`}>To its overview</LinkButton>}>
					The address may be mistyped, or it is of projects that have a repository.
				</Empty>}
		</div>
	);
}

function Paused(side: Side) {
	const action = useAction(() => resume(side));
	return (
		<Note mood="warn">
			<div class="paused">
				<p><strong>Auto-deploy is paused</strong> since <Time at={side.project.autoDeployPausedAt!} />: pushes and deploy hooks deploy
					nothing, so that they do not undo a rollback. Previews and deployments by hand go on.</p>
				<Button small icon="play" busy={action.busy} onClick={action.run}>Resume</Button>
			</div>
		</Note>
	);
}
