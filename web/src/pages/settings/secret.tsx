// secret.tsx - something that is shown once.
import {useEffect, useRef, useState} from 'preact/hooks';
import {Button, CopyButton} from '../../ui/button';
import {Dialog} from '../../ui/dialog';
import {Note} from '../../ui/parts';
import {SHOWN_ONCE} from '../../ui/unsaved';
import type {ComponentChildren} from 'preact';

export function SecretOnce({title, secret, label, children, onClose}: {
	title: string;
	secret: string;
	label: string; // of the field, e.g. API key
	children?: ComponentChildren; // what to do with it
	onClose(): void;
}) {
	const input = useRef<HTMLInputElement>(null);
	const [copied, setCopied] = useState(false);
	const had = () => setCopied(true);
	useEffect(() => input.current?.select(), []);
	return (
		<Dialog firm asks={!copied && SHOWN_ONCE} title={title} onClose={onClose}>
			<div class="form">
				<Note mood="warn">Copy it now and keep it safe. It is never shown again.</Note>
				<div class="secret">
					<input ref={input} class="mono" readOnly value={secret} aria-label={label} onFocus={e => e.currentTarget.select()} onCopy={had} />
					<CopyButton kind="primary" small={false} text={secret} label="Copy" onCopied={had} />
				</div>
				{children}
				<div class="form-actions"><Button onClick={onClose}>I have copied it</Button></div>
			</div>
		</Dialog>
	);
}
