// search.tsx - a search that is in the address: told a moment after the typing,
// at once by Enter.
import {useEffect, useId, useRef, useState} from 'preact/hooks';
import {Icon} from './icon';

const TYPING = 300; // ms after the last key

// Says how many were found to who does not see them.
export function Found({n, one, many}: {n: number | undefined; one: string; many: string}) {
	return <p class="sr-only" role="status">{n === undefined ? '' : `${n} ${n === 1 ? one : many}`}</p>;
}

export function SearchBox({label, value, onSearch}: {label: string; value: string; onSearch(text: string): void}) {
	const id = useId();
	const [text, setText] = useState(value);
	// what it does may have changed since the last key
	const latest = useRef(onSearch);
	latest.current = onSearch;
	const timer = useRef<ReturnType<typeof setTimeout>>();
	const tell = (next: string, after: number) => {
		clearTimeout(timer.current);
		timer.current = setTimeout(() => latest.current(next.trim()), after);
	};
	useEffect(() => () => clearTimeout(timer.current), []);
	// back and forward change the address, not what was typed
	useEffect(() => {
		if (text.trim() === value)
			return;
		clearTimeout(timer.current);
		setText(value);
	}, [value]);
	return (
		<div class="search">
			<label for={id} class="sr-only">{label}</label>
			<Icon name="search" />
			<input id={id} type="search" value={text} placeholder={label} maxLength={100} autocomplete="off" autocapitalize="off" spellcheck={false}
				onInput={e => {
					setText(e.currentTarget.value);
					tell(e.currentTarget.value, TYPING);
				}} onKeyDown={e => {
					if (e.key === 'Enter') {
						e.preventDefault();
						tell(text, 0);
					}
				}} />
		</div>
	);
}
