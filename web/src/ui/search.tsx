// search.tsx - a search that is in the address: told a moment after the typing.
import {useEffect, useId, useState} from 'preact/hooks';
import {Icon} from './icon';

export function SearchBox({label, value, onSearch}: {label: string; value: string; onSearch(text: string): void}) {
	const id = useId();
	const [text, setText] = useState(value);
	useEffect(() => setText(value), [value]); // back and forward
	useEffect(() => {
		if (text.trim() === value)
			return;
		const timer = setTimeout(() => onSearch(text.trim()), 300);
		return () => clearTimeout(timer);
	}, [text]);
	return (
		<div class="search">
			<label for={id} class="sr-only">{label}</label>
			<Icon name="search" />
			<input id={id} type="search" value={text} placeholder={label} maxLength={100} autocomplete="off" spellcheck={false}
				onInput={e => setText(e.currentTarget.value)} />
		</div>
	);
}
