// form.tsx - forms: fields with labels, errors where they belong, one request
// at a time. The API judges; its field errors land beside the fields.
import {createContext, type ComponentChildren, type JSX} from 'preact';
import {useContext, useEffect, useId, useRef, useState} from 'preact/hooks';
import {asApiError} from '../api/error';
import {Button} from './button';
import {useOpener} from './focus';
import {Icon} from './icon';

interface FormState {
	errors: Record<string, string>;
	clear(name: string): void;
}
const Context = createContext<FormState>({errors: {}, clear: () => undefined});

interface FormProps {
	// throws an ApiError when it does not work
	onSubmit(): Promise<void>;
	submit: string; // the button's text
	kind?: 'primary' | 'danger';
	busyText?: string;
	// beside the button
	actions?: ComponentChildren;
	// opened by a button, it goes by another one
	onCancel?: () => void;
	cancel?: string; // that one's text
	// there are changes, and this takes them back
	onDiscard?: () => void;
	// what is said for an error instead of its message, by code
	says?: Record<string, ComponentChildren>;
	// checks before anything is sent: field -> what is wrong
	check?: () => Record<string, string | false | undefined>;
	wide?: boolean; // the button is as wide as the form
	disabled?: boolean;
	// what is known to be wrong from the start: said by an earlier try
	errors?: Record<string, string>;
	children: ComponentChildren;
}

export function Form(props: FormProps) {
	const [errors, setErrors] = useState(props.errors ?? {});
	const [general, setGeneral] = useState<ComponentChildren>(null);
	const [busy, setBusy] = useState(false);
	const form = useRef<HTMLFormElement>(null);
	useOpener(form, !!props.onCancel);
	const alive = useRef(true);
	useEffect(() => () => {
		alive.current = false;
	}, []);

	const focusFirst = () => requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
	const show = (found: Record<string, string>) => {
		setErrors(found);
		focusFirst();
	};
	useEffect(() => {
		if (props.errors)
			focusFirst();
	}, []);
	const submit = async () => {
		setGeneral(null);
		const wrong = Object.entries(props.check?.() ?? {}).filter((e): e is [string, string] => !!e[1]);
		if (wrong.length) {
			show(Object.fromEntries(wrong));
			return;
		}
		setErrors({});
		setBusy(true);
		try {
			await props.onSubmit();
		} catch (thrown) {
			const error = asApiError(thrown);
			if (!alive.current)
				return;
			const here = error.fields.filter(f => form.current?.elements.namedItem(f.name));
			const elsewhere = error.fields.filter(f => !here.includes(f));
			show(Object.fromEntries(here.map(f => [f.name, f.message])));
			if (!here.length || elsewhere.length)
				setGeneral(props.says?.[error.code] ?? [error.message, ...elsewhere.map(f => `${f.name}: ${f.message}`)].join(' '));
		} finally {
			if (alive.current)
				setBusy(false);
		}
	};
	const discard = () => {
		setErrors({});
		setGeneral(null);
		props.onDiscard?.();
	};

	return (
		<Context.Provider value={{errors, clear: name => setErrors(({[name]: _, ...rest}) => rest)}}>
			<form ref={form} noValidate class="form" onSubmit={e => {
				e.preventDefault();
				if (!busy)
					void submit();
			}}>
				{props.children}
				<div role="alert">{general && <p class="note bad"><Icon name="alert" /> <span>{general}</span></p>}</div>
				<div class={`form-actions${props.wide ? ' wide' : ''}`}>
					<Button type="submit" kind={props.kind ?? 'primary'} busy={busy} disabled={props.disabled}>
						{busy ? props.busyText ?? props.submit : props.submit}
					</Button>
					{props.onCancel && <Button disabled={busy} onClick={props.onCancel}>{props.cancel ?? 'Cancel'}</Button>}
					{props.onDiscard && <Button kind="quiet" disabled={busy} onClick={discard}>Discard changes</Button>}
					{props.actions}
				</div>
			</form>
		</Context.Provider>
	);
}

interface FieldProps {
	name: string; // as the API calls it
	label: ComponentChildren;
	hint?: ComponentChildren;
	optional?: boolean;
}

interface Wiring {
	id: string;
	name: string;
	'aria-invalid': boolean | undefined;
	'aria-describedby': string | undefined;
}

