// oidc.mjs ROOT - an OpenID provider of real make (oidc-provider from npm) over
// TLS on a loopback port that the kernel chooses and that is written to
// ROOT/port. ROOT/cert.pem and key.pem are its own.
//
// ROOT/accounts.json: {sub: {email, email_verified, name, picture}}; the sub is
// the login name, and any password is right. ROOT/odd: one word, what it does wrong:
//   none, signature, algorithm, own-key, audience, audiences, issuer, expired,
//   nonce, no-nonce, crit     the ID token
//   discovery, http, away     the discovery document
//   keys                      the key set
//   subject                   userinfo
// Ends with its parent's end of standard input.
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import Provider from 'oidc-provider';

const root = process.argv[2];
const read = (name) => readFileSync(`${root}/${name}`, 'utf8');
const odd = () => (existsSync(`${root}/odd`) ? read('odd') : '');
const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const mine = pair();
const foreign = pair();
const jwk = { ...mine.privateKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' };

const b64 = (v) => Buffer.from(JSON.stringify(v)).toString('base64url');
function sign(header, claims, key) {
	const text = `${b64(header)}.${b64(claims)}`;
	return `${text}.${createSign('sha256').update(text).sign(key).toString('base64url')}`;
}

const bad = {
	none: (h, c) => `${b64({ alg: 'none' })}.${b64(c)}.`,
	signature: (h, c, t) => t.slice(0, -8) + (t.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA'),
	algorithm: (h, c) => {
		const text = `${b64({ alg: 'HS256', kid: 'k1' })}.${b64(c)}`;
		return `${text}.${createHmac('sha256', 'canary-google-secret').update(text).digest('base64url')}`;
	},
	'own-key': (h, c) => sign({ ...h, jwk: foreign.publicKey.export({ format: 'jwk' }) }, c, foreign.privateKey),
	audience: (h, c) => sign(h, { ...c, aud: 'another-client' }, mine.privateKey),
	audiences: (h, c) => sign(h, { ...c, aud: [c.aud, 'another-client'] }, mine.privateKey),
	issuer: (h, c) => sign(h, { ...c, iss: 'https://evil.example' }, mine.privateKey),
	expired: (h, c) => sign(h, { ...c, exp: c.iat - 3600 }, mine.privateKey),
	nonce: (h, c) => sign(h, { ...c, nonce: 'of another sign-in' }, mine.privateKey),
	'no-nonce': (h, c) => sign(h, { ...c, nonce: undefined }, mine.privateKey),
	crit: (h, c) => sign({ ...h, crit: ['x'] }, c, mine.privateKey),
};

function spoil(ctx, issuer) {
	const how = odd();
	if (ctx.path === '/token' && ctx.body?.id_token && bad[how]) {
		const [h, c] = ctx.body.id_token.split('.').slice(0, 2).map((p) => JSON.parse(Buffer.from(p, 'base64url')));
		ctx.body = { ...ctx.body, id_token: bad[how](h, c, ctx.body.id_token) };
	}
	if (ctx.path === '/.well-known/openid-configuration') {
		if (how === 'discovery') ctx.body = { ...ctx.body, issuer: 'https://evil.example' };
		if (how === 'http') ctx.body = { ...ctx.body, token_endpoint: 'http://evil.example/token' };
		if (how === 'away') ctx.redirect(`${issuer}/elsewhere`);
	}
	if (ctx.path === '/jwks' && how === 'keys') ctx.body = { keys: [] };
	if (ctx.path === '/me' && how === 'subject') ctx.body = { ...ctx.body, sub: 'somebody-else' };
}

const server = https.createServer({ cert: read('cert.pem'), key: read('key.pem') });
server.listen(0, '127.0.0.1', () => {
	const issuer = `https://127.0.0.1:${server.address().port}`;
	const provider = new Provider(issuer, {
		clients: [{
			client_id: 'test-google',
			client_secret: 'canary-google-secret',
			redirect_uris: ['https://localhost/api/auth/google/callback'],
			token_endpoint_auth_method: 'client_secret_post',
		}],
		jwks: { keys: [jwk] },
		cookies: { keys: ['k'] },
		pkce: { methods: ['S256'], required: () => true },
		claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture'] },
		features: { devInteractions: { enabled: true } },
		async findAccount(ctx, id) {
			const account = JSON.parse(read('accounts.json'))[id];
			return account && { accountId: id, claims: async () => ({ ...account, sub: id }) };
		},
	});
	// wherever the nginx of a test listens
	provider.Client.prototype.redirectUriAllowed = (uri) => /^https:\/\/localhost(:\d+)?\/api\/auth\/google\/callback$/.test(uri);
	provider.use(async (ctx, next) => {
		await next();
		spoil(ctx, issuer);
	});
	server.on('request', provider.callback());
	writeFileSync(`${root}/port.new`, `${server.address().port}\n`);
	renameSync(`${root}/port.new`, `${root}/port`);
});
process.stdin.on('end', () => process.exit(0)).resume();
