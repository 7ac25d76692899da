/*
 * route.h - the route table: one row says everything about a route. It
 * dispatches, authorises, validates, audits and becomes OpenAPI. Rows live in
 * handlers/; handlers/all.c lists the tables.
 *
 * Paths are "/api/deployments/{id}"; "/api/v1/..." is the same tree. In a
 * path, a fixed segment wins over a {param}.
 */
#ifndef AS_WEB_ROUTE_H
#define AS_WEB_ROUTE_H

#include "base/base.h"
#include "base/err.h"
#include "base/log.h"
#include "web/field.h"

struct req;

enum verb { VERB_NONE, GET, POST, PUT, PATCH, DELETE, VERB_MAX };
/* Zero is nobody's: a public route has to say so. In the order of what is
 * needed; of the two SELFs, the path's {id} is a user's, and that user may call
 * the route, too. */
enum who {
	WHO_NOBODY,
	WHO_PUBLIC,
	WHO_USER,
	WHO_SELF_OR_MANAGER,
	WHO_MANAGER,
	WHO_SELF_OR_ADMIN,
	WHO_ADMIN
};
/* RATE_AUTH is counted by nginx, the others here. */
enum rate { RATE_GENERAL, RATE_AUTH, RATE_DEPLOY, RATE_NONE };

/* in is the struct of the route's table, filled and valid. */
typedef enum err handler_fn(struct req *rq, const void *in);

struct route {
	const char *op; /* "deploymentCreate" */
	enum verb verb;
	const char *path;
	const char *const *aliases; /* more paths, ended by NULL */
	enum who who;
	enum rate rate;
	bool body;  /* a DELETE whose fields come in a JSON body */
	bool query; /* a POST whose fields come in the query; its body, whatever
		      * it is, is not read */
	const char *in_type; /* "application/gzip": the body is this, of any
			      * size; the handler reads it by rq_body() */
	size_t raw_max; /* and the body is kept as it came: rq->raw. Where in
			 * struct cfg it says how large it may be; 0: it is not */
	bool no_key;    /* an API key is not enough: a person has to sign in */
	bool quiet;     /* for monitors, which ask all day: successes are logged
			 * for people who debug */
	enum event audit;        /* 0: not audited */
	enum event audit_failed; /* when a failure has a name of its own */
	struct input in;
	int fresh; /* seconds that caches may keep the answer, which is the same
		    * for everybody; 0: none may */
	int ok;    /* status of success; 204 has no body */
	const struct field *out;
	const char *out_type; /* of a body that is not JSON as .out says */
	const enum err *errs; /* beyond those that follow from the rest */
	handler_fn *fn;
	const char *doc;
};
#define ALIASES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ERRS(...)    ((const enum err[]){__VA_ARGS__, E_OK})

struct router; /* the tables made ready to match */

#define PATH_PARAMS_MAX 8
struct match {
	const struct route *route; /* NULL: see path_known */
	bool path_known;           /* the path exists, the verb does not */
	char allow[64];            /* "GET, HEAD, OPTIONS" */
	size_t nparams;
	struct text_value params[PATH_PARAMS_MAX];
};

const char *verb_text(enum verb v);
const char *who_text(enum who w); /* "self-or-manager" */
/* Whether fields that the path does not name come in the body. */
bool route_takes_body(const struct route *r);
enum verb verb_parse(const char *s); /* VERB_NONE when unknown */

/* tables: ended by NULL; each ends with an empty row. Lives on the arena. */
struct router *router_new(struct arena *a, const struct route *const tables[]);
/* path: as it came, still escaped, without the query. E_BAD_REQUEST when an
 * escape is broken. A path that nothing matches is E_OK with route NULL. */
MUST enum err router_match(const struct router *r, struct arena *a,
	enum verb verb, const char *path, struct match *ret);
/* Walk all routes: *it starts 0. */
const struct route *router_next(const struct router *r, size_t *it);
/* Walk all paths, aliases too: the i-th and its routes by verb. */
bool router_path(const struct router *r, size_t i, const char **ret_path,
	const struct route *const **ret_verbs);

/* NULL, or what is wrong in the tables: operations unique, every {param} has
 * a field, docs exist, offsets lie inside the structs, no two routes at one
 * path and verb. Run at start and by the tests. */
const char *route_selfcheck(
	struct arena *a, const struct route *const tables[]);

#endif
