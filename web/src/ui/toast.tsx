// toast.tsx - short messages about what has just happened.
import {signal} from '@preact/signals';
import {useLayoutEffect, useRef} from 'preact/hooks';
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
	// on top of a dialog that is open: what was shown last is
	useLayoutEffect(() => {
		if (document.querySelector('dialog[open]'))
			box.current!.togglePopover(false);
		box.current!.togglePopover(true);
	}, [toasts.value]);
	return (
		<div ref={box} popover="manual" class="toasts" role="status" aria-live="polite">
			{toasts.value.map(t => (
				<div key={t.id} class={`toast ${t.mood}`}>
					<Icon name={t.mood === 'bad' ? 'alert' : 'check'} />
					<p>{t.text}</p>
					<button type="button" class="close" aria-label="Dismiss" onClick={() => drop(t.id)}>
						<Icon name="close" size={16} />
					</button>
				</div>
			))}
		</div>
	);
}
