// filters.ts - which accounts are shown: in the address, so that back, forward
// and links work.
import type {paths, Reply} from '../../api/types';

export type Account = Reply<'/api/users', 'get'>['users'][number];
export type Role = Account['role'];
export type Filters = NonNullable<paths['/api/users']['get']['parameters']['query']>;

export const ROLES: readonly (readonly [Role, string])[] = [['user', 'User'], ['manager', 'Manager'], ['admin', 'Administrator']];
export const LIMIT = 20;

export function roleName(role: Role): string {
	return ROLES.find(([r]) => r === role)![1];
}

function one<T extends string>(value: string | undefined, of: readonly T[]): T | undefined {
	return of.find(o => o === value);
}

export function filtersOf(query: Record<string, string>): Filters {
	return {
		search: query.search || undefined,
		role: one(query.role, ROLES.map(([r]) => r)),
		status: one(query.status, ['active', 'inactive']),
		page: Math.max(Math.trunc(Number(query.page)) || 1, 1),
	};
}

// The address of a page with these in it; what is undefined or the first page
// is left out.
export function addressOf(path: string, values: Record<string, string | number | undefined>): string {
	const query = new URLSearchParams();
	for (const [name, value] of Object.entries(values))
		if (value !== undefined && value !== '' && !(name === 'page' && value === 1))
			query.set(name, String(value));
	return query.size ? `${path}?${query}` : path;
}
