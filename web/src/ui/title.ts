// title.ts - the title of a page that knows it only once it has loaded.
import {useEffect} from 'preact/hooks';

export function useTitle(title: string | undefined): void {
	useEffect(() => {
		if (title)
			document.title = `${title} · Autostack`;
	}, [title]);
}
