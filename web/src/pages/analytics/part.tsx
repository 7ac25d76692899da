// part.tsx - one chart of a tab: its card, and its three states.
import type {ComponentChildren} from 'preact';
import type {Loaded} from '../../api/load';
import {Card, ErrorNote, Skeleton} from '../../ui/parts';

export function Part<T>({title, loaded: {data, error, loading, reload}, none, children}: {
	title: string;
	loaded: Loaded<T>;
	none?: (data: T) => string | false; // why there is nothing to draw
	children: (data: T) => ComponentChildren;
}) {
	const nothing = data !== undefined && none?.(data);
	return (
		<Card title={title} actions={data && loading && <span class="spinner muted" role="status" aria-label="Loading" />}>
			{error && <ErrorNote error={error} onRetry={() => void reload()} />}
			{nothing ? <p class="chart-none muted">{nothing}</p>
				: data ? children(data)
				: !error && <div class="chart-wait"><Skeleton height="100%" /></div>}
		</Card>
	);
}
