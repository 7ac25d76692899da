// dialog.tsx - questions in front of the page. The browser's own <dialog> keeps
// the focus inside, gives it back and closes on Escape.
import type {ComponentChildren} from 'preact';
import {useEffect, useId, useRef, useState} from 'preact/hooks';
import {ApiError, asApiError} from '../api/error';
import {Button} from './button';
import {Icon} from './icon';

interface DialogProps {
	title: string;
	onClose(): void;
	children: ComponentChildren;
	wide?: boolean;
	firm?: boolean; // a click beside it does not close it: something would be lost
}

export function Dialog({title, onClose, children, wide, firm}: DialogProps) {
	const id = useId();
	const dialog = useRef<HTMLDialogElement>(null);
	useEffect(() => {
		dialog.current?.showModal();
	}, []);
	return (
		<dialog ref={dialog} class={wide ? 'wide' : ''} aria-labelledby={id} onClose={onClose}
			onClick={e => !firm && e.target === dialog.current && dialog.current?.close()}>
			<div class="dialog-body">
				<header>
					<h2 id={id}>{title}</h2>
					<button type="button" class="close" aria-label="Close" onClick={() => dialog.current?.close()}><Icon name="close" /></button>
				</header>
				{children}
			</div>
		</dialog>
	);
}

interface ConfirmProps {
	title: string;
	children: ComponentChildren; // what will happen
	action: string; // the button's text
	kind?: 'danger' | 'primary';
	typed?: string; // has to be typed before it can be pressed
	onConfirm(): Promise<void>; // closes by itself when it worked
	onClose(): void;
}

// Asks before what cannot be undone.
export function Confirm({title, children, action, kind = 'danger', typed, onConfirm, onClose}: ConfirmProps) {
	const [busy, setBusy] = useState(false);
	const [text, setText] = useState('');
	const [error, setError] = useState<ApiError | null>(null);
	const id = useId();
	const confirm = async () => {
		setBusy(true);
		setError(null);
		try {
			await onConfirm();
			onClose();
		} catch (thrown) {
			setError(asApiError(thrown));
			setBusy(false);
		}
	};
	return (
		<Dialog title={title} onClose={onClose}>
			<form class="form" onSubmit={e => {
				e.preventDefault();
				void confirm();
			}}>
				<div class="prose">{children}</div>
				{typed && (
					<div class="field">
						<label for={id}>Type <strong>{typed}</strong> to confirm</label>
						<input id={id} value={text} autocomplete="off" spellcheck={false} onInput={e => setText(e.currentTarget.value)} />
					</div>
				)}
				<div role="alert">{error && <p class="note bad"><Icon name="alert" /> <span>{error.message}</span></p>}</div>
				<div class="form-actions">
					<Button type="submit" kind={kind} busy={busy} disabled={typed !== undefined && text !== typed}>{action}</Button>
					<Button onClick={onClose}>Cancel</Button>
				</div>
			</form>
		</Dialog>
	);
}
