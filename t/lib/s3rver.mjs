// s3rver.mjs ROOT - S3 of others' make on a loopback port that the kernel chooses
// and that is written to ROOT/port: s3rver from npm keeps the objects in ROOT/data,
// and since it takes any Signature Version 4, aws4 from npm makes each request's
// signature again before s3rver sees it. The hash of each body is compared as
// well. Ends with its parent's end of standard input.
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import aws4 from 'aws4';
import S3rver from 's3rver';

const root = process.argv[2];
const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

// The same request, signed by aws4 with the headers that were signed.
function isSigned(req) {
	const auth = req.headers.authorization || '';
	const [, region, names] =
		/Credential=S3RVER\/\d{8}\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+),/.exec(auth) || [];
	if (!names) return false;
	const headers = {};
	for (const name of names.split(';')) headers[name] = req.headers[name];
	const again = aws4.sign(
		{ host: req.headers.host, method: req.method, path: req.url, service: 's3', region, headers },
		credentials);
	const signature = (text) => /Signature=([0-9a-f]{64})/.exec(text)?.[1];
	return signature(auth) === signature(again.headers.Authorization);
}

function refuse(res, code) {
	res.writeHead(403, { 'Content-Type': 'application/xml' });
	res.end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
}

mkdirSync(`${root}/data`, { recursive: true });
const store = await new S3rver({
	address: '127.0.0.1', port: 0, silent: true, directory: `${root}/data`,
	configureBuckets: [{ name: 'archives' }],
}).run();

http.createServer(async (req, res) => {
	if (!isSigned(req)) return refuse(res, 'SignatureDoesNotMatch');
	const parts = [];
	for await (const part of req) parts.push(part);
	const body = Buffer.concat(parts);
	if (createHash('sha256').update(body).digest('hex') !== req.headers['x-amz-content-sha256'])
		return refuse(res, 'XAmzContentSHA256Mismatch');
	const { method, url: path, headers } = req;
	http.request({ host: '127.0.0.1', port: store.port, method, path, headers }, (answer) => {
		appendFileSync(`${root}/log`, `${method} ${path} ${answer.statusCode}\n`);
		res.writeHead(answer.statusCode, answer.headers);
		answer.pipe(res);
	}).end(body);
}).listen(0, '127.0.0.1', function () {
	writeFileSync(`${root}/port.new`, String(this.address().port));
	renameSync(`${root}/port.new`, `${root}/port`);
});
process.stdin.on('end', () => process.exit(0)).resume();
