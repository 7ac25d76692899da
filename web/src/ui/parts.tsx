// parts.tsx - what pages are put together from.
import type {ComponentChildren} from 'preact';
import {useEffect, useId, useRef} from 'preact/hooks';
import type {ApiError} from '../api/error';
import type {Pagination} from '../api/types';
import {Button} from './button';
import {Icon, MOODS, type IconName} from './icon';

// The head of a page: what it is, and what can be done about all of it.
export function PageHead({title, lead, actions, back}: {
	title: ComponentChildren;
	lead?: ComponentChildren;
	actions?: ComponentChildren;
	back?: {href: string; text: string};
}) {
	return (
		<header class="page-head">
			<div>
				{back && <a class="back" href={back.href}><Icon name="back" size={16} /> {back.text}</a>}
				<h1 tabIndex={-1}>{title}</h1>
				{lead && <p class="lead">{lead}</p>}
			</div>
			{actions && <div class="actions">{actions}</div>}
		</header>
	);
}

// Where there is nothing to say.
export function None() {
	return <span class="muted" aria-label="none">–</span>;
}

export function Card({title, actions, children, flush}: {
	title?: ComponentChildren;
	actions?: ComponentChildren;
	children: ComponentChildren;
	flush?: boolean; // what is inside reaches the edges: tables, logs
}) {
	const id = useId();
	return (
		<section class={`card${flush ? ' flush' : ''}`} aria-labelledby={title ? id : undefined}>
			{title && <header><h2 id={id}>{title}</h2>{actions && <div class="actions">{actions}</div>}</header>}
			{children}
		</section>
	);
}

// One figure. change: what it did since the window before; good says whether
// that is to be liked, null that nobody can say.
export function Stat({label, value, change, good, note}: {
	label: string;
	value: ComponentChildren;
	change?: string | null;
	good?: boolean | null;
	note?: string;
}) {
	return (
		<div class="stat">
			<dt>{label}</dt>
			<dd class="value">{value}</dd>
			<dd class="note">
				{change && <span class={good === true ? 'up' : good === false ? 'down' : ''}>{change}</span>} {note}
			</dd>
		</div>
	);
}

const STATUS: Record<string, [mood: string, text: string]> = {
	queued: ['wait', 'Queued'],
	building: ['busy', 'Building'],
	deploying: ['busy', 'Deploying'],
	success: ['good', 'Success'],
	failed: ['bad', 'Failed'],
	cancelled: ['idle', 'Cancelled'],
	superseded: ['idle', 'Superseded'],
};

// Of a deployment. Colour never says it alone.
export function StatusBadge({status}: {status: string}) {
	const [mood, text] = STATUS[status] ?? ['idle', status];
	return <Badge mood={mood}>{text}</Badge>;
}

export function Badge({mood = 'idle', children}: {mood?: string; children: ComponentChildren}) {
	return <span class={`badge ${mood}`}><span class="dot" aria-hidden="true" />{children}</span>;
}

// Nothing here yet: says what would be and what to do next.
export function Empty({icon, title, children, action}: {
	icon: IconName;
	title: string;
	children: ComponentChildren;
	action?: ComponentChildren;
}) {
	return (
		<div class="empty">
			<Icon name={icon} size={32} />
			<h2>{title}</h2>
			<p>{children}</p>
			{action}
		</div>
	);
}

// A page of a list that has not so many.
export function PastEnd({onFirst}: {onFirst(): void}) {
	return (
		<Empty icon="search" title="There are not so many pages" action={<Button onClick={onFirst}>To the first page</Button>}>
			The list has become shorter meanwhile.
		</Empty>
	);
}

// It could not be loaded: why, and a way to try again.
export function ErrorNote({error, onRetry}: {error: ApiError; onRetry?: () => void}) {
	return (
		<div class="note bad" role="alert">
			<Icon name="alert" />
			<div>
				<p>{error.message}</p>
				{error.status >= 500 && error.requestId && <p class="hint">Request {error.requestId}: your administrator finds it in the log.</p>}
			</div>
			{onRetry && <Button small onClick={onRetry} icon="refresh">Try again</Button>}
		</div>
	);
}

export function Note({mood = 'plain', children}: {mood?: keyof typeof MOODS; children: ComponentChildren}) {
	return <div class={`note ${mood}`}><Icon name={MOODS[mood]} /><div>{children}</div></div>;
}

// The place of text that is on its way, as large as it will be.
export function Skeleton({width = '100%', height = '1em'}: {width?: string; height?: string}) {
	return <span class="skeleton" style={{width, height}} aria-hidden="true" />;
}

export function SkeletonRows({rows, columns}: {rows: number; columns: number}) {
	return (
		<>
			{Array.from({length: rows}, (_, row) => (
				<tr key={row} class="loading">
					{Array.from({length: columns}, (_, column) => <td key={column}><Skeleton width={`${55 + (row * 17 + column * 29) % 40}%`} /></td>)}
				</tr>
			))}
		</>
	);
}

export function Pages({pagination, onPage, one, many}: {
	pagination: Pagination;
	onPage(page: number): void;
	one: string; // what is counted: '1 project'
	many: string;
}) {
	const {currentPage, totalPages, totalItems} = pagination;
	const noun = totalItems === 1 ? one : many;
	if (currentPage > Math.max(totalPages, 1))
		return null; // as PastEnd says in its place
	if (totalPages <= 1)
		return totalItems > 0 ? <p class="pages count">{totalItems} {noun}</p> : null;
	return (
		<nav class="pages" aria-label="Pages">
			<Button small disabled={currentPage <= 1} onClick={() => onPage(currentPage - 1)}>Previous</Button>
			<span>Page {currentPage} of {totalPages} <span class="count">· {totalItems} {noun}</span></span>
			<Button small disabled={currentPage >= totalPages} onClick={() => onPage(currentPage + 1)}>Next</Button>
		</nav>
	);
}

// Tabs that are links: each has an address of its own, so back, forward and
// deep links work.
export function Tabs({tabs, current, label}: {
	tabs: readonly {id: string; text: string; href: string}[];
	current: string;
	label: string;
}) {
	const nav = useRef<HTMLElement>(null);
	useEffect(() => {
		// the row alone: scrollIntoView would take the page along
		const row = nav.current!;
		const tab = row.querySelector<HTMLElement>('[aria-current]');
		if (tab)
			row.scrollLeft = Math.max(tab.offsetLeft + tab.offsetWidth - row.clientWidth, Math.min(row.scrollLeft, tab.offsetLeft));
	}, [current]);
	return (
		<nav ref={nav} class="tabs" aria-label={label}>
			{tabs.map(t => <a key={t.id} href={t.href} aria-current={t.id === current ? 'page' : undefined}>{t.text}</a>)}
		</nav>
	);
}
