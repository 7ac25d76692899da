// fragment.ts - what a link in a mail, or the way back from a provider, carries
// behind the #, which no server sees. It is taken out of the address at once,
// so that it is in no history either.
import {useEffect, useState} from 'preact/hooks';

function take(): URLSearchParams {
	const fragment = new URLSearchParams(location.hash.slice(1));
	if (location.hash)
		history.replaceState(null, '', location.pathname + location.search);
	return fragment;
}

export function useFragment(): URLSearchParams {
	const [fragment, setFragment] = useState(take);
	useEffect(() => {
		// another link that was opened in the same tab: the page is not loaded anew
		const again = () => location.hash && setFragment(take());
		addEventListener('hashchange', again);
		return () => removeEventListener('hashchange', again);
	}, []);
	return fragment;
}
