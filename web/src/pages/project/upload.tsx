// upload.tsx - deploys what was built elsewhere: an archive, or a directory that
// is packed here. What is chosen is shown before it is sent, since it goes live.
import {useEffect, useId, useRef, useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {ApiError} from '../../api/error';
import type {Project, Reply} from '../../api/types';
import {upload} from '../../api/upload';
import {Button} from '../../ui/button';
import {Dialog} from '../../ui/dialog';
import {Icon} from '../../ui/icon';
import {sizeText} from '../../ui/size';
import {toast} from '../../ui/toast';
import {fromDrop, fromPicker, type Chosen} from './chosen';
import {pack, TooLarge} from './pack';

type Made = Reply<'/api/projects/{id}/deployments', 'post'>;
type Stage =
	| {at: 'choosing'}
	| {at: 'reading'}
	| {at: 'packing' | 'sending'; done: number; of: number}
	| {at: 'chosen'; name: string; file: Blob; holds: string};

const CHOOSING: Stage = {at: 'choosing'};
const LOST = 'Go on? What you have chosen is not deployed yet.';

// What can be said before anything is sent.
async function archiveWrong(file: File, max: number): Promise<string | null> {
	if (file.size > max)
		return `The archive has ${sizeText(file.size)}. This server takes ${sizeText(max)} at most.`;
	const [a, b] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
	return a === 0x1f && b === 0x8b ? null : `“${file.name}” is no tar.gz file.`;
}

// In words, whatever it was; null: somebody did not want it any more.
function inWords(thrown: unknown, max: number): string | null {
	if (thrown instanceof TooLarge)
		return `The directory has more than ${sizeText(max)} when it is packed, which is what this server takes at most.`;
	if (thrown instanceof DOMException && thrown.name === 'AbortError')
		return null;
	// a browser calls a file that it cannot read a "network error", too
	return thrown instanceof ApiError ? thrown.message : 'A file of it could not be read. Has it changed meanwhile?';
}

export function Upload({project, onClose}: {project: Project; onClose(): void}) {
	const {route} = useLocation();
	const max = project.uploadMaxBytes;
	const [stage, setStage] = useState<Stage>(CHOOSING);
	const [error, setError] = useState<string | null>(null);
	const going = useRef<AbortController>();
	useEffect(() => () => going.current?.abort(), []);

	// One thing at a time; what goes wrong, or is cancelled, leads back to `before`.
	const run = (before: Stage, work: (signal: AbortSignal) => Promise<void>) => {
		going.current?.abort();
		const control = going.current = new AbortController();
		const cancelled = new Promise<never>((_, reject) =>
			control.signal.addEventListener('abort', () => reject(control.signal.reason as Error)));
		setError(null);
		Promise.race([work(control.signal), cancelled]).catch(thrown => {
			if (going.current !== control)
				return;
			setError(inWords(thrown, max));
			setStage(before);
		});
	};
	const take = (choice: Promise<Chosen> | Chosen) => run(CHOOSING, async signal => {
		setStage({at: 'reading'});
		const chosen = await choice;
		signal.throwIfAborted();
		if ('archive' in chosen) {
			const wrong = await archiveWrong(chosen.archive, max);
			setError(wrong);
			setStage(wrong ? CHOOSING : {at: 'chosen', name: chosen.archive.name, file: chosen.archive, holds: sizeText(chosen.archive.size)});
			return;
		}
		const {name, files} = chosen;
		if (!files.length) {
			setError('There is no file in it that could be published. Files whose names begin with a dot never are.');
			setStage(CHOOSING);
			return;
		}
		const of = files.reduce((sum, f) => sum + f.file.size, 0);
		const file = await pack(files, max, done => setStage({at: 'packing', done, of}), signal);
		setStage({at: 'chosen', name, file, holds: `${files.length === 1 ? '1 file' : `${files.length} files`}, ${sizeText(file.size)} packed`});
	});
	const send = (chosen: Stage & {at: 'chosen'}) => run(chosen, async signal => {
		const sent = (done: number) => setStage({at: 'sending', done, of: chosen.file.size});
		sent(0);
		const made = await upload<Made>(`/api/projects/${project.id}/deployments`, chosen.file, sent, signal);
		toast('The deployment has started.', 'good');
		route(`/deployments/${made.id}`);
	});

	return (
		<Dialog firm asks={stage.at !== 'choosing' && LOST} title="Deploy a prebuilt directory" onClose={onClose}>
			<div class="form">
				<p>For what was built elsewhere: nothing is cloned or built, the files go online as they are. At their top there is usually
					an <code>index.html</code>.</p>
				<div role="alert">{error && <p class="note bad"><Icon name="alert" /> <span>{error}</span></p>}</div>
				{stage.at === 'chosen' ? (
					<>
						<p class="inset"><strong>{stage.name}</strong><span class="muted">{stage.holds}</span></p>
						<div class="form-actions">
							<Button kind="primary" icon="deployments" onClick={() => send(stage)}>Deploy</Button>
							<Button onClick={() => setStage(CHOOSING)}>Choose something else</Button>
						</div>
					</>
				) : stage.at === 'choosing' ? <Choose max={max} take={take} />
					: <Going stage={stage} onCancel={() => going.current?.abort()} />}
			</div>
		</Dialog>
	);
}

function Choose({max, take}: {max: number; take(choice: Promise<Chosen> | Chosen): void}) {
	const [over, setOver] = useState(false);
	const hint = useId();
	const archive = useRef<HTMLInputElement>(null);
	const directory = useRef<HTMLInputElement>(null);
	return (
		<div class={over ? 'drop over' : 'drop'} onDragOver={e => {
			e.preventDefault();
			setOver(true);
		}} onDragLeave={e => {
			if (!e.currentTarget.contains(e.relatedTarget as Node | null))
				setOver(false);
		}} onDrop={e => {
			e.preventDefault();
			setOver(false);
			if (e.dataTransfer)
				take(fromDrop(e.dataTransfer.items));
		}}>
			<p><strong>Drop a directory or a .tar.gz file here</strong></p>
			<div class="form-actions">
				<Button aria-describedby={hint} onClick={() => archive.current?.click()}>Choose a .tar.gz file</Button>
				<Button aria-describedby={hint} onClick={() => directory.current?.click()}>Choose a directory</Button>
			</div>
			<p class="hint" id={hint}>At most {sizeText(max)}, packed. Files whose names begin with a dot are left out.</p>
			<input ref={archive} type="file" hidden aria-label="A .tar.gz file" accept=".gz,.tgz,application/gzip" onChange={e => {
				const file = e.currentTarget.files?.[0];
				if (file)
					take({archive: file});
			}} />
			<input ref={directory} type="file" hidden aria-label="A directory" {...{webkitdirectory: true}} onChange={e => {
				if (e.currentTarget.files?.length)
					take(fromPicker(e.currentTarget.files));
			}} />
		</div>
	);
}

function Going({stage, onCancel}: {stage: Stage & {at: 'reading' | 'packing' | 'sending'}; onCancel(): void}) {
	const part = stage.at === 'reading' ? null : stage.of ? Math.floor(100 * Math.min(stage.done / stage.of, 1)) : 100;
	const what = stage.at === 'reading' ? 'Looking at the files' : stage.at === 'packing' ? 'Packing'
		: part === 100 ? 'All is sent; the server looks at it' : 'Sending';
	return (
		<>
			<div class="going">
				<p role="status">{what} …</p>
				{/* without a value it moves by itself */}
				<progress aria-label={what} max={100} value={part === null || part === 100 ? undefined : part} />
				{stage.at !== 'reading' && <p class="hint tabular">{part} % of {sizeText(stage.of)}</p>}
			</div>
			<div class="form-actions"><Button icon="stop" onClick={onCancel}>Cancel</Button></div>
		</>
	);
}
