// docs.tsx - the API's reference, drawn from its own document. #operationId
// leads to an operation, ?q= to what was looked for.
import {useLocation} from 'preact-iso';
import {useEffect, useMemo, useState} from 'preact/hooks';
import {ApiError} from '../api/error';
import {useLoad} from '../api/load';
import {Button, LinkButton} from '../ui/button';
import {Card, Empty, ErrorNote, PageHead, Skeleton} from '../ui/parts';
import {SearchBox} from '../ui/search';
import {read, search, sectionName, type Reference, type Section} from './docs/model';
import {OperationView} from './docs/operation';

const DOCUMENT = '/api/openapi.json';

async function load(signal: AbortSignal): Promise<Reference> {
	const response = await fetch(DOCUMENT, {signal});
	const body: unknown = await response.json().catch(() => undefined);
	if (!response.ok)
		throw ApiError.from(body, response);
	return read(body as Parameters<typeof read>[0]);
}

export default function Page() {
	const {data, error, reload} = useLoad(load, []);
	return (
		<div class="page">
			<PageHead title="API" lead="What the panel does, your programs can do, too."
				actions={<LinkButton icon="down" href={DOCUMENT} external>OpenAPI document</LinkButton>} />
			{error && <ErrorNote error={error} onRetry={() => void reload()} />}
			{data ? <ReferenceView reference={data} />
				: !error && <Card>{Array.from({length: 12}, (_, i) => <p key={i} class="docs-wait"><Skeleton width={`${60 + i * 7 % 35}%`} height="1.5rem" /></p>)}</Card>}
		</div>
	);
}

function here(): string {
	try {
		return decodeURIComponent(location.hash.slice(1));
	} catch {
		return ''; // half a character
	}
}

function ReferenceView({reference}: {reference: Reference}) {
	const {query, path, route} = useLocation();
	const text = query.q ?? '';
	const look = (next: string) => route(next ? `${path}?q=${encodeURIComponent(next)}` : path, true);
	const [open, setOpen] = useState<ReadonlySet<string>>(new Set([here()]));
	const shown = useMemo(() => search(reference.sections, text), [reference, text]);
	const count = shown.reduce((sum, s) => sum + s.operations.length, 0);

	// the hash moves on by links here, back and forward
	useEffect(() => {
		const arrive = () => {
			const id = here();
			if (!id)
				return;
			setOpen(now => new Set([...now, id]));
			// when it is drawn
			requestAnimationFrame(() => requestAnimationFrame(() => {
				const target = document.getElementById(id);
				target?.scrollIntoView();
				target?.querySelector<HTMLElement>('summary')?.focus({preventScroll: true});
			}));
		};
		arrive();
		addEventListener('hashchange', arrive);
		return () => removeEventListener('hashchange', arrive);
	}, []);

	return (
		<div class="docs">
			<nav class="docs-nav" aria-label="Sections">
				<ul>
					{shown.map(s => <li key={s.tag}><a href={`#section-${s.tag}`}>{sectionName(s.tag)} <span class="muted">{s.operations.length}</span></a></li>)}
				</ul>
			</nav>
			<div>
				<div class="filters" role="search">
					<SearchBox label="Search: deploy, POST, /api/projects" value={text} onSearch={look} />
				</div>
				<p class="sr-only" role="status">{text && `${count} operations`}</p>
				{!text && <Basics reference={reference} />}
				{!count && (
					<Empty icon="search" title="No operation fits" action={<Button onClick={() => look('')}>Show all</Button>}>
						Try a part of an address, a method, or the name of a parameter.
					</Empty>
				)}
				{shown.map(s => <SectionView key={s.tag} section={s} open={open} toggle={(id, is) =>
					setOpen(now => new Set(is ? [...now, id] : [...now].filter(o => o !== id)))} />)}
			</div>
		</div>
	);
}

function Basics({reference: {info, schemes}}: {reference: Reference}) {
	return (
		<Card title={`${info.title} ${info.version}`}>
			<div class="prose">
				<p>{info.description}</p>
				<dl class="facts">{schemes.map(([name, text]) => [<dt key={name}><code>{name}</code></dt>, <dd key={`${name}-text`}>{text}</dd>])}</dl>
			</div>
		</Card>
	);
}

function SectionView({section, open, toggle}: {section: Section; open: ReadonlySet<string>; toggle(id: string, open: boolean): void}) {
	return (
		<section class="docs-section" id={`section-${section.tag}`} aria-labelledby={`section-${section.tag}-name`}>
			<h2 id={`section-${section.tag}-name`}>{sectionName(section.tag)}</h2>
			{section.operations.map(o => (
				<OperationView key={o.operationId} operation={o} open={open.has(o.operationId)} onToggle={is => toggle(o.operationId, is)} />
			))}
		</section>
	);
}
