// unsaved.ts - asks before input that was not saved is lost: by leaving the
// panel, by a link in it, and by the browser's back and forward.
import {useEffect} from 'preact/hooks';

const QUESTION = 'There are changes that you have not saved. Leave and lose them?';

function leads(e: MouseEvent): boolean {
	if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || e.button !== 0)
		return false;
	const link = e.composedPath().find((t): t is HTMLAnchorElement => t instanceof HTMLAnchorElement && t.href !== '');
	return link !== undefined && link.origin === location.origin && !link.target && !link.download &&
		!link.getAttribute('href')!.startsWith('#');
}

export function useUnsaved(dirty: boolean): void {
	useEffect(() => {
		if (!dirty)
			return;
		const here = location.pathname + location.search;
		const unload = (e: BeforeUnloadEvent) => e.preventDefault();
		const click = (e: MouseEvent) => {
			if (!leads(e) || confirm(QUESTION))
				return;
			e.preventDefault();
			e.stopImmediatePropagation();
		};
		// it has happened already: what is left is to go back to where we were
		const pop = (e: PopStateEvent) => {
			if (confirm(QUESTION))
				return;
			e.stopImmediatePropagation();
			history.pushState(null, '', here);
		};
		addEventListener('beforeunload', unload);
		addEventListener('click', click, true);
		addEventListener('popstate', pop, true);
		return () => {
			removeEventListener('beforeunload', unload);
			removeEventListener('click', click, true);
			removeEventListener('popstate', pop, true);
		};
	}, [dirty]);
}
