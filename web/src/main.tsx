// main.tsx - starts the panel: who is signed in, then the page of the address.
import {signal} from '@preact/signals';
import {Component, render, type ComponentChildren, type ComponentType} from 'preact';
import {useEffect, useLayoutEffect, useState} from 'preact/hooks';
import {lazy, LocationProvider, Route, Router, useLocation} from 'preact-iso';
import {exec} from 'preact-iso/router';
import {ApiError, asApiError} from './api/error';
import {isLikely, resume, user} from './api/session';
import {Frame} from './app/frame';
import {nextOf} from './app/next';
import {may, pages, type Page} from './app/pages';
import {Button, LinkButton, useAction} from './ui/button';
import {Empty} from './ui/parts';
import {Lapsed} from './pages/auth/lapsed';
import {Toasts} from './ui/toast';
import './ui/unsaved'; // hears of back and forward before the router

// The page that was asked for is not here yet; the one before stays meanwhile.
const coming = signal(false);

// made once: a component that is another one each time would lose its input
const routes = pages.map(page => {
	const Component = lazy(() => page.load().catch(() => ({default: NotLoaded})));
	return {page, Component, View: () => <Guard page={page} Component={Component} />};
});

// The file of the page comes while it is asked who is signed in.
function comeMeanwhile(): void {
	if (!isLikely())
		return;
	try {
		const found = routes.find(({page}) => exec(location.pathname, page.path));
		if (found && found.page.who !== 'guest')
			void found.Component.preload();
	} catch {
		// half a character in the address: the router says so
	}
}

// Sends people where they may be. Where they wanted to go is kept.
function Guard({page, Component}: {page: Page; Component: ComponentType}) {
	const {route, url, query} = useLocation();
	const who = user.value;
	const signIn = !who && !may(undefined, page.who);
	const inside = who && page.who === 'guest';
	useEffect(() => {
		if (signIn)
			route(url === '/dashboard' ? '/login' : `/login?next=${encodeURIComponent(url)}`, true);
		else if (inside)
			route(nextOf(query.next), true);
	}, [signIn, inside]);
	const missing = !may(who?.role, page.who);
	useLayoutEffect(() => { // before the page's effects: it may have a longer title
		if (!missing) // that has a title of its own
			document.title = page.title === 'Autostack' ? page.title : `${page.title} · Autostack`;
	}, [page, missing]);
	if (signIn || inside)
		return null;
	if (missing)
		return <Missing />;
	return <Component />;
}

// Its file did not come: the network is away, or a newer version of the panel
// has other files. Loading the panel anew helps against both, once the server
// can be reached.
function NotLoaded() {
	const again = useAction(async () => {
		await fetch('/', {cache: 'no-store'}).catch(() => {
			throw ApiError.unreachable();
		});
		location.reload();
	});
	return (
		<Broken title="This page could not be loaded"
			action={<Button kind="primary" icon="refresh" busy={again.busy} onClick={again.run}>Try again</Button>}>
			Check your connection and try again.
		</Broken>
	);
}

function Broken({title, action, children}: {title: string; action: ComponentChildren; children: ComponentChildren}) {
	return (
		<div class="page narrow">
			<h1 tabIndex={-1} class="sr-only">{title}</h1>
			<div role="alert">
				<Empty icon="alert" title={title} action={action}>{children}</Empty>
			</div>
		</div>
	);
}

function Home() {
	return <LinkButton kind="primary" href={user.value ? '/dashboard' : '/'}>{user.value ? 'To the dashboard' : 'To the start'}</LinkButton>;
}

// A page that cannot be drawn is a mistake of ours. Another address is another
// try; what was thrown is for the console.
class Drawn extends Component<{url: string; children: ComponentChildren}, {failed: boolean}> {
	override state = {failed: false};

	override componentDidCatch(thrown: unknown): void {
		console.error(thrown);
		coming.value = false;
		this.setState({failed: true});
	}

	override componentDidUpdate(before: {url: string}): void {
		if (this.state.failed && before.url !== this.props.url)
			this.setState({failed: false});
	}

	override render() {
		if (!this.state.failed)
			return this.props.children;
		return (
			<Broken title="This page does not work" action={<Home />}>
				Something is wrong with it. Load it again; should that not help, please tell your administrator.
			</Broken>
		);
	}
}

function Missing() {
	useEffect(() => {
		document.title = 'Page not found · Autostack';
	}, []);
	return (
		<div class="page narrow">
			<h1 tabIndex={-1} class="sr-only">Page not found</h1>
			<Empty icon="help" title="There is no such page"
				action={<Home />}>
				The address may be mistyped, or what was here has been deleted.
			</Empty>
		</div>
	);
}

// After a change of page the focus goes to its heading, as a page that the
// browser loads would begin at the top. Who moves along tabs stays on them.
let first = true;
let back = ''; // where back and forward lead: the browser scrolls there itself
addEventListener('popstate', () => (back = location.href));
function arrived(): void {
	coming.value = false;
	if (document.activeElement?.closest('.tabs'))
		return;
	if (back !== location.href)
		scrollTo(0, 0);
	if (!first)
		document.querySelector<HTMLElement>('main h1')?.focus({preventScroll: true});
	first = false;
}

function Routes() {
	const {url} = useLocation();
	return (
		<Drawn url={url}>
			<Router onLoadStart={() => (coming.value = true)} onLoadEnd={arrived} onRouteChange={arrived}>
				{routes.map(({page, View}) => <Route key={page.path} path={page.path} component={View} />)}
				<Route default component={Missing} />
			</Router>
		</Drawn>
	);
}

function App() {
	const [error, setError] = useState<ApiError | null>(null);
	const start = () => {
		setError(null);
		resume().catch(thrown => setError(asApiError(thrown)));
	};
	useEffect(start, []);
	if (error)
		return (
			<main class="page narrow">
				<h1 class="sr-only">Autostack</h1>
				<Empty icon="alert" title="Autostack does not answer" action={<Button kind="primary" icon="refresh" onClick={start}>Try again</Button>}>
					{error.message}
				</Empty>
			</main>
		);
	if (user.value === undefined)
		return <div class="starting" role="status"><span class="spinner" /><span class="sr-only">Loading</span></div>;
	return (
		<LocationProvider>
			<Frame>
				<Routes />
			</Frame>
			{coming.value && <div class="loading-bar" role="progressbar" aria-label="Loading the page" />}
			<Lapsed />
			<Toasts />
		</LocationProvider>
	);
}

comeMeanwhile();
render(<App />, document.getElementById('app')!);
