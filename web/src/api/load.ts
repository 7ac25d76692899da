// load.ts - what a page shows: loaded, kept while it is loaded again, and asked
// for anew every so often while somebody looks.
import {useCallback, useEffect, useRef, useState} from 'preact/hooks';
import {ApiError, asApiError} from './error';

export interface Loaded<T> {
	data: T | undefined; // of the last load that worked, for these deps
	error: ApiError | null; // of the last one
	loading: boolean;
	reload(): Promise<void>;
	set(data: T): void;
}

// load is called again when deps change; every: ms, 0 never.
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, deps: readonly unknown[], every = 0): Loaded<T> {
	const [data, setData] = useState<T>();
	const [error, setError] = useState<ApiError | null>(null);
	const [loading, setLoading] = useState(true);
	const current = useRef<AbortController>();
	const latest = useRef(load);
	latest.current = load;

	const run = useCallback(async () => {
		current.current?.abort();
		const control = new AbortController();
		current.current = control;
		setLoading(true);
		try {
			const next = await latest.current(control.signal);
			if (control.signal.aborted)
				return;
			setData(() => next);
			setError(null);
		} catch (thrown) {
			if (control.signal.aborted)
				return;
			setError(asApiError(thrown));
		}
		setLoading(false);
	}, []);

	useEffect(() => {
		void run();
		return () => current.current?.abort();
	}, deps);

	useEffect(() => {
		if (!every)
			return;
		const timer = setInterval(() => {
			if (document.visibilityState === 'visible')
				void run();
		}, every);
		const seen = () => {
			if (document.visibilityState === 'visible')
				void run();
		};
		addEventListener('visibilitychange', seen);
		return () => {
			clearInterval(timer);
			removeEventListener('visibilitychange', seen);
		};
	}, [every]);

	return {data, error, loading, reload: run, set: next => setData(() => next)};
}
