// focus.ts - the focus is never lost. What has it may go: a dialog, a form that
// is done, a row that is deleted. Then it goes back to what opened that, or to
// the heading of the place where it was.
import type {RefObject} from 'preact';
import {useLayoutEffect} from 'preact/hooks';

interface Place {
	element: HTMLElement;
	around: HTMLElement[]; // itself, and what it is in, innermost first
}

let last: Place | undefined;
const openers = new WeakMap<HTMLElement, Place>();

// What is shown by this ref was opened from where the focus is now.
export function useOpener(shown: RefObject<HTMLElement>, opened = true): void {
	useLayoutEffect(() => {
		if (opened && shown.current && last)
			openers.set(shown.current, last);
	}, []);
}

function takes(element: HTMLElement | null | undefined): boolean {
	element?.focus({preventScroll: true});
	return !!element && document.activeElement === element;
}

function give({element, around}: Place): boolean {
	if (takes(element))
		return true;
	const name = element.textContent;
	return around.some(place => {
		if (!place.isConnected) {
			const opener = openers.get(place);
			return opener !== undefined && give(opener);
		}
		// a button that gave way to what it opened has been made anew
		if (name && takes([...place.querySelectorAll('button')].find(b => b.textContent === name)))
			return true;
		const heading = place.querySelector<HTMLElement>('h1, h2, h3');
		if (heading)
			heading.tabIndex = -1;
		return takes(heading);
	});
}

addEventListener('focusin', ({target}) => {
	const around: HTMLElement[] = [];
	for (let e = target as HTMLElement | null; e; e = e.parentElement)
		around.push(e);
	last = {element: around[0]!, around};
});

// Who presses beside everything has left it. What was removed has not been left,
// nor has a dialog, beside which nothing can be pressed.
addEventListener('focusout', ({target}) => queueMicrotask(() => {
	const left = target as HTMLElement;
	if (last?.element === left && left.isConnected && document.activeElement !== left && !left.closest('dialog'))
		last = undefined;
}));

function lost(): boolean {
	return last !== undefined && document.activeElement === document.body;
}

// What comes in its place may take the focus by itself, in an effect.
let looking = false;
new MutationObserver(() => {
	if (looking || !lost())
		return;
	looking = true;
	requestAnimationFrame(() => setTimeout(() => {
		looking = false;
		if (lost())
			give(last!);
	}));
}).observe(document.body, {childList: true, subtree: true});
