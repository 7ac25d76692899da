// load.ts - what a page shows: loaded, kept while it is loaded again, and asked
// for anew every so often while somebody looks.
import {useCallback, useEffect, useRef, useState} from 'preact/hooks';
import {ApiError, asApiError} from './error';

export interface Loaded<T> {
	// of the last load that worked. While other deps are loaded it stays, but not
	// when that fails: it would pass for what was asked for.
	data: T | undefined;
	current: boolean; // data is there, and is of these deps
	error: ApiError | null; // of the last one
	loading: boolean;
	reload(): Promise<void>;
	set(data: T): void;
}

// load is called again when deps change; every: ms, 0 never.
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, deps: readonly unknown[], every = 0): Loaded<T> {
	const [kept, setKept] = useState<{data: T; deps: readonly unknown[]}>();
	const [error, setError] = useState<ApiError | null>(null);
	const [loading, setLoading] = useState(true);
	const running = useRef<AbortController>();
	const latest = useRef({load, deps});
	latest.current = {load, deps};

	const run = useCallback(async () => {
		running.current?.abort();
		const control = new AbortController();
		running.current = control;
		const asked = latest.current;
		setLoading(true);
		try {
			const next = await asked.load(control.signal);
			if (control.signal.aborted)
				return;
			setKept({data: next, deps: asked.deps});
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
		return () => running.current?.abort();
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

	const current = kept !== undefined && kept.deps.every((dep, i) => Object.is(dep, deps[i]));
	return {
		data: current || !error ? kept?.data : undefined, current, error, loading, reload: run,
		set: next => setKept({data: next, deps: latest.current.deps}),
	};
}
