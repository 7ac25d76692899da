// viewer.tsx - the log of a deployment, live: what it says, how one moves in
// it, and whether it is connected.
import {useCallback, useEffect, useMemo, useRef, useState} from 'preact/hooks';
import {api, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import {followLog, type LinkState} from '../../api/logstream';
import {logWire, rawLog} from '../../api/logwire';
import type {Deployment} from '../../api/types';
import {Button, useAction} from '../../ui/button';
import {Icon} from '../../ui/icon';
import {Badge, Note} from '../../ui/parts';
import {Time} from '../../ui/time';
import {toast} from '../../ui/toast';
import {Find} from './find';
import {Lines} from './lines';
import {LogList, type ListHandle} from './list';

const KEY = 'autostack.log';
const FINAL = ['success', 'failed', 'cancelled', 'superseded'];
const DRAW_EVERY = 100; // ms: faster nobody reads, and most frames are left for the hand that scrolls
const STUCK_AFTER = 5000; // over, and the stream does not know it
const WAITS_LONG = 15_000; // queued: a worker that is free takes it at once

export function isOver(status: string): boolean {
	return FINAL.includes(status);
}

interface Log {
	lines: Lines;
	version: number;
	link: LinkState;
	again(): void;
}

// The lines as they come; drawn at a pace however many there are.
function useLog(id: string, onStatus: (status: string) => void): Log {
	const lines = useMemo(() => new Lines(), [id]);
	const [link, setLink] = useState<LinkState>({name: 'connecting'});
	const [version, setVersion] = useState(0);
	const told = useRef(onStatus);
	told.current = onStatus;
	const following = useRef<ReturnType<typeof followLog>>();
	useEffect(() => {
		let frame = 0;
		let drawn = 0;
		const draw = (now: number) => {
			frame = now - drawn < DRAW_EVERY ? requestAnimationFrame(draw) : 0;
			if (frame)
				return;
			drawn = now;
			setVersion(lines.version);
		};
		following.current = followLog({
			last: () => lines.last,
			line: line => {
				frame ||= requestAnimationFrame(draw);
				return lines.add(line);
			},
			state: setLink,
			status: status => told.current(status),
		}, logWire(id));
		// a connection whose network is gone would go on looking alive
		const gone = () => following.current?.again();
		addEventListener('offline', gone);
		return () => {
			removeEventListener('offline', gone);
			cancelAnimationFrame(frame);
			following.current?.stop();
		};
	}, [lines]);
	return {lines, version, link, again: () => following.current?.again()};
}

// What is looked for; goes on with the lines that come.
function useFind(lines: Lines, version: number): {words: string; find: Find | null; setWords(words: string): void; hits: number} {
	const [words, setWords] = useState('');
	const [find, setFind] = useState<Find | null>(null);
	const [hits, setHits] = useState(0);
	useEffect(() => {
		const timer = setTimeout(() => setFind(words ? new Find(words) : null), words ? 150 : 0);
		return () => clearTimeout(timer);
	}, [words]);
	useEffect(() => {
		if (!find)
			return;
		let frame = 0;
		const go = () => {
			if (!find.advance(lines))
				frame = requestAnimationFrame(go);
			setHits(find.hits.length);
		};
		go();
		return () => cancelAnimationFrame(frame);
	}, [find, lines, version]);
	return {words, find, setWords, hits: find ? hits : 0};
}

function lineOfAddress(): number {
	return Number(/^#L(\d+)$/.exec(location.hash)?.[1] ?? 0);
}

interface Look {
	wrap: boolean;
	times: boolean;
}

function useLook(): [Look, (look: Look) => void] {
	const [look, setLook] = useState<Look>(() => {
		// a phone shows the begin of each line only
		const kept = localStorage.getItem(KEY) ?? (matchMedia('(max-width: 40rem)').matches ? 'wrap times' : 'times');
		return {wrap: kept.includes('wrap'), times: kept.includes('times')};
	});
	return [look, next => {
		localStorage.setItem(KEY, [next.wrap && 'wrap', next.times && 'times'].filter(Boolean).join(' '));
		setLook(next);
	}];
}

interface ViewerProps {
	deployment: Deployment;
	onStatus(status: string): void;
}

export function LogViewer({deployment, onStatus}: ViewerProps) {
	const {lines, version, link, again} = useLog(deployment.id, onStatus);
	const [look, setLook] = useLook();
	const {words, find, setWords, hits} = useFind(lines, version);
	const [follow, setFollow] = useState(() => !lineOfAddress());
	const [at, setAt] = useState(lineOfAddress);
	const [left, setLeft] = useState(0); // the last line when one stopped following
	const list = useRef<ListHandle>(null);
	const search = useRef<HTMLInputElement>(null);
	const wanted = useRef(at); // a line of the address that is not here yet
	const over = isOver(deployment.status);
	const [wasOver] = useState(over); // then nothing new comes

	const following = useCallback((next: boolean) => {
		setLeft(lines.last);
		setFollow(next);
	}, [lines]);
	const go = useCallback((seq: number) => {
		following(false);
		setAt(seq);
		history.replaceState(history.state, '', `#L${seq}`);
		list.current?.show(seq);
	}, [following]);

	useEffect(() => {
		const moved = () => {
			const seq = lineOfAddress();
			if (seq && seq <= lines.last)
				go(seq);
		};
		addEventListener('hashchange', moved);
		return () => removeEventListener('hashchange', moved);
	}, [go]);
	useEffect(() => {
		if (!wanted.current || lines.last < wanted.current)
			return;
		if (!list.current?.show(wanted.current))
			return;
		wanted.current = 0;
		setLeft(lines.last);
	}, [version]);
	// the deployment is over, but nothing comes and its stream did not say so
	useEffect(() => {
		if (!over || link.name !== 'live')
			return;
		const timer = setTimeout(again, STUCK_AFTER);
		return () => clearTimeout(timer);
	}, [over, link.name, version]);

	const move = (step: 1 | -1) => {
		const i = find?.from(at || list.current!.top() - step, step) ?? -1;
		if (i >= 0)
			go(find!.hits[i]!);
	};
	// to the first one when something else is looked for
	useEffect(() => {
		if (find && hits && !find.hits.includes(at)) {
			const i = find.from(list.current!.top() - 1, 1);
			if (i >= 0)
				go(find.hits[i]!);
		}
	}, [find, hits > 0]);

	const keys = (e: KeyboardEvent) => {
		if (e.key.toLowerCase() === 'f' && (e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey) {
			e.preventDefault();
			search.current?.focus();
			search.current?.select();
		}
	};
	const fresh = lines.last - left;
	const place = find ? find.hits.indexOf(at) + 1 : 0;
	return (
		<section class="card flush logs" aria-labelledby="log-title" onKeyDown={keys}>
			<header>
				<h2 id="log-title">Log</h2>
				<Link link={link} count={lines.last} again={again} />
				<div class="log-tools">
					<div class="log-find" role="search">
						<div class="search">
							<Icon name="search" size={16} />
							<input ref={search} type="search" aria-label="Find in the log" placeholder="Find in the log" value={words} spellcheck={false}
								autocapitalize="off" autocomplete="off" onInput={e => setWords(e.currentTarget.value)} onKeyDown={e => {
									if (e.key === 'Enter') {
										e.preventDefault();
										move(e.shiftKey ? -1 : 1);
									} else if (e.key === 'Escape') {
										setWords('');
										list.current?.focus();
									}
								}} />
						</div>
						<span class="log-found tabular" aria-live="polite">
							{find && (hits ? `${place ? `${place.toLocaleString('en')} of ` : ''}${hits.toLocaleString('en')} ${hits === 1 ? 'line' : 'lines'}` : 'Not found')}
						</span>
						<button type="button" class="close" aria-label="Previous line that has it" title="Previous (Shift+Enter)" disabled={!hits}
							onClick={() => move(-1)}><span class="turned up"><Icon name="chevron" /></span></button>
						<button type="button" class="close" aria-label="Next line that has it" title="Next (Enter)" disabled={!hits}
							onClick={() => move(1)}><span class="turned down"><Icon name="chevron" /></span></button>
					</div>
					<div class="actions">
						{lines.firstError > 0 && <Button small icon="alert" onClick={() => go(lines.firstError)}>First error</Button>}
						<Button small aria-pressed={look.wrap} onClick={() => setLook({...look, wrap: !look.wrap})}>Wrap</Button>
						<Button small aria-pressed={look.times} onClick={() => setLook({...look, times: !look.times})}>Times</Button>
						{!over && <Button small aria-pressed={follow} onClick={() => following(!follow)}>Follow</Button>}
						<Take deployment={deployment} lines={lines} count={lines.count} times={look.times} />
					</div>
				</div>
			</header>
			{lines.first > 1 && <p class="log-cut">Lines before {lines.first.toLocaleString('en')} are too many to show here. Download the log to see them.</p>}
			<div class="log-box">
				<LogList handle={list} lines={lines} version={version} wrap={look.wrap} times={look.times} find={find} at={at}
					follow={follow} ended={link.name === 'ended'} onFollow={following} onPick={go} />
				{!lines.count && <Nothing deployment={deployment} link={link} />}
				{!follow && !wasOver && left > 0 && fresh > 0 && (
					<button type="button" class="button primary small log-more" onClick={() => following(true)}>
						<Icon name="down" size={16} /> {fresh.toLocaleString('en')} new {fresh === 1 ? 'line' : 'lines'} · follow
					</button>
				)}
			</div>
		</section>
	);
}

// Whether what one sees is what there is. Said aloud only when it changes.
function Link({link, count, again}: {link: LinkState; count: number; again(): void}) {
	const lines = `${count.toLocaleString('en')} ${count === 1 ? 'line' : 'lines'}`;
	return (
		<div class="log-link">
			<span role="status">
				{link.name === 'connecting' && <Badge mood="wait">Connecting</Badge>}
				{link.name === 'live' && <Badge mood="busy">Streaming</Badge>}
				{link.name === 'asking' && <Badge mood="busy">Updated every 3 seconds</Badge>}
				{link.name === 'lost' && <Badge mood="bad">Not connected</Badge>}
				{link.name === 'ended' && <Badge mood="idle">Complete</Badge>}
				{link.name === 'stopped' && <Badge mood="bad">Stopped</Badge>}
			</span>
			{link.name === 'lost' ? <><Countdown until={link.until} /><Button small kind="quiet" onClick={again}>Try now</Button></>
				: link.name === 'stopped' ? <span class="muted">{link.why}</span>
					: count > 0 && <span class="muted tabular">{lines}</span>}
		</div>
	);
}

function Countdown({until}: {until: number}) {
	const [, tick] = useState(0);
	useEffect(() => {
		const timer = setInterval(() => tick(n => n + 1), 500);
		return () => clearInterval(timer);
	}, []);
	const seconds = Math.ceil((until - Date.now()) / 1000);
	return <span class="muted tabular">{seconds > 0 ? `Trying again in ${seconds} s` : 'Trying again'}</span>;
}

// Copy what is here, download all of it.
function Take({deployment, lines, count, times}: {deployment: Deployment; lines: Lines; count: number; times: boolean}) {
	const copy = useAction(async () => {
		await navigator.clipboard.writeText(lines.copy(times)).catch(() => {
			throw new Error('The browser did not allow copying. Download the log instead.');
		});
		toast(`Copied ${count.toLocaleString('en')} ${count === 1 ? 'line' : 'lines'}`, 'good');
	});
	const download = useAction(async () => {
		const url = URL.createObjectURL(new Blob([await rawLog(deployment.id)], {type: 'text/plain'}));
		const link = document.createElement('a');
		link.href = url;
		link.download = `${deployment.repo}-${deployment.commit ?? deployment.id.slice(0, 8)}.log`;
		link.click();
		setTimeout(() => URL.revokeObjectURL(url), 10_000);
	});
	return (
		<>
			<Button small icon="copy" busy={copy.busy} disabled={!count} onClick={copy.run}>Copy</Button>
			<Button small icon="down" busy={download.busy} disabled={!count} onClick={download.run}>Download</Button>
		</>
	);
}

function Nothing({deployment, link}: {deployment: Deployment; link: LinkState}) {
	return (
		<div class="log-nothing">
			{link.name === 'stopped' ? <Note mood="bad">{link.why}</Note>
				: deployment.logRemovedAt ? <p>This log was removed <Time at={deployment.logRemovedAt} /> to make room, by the limits for age and size.</p>
					: link.name === 'ended' ? <p>Nothing was logged.</p>
						: link.name === 'lost' ? <p>The log cannot be loaded now. It comes as soon as the server answers.</p>
							: deployment.status === 'queued' ? <Queued since={deployment.timestamp} />
								: <p><span class="spinner" /> Loading the log</p>}
		</div>
	);
}

// Says why when it takes longer than a worker that has nothing to do needs.
function Queued({since}: {since: string}) {
	const [long, setLong] = useState(false);
	useEffect(() => {
		const timer = setTimeout(() => setLong(true), Date.parse(since) + WAITS_LONG - Date.now());
		return () => clearTimeout(timer);
	}, [since]);
	return <div role="status"><p>Waiting for a worker. The log begins when the build does.</p>{long && <WaitsLong />}</div>;
}

function WaitsLong() {
	const {data} = useLoad(signal => ok(api.GET('/api/status/services', {signal})), [], WAITS_LONG);
	if (!data)
		return null;
	const works = data.services.some(s => s.name === 'Build Service' && (s.status === 'operational' || s.status === 'degraded'));
	return <p>{works ? 'Other builds come first.' : 'None answers at present.'} The <a href="/status">status page</a> says how the services are.</p>;
}
