/* domain.c - names of a project's site besides its own: added, proved, given a
 * certificate, given up by its owner. The worker does what they say. */
#include "handlers/all.h"

#include "gen/stmt.h"
#include "svc/domain.h"
#include "web/reply.h"
#include "web/valid.h"

struct domain_project {
	const char *id;
};
struct domain_new {
	const char *id;
	const char *host;
};
struct domain_which {
	const char *id;
	const char *domain_id;
};
struct domain_pair {
	struct domain_which of;
	const char *certificate;
	const char *private_key;
};

static const char *
check_domain(struct arena *a, const struct cfg *cfg, const char **value)
{
	return domain_host_wrong(a, cfg, value);
}

/* What it is, is judged with its other half. */
static const char *
check_pem(struct arena *a UNUSED, const struct cfg *cfg UNUSED,
	const char **value)
{
	return strstr(*value, "-----BEGIN ") ? NULL : "must be PEM";
}

static const struct validator valid_domain = {
	.check = check_domain, .format = "hostname"};
static const struct validator valid_pem = {.check = check_pem};
static const struct validator valid_pem_key = {
	.check = check_pem, .secret = true};

/* clang-format off */
static const struct field domain_project_in[] = {
	F_UUID(struct domain_project, id, "id", REQ, "Id of the project."),
	F_END
};
static const struct field domain_new_in[] = {
	F_UUID(struct domain_new, id,  "id",   REQ, "Id of the project."),
	F_STR(struct domain_new, host, "host", REQ, 1, 253, &valid_domain, "The name, like www.example.com; letters beyond ASCII in their xn-- form."),
	F_END
};
static const struct field domain_which_in[] = {
	F_UUID(struct domain_which, id,        "id",       REQ, "Id of the project."),
	F_UUID(struct domain_which, domain_id, "domainId", REQ, "Id of the domain."),
	F_END
};
static const struct field domain_pair_in[] = {
	F_UUID(struct domain_pair, of.id,        "id",          REQ, "Id of the project."),
	F_UUID(struct domain_pair, of.domain_id, "domainId",    REQ, "Id of the domain."),
	F_STR(struct domain_pair,  certificate,  "certificate", REQ, 1, 65536, &valid_pem,     "The certificate and its chain in PEM, the domain's own first."),
	F_STR(struct domain_pair,  private_key,  "privateKey",  REQ, 1, 65536, &valid_pem_key, "Its private key in PEM, without a password; it never comes back."),
	F_END
};

static const struct field domain_out[] = {
	O_UUID("id",                      REQ, "Id of the domain."),
	O_STR("host",                     REQ, "The name."),
	O_ENUM("state",                   REQ, domain_states, "pending: not proved yet; verified: proved, waits for a certificate; active: served; failed: given up, until it is verified again."),
	O_STR("reason",                   NUL, "What the last look found missing."),
	O_STR("proofName",                REQ, "Where the name's DNS has to have a TXT record."),
	O_STR("proofValue",               REQ, "What that record has to say, as long as the domain is used."),
	O_STR("url",                      NUL, "Where the site answers under this name; null while it does not."),
	O_TIME("createdAt",               REQ, "When it was added."),
	O_TIME("verifiedAt",              NUL, "When it was proved first."),
	O_TIME("lastCheckedAt",           NUL, "When the proof was looked for last."),
	O_TIME("nextCheckAt",             NUL, "When it will be looked for again; null once it has failed."),
	O_ENUM("certificateSource",       NUL, domain_sources, "acme: ordered here; own: set by its owner."),
	O_TIME("certificateExpiresAt",    NUL, "When the certificate ends."),
	O_STR("certificateError",         NUL, "Why the last order failed."),
	O_TIME("certificateNextTryAt",    NUL, "When a certificate is ordered next; null for one's own."),
	O_END
};
static const struct field domain_list_out[] = {
	O_LIST("domains", domain_out, "The project's domains, by name."),
	O_END
};

static handler_fn h_domain_list, h_domain_create, h_domain_get, h_domain_delete, h_domain_verify, h_domain_certificate_set,
	h_domain_certificate_remove;

