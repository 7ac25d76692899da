// types.ts - names for the shapes that more than one page speaks of. They are
// all taken out of the document; nothing is said twice.
import type {paths} from '../../build/schema';

export type {paths};

type Path = keyof paths;
type Method<P extends Path> = keyof paths[P];
// The body of a 2xx answer, e.g. Reply<'/api/projects', 'get'>.
export type Reply<P extends Path, M extends Method<P>> =
	paths[P][M] extends {responses: infer R}
		? {[S in keyof R]: S extends 200 | 201 | 202
			? R[S] extends {content: {'application/json': infer B}} ? B : never
			: never}[keyof R]
		: never;
// The JSON that a request takes.
export type Body<P extends Path, M extends Method<P>> =
	paths[P][M] extends {requestBody?: infer R}
		? NonNullable<R> extends {content: {'application/json': infer B}} ? B : never
		: never;

export interface components {
	User: Reply<'/api/auth/session', 'get'>['user'];
}
export type Deployment = Reply<'/api/deployments/{id}', 'get'>;
export type DeploymentItem = Reply<'/api/deployments', 'get'>['deployments'][number];
export type Project = Reply<'/api/projects/{id}', 'get'>;
export type Pagination = Reply<'/api/deployments', 'get'>['pagination'];
