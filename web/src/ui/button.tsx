// button.tsx - what one presses.
import type {ComponentChildren, JSX} from 'preact';
import {useState} from 'preact/hooks';
import {wordsOf} from '../api/error';
import {Icon, type IconName} from './icon';
import {toast} from './toast';

type Kind = 'primary' | 'normal' | 'danger' | 'quiet';

interface Look {
	kind?: Kind;
	icon?: IconName;
	small?: boolean;
	children?: ComponentChildren;
}

interface ButtonProps extends Look, Omit<JSX.HTMLAttributes<HTMLButtonElement>, 'icon'> {
	type?: 'button' | 'submit';
	busy?: boolean; // what it began is not done: it says so and takes no second press
	disabled?: boolean;
}

function looks({kind = 'normal', small}: Look): string {
	return `button ${kind}${small ? ' small' : ''}`;
}

// A button that cannot be pressed keeps the focus, which `disabled` would drop.
export function Button({kind, icon, small, busy, disabled, type = 'button', onClick, children, ...rest}: ButtonProps) {
	const off = disabled || busy;
	return (
		<button {...rest} type={type} class={looks({kind, small})} aria-busy={busy || undefined} aria-disabled={off || undefined}
			onClick={off ? e => e.preventDefault() : onClick}>
			{busy ? <span class="spinner" /> : icon && <Icon name={icon} />}
			{children}
		</button>
	);
}

interface LinkProps extends Look {
	href: string;
	external?: boolean; // opens beside the panel
	download?: boolean;
}

export function LinkButton({kind, icon, small, href, external, download, children}: LinkProps) {
	return (
		<a class={looks({kind, small})} href={href} download={download}
			{...(external ? {target: '_blank', rel: 'noopener noreferrer'} : {})}>
			{icon && <Icon name={icon} />}
			{children}
			{external && <span class="sr-only"> (opens in a new tab)</span>}
		</a>
	);
}

// Runs what a press begins and is busy meanwhile. A failure is for the action's
// own catch; useAction says it in a toast when there is none.
export function useAction(action: () => Promise<void>): {busy: boolean; run: () => void} {
	const [busy, setBusy] = useState(false);
	return {
		busy,
		run: () => {
			setBusy(true);
			action().catch((thrown: unknown) => toast(wordsOf(thrown), 'bad')).finally(() => setBusy(false));
		},
	};
}

export function CopyButton({text, label, of, kind, small = true, onCopied}: {
	text: string;
	label: string;
	of?: string; // what it copies, where that is only to be seen
	kind?: Kind;
	small?: boolean;
	onCopied?: () => void;
}) {
	const [copied, setCopied] = useState(false);
	const copy = async () => {
		try {
			await navigator.clipboard.writeText(text);
			setCopied(true);
			onCopied?.();
			setTimeout(() => setCopied(false), 2000);
		} catch {
			toast('The browser did not allow copying. Select the text and copy it by hand.', 'bad');
		}
	};
	return (
		<Button kind={kind} small={small} icon={copied ? 'check' : 'copy'} onClick={() => void copy()}>
			<span aria-live="polite">{copied ? 'Copied' : label}</span>
			{of && <span class="sr-only"> {of}</span>}
		</Button>
	);
}
