// error.ts - what the API answers when it refuses, as one class.

export interface FieldError {
	name: string;
	code: string;
	message: string;
}

// When it makes sense to try again, as people say it.
function inAWhile(seconds: number): string {
	const [n, unit] = seconds <= 90 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute'];
	return `Please try again in ${n} ${unit}${n === 1 ? '' : 's'}.`;
}

export class ApiError extends Error {
	constructor(
		readonly code: string,
		message: string,
		readonly status: number,
		readonly fields: FieldError[] = [],
		readonly retryAfter: number | null = null, // seconds
		readonly requestId: string | null = null,
	) {
		super(message);
	}

	// The server was not reached, or what answered was not the API.
	static unreachable(): ApiError {
		return new ApiError('UNREACHABLE', 'The server cannot be reached. Check your connection and try again.', 0);
	}

	static from(body: unknown, response: Response): ApiError {
		const error = (body as {error?: {code?: string; message?: string; details?: {fields?: FieldError[]}}} | undefined)?.error;
		const after = Number(response.headers.get('Retry-After'));
		const message = error?.message ?? `The server answered ${response.status}.`;
		return new ApiError(error?.code ?? 'UNREADABLE', after > 0 ? `${message.replace(/\.?$/, '.')} ${inAWhile(after)}` : message,
			response.status, error?.details?.fields ?? [], after > 0 ? after : null, response.headers.get('X-Request-Id'));
	}
}

// Anything that was thrown, as an ApiError: fetch throws TypeErrors.
export function asApiError(thrown: unknown): ApiError {
	return thrown instanceof ApiError ? thrown : ApiError.unreachable();
}

// What people read of it. An Error that the panel made has words for them; those
// of the browser, about the network or JSON, are for programmers.
export function wordsOf(thrown: unknown): string {
	return thrown instanceof Error && !(thrown instanceof TypeError || thrown instanceof SyntaxError)
		? thrown.message : asApiError(thrown).message;
}
