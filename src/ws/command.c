/*
 * command.c - the subscribe message. Called by conn.c and the fuzz harness.
 * Unknown members are ignored, so that clients may say more than we know.
 */
#include "ws/command.h"

#include "base/str.h"
#include "ext/json.h"

enum err
command_read(struct ctx *ctx, const char *text, size_t n,
	const char *deployment, struct command *ret)
{
	const struct jsn *v, *id, *after;
	const char *type;
	enum err e = jsn_parse(ctx, text, n, &v);

	if (e)
		return e;
	type = jsn_str(jsn_get(v, "type"));
	if (!type)
		return ctx_fail(ctx, E_BAD_REQUEST,
			"A message is an object with a type");
	if (!str_eq(type, "subscribe"))
		return ctx_fail(ctx, E_VALIDATION_ERROR,
			"The only type of message is subscribe");
	id = jsn_get(v, "deploymentId");
	if (jsn_type(id) != JSN_ABSENT && !str_eq_ci(jsn_str(id), deployment))
		return ctx_fail(ctx, E_DEPLOYMENT_NOT_FOUND,
			"deploymentId is not the deployment of this address");
	after = jsn_get(v, "after");
	if (jsn_type(after) != JSN_ABSENT && jsn_type(after) != JSN_NULL &&
		(jsn_type(after) != JSN_INT || jsn_int(after) < 0 ||
			jsn_int(after) > INT32_MAX))
		return ctx_fail(ctx, E_VALIDATION_ERROR,
			"after is the seq of the last line that you have");
	ret->after = (int32_t)jsn_int(after);
	return E_OK;
}
