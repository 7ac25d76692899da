// download.ts - an answer of the API as a file. It is fetched, so that it goes
// with the access token and a refusal can be said on the page.
import {ok} from './client';

interface Answer {
	data?: unknown; // parseAs: 'blob'
	error?: unknown;
	response: Response;
}

// False: the API has cut it off after as many rows as it gives.
export async function download(name: string, request: Promise<Answer>): Promise<boolean> {
	const answer = await request;
	const blob = await ok(Promise.resolve(answer)) as Blob;
	const link = document.createElement('a');
	link.href = URL.createObjectURL(blob);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
	return answer.response.headers.get('X-Export-Complete') !== 'false';
}