// A label, what it labels, a hint and the error; clear() once it is corrected.
export function Field({name, label, hint, optional, children}: FieldProps & {children: (wiring: Wiring, clear: () => void) => ComponentChildren}) {
	const id = useId();
	const form = useContext(Context);
	const error = form.errors[name];
	const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
	return (
		<div class="field">
			<label for={id}>{label}{optional && <span class="optional"> (optional)</span>}</label>
			{children({id, name, 'aria-invalid': error ? true : undefined, 'aria-describedby': described || undefined}, () => form.clear(name))}
			{hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
			{error && <p class="error" id={`${id}-error`}>{error}</p>}
		</div>
	);
}

interface TextProps extends FieldProps {
	value: string;
	onValue(value: string): void;
	type?: 'text' | 'email' | 'url' | 'search' | 'number';
	autoComplete?: string;
	autoFocus?: boolean;
	placeholder?: string;
	disabled?: boolean;
	mono?: boolean;
	rows?: number; // a text area
	maxLength?: number;
}

export function TextField({name, label, hint, optional, value, onValue, rows, mono, autoFocus, ...rest}: TextProps) {
	const {clear} = useContext(Context);
	const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
	useEffect(() => {
		if (autoFocus)
			input.current?.focus();
	}, []);
	const set = (e: JSX.TargetedInputEvent<HTMLInputElement | HTMLTextAreaElement>) => {
		clear(name);
		onValue(e.currentTarget.value);
	};
	return (
		<Field name={name} label={label} hint={hint} optional={optional}>
			{wiring => rows
				? <textarea {...wiring} {...rest} ref={input} rows={rows} class={mono ? 'mono' : ''} value={value} onInput={set}
					spellcheck={!mono} />
				: <input {...wiring} {...rest} ref={input} class={mono ? 'mono' : ''} value={value} onInput={set}
					spellcheck={false} autocapitalize="off" />}
		</Field>
	);
}

export function PasswordField({name, label, hint, value, onValue, autoComplete, autoFocus}: TextProps & {label: string}) {
	const [shown, setShown] = useState(false);
	const {clear} = useContext(Context);
	const input = useRef<HTMLInputElement>(null);
	useEffect(() => {
		if (autoFocus)
			input.current?.focus();
	}, []);
	return (
		<Field name={name} label={label} hint={hint}>
			{wiring => (
				<div class="password">
					<input {...wiring} ref={input} type={shown ? 'text' : 'password'} autocomplete={autoComplete} value={value}
						onInput={e => {
							clear(name);
							onValue(e.currentTarget.value);
						}} />
					<button type="button" aria-pressed={shown} onClick={() => setShown(!shown)}>{shown ? 'Hide' : 'Show'}
						<span class="sr-only"> {label.toLowerCase()}</span></button>
				</div>
			)}
		</Field>
	);
}

interface SelectProps extends FieldProps {
	value: string;
	onValue(value: string): void;
	options: readonly (readonly [value: string, text: string])[];
	disabled?: boolean;
}

export function SelectField({name, label, hint, optional, value, onValue, options, disabled}: SelectProps) {
	return (
		<Field name={name} label={label} hint={hint} optional={optional}>
			{(wiring, clear) => (
				<select {...wiring} value={value} disabled={disabled} onChange={e => {
					clear();
					onValue(e.currentTarget.value);
				}}>
					{options.map(([v, text]) => <option key={v} value={v}>{text}</option>)}
				</select>
			)}
		</Field>
	);
}

interface CheckProps {
	name?: string;
	label: ComponentChildren;
	hint?: ComponentChildren;
	checked: boolean;
	onChecked(checked: boolean): void;
	disabled?: boolean;
	toggle?: boolean; // looks like a switch: what it sets is set at once
	busy?: boolean; // it is being set: it stays as it is
}

export function CheckField({name, label, hint, checked, onChecked, disabled, toggle, busy}: CheckProps) {
	const id = useId();
	return (
		<div class={toggle ? 'check toggle' : 'check'}>
			<input id={id} name={name} type="checkbox" role={toggle ? 'switch' : undefined} checked={checked} disabled={disabled}
				aria-disabled={busy || undefined} onClick={e => busy && e.preventDefault()}
				aria-describedby={hint ? `${id}-hint` : undefined} onChange={e => onChecked(e.currentTarget.checked)} />
			<div>
				<label for={id}>{label}</label>
				{hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
			</div>
		</div>
	);
}
