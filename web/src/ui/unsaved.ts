// unsaved.ts - asks before what was typed is lost: by a link, by back and
// forward, by leaving the panel, by closing a dialog. An address with the same
// path keeps it.
import {useLayoutEffect, useRef} from 'preact/hooks';

export const QUESTION = 'Go on? What you have typed and not saved will be lost.';

// For what comes from the server once only.
export const SHOWN_ONCE = 'Go on? This is shown once, and you have not copied it.';

const unsaved = new Map<object, string>(); // what is asked
let here = ''; // where it was typed

export function useUnsaved(dirty: boolean, question = QUESTION): void {
	const me = useRef({}).current;
	if (dirty)
		here = location.href;
	// with what is shown, not a frame after it: keys may be faster
	useLayoutEffect(() => {
		if (!dirty)
			return;
		unsaved.set(me, question);
		return () => {
			unsaved.delete(me);
		};
	}, [dirty, question]);
}

export function anyUnsaved(): boolean {
	return unsaved.size > 0;
}

export function mayLose(): boolean {
	return confirm([...unsaved.values()].at(-1) ?? QUESTION);
}

function leaves(to: string): boolean {
	return anyUnsaved() && new URL(to).pathname !== new URL(here).pathname;
}

addEventListener('beforeunload', e => {
	if (anyUnsaved())
		e.preventDefault();
});

// Both before the router hears of it. On popstate the order is that of listening,
// so main.tsx imports this file.
addEventListener('click', e => {
	const link = e.composedPath().find((node): node is HTMLAnchorElement => node instanceof HTMLAnchorElement);
	if (!link?.href || link.target || link.download || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey
		|| link.origin !== location.origin || !leaves(link.href) || mayLose())
		return;
	e.preventDefault();
	e.stopImmediatePropagation();
}, true);

addEventListener('popstate', e => {
	if (!leaves(location.href) || mayLose())
		return;
	e.stopImmediatePropagation();
	history.pushState(null, '', here);
}, true);
