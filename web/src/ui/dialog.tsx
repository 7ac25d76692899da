// dialog.tsx - questions in front of the page. The browser's own <dialog> keeps
// the focus inside; focus.ts gives it back.
import type {ComponentChildren} from 'preact';
import {useId, useLayoutEffect, useRef, useState} from 'preact/hooks';
import {useOpener} from './focus';
import {Form, TextField} from './form';
import {Icon} from './icon';
import {Toasts} from './toast';
import {mayLose, useUnsaved} from './unsaved';

interface DialogProps {
	title: string;
	onClose(): void;
	children: ComponentChildren;
	wide?: boolean;
	// something would be lost: a click beside it does not close it, and it asks
	// once something was typed. A button that says Cancel has been asked already.
	firm?: boolean;
	asks?: string | false; // the question, when more would be lost than what was typed
}

export function Dialog({title, onClose, children, wide, firm, asks}: DialogProps) {
	const id = useId();
	const dialog = useRef<HTMLDialogElement>(null);
	const [typed, setTyped] = useState(false);
	const dirty = typed || !!asks;
	useUnsaved(dirty, asks || undefined);
	useOpener(dialog);
	// before the effect of a field in it that takes the focus
	useLayoutEffect(() => dialog.current?.showModal(), []);
	const close = () => {
		// what was begun is done, whether or not somebody looks on
		if (!dialog.current?.querySelector('.button[aria-busy]') && (!dirty || mayLose()))
			onClose();
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
			<Toasts />
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
	const [text, setText] = useState('');
	return (
		<Dialog title={title} onClose={onClose}>
			<Form kind={kind} submit={action} disabled={typed !== undefined && text !== typed} onCancel={onClose} onSubmit={async () => {
				await onConfirm();
				onClose();
			}}>
				<div class="prose">{children}</div>
				{typed && <TextField name="typed" label={<>Type <strong>{typed}</strong> to confirm</>} value={text} onValue={setText}
					autoFocus autoComplete="off" />}
			</Form>
		</Dialog>
	);
}
