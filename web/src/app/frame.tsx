// frame.tsx - what stands around every page: the navigation for people who are
// signed in, a plain head for the others.
import type {ComponentChildren} from 'preact';
import {useEffect, useLayoutEffect, useRef, useState} from 'preact/hooks';
import {useLocation} from 'preact-iso';
import {asApiError} from '../api/error';
import {end, logout, user} from '../api/session';
import {Icon} from '../ui/icon';
import {LinkButton, useAction} from '../ui/button';
import {toast} from '../ui/toast';
import {may, pages} from './pages';

export function Brand({href}: {href: string}) {
	return (
		<a class="brand" href={href}>
			<svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="7" class="brand-box" />
				<path class="brand-lines" d="M7 20.5 16 25l9-4.5M7 15.5 16 20l9-4.5M16 6.5l9 4.5-9 4.5-9-4.5z" /></svg>
			<span>Autostack</span>
		</a>
	);
}

// Ends the session here even when the server does not answer, and says so then:
// there it goes on. go: to another page than the guard would lead to, which comes
// first, or that one would be asked for in vain.
export async function signOut(go?: () => void): Promise<void> {
	try {
		await logout(false);
	} catch (thrown) {
		const error = asApiError(thrown);
		if (error.status !== 401) // else it had ended there before
			toast(`You are signed out here, but the server does not know it. ${error.message}`, 'bad');
	}
	go?.();
	end();
}

// Throws when the server did not do it: nothing is ended then, here neither.
export async function signOutEverywhere(): Promise<void> {
	await logout(true);
	end();
}

const WIDE = '(min-width: 64rem)'; // style/frame.css: the navigation stands beside the page

function initials(name: string): string {
	const words = name.trim().split(/\s+/);
	return ((words[0]?.[0] ?? '') + (words.length > 1 ? words.at(-1)![0] : '')).toUpperCase() || '?';
}

export function Avatar({name}: {name: string}) {
	return <span class="avatar" aria-hidden="true">{initials(name)}</span>;
}

function Navigation() {
	const {path} = useLocation();
	const role = user.value?.role;
	const {route} = useLocation();
	const out = useAction(() => signOut(() => route('/login')));
	return (
		<>
			<nav aria-label="Main">
				<LinkButton kind="primary" icon="plus" href="/deploy">New deployment</LinkButton>
				<ul>
					{pages.filter(p => p.nav && may(role, p.who)).map(p => {
						const base = p.path.replace(/\/:.*/, '');
						const here = path === base || path.startsWith(base + '/');
						return (
							<li key={p.path}>
								<a href={base} aria-current={here ? 'page' : undefined}><Icon name={p.nav!.icon} /> {p.nav!.text}</a>
							</li>
						);
					})}
				</ul>
			</nav>
			<div class="side-foot">
				<a href="/docs"><Icon name="docs" /> API</a>
				<div class="me">
					<Avatar name={user.value!.name} />
					<div><strong>{user.value!.name}</strong><span>{user.value!.email}</span></div>
					<button type="button" class="close" aria-label="Sign out" title="Sign out" aria-busy={out.busy || undefined}
						disabled={out.busy} onClick={out.run}>{out.busy ? <span class="spinner" /> : <Icon name="signout" />}</button>
				</div>
			</div>
		</>
	);
}

function Signed({children}: {children: ComponentChildren}) {
	const [open, setOpen] = useState(false);
	const button = useRef<HTMLButtonElement>(null);
	const {url} = useLocation();
	useEffect(() => setOpen(false), [url]);
	const close = () => {
		setOpen(false);
		button.current?.focus();
	};
	// another page takes the focus from there; the one that is here does not
	const picked = (e: MouseEvent) => open && (e.target as Element).closest('a') && close();
	// with the menu, not a frame after it: keys may be faster
	useLayoutEffect(() => {
		if (!open)
			return;
		const escape = (e: KeyboardEvent) => e.key === 'Escape' && close();
		const wide = matchMedia(WIDE);
		const grown = () => wide.matches && setOpen(false);
		addEventListener('keydown', escape);
		wide.addEventListener('change', grown);
		return () => {
			removeEventListener('keydown', escape);
			wide.removeEventListener('change', grown);
		};
	}, [open]);
	return (
		<div class={`signed${open ? ' open' : ''}`}>
			<header class="bar" onClick={picked}>
				<Brand href="/dashboard" />
				<button ref={button} type="button" class="close" aria-expanded={open} aria-controls="side" aria-label="Menu"
					onClick={() => setOpen(!open)}><Icon name={open ? 'close' : 'menu'} size={22} /></button>
			</header>
			<aside id="side" class="side" onClick={picked}>
				<Brand href="/dashboard" />
				<Navigation />
			</aside>
			<main id="main" inert={open}>{children}</main>
		</div>
	);
}

function Public({children}: {children: ComponentChildren}) {
	const {path} = useLocation();
	return (
		<div class="public">
			<header class="top">
				<Brand href="/" />
				<nav aria-label="Main">
					<a href="/status" class="wide-only">Status</a>
					<a href="/docs" class="wide-only">API</a>
					{user.value ? <LinkButton kind="primary" small href="/dashboard">Dashboard</LinkButton> : (
						<>
							{path !== '/login' && <a href="/login">Sign in</a>}
							{path !== '/signup' && <LinkButton kind="primary" small href="/signup">Get started</LinkButton>}
						</>
					)}
				</nav>
			</header>
			<main id="main">{children}</main>
			<footer class="foot">
				<p>Autostack · self-hosted deployments</p>
				<nav aria-label="More">
					<a href="/status">Status</a>
					<a href="/docs">API</a>
					<a href="/pricing">Pricing</a>
					<a href="/templates">Templates</a>
					<a href="/integrations">Integrations</a>
				</nav>
			</footer>
		</div>
	);
}

// The landing page is the same for everybody. Another account is another panel:
// nothing of one's pages stays for the other.
export function Frame({children}: {children: ComponentChildren}) {
	const {path} = useLocation();
	return (
		<>
			<a class="skip" href="#main" onClick={e => {
				e.preventDefault();
				document.querySelector<HTMLElement>('h1')?.focus();
			}}>Skip to the content</a>
			{user.value && path !== '/' ? <Signed key={user.value.id}>{children}</Signed> : <Public>{children}</Public>}
		</>
	);
}
