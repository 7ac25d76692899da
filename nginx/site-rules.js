/*
 * site-rules.js - what a site's own rules (_redirects, _headers, SPA) make of a
 * request. nginx asks it (sites.conf) about sites whose release has a file
 * .rules, and of those only about paths that no file answers, unless there is
 * .rules-first as well. src/svc/siterules.h says how .rules is written; each
 * rule was checked there. No state: a request opens the release that is live,
 * reads the few lines that it needs, and is done.
 */
import fs from 'fs';

/* as src/svc/siterules.c has them */
const HEAD_BYTES = 64;
const INDEX_BYTES = 8;

const REVALIDATE = 'public, max-age=0, must-revalidate';

function read(fd, at, n) {
	const b = Buffer.alloc(n);

	return b.slice(0, fs.readSync(fd, b, 0, n, at)).toString();
}

/* Where the parts of .rules are. */
function read_head(fd) {
	const word = read(fd, 0, HEAD_BYTES).split(' ');
	const head = {fd: fd, count: Number(word[2]), index: HEAD_BYTES};

	if (word[0] !== 'autostack-rules' || word[1] !== '1')
		throw new Error('.rules is not what we write');
	head.fixed = HEAD_BYTES + INDEX_BYTES * head.count;
	head.fixed_bytes = Number(word[3]);
	head.dynamic = head.fixed + head.fixed_bytes;
	head.dynamic_bytes = Number(word[4]);
	head.headers = head.dynamic + head.dynamic_bytes;
	head.headers_bytes = Number(word[5]);
	return head;
}

/* The lines of a part whose prefix fits a path, each as its fields. */
function lines(head, at, bytes, path) {
	const p = path + '/';

	return !bytes ? [] : read(head.fd, at, bytes - 1).split('\n')
		.filter(s => p.startsWith(s.slice(0, s.indexOf('\t'))))
		.map(s => s.split('\t'));
}

function rule_of(line, how, to) {
	return {line: Number(line), status: Number(how.slice(0, 3)),
		force: how[3] === '!', pages: how[3] === 'p', to: to};
}

/* The static rule for a path, by halves: the lines are sorted by their bytes,
 * and so does njs compare. */
function find_fixed(head, path) {
	let low = 0;
	let high = head.count;

	while (low < high) {
		const mid = (low + high) >> 1;
		const more = mid + 1 < head.count;
		const at = read(head.fd, head.index + mid * INDEX_BYTES,
			INDEX_BYTES * (more ? 2 : 1)).split('\n');
		const begin = Number(at[0]);
		const end = more ? Number(at[1]) : head.fixed_bytes;
		const f = read(head.fd, head.fixed + begin, end - begin - 1)
			.split('\t');

		if (f[0] === path)
			return rule_of(f[1], f[2], f[3]);
		if (f[0] < path)
			low = mid + 1;
		else
			high = mid;
	}
	return null;
}

/* What the wildcards of the pattern find in a path, null: it does not match.
 * The pattern has texts, 1 for a part between slashes, 0 for the star. */
function match(pattern, path) {
	const found = [];
	let at = 0;

	for (let i = 0; i < pattern.length; i++) {
		const p = pattern[i];
		const next = path.indexOf('/', at);
		const end = next < 0 ? path.length : next;

		if (p === 0) {
			const tail = i + 1 < pattern.length ? pattern[i + 1] : '';

			if (path.length < at + tail.length ||
				!path.endsWith(tail))
				return null;
			found.push(path.slice(at, path.length - tail.length));
			return found;
		}
		if (p === 1) {
			if (end === at)
				return null;
			found.push(path.slice(at, end));
			at = end;
		} else {
			if (!path.startsWith(p, at))
				return null;
			at += p.length;
		}
	}
	return at === path.length ? found : null;
}

/* A slash at the end does not matter. */
function other(path) {
	return path.length > 1 && path.endsWith('/') ? path.slice(0, -1)
		: path + '/';
}

function match_either(pattern, path) {
	pattern = JSON.parse(pattern);
	return match(pattern, path) || match(pattern, other(path));
}

/* The redirects that match a path, in the file's order, until `takes` takes
 * one. */
function find_redirect(head, path, takes) {
	let fixed = head.count ? find_fixed(head, path) ||
		find_fixed(head, other(path)) : null;
	const rest = lines(head, head.dynamic, head.dynamic_bytes, path);

	for (let i = 0; i < rest.length; i++) {
		const f = rest[i];
		const line = Number(f[1]);
		let found;

		if (fixed && fixed.line < line) {
			if (takes(fixed, []))
				return true;
			fixed = null;
		}
		found = match_either(f[3], path);
		if (found && takes(rule_of(f[1], f[2], f[4]), found))
			return true;
	}
	return fixed ? takes(fixed, []) : false;
}

/* Hidden files, and what the host keeps for certificates. */
function is_hidden(path) {
	const acme = '/.well-known/acme-challenge';

	if (path === acme || path.startsWith(acme + '/'))
		return true;
	return path.slice(path.startsWith('/.well-known/') ? 12 : 0)
		.indexOf('/.') >= 0;
}

/* 'x.css', 'x.tar.gz', not 'v1.2' and no page. */
function is_asset(path) {
	const name = path.slice(path.lastIndexOf('/') + 1);
	const dot = name.lastIndexOf('.');
	const ext = dot < 0 ? '' : name.slice(dot + 1);
	let letter = false;

	for (let i = 0; i < ext.length; i++) {
		const c = ext.charCodeAt(i) | 32;

		if (c >= 97 && c <= 122)
			letter = true;
		else if (ext[i] < '0' || ext[i] > '9')
			return false;
	}
	return letter && ext.length <= 10;
}

