// status-page.js - the status page without the API: answers from the file that
// the worker's prober writes (src/svc/snapshot.h), as handlers/status.c does.
import fs from 'fs';

// as SNAPSHOT_OLD_MS: nobody has looked for so long
const OLD_MS = 8000;

// The lines "NAME JSON" of the file; null when there is none, or it is no such.
function parts(file) {
	const part = {};
	let text;

	try {
		text = fs.readFileSync(file, 'utf8');
	} catch (e) {
		return null;
	}
	text.split('\n').forEach((line) => {
		const blank = line.indexOf(' ');

		if (blank > 0)
			part[line.slice(0, blank)] = line.slice(blank + 1);
	});
	if (!/^[0-9]{1,15}$/.test(part.at))
		return null;
	if (Math.abs(Date.now() - Number(part.at)) > OLD_MS)
		part.services = part.stale;
	return part;
}

function answer(r) {
	const name = r.uri.slice(r.uri.lastIndexOf('/') + 1);
	const reads = r.method === 'GET' || r.method === 'HEAD';
	const part = reads ? parts(r.variables.autostack_status_file) : null;

	if (!part || part[name] === undefined) {
		r.internalRedirect('/_error/502');
		return;
	}
	r.headersOut['Content-Type'] = 'application/json; charset=utf-8';
	r.return(200, '{"' + name + '":' + part[name] + '}');
}

export default { answer };
