/*
 * admin.c - `autostack admin`: accounts made, promoted and let in again by
 * whoever runs the host. Passwords come from stdin, never from the arguments,
 * which every user of the host can read.
 */
#include "base/base.h"

#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "base/str.h"
#include "ctl/ctl.h"
#include "ext/crypt.h"
#include "ext/db.h"
#include "stmt.h"
#include "svc/password.h"
#include "web/valid.h"

static const char *const roles[] = {"user", "manager", "admin", NULL};

/* Asks without echo on a terminal; without a terminal, reads one line. */
static bool
read_line(const char *prompt, char *line, int size)
{
	bool tty = isatty(STDIN_FILENO);
	struct termios loud;
	struct termios quiet;
	size_t n;
	char *got;

	if (tty) {
		(void)fputs(prompt, stderr);
		tty = tcgetattr(STDIN_FILENO, &loud) == 0;
	}
	if (tty) {
		quiet = loud;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	got = fgets(line, size, stdin);
	if (tty) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &loud);
		(void)fputc('\n', stderr);
	}
	if (!got)
		return false;
	n = strlen(line);
	if (n > 0 && line[n - 1] == '\n')
		line[n - 1] = '\0';
	return true;
}

/* Says why a password is not taken. */
static bool
is_good(struct ctl *c, const char *email, const char *password)
{
	size_t n = strlen(password);

	if (!str_is_utf8(password, n) || str_has_control(password)) {
		(void)ctl_error("a password is UTF-8 text without control "
				"characters");
		return false;
	}
	if (!password_judge(&c->ctx, &c->cfg, email, password))
		return true;
	if (c->ctx.message)
		(void)ctl_error("the password %s", c->ctx.message);
	else
		(void)ctl_failure(c, "admin");
	return false;
}

/* The new password's hash on the arena; NULL after saying what is wrong. No
 * hash slot: whoever runs this command may always have one. */
static const char *
read_password(struct ctl *c, const char *email)
{
	char *hash = arena_alloc(c->arena, PASS_HASH_SIZE);
	char line[256];
	enum err e;

	if (!read_line("New password: ", line, sizeof(line))) {
		(void)ctl_error("no password on stdin");
		return NULL;
	}
	if (!is_good(c, email, line)) {
		crypt_wipe(line, sizeof(line));
		return NULL;
	}
	e = pass_hash(&c->ctx, line, (int)c->cfg.bcrypt_cost, hash);
	crypt_wipe(line, sizeof(line));
	if (e) {
		(void)ctl_failure(c, "admin");
		return NULL;
	}
	return hash;
}

static bool
is_role(const char *role)
{
	size_t i;

	for (i = 0; roles[i]; i++)
		if (str_eq(roles[i], role))
			return true;
	(void)ctl_error("a role is user, manager or admin, not '%s'", role);
	return false;
}

/* The address as the API would store it; NULL after saying that it is none. */
static const char *
folded(struct ctl *c, const char *email)
{
	const char *address = email;

	if (!valid_email.check(c->arena, &c->cfg, &address))
		return address;
	(void)ctl_error("'%s' is no email address", email);
	return NULL;
}

/* The same that the API takes. */
static bool
is_name(struct ctl *c, const char *name)
{
	const char *wrong = valid_name.check(c->arena, &c->cfg, &name);

	if (wrong)
		(void)ctl_error("the name %s", wrong);
	return !wrong;
}

static int
create(struct ctl *c, const char *email, const char *name, const char *role)
{
	const char *hash;
	struct rows *r;

	if (!is_role(role) || !is_name(c, name))
		return CTL_FAILED;
	hash = read_password(c, email);
	if (!hash)
		return CTL_FAILED;
	if (db_query(&c->ctx, c->db, STMT_ADMIN_USER_CREATE,
		    DB_IN(email, name, role, hash), &r))
		return ctl_failure(c, "admin create");
	(void)printf(
		"%s is there as %s (%s)\n", email, role, rows_str(r, "id"));
	return CTL_OK;
}

static int
promote(struct ctl *c, const char *email, const char *role)
{
	if (!is_role(role))
		return CTL_FAILED;
	if (db_query(&c->ctx, c->db, STMT_ADMIN_USER_ROLE, DB_IN(email, role),
		    NULL))
		return ctl_failure(c, "admin promote");
	(void)printf("%s is %s now\n", email, role);
	return CTL_OK;
}

static int
reset_password(struct ctl *c, const char *email)
{
	const char *hash = read_password(c, email);
	struct rows *r;

	if (!hash)
		return CTL_FAILED;
	if (db_query(&c->ctx, c->db, STMT_ADMIN_USER_PASSWORD,
		    DB_IN(email, hash), &r))
		return ctl_failure(c, "admin reset-password");
	(void)printf("%s has a new password; %s sessions ended\n", email,
		rows_str(r, "sessions"));
	return CTL_OK;
}

int
ctl_admin(struct ctl *c, int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	bool make = str_eq(what, "create") && (argc == 4 || argc == 5);
	bool raise = str_eq(what, "promote") && (argc == 3 || argc == 4);
	bool reset = str_eq(what, "reset-password") && argc == 3;
	const char *email;

	if (!make && !raise && !reset)
		return ctl_usage("admin", NULL);
	email = folded(c, argv[2]);
	if (!email)
		return CTL_FAILED;
	if (make)
		return create(c, email, argv[3], argc == 5 ? argv[4] : "user");
	if (raise)
		return promote(c, email, argc == 4 ? argv[3] : "admin");
	return reset_password(c, email);
}
