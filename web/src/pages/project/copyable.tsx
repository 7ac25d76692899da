// copyable.tsx - a value that has to be taken elsewhere, as a line of .facts.
import {CopyButton} from '../../ui/button';

export function Copyable({label, value, of, onCopied}: {
	label: string;
	value: string;
	of?: string; // what is copied, where the label alone does not tell
	onCopied?: () => void;
}) {
	return (
		<>
			<dt>{label}</dt>
			<dd class="with-copy" onCopy={onCopied}><code>{value}</code> <CopyButton text={value} label="Copy" of={of ?? label} kind="quiet" onCopied={onCopied} /></dd>
		</>
	);
}
