// configure.tsx - the second step: how it is built.
import {api, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import type {Project} from '../../api/types';
import {BuildStepField} from '../../ui/buildstep';
import {LinkButton} from '../../ui/button';
import {EnvLinesField, envLinesWrong} from '../../ui/envlines';
import {CheckField, Form, PasswordField, SelectField, TextField} from '../../ui/form';
import {Note} from '../../ui/parts';
import {NAME_HINT, notAName} from '../project/name';
import {draft, put, refused, secrets, target} from './draft';

// GitHub's owner/name of a repository, or null.
function atGitHub(repository: string): {owner: string; repo: string} | null {
	const found = /^(?:https:\/\/github\.com\/)?([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/.exec(repository);
	return found ? {owner: found[1]!, repo: found[2]!} : null;
}

// Empty when nobody can say: then the branch is typed.
async function branchesOf(repository: string, signal: AbortSignal): Promise<string[]> {
	const path = atGitHub(repository);
	if (!path || !(await ok(api.GET('/api/github/connection', {signal}))).connected)
		return [];
	const {branches} = await ok(api.GET('/api/github/repos/{owner}/{repo}/branches', {params: {path}, signal}));
	return branches.map(b => b.name);
}

export function ConfigureStep({project, onNext}: {project: Project | undefined; onNext(): void}) {
	const d = draft.value;
	const branches = useLoad(signal => branchesOf(d.repository, signal).catch(() => []), [d.repository]);
	const goesTo = target(d) ? project : undefined;
	const own = (value: string | null) => value === null ? 'Detected' : value || 'Nothing is run';
	const next = async () => {
		refused.value = {};
		onNext();
	};
	return (
		<Form submit="Continue" errors={refused.value} onSubmit={next} actions={<LinkButton kind="quiet" href="/deploy?step=repository">Back</LinkButton>}
			check={() => ({
				name: !goesTo && (d.another || d.name.trim() !== '') && notAName(d.name.trim()),
				envVars: envLinesWrong(secrets.value.envVars),
			})}>
			{project && (goesTo || d.from !== 'project') && (
				<Note>
					<div class="prose">
						{goesTo ? <p>This deploys your project <strong>{goesTo.name}</strong>. What you leave as it is comes from it; what you set here holds for
							this deployment only. To keep it, change the <a href={`/projects/${goesTo.id}/settings`}>project’s settings</a>.</p>
							: <p>Your project <a href={`/projects/${project.id}`}>{project.name}</a> has this repository as well.</p>}
						{d.from !== 'project' && <CheckField label="Make another project of this repository" checked={d.another}
							onChecked={another => put({another})} hint="For a repository that holds several sites." />}
					</div>
				</Note>
			)}
			<div class="row">
				{!goesTo && <TextField name="name" label="Project name" optional={!d.another} value={d.name} onValue={name => put({name})} maxLength={100}
					placeholder="After the repository" hint={`${NAME_HINT} It names the site as well.`} />}
				{branches.data?.length ? (
					<SelectField name="branch" label="Branch" value={d.branch || goesTo?.branch || 'main'} onValue={branch => put({branch})}
						options={[...new Set([d.branch || goesTo?.branch || 'main', ...branches.data])].map(b => [b, b] as const)}
						hint={goesTo ? 'What is built.' : 'What is built. Pushes to it deploy, once the webhook is there.'} />
				) : (
					<TextField name="branch" label="Branch" mono optional value={d.branch} onValue={branch => put({branch})} maxLength={200}
						placeholder={goesTo?.branch ?? 'main'} hint={branches.loading ? 'Asking GitHub for the branches …' : `What is built; ${goesTo?.branch ?? 'main'} when left empty.`} />
				)}
			</div>
			<BuildStepField name="installCommand" label="Install command" value={d.installCommand} onValue={installCommand => put({installCommand})}
				detect={goesTo ? 'As the project' : 'Detect'} placeholder={goesTo ? own(goesTo.installCommand) : 'By the lockfile: npm ci, pnpm, yarn'} />
			<BuildStepField name="buildCommand" label="Build command" value={d.buildCommand} onValue={buildCommand => put({buildCommand})}
				detect={goesTo ? 'As the project' : 'Detect'} placeholder={goesTo ? own(goesTo.buildCommand) : 'npm run build, if there is such a script'} />
			<div class="row">
				<TextField name="outputDir" label="Output directory" optional mono value={d.outputDir} onValue={outputDir => put({outputDir})} maxLength={255}
					placeholder={goesTo?.outputDir ?? 'Detected: dist, build, _site …'} hint="The folder that is published." />
				<TextField name="rootDir" label="Root directory" optional mono value={d.rootDir} onValue={rootDir => put({rootDir})} maxLength={255}
					placeholder={goesTo?.rootDir ?? 'The top of the repository'} hint="The folder that is this site, when there are several." />
			</div>
			<EnvLinesField name="envVars" label="Environment variables" optional value={secrets.value.envVars}
				onValue={envVars => {
					secrets.value = {...secrets.value, envVars};
				}}
				hint={goesTo?.envVarNames.length ? 'One KEY=VALUE a line. What you write here takes the place of all variables that the project has; leave it empty to use those.'
					: 'One KEY=VALUE a line. Values are stored encrypted and never shown again. A reload of this page forgets them.'} />
			{!goesTo && d.from !== 'github' && (
				<PasswordField name="deployToken" label="Access token (optional)" value={secrets.value.deployToken} autoComplete="off"
					onValue={deployToken => {
						secrets.value = {...secrets.value, deployToken};
					}}
					hint="Only for a private repository: a token that may read it, or user:token. It is stored encrypted and never shown again." />
			)}
			<CheckField label="Build with an empty cache" checked={!d.cache} onChecked={empty => put({cache: !empty})} hint="Slower; for when a build went wrong in ways that the code does not explain." />
		</Form>
	);
}
