// repository.tsx - the first step: which code.
import {useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {api, ok} from '../../api/client';
import {asApiError, type ApiError} from '../../api/error';
import {useLoad} from '../../api/load';
import type {Reply} from '../../api/types';
import {signOut} from '../../app/frame';
import {Button, useAction} from '../../ui/button';
import {Form, TextField} from '../../ui/form';
import {Icon} from '../../ui/icon';
import {Badge, Empty, ErrorNote, Note, Pages, Skeleton} from '../../ui/parts';
import {repoAddress, repoName} from '../../ui/repo';
import {SearchBox} from '../../ui/search';
import {NAME_HINT, NAME_TAKEN, notAName} from '../project/name';
import {choose, draft, put, refused, type From} from './draft';

type Projects = Reply<'/api/projects', 'get'>['projects'];

const WAYS: readonly [From, string, string][] = [
	['github', 'GitHub', 'Pick one of your repositories'],
	['address', 'Git address', 'Any https address of a repository'],
	['upload', 'Upload', 'A site that is built already'],
	['project', 'Project', 'One that you have already'],
];

export function RepositoryStep({onNext}: {onNext(): void}) {
	const way = draft.value.way;
	return (
		<div class="form">
			<fieldset class="ways">
				<legend class="sr-only">Where the code is</legend>
				{WAYS.map(([id, title, text]) => (
					<label key={id}>
						<input type="radio" name="way" value={id} checked={way === id} onChange={() => put({way: id})} />
						<span><strong>{title}</strong><span class="hint">{text}</span></span>
					</label>
				))}
			</fieldset>
			{way === 'github' && <GitHub onNext={onNext} />}
			{way === 'address' && <Address onNext={onNext} />}
			{way === 'upload' && <Prebuilt />}
			{way === 'project' && <Existing onNext={onNext} />}
		</div>
	);
}

// The address in the form in which the API compares them.
function same(url: string): string {
	return repoAddress(url).replace(/\/+$/, '').replace(/\.git$/, '').toLowerCase();
}

// The project that has this repository already, the oldest: that is the one a
// deployment by the address goes to.
async function projectOf(repository: string): Promise<string | null> {
	const {projects} = await ok(api.GET('/api/projects', {params: {query: {limit: 100}}}));
	return projects.filter(p => p.repository && same(p.repository) === same(repository)).at(-1)?.id ?? null;
}

// Goes on with a repository, whether or not the question about it is answered.
async function take(from: From, repository: string, more: {branch?: string}): Promise<void> {
	const projectId = await projectOf(repository).catch(() => null);
	choose({from, repository, projectId, ...(projectId ? {} : more)});
}

function GitHub({onNext}: {onNext(): void}) {
	const {data, error, reload} = useLoad(async signal => {
		const connection = await ok(api.GET('/api/github/connection', {signal}));
		const {providers} = connection.connected ? {providers: []} : await ok(api.GET('/api/auth/providers', {signal}));
		return {...connection, possible: connection.connected || providers.some(p => p.name === 'github' && p.enabled)};
	}, []);
	if (error && !data)
		return <ErrorNote error={error} onRetry={() => void reload()} />;
	if (!data)
		return <Skeleton height="16rem" />;
	if (!data.possible)
		return (
			<Empty icon="github" title="GitHub is not set up on this server" action={<Button kind="primary" onClick={() => put({way: 'address'})}>Use a git address</Button>}>
				Its administrator has to enter a client id first. Repositories at GitHub work by their address as well, private ones with an access token.
			</Empty>
		);
	if (!data.connected || data.refusedAt)
		return <Connect refused={data.refusedAt !== null} />;
	return <Repos username={data.username} onNext={onNext} />;
}

function Connect({refused}: {refused: boolean}) {
	const {route} = useLocation();
	const [error, setError] = useState<ApiError | null>(null);
	const connect = useAction(async () => {
		try {
			const {url} = await ok(api.POST('/api/github/connect', {body: {next: '/deploy'}}));
			location.assign(url);
		} catch (thrown) {
			setError(asApiError(thrown));
		}
	});
	if (error?.code === 'SIGN_IN_AGAIN')
		return (
			<Empty icon="lock" title="Please sign in again first" action={<Button kind="primary" onClick={() => {
				void signOut(() => route('/login?next=%2Fdeploy'));
			}}>Sign in again</Button>}>
				Connecting an account gives access to your code, so it has to be you who asks: your sign-in is too old for that.
			</Empty>
		);
	return (
		<>
			{error && <ErrorNote error={error} />}
			<Empty icon="github" title={refused ? 'GitHub does not take the connection any more' : 'GitHub is not connected'}
				action={<div class="actions"><Button kind="primary" icon="github" busy={connect.busy} onClick={connect.run}>{refused ? 'Connect again' : 'Connect GitHub'}</Button>
					<Button onClick={() => put({way: 'address'})}>Use a git address</Button></div>}>
				{refused ? 'The access was revoked at GitHub, or has expired.' : 'Then you can pick a repository here, private ones as well, and pushes deploy by themselves.'}
			</Empty>
		</>
	);
}

function Repos({username, onNext}: {username: string | null; onNext(): void}) {
	const [search, setSearch] = useState('');
	const [page, setPage] = useState(1);
	const [taking, setTaking] = useState('');
	const {data, error, loading, reload} = useLoad(
		signal => ok(api.GET('/api/github/repos', {params: {query: {search: search || undefined, page, limit: 20}}, signal})), [search, page]);
	const pick = async (repo: NonNullable<typeof data>['repos'][number]) => {
		setTaking(repo.id);
		await take('github', repo.fullName, {branch: repo.defaultBranch});
		onNext();
	};
	return (
		<>
			<div class="filters">
				<SearchBox label={`Search the repositories of ${username ?? 'your account'}`} value={search} onSearch={text => {
					setSearch(text);
					setPage(1);
				}} />
			</div>
			{error && <ErrorNote error={error} onRetry={() => void reload()} />}
			{!data && !error && <Skeleton height="20rem" />}
			{data && !data.repos.length && (
				<Empty icon="search" title="No such repository" action={<Button onClick={() => setSearch('')}>Show all</Button>}>
					{search ? `The account sees none with “${search}” in its name.` : 'The account sees no repositories.'}
				</Empty>
			)}
			{data && data.repos.length > 0 && (
				<ul class="picks" aria-label="Repositories" aria-busy={loading}>
					{data.repos.map(repo => (
						<li key={repo.id}>
							<button type="button" class="pick" aria-pressed={draft.value.repository === repo.fullName} aria-disabled={taking !== ''}
								onClick={() => !taking && void pick(repo)}>
								<span>
									<strong>{repo.fullName}</strong> {repo.private && <Badge>Private</Badge>}
									<span class="hint">{[repo.language, repo.defaultBranch, repo.description].filter(Boolean).join(' · ')}</span>
								</span>
								{taking === repo.id ? <span class="spinner" /> : <Icon name="chevron" />}
							</button>
						</li>
					))}
				</ul>
			)}
			{data && <Pages pagination={data.pagination} one="repository" many="repositories" onPage={setPage} />}
		</>
	);
}

// The API judges; this only spares the way to the last step and back.
function notAnAddress(text: string): string | false {
	if (!text)
		return 'Give the address of a repository.';
	return !/^(https?:\/\/\S+|[\w.-]+\/[\w.-]+)$/.test(text) && 'This is no address of a repository. It looks like https://git.example.com/team/site.git.';
}

function Address({onNext}: {onNext(): void}) {
	const text = draft.value.address ?? draft.value.repository;
	return (
		<Form submit="Continue" busyText="Looking" errors={refused.value} check={() => ({repository: notAnAddress(text.trim())})}
			onSubmit={async () => {
				await take('address', text.trim(), {});
				onNext();
			}}>
			<TextField name="repository" label="Repository" value={text} onValue={address => put({address})} maxLength={2048} autoComplete="off"
				placeholder="https://git.example.com/team/site.git" hint="Its https address, or owner/name at GitHub. A private one gets its access token in the next step." />
		</Form>
	);
}

// A project without a repository; its page takes the files.
function Prebuilt() {
	const {route} = useLocation();
	const {name} = draft.value;
	return (
		<Form submit="Continue" busyText="Making the project" says={{PROJECT_NAME_TAKEN: NAME_TAKEN}}
			check={() => ({name: notAName(name.trim())})}
			onSubmit={async () => {
				const made = await ok(api.POST('/api/projects', {body: {name: name.trim()}}));
				put({name: ''});
				route(`/projects/${made.id}?upload`);
			}}>
			<TextField name="name" label="Project name" value={name} onValue={name => put({name})} maxLength={100}
				hint={`${NAME_HINT} It names the site as well. Nothing is cloned or built: you choose the files next.`} />
		</Form>
	);
}

function Existing({onNext}: {onNext(): void}) {
	const [search, setSearch] = useState('');
	const [page, setPage] = useState(1);
	const {data, error, loading, reload} = useLoad(
		signal => ok(api.GET('/api/projects', {params: {query: {search: search || undefined, page, limit: 20}}, signal})), [search, page]);
	const {route} = useLocation();
	const pick = (project: Projects[number]) => {
		if (!project.repository) {
			route(`/projects/${project.id}?upload`);
			return;
		}
		choose({from: 'project', repository: project.repository, projectId: project.id});
		onNext();
	};
	return (
		<>
			<div class="filters">
				<SearchBox label="Search your projects" value={search} onSearch={text => {
					setSearch(text);
					setPage(1);
				}} />
			</div>
			{refused.value.repository && <Note mood="bad">{refused.value.repository}</Note>}
			{error && <ErrorNote error={error} onRetry={() => void reload()} />}
			{!data && !error && <Skeleton height="16rem" />}
			{data && !data.projects.length && (
				<Empty icon="projects" title={search ? 'No such project' : 'No projects yet'}
					action={search ? <Button onClick={() => setSearch('')}>Show all</Button> : <Button kind="primary" onClick={() => put({way: 'address'})}>Use a git address</Button>}>
					{search ? `None has “${search}” in its name.` : 'Your first deployment makes one.'}
				</Empty>
			)}
			{data && data.projects.length > 0 && (
				<ul class="picks" aria-label="Projects" aria-busy={loading}>
					{data.projects.map(project => (
						<li key={project.id}>
							<button type="button" class="pick" aria-pressed={draft.value.projectId === project.id} onClick={() => pick(project)}>
								<span><strong>{project.name}</strong><span class="hint">{[repoName(project.repository), project.repository && project.branch].filter(Boolean).join(' · ')}</span></span>
								<Icon name="chevron" />
							</button>
						</li>
					))}
				</ul>
			)}
			{data && <Pages pagination={data.pagination} one="project" many="projects" onPage={setPage} />}
		</>
	);
}
