// unsaved.ts - asks before input that was not saved is lost: by leaving the
// panel, by a link in it, and by the browser's back and forward.
//
// main.tsx loads this before the router listens: an event of the window itself
// is heard in the order of asking for it, and the router must not hear of what
// does not happen.
import {useEffect} from 'preact/hooks';

const QUESTION = 'There are changes that you have not saved. Leave and lose them?';

const dirtyForms = new Set<symbol>();
let here = ''; // where they are

function leads(e: MouseEvent): boolean {
	if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || e.button !== 0)
		return false;
	const link = e.composedPath().find((t): t is HTMLAnchorElement => t instanceof HTMLAnchorElement && t.href !== '');
	return link !== undefined && link.origin === location.origin && !link.target && !link.download &&
		!link.getAttribute('href')!.startsWith('#');
}

addEventListener('click', e => {
	if (dirtyForms.size === 0 || !leads(e) || confirm(QUESTION))
		return;
	e.preventDefault();
	e.stopImmediatePropagation();
}, true);

// it has happened already: what is left is to go back to where we were
addEventListener('popstate', e => {
	if (dirtyForms.size === 0 || confirm(QUESTION))
		return;
	e.stopImmediatePropagation();
	history.pushState(null, '', here);
});

function unload(e: BeforeUnloadEvent): void {
	e.preventDefault();
}

// Once for each form of a page.
export function useUnsaved(dirty: boolean): void {
	useEffect(() => {
		if (!dirty)
			return;
		const form = Symbol();
		dirtyForms.add(form);
		here = location.pathname + location.search;
		addEventListener('beforeunload', unload);
		return () => {
			dirtyForms.delete(form);
			if (dirtyForms.size === 0)
				removeEventListener('beforeunload', unload);
		};
	}, [dirty]);
}