function kind(path) {
	try {
		const st = fs.lstatSync(path, {throwIfNoEntry: false});

		return !st ? 0 : st.isFile() ? 1 : st.isDirectory() ? 2 : 0;
	} catch (e) {
		return 0;
	}
}

/* The file that answers a path, as try_files of sites.conf finds it: itself,
 * with .html, or the index of a folder, whose path gets a slash first. */
function find_file(root, path) {
	const folder = path.endsWith('/');
	const it = is_hidden(path) ? 0 : kind(root + path);

	if (!folder && it === 1)
		return {file: path};
	if (!folder && !is_hidden(path) && kind(root + path + '.html') === 1)
		return {file: path + '.html'};
	if (it !== 2 || kind(root + path + '/index.html') !== 1)
		return null;
	return folder ? {file: path + 'index.html'} : {slash: path + '/'};
}

/* A hashed file of the release before, or of one that has become live since:
 * sites.conf says why there are three looks. */
function find_previous(r, path) {
	const current = r.variables.document_root;
	const site = current.slice(0, current.lastIndexOf('/'));

	if (!r.variables.site_kept || is_hidden(path))
		return null;
	for (let i = 0; i < 2; i++) {
		try {
			const root = fs.realpathSync(site +
				(i ? '/current' : '/previous'));

			if (kind(root + path) === 1)
				return {file: path, root: root};
		} catch (e) {
			/* there is none before a second release */
		}
	}
	return null;
}

/* The target, with what the wildcards found. */
function fill(to, found, encode) {
	return JSON.parse(to).map(p => typeof p === 'string' ? p
		: encode(found[p])).join('');
}

function encode_path(s) {
	return s.split('/').map(encodeURIComponent).join('/');
}

/* The request's query, unless the target has one. */
function with_query(r, to) {
	const args = r.variables.args;
	const hash = to.indexOf('#');
	const head = hash < 0 ? to : to.slice(0, hash);

	if (!args || head.indexOf('?') >= 0)
		return to;
	return head + '?' + args + (hash < 0 ? '' : to.slice(hash));
}

/* Whether a browser that is sent to `to` would be here again. */
function is_here(to, path) {
	try {
		to = decodeURIComponent(to.split('#')[0].split('?')[0]);
	} catch (e) {
		return false;
	}
	return to === path || to === other(path);
}

/* The headers of all paths that match: [[name, value] ...]. */
function find_headers(head, path) {
	const set = {};

	lines(head, head.headers, head.headers_bytes, path).forEach(f => {
		const add = match_either(f[1], path) ? JSON.parse(f[2])
			: [];

		add.forEach(h => {
			const key = h[0].toLowerCase();
			const old = set[key];

			if (h[1] === null)
				set[key] = [h[0], ''];
			else
				set[key] = [h[0], old && old[1] ?
					old[1] + ', ' + h[1] : h[1]];
		});
	});
	return Object.keys(set).map(key => set[key]);
}

/* Answer with a file of the release, with its status. */
function serve(r, head, status, root, file, kept) {
	const set = find_headers(head, r.uri);

	set.forEach(h => {
		const key = h[0].toLowerCase();

		if (key === 'referrer-policy')
			r.variables.site_referrer = '';
		if (key === 'cache-control')
			r.variables.site_own_cache = '1';
	});
	r.variables.rules_root = root;
	r.variables.rules_file = file;
	r.variables.rules_headers = JSON.stringify(set.filter(h => h[1]));
	r.variables.site_kept = kept ? '1' : '';
	if (status === 404)
		r.return(418); /* sites.conf makes 404 of it */
	else
		r.internalRedirect('@ruled');
}

/* Do as the rule says; false: it does not act here. */
function act(r, head, root, rule, found) {
	let to;

	if (rule.status !== 200 && rule.status !== 404) {
		to = fill(rule.to, found, encode_path);
		if (to[0] === '/') {
			/* two slashes would begin a host */
			while (to[1] === '/')
				to = to.slice(1);
			if (is_here(to, r.uri))
				return false;
		}
		r.return(rule.status, with_query(r, to));
		return true;
	}
	if (rule.pages && is_asset(r.uri))
		return false;
	to = find_file(root, fill(rule.to, found, s => s));
	to = !to ? '' : to.file || to.slash + 'index.html';
	serve(r, head, to ? rule.status : 404, root, to || '/404.html', false);
	return true;
}

function decide(r, head) {
	const root = r.variables.realpath_root;
	const path = r.uri;
	const hidden = is_hidden(path);
	const it = find_file(root, path) || find_previous(r, path);

	if (!hidden && find_redirect(head, path, (rule, found) =>
		(rule.force || !it) && act(r, head, root, rule, found)))
		return;
	if (it && it.slash)
		r.return(301, with_query(r, encode_path(it.slash)));
	else if (it)
		serve(r, head, 200, it.root || root, it.file,
			r.variables.site_kept);
	else
		serve(r, head, 404, root, '/404.html', false);
}

function route(r) {
	let fd;

	if (r.method !== 'GET' && r.method !== 'HEAD') {
		r.return(405);
		return;
	}
	fd = fs.openSync(r.variables.realpath_root + '/.rules');
	try {
		decide(r, read_head(fd));
	} finally {
		fs.closeSync(fd);
	}
}

/* Before nginx sends its headers: the site's. */
function headers(r) {
	JSON.parse(r.variables.rules_headers || '[]').forEach(h => {
		r.headersOut[h[0]] = h[1];
	});
}

export default {route, headers};
