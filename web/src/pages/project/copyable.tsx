// copyable.tsx - a value that has to be taken elsewhere, as a line of .facts.
import {CopyButton} from '../../ui/button';

export function Copyable({label, value}: {label: string; value: string}) {
	return (
		<>
			<dt>{label}</dt>
			<dd class="with-copy"><code>{value}</code> <CopyButton text={value} label="Copy" kind="quiet" /></dd>
		</>
	);
}
