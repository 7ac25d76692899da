// buildstep.tsx - a command of the build that may be left to detection.
import type {ComponentChildren} from 'preact';
import {useRef} from 'preact/hooks';
import {Field} from './form';

// null: detect it; empty: leave the step out
export function BuildStepField({name, label, hint, value, onValue, detect = 'Detect', placeholder}: {
	name: string;
	label: string;
	hint?: ComponentChildren;
	value: string | null;
	onValue(value: string | null): void;
	detect?: string; // what null is called
	placeholder: string; // what is run then
}) {
	const own = useRef('');
	own.current = value ?? own.current; // stays while detection is looked at
	return (
		<Field name={name} label={label} hint={hint}>
			{(wiring, clear) => (
				<div class="build-step">
					<select aria-label={`${label}: which`} value={value === null ? 'detect' : 'own'}
						onChange={e => {
							clear();
							onValue(e.currentTarget.value === 'own' ? own.current : null);
						}}>
						<option value="detect">{detect}</option>
						<option value="own">Set it here</option>
					</select>
					<input {...wiring} class="mono" value={value ?? ''} disabled={value === null} maxLength={1024}
						placeholder={value === null ? placeholder : 'Nothing is run'} spellcheck={false} autocapitalize="off"
						autocomplete="off" onInput={e => {
							clear();
							onValue(e.currentTarget.value);
						}} />
				</div>
			)}
		</Field>
	);
}
