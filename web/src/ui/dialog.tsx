// dialog.tsx - questions in front of the page. The browser's own <dialog> keeps
// the focus inside and gives it back.
import type {ComponentChildren} from 'preact';
import {useId, useLayoutEffect, useRef, useState} from 'preact/hooks';
import {ApiError, asApiError} from '../api/error';
import {Button} from './button';
import {Icon} from './icon';
import {mayLose, useUnsaved} from './unsaved';

interface DialogProps {
	title: string;
	onClose(): void;
	children: ComponentChildren;
	wide?: boolean;
	// something would be lost: a click beside it does not close it, and it asks
	// once something was typed. A button that says Cancel has been asked already.
	firm?: boolean;
	busy?: boolean; // something goes on that closing it would end
}

export function Dialog({title, onClose, children, wide, firm, busy}: DialogProps) {
	const id = useId();
	const dialog = useRef<HTMLDialogElement>(null);
	const [typed, setTyped] = useState(false);
	const dirty = typed || !!busy;
	useUnsaved(dirty);
	// before the effects of what is in it, one of which may take the focus
	useLayoutEffect(() => {
		dialog.current?.showModal();
	}, []);
	const close = () => {
		if (!dirty || mayLose())
			dialog.current?.close();
	};
	// a browser may close it at the second Escape without a cancel event
	const ask = (e: Event) => {
		if (e.type === 'cancel' && e.target !== e.currentTarget)
			return; // a file picker's, which bubbles
		e.preventDefault();
		close();
	};
	return (
		<dialog ref={dialog} class={wide ? 'wide' : ''} aria-labelledby={id} onClose={onClose} onCancel={ask}
			onKeyDown={e => e.key === 'Escape' && !e.isComposing && ask(e)} onInput={() => firm && setTyped(true)}
			onClick={e => !firm && e.target === dialog.current && close()}>
			<div class="dialog-body">
				<header>
					<h2 id={id}>{title}</h2>
					<button type="button" class="close" aria-label="Close" onClick={close}><Icon name="close" /></button>
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
