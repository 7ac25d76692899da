// upload.ts - a file as the body of a request. fetch does not tell how much of
// it is sent; XMLHttpRequest does.
import {ApiError} from './error';
import {renew, stoppable, token} from './session';

function headersOf(request: XMLHttpRequest): Headers {
	const headers = new Headers();
	for (const line of request.getAllResponseHeaders().trim().split('\r\n')) {
		const colon = line.indexOf(':');
		if (colon > 0)
			headers.append(line.slice(0, colon), line.slice(colon + 1));
	}
	return headers;
}

// Throws an ApiError, or an AbortError when wanted says so.
export async function upload<T>(path: string, file: Blob, onSent: (bytes: number) => void, wanted: AbortSignal): Promise<T> {
	// it is judged when all of it is there: for that long the token has to be good
	await renew(token() ?? undefined);
	wanted.throwIfAborted();
	return stoppable(signal => new Promise((resolve, reject) => {
		const request = new XMLHttpRequest();
		request.open('POST', path);
		request.responseType = 'json';
		request.setRequestHeader('X-Client', 'web');
		request.setRequestHeader('Authorization', `Bearer ${token()}`);
		request.setRequestHeader('Content-Type', 'application/gzip');
		request.upload.onprogress = e => onSent(e.loaded);
		request.onload = () => {
			const {status} = request;
			if (status >= 200 && status < 300)
				resolve(request.response as T);
			else
				reject(ApiError.from(request.response, new Response(null, {status, headers: headersOf(request)})));
		};
		request.onerror = () => reject(ApiError.unreachable());
		request.onabort = () => reject(signal.reason as Error);
		signal.addEventListener('abort', () => request.abort());
		request.send(file);
	}), wanted);
}
