// environment.tsx - the variables that a build gets. Only names ever come back
// from the server, so a value can be replaced but not looked at.
import {useState} from 'preact/hooks';
import {api, gone, ok} from '../../api/client';
import {asApiError} from '../../api/error';
import {Button} from '../../ui/button';
import {Confirm} from '../../ui/dialog';
import {EnvLinesField, envLinesWrong, envNameWrong, readEnvLines} from '../../ui/envlines';
import {Form, TextField} from '../../ui/form';
import {Card, Note} from '../../ui/parts';
import {Icon} from '../../ui/icon';
import {toast} from '../../ui/toast';
import {mayLose, useUnsaved} from '../../ui/unsaved';
import {change, type Side} from './side';

type Scope = 'production' | 'preview';

export function Environment(side: Side) {
	return (
		<>
			<Note>Values are stored encrypted and never come back: you can replace one, not read it. They are masked in the logs. A change holds from
				the next deployment on; a redeploy uses those that the deployment had.</Note>
			<Variables key="production" side={side} scope="production" names={side.project.envVarNames} title="Production"
				lead="For the builds of the site itself." empty="The builds of the site get no variables." />
			<Variables key="preview" side={side} scope="preview" names={side.project.previewEnvVarNames} title="Previews"
				lead="For the builds of pull requests, which get none of production’s. Forks get none at all." empty="The builds of previews get no variables." />
		</>
	);
}

type Mode = {kind: 'one' | 'lines'; name: string} | null;

function Variables({side, scope, names, title, lead, empty}: {
	side: Side;
	scope: Scope;
	names: readonly string[];
	title: string;
	lead: string;
	empty: string;
}) {
	const [mode, setMode] = useState<Mode>(null);
	const [removing, setRemoving] = useState<string | null>(null);
	const [typed, setTyped] = useState(false);
	useUnsaved(typed);
	const show = (next: Mode) => {
		setTyped(false);
		setMode(next);
	};
	const close = () => show(null);
	const open = (kind: 'one' | 'lines', name = '') => {
		const there = mode?.kind === kind && mode.name === name;
		if (!there && (!typed || mayLose()))
			show({kind, name});
	};
	const of = <span class="sr-only"> for {title.toLowerCase()}</span>;
	return (
		<Card title={title} actions={<>
			<Button small icon="copy" onClick={() => open('lines')}>Paste lines{of}</Button>
			<Button small icon="plus" onClick={() => open('one')}>Add a variable{of}</Button>
		</>}>
			<p class="group-lead">{lead}</p>
			{names.length ? (
				<ul class="list variables">
					{names.map(name => (
						<li key={name}>
							<div><code>{name}</code> <span class="muted" title="Never shown"><Icon name="lock" size={14} /><span class="sr-only">Its value is never shown</span></span></div>
							<div class="actions">
								<Button small kind="quiet" onClick={() => open('one', name)}>Replace<span class="sr-only"> the value of {name}</span></Button>
								<Button small kind="quiet" icon="trash" onClick={() => setRemoving(name)}>Remove<span class="sr-only"> {name}</span></Button>
							</div>
						</li>
					))}
				</ul>
			) : !mode && <p class="muted">{empty}</p>}
			{mode && (
				<div key={mode.kind + mode.name} class="inset" onInput={() => setTyped(true)}>
					{mode.kind === 'one' ? <One side={side} scope={scope} names={names} name={mode.name} onClose={close} />
						: <Lines side={side} scope={scope} names={names} onClose={close} />}
				</div>
			)}
			{removing && (
				<Confirm title={`Remove ${removing}?`} action="Remove" onClose={() => setRemoving(null)} onConfirm={async () => {
					await gone(api.DELETE('/api/projects/{id}/env/{name}', {params: {path: {id: side.project.id, name: removing}, query: {scope}}}));
					await side.reload();
					toast(`${removing} is removed.`, 'good');
				}}>
					<p>Builds do not get it from the next deployment on. Its value cannot be brought back from here.</p>
				</Confirm>
			)}
		</Card>
	);
}

interface FormProps {
	side: Side;
	scope: Scope;
	names: readonly string[];
	onClose(): void;
}

async function setOne(side: Side, scope: Scope, name: string, value: string): Promise<void> {
	await ok(api.PUT('/api/projects/{id}/env/{name}', {params: {path: {id: side.project.id, name}}, body: {scope, value}}));
}

function One({side, scope, names, name: known, onClose}: FormProps & {name: string}) {
	const [name, setName] = useState(known);
	const [value, setValue] = useState('');
	const replaces = names.includes(name);
	return (
		<Form submit={replaces ? 'Replace the value' : 'Add'} busyText="Saving" onCancel={onClose}
			check={() => ({name: name ? envNameWrong(name) ?? undefined : 'Give it a name.'})}
			onSubmit={async () => {
				await setOne(side, scope, name, value);
				await side.reload();
				toast(`${name} is set.`, 'good');
				onClose();
			}}>
			<TextField name="name" label="Name" mono value={name} onValue={setName} maxLength={128} autoFocus={!known} disabled={known !== ''}
				autoComplete="off" placeholder="API_URL" hint={!known && replaces ? 'There is a variable of this name: its value is replaced.' : undefined} />
			<TextField name="value" label={known ? 'New value' : 'Value'} mono rows={3} value={value} onValue={setValue} autoFocus={known !== ''}
				autoComplete="off" maxLength={16384} hint="Taken as it stands, with its line ends and without any quotes being removed." />
		</Form>
	);
}

// All at once when there is nothing yet, else one by one: the API sets a single
// variable beside the others, or replaces all.
function Lines({side, scope, names, onClose}: FormProps) {
	const [text, setText] = useState('');
	const [done, setDone] = useState<string | null>(null);
	const {vars} = readEnvLines(text);
	const replaced = [...vars.keys()].filter(name => names.includes(name));
	const save = async () => {
		if (!names.length) {
			await change(side, scope === 'production' ? {envVars: text} : {previewEnvVars: text});
		} else {
			let n = 0;
			try {
				for (const [name, value] of vars) {
					setDone(`${n} of ${vars.size} are set`);
					await setOne(side, scope, name, value);
					n++;
				}
			} catch (thrown) {
				// what is set needs not be sent again
				const set = new Set([...vars.keys()].slice(0, n));
				setText(text.split('\n').filter(line => ![...readEnvLines(line).vars.keys()].some(name => set.has(name))).join('\n'));
				const error = asApiError(thrown);
				if (n)
					toast(`${n} of ${vars.size} variables are set; the others are still in the form.`);
				throw error;
			} finally {
				setDone(null);
				await side.reload();
			}
		}
		toast(vars.size === 1 ? 'The variable is set.' : `${vars.size} variables are set.`, 'good');
		onClose();
	};
	return (
		<Form submit="Set these" busyText={done ?? 'Saving'} onCancel={onClose} onSubmit={save}
			check={() => ({lines: envLinesWrong(text) ?? (vars.size ? undefined : 'Paste at least one line.')})}>
			<EnvLinesField name="lines" label="KEY=VALUE lines" value={text} onValue={setText}
				hint="As in a .env file: blank lines and those that begin with # are skipped. In double quotes \n is a line end. The other variables stay." />
			{replaced.length > 0 && <p class="hint">Replaces the {replaced.length === 1 ? 'value' : 'values'} of {replaced.join(', ')}.</p>}
		</Form>
	);
}
