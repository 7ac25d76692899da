// toast.tsx - short messages about what has just happened.
import {signal} from '@preact/signals';
import {useEffect, useLayoutEffect, useRef} from 'preact/hooks';
import {useOpener} from './focus';
import {Icon, MOODS} from './icon';

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

// The page has a place for them, and each dialog: what is beside an open dialog
// can be neither pressed nor heard. The last place that came shows them.
const places = signal<object[]>([]);

export function Toasts() {
	const box = useRef<HTMLDivElement>(null);
	useEffect(() => {
		places.value = [...places.value, box];
		return () => {
			places.value = places.value.filter(place => place !== box);
		};
	}, []);
	const ours = places.value.at(-1) === box;
	// on top of the dialog, which was opened after its parts were made. Older
	// browsers have no popovers; there it is where it is.
	useLayoutEffect(() => {
		box.current!.togglePopover?.(false);
		box.current!.togglePopover?.(true);
	}, [ours]);
	return (
		<div ref={box} popover="manual" class="toasts" role="status" aria-live="polite">
			{ours && toasts.value.map(t => <Shown key={t.id} {...t} />)}
		</div>
	);
}

// A press on its button leaves the focus where it is.
function Shown({id, text, mood}: Toast) {
	const shown = useRef<HTMLDivElement>(null);
	useOpener(shown);
	return (
		<div ref={shown} class={`toast ${mood}`}>
			<Icon name={MOODS[mood]} />
			<p>{text}</p>
			<button type="button" class="close" aria-label="Dismiss" onMouseDown={e => e.preventDefault()} onClick={() => drop(id)}>
				<Icon name="close" size={16} />
			</button>
		</div>
	);
}