const struct route domain_routes[] = {
	{ .op = "domainList", .verb = GET, .path = "/api/projects/{id}/domains", .who = WHO_USER,
	  .in = IN(domain_project_in, struct domain_project), .ok = 200, .out = domain_list_out,
	  .errs = ERRS(E_PROJECT_NOT_FOUND), .fn = h_domain_list, .doc = "A project's custom domains." },
	{ .op = "domainCreate", .verb = POST, .path = "/api/projects/{id}/domains", .who = WHO_USER, .audit = EV_DOMAIN_CREATE,
	  .in = IN(domain_new_in, struct domain_new), .ok = 201, .out = domain_out,
	  .errs = ERRS(E_PROJECT_NOT_FOUND, E_DOMAIN_TAKEN, E_DOMAINS_FULL), .fn = h_domain_create,
	  .doc = "Add a name that the site is to answer under. It is served once its TXT record is found and it has a certificate." },
	{ .op = "domainGet", .verb = GET, .path = "/api/projects/{id}/domains/{domainId}", .who = WHO_USER,
	  .in = IN(domain_which_in, struct domain_which), .ok = 200, .out = domain_out,
	  .errs = ERRS(E_DOMAIN_NOT_FOUND), .fn = h_domain_get, .doc = "A custom domain, with the state of its certificate." },
	{ .op = "domainDelete", .verb = DELETE, .path = "/api/projects/{id}/domains/{domainId}", .who = WHO_USER,
	  .audit = EV_DOMAIN_DELETE, .in = IN(domain_which_in, struct domain_which), .ok = 204,
	  .errs = ERRS(E_DOMAIN_NOT_FOUND), .fn = h_domain_delete, .doc = "Give a domain up, with its certificate." },
	{ .op = "domainVerify", .verb = POST, .path = "/api/projects/{id}/domains/{domainId}/verify", .who = WHO_USER,
	  .in = IN(domain_which_in, struct domain_which), .ok = 200, .out = domain_out,
	  .errs = ERRS(E_DOMAIN_NOT_FOUND), .fn = h_domain_verify,
	  .doc = "Have the TXT record looked for at once. The answer is the state before that; lastCheckedAt tells when it was done." },
	{ .op = "domainCertificateSet", .verb = PUT, .path = "/api/projects/{id}/domains/{domainId}/certificate", .who = WHO_USER,
	  .audit = EV_DOMAIN_CERTIFICATE_SET, .in = IN(domain_pair_in, struct domain_pair), .ok = 200, .out = domain_out,
	  .errs = ERRS(E_DOMAIN_NOT_FOUND), .fn = h_domain_certificate_set,
	  .doc = "Set a certificate of one's own. None is ordered for the name then." },
	{ .op = "domainCertificateRemove", .verb = DELETE, .path = "/api/projects/{id}/domains/{domainId}/certificate", .who = WHO_USER,
	  .audit = EV_DOMAIN_CERTIFICATE_REMOVE, .in = IN(domain_which_in, struct domain_which), .ok = 204,
	  .errs = ERRS(E_DOMAIN_NOT_FOUND), .fn = h_domain_certificate_remove,
	  .doc = "Have certificates ordered again; one's own is served until the first is there." },
	{ 0 }
};
/* clang-format on */

static enum err
reply_domain(struct req *rq, const char *id, const char *project)
{
	enum err e = rq_query(rq, STMT_DOMAIN_BY_ID, id, project, rq_user(rq));

	return e ? e : reply_row(rq, domain_out);
}

static enum err
h_domain_list(struct req *rq, const void *v)
{
	const struct domain_project *in = v;
	enum err e = rq_query(rq, STMT_DOMAIN_LIST, in->id, rq_user(rq));

	return e ? e : reply_list_of(rq, NULL, E_PROJECT_NOT_FOUND);
}

static enum err
h_domain_create(struct req *rq, const void *v)
{
	const struct domain_new *in = v;
	const char *id;
	enum err e = domain_add(
		rq_ctx(rq), rq_svc(rq), rq_user(rq), in->id, in->host, &id);

	if (e)
		return e;
	rq_audit_note(rq, "domain", id);
	return reply_domain(rq, id, in->id);
}

static enum err
h_domain_get(struct req *rq, const void *v)
{
	const struct domain_which *in = v;

	return reply_domain(rq, in->domain_id, in->id);
}

static enum err
h_domain_delete(struct req *rq, const void *v)
{
	const struct domain_which *in = v;
	enum err e = rq_query(
		rq, STMT_DOMAIN_DELETE, in->domain_id, in->id, rq_user(rq));

	rq_audit_note(rq, "domain", in->domain_id);
	return e ? e : reply_empty(rq);
}

static enum err
h_domain_verify(struct req *rq, const void *v)
{
	const struct domain_which *in = v;
	enum err e = rq_query(
		rq, STMT_DOMAIN_CHECK_SOON, in->domain_id, in->id, rq_user(rq));

	return e ? e : reply_domain(rq, in->domain_id, in->id);
}

static enum err
h_domain_certificate_set(struct req *rq, const void *v)
{
	const struct domain_pair *in = v;
	const struct domain_key key = {.id = in->of.domain_id,
		.project_id = in->of.id,
		.user_id = rq_user(rq)};
	const char *part = NULL;
	enum err e;

	rq_audit_note(rq, "domain", key.id);
	e = domain_certificate_set(rq_ctx(rq), rq_svc(rq), &key,
		in->certificate, in->private_key, &part);
	if (e)
		return part ? rq_blame(rq, part, e) : e;
	return reply_domain(rq, key.id, key.project_id);
}

static enum err
h_domain_certificate_remove(struct req *rq, const void *v)
{
	const struct domain_which *in = v;
	enum err e = rq_query(rq, STMT_DOMAIN_CERTIFICATE_ORDER, in->domain_id,
		in->id, rq_user(rq));

	rq_audit_note(rq, "domain", in->domain_id);
	return e ? e : reply_empty(rq);
}
