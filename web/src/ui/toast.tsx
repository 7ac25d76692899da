// toast.tsx - short messages about what has just happened.
import {signal} from '@preact/signals';
import {useLayoutEffect, useRef} from 'preact/hooks';
import {useOpener} from './focus';
import {Icon} from './icon';

type Mood = 'good' | 'bad' | 'plain';
interface Toast {
	id: number;
	text: string;
	mood: Mood;
}

const toasts = signal<Toast[]>([]);
let last = 0;

function drop(id: number): void {
	toasts.value = toasts.value.filter(t => t.id !== id);
}

// Bad news stays until somebody has seen it, good news for a while.
export function toast(text: string, mood: Mood = 'plain'): void {
	const id = ++last;
	toasts.value = [...toasts.value.filter(t => t.text !== text), {id, text, mood}].slice(-4);
	if (mood !== 'bad')
		setTimeout(() => drop(id), 6000);
}

export function Toasts() {
	const box = useRef<HTMLDivElement>(null);
	// on top of a dialog that is open: what was shown last is. Older browsers have
	// no popovers; there it is beneath.
	useLayoutEffect(() => {
		if (document.querySelector('dialog[open]'))
			box.current!.togglePopover?.(false);
		box.current!.togglePopover?.(true);
	}, [toasts.value]);
	return (
		<div ref={box} popover="manual" class="toasts" role="status" aria-live="polite">
			{toasts.value.map(t => <Shown key={t.id} {...t} />)}
		</div>
	);
}

// A press on its button leaves the focus where it is.
function Shown({id, text, mood}: Toast) {
	const shown = useRef<HTMLDivElement>(null);
	useOpener(shown);
	return (
		<div ref={shown} class={`toast ${mood}`}>
			<Icon name={mood === 'bad' ? 'alert' : 'check'} />
			<p>{text}</p>
			<button type="button" class="close" aria-label="Dismiss" onMouseDown={e => e.preventDefault()} onClick={() => drop(id)}>
				<Icon name="close" size={16} />
			</button>
		</div>
	);
}
