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
#include "ext/pass.h"
#include "stmt.h"

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

/* The new password's hash on the arena; NULL after saying what is wrong. */
static const char *
read_password(struct ctl *c)
{
	char *hash = arena_alloc(c->arena, PASS_HASH_SIZE);
	char line[256];
	size_t chars = 0;
	size_t i;
	enum err e;

	if (!read_line("New password: ", line, sizeof(line))) {
		(void)ctl_error("no password on stdin");
		return NULL;
	}
	for (i = 0; line[i]; i++)
		chars += ((unsigned char)line[i] & 0xc0) != 0x80;
	if (!str_is_utf8(line, i) || str_has_control(line) ||
		(int64_t)chars < c->cfg.password_min || i > PASS_BYTES_MAX) {
		crypt_wipe(line, sizeof(line));
		(void)ctl_error("a password has at least %d characters and "
				"at most %d bytes, none of them control "
				"characters",
			(int)c->cfg.password_min, PASS_BYTES_MAX);
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

static const char *
folded(struct ctl *c, const char *email)
{
	return str_lower(c->arena, str_trim(c->arena, email));
}

static int
create(struct ctl *c, const char *email, const char *name, const char *role)
{
	const char *at = strchr(email, '@');
	const char *hash;
	struct rows *r;

	if (!at || at == email || !at[1])
		return ctl_error("'%s' is no email address", email);
	if (!is_role(role))
		return CTL_FAILED;
	hash = read_password(c);
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
	const char *hash = read_password(c);
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
	const char *email = argc > 2 ? folded(c, argv[2]) : NULL;

	if (str_eq(what, "create") && (argc == 4 || argc == 5))
		return create(c, email, argv[3], argc == 5 ? argv[4] : "user");
	if (str_eq(what, "promote") && (argc == 3 || argc == 4))
		return promote(c, email, argc == 4 ? argv[3] : "admin");
	if (str_eq(what, "reset-password") && argc == 3)
		return reset_password(c, email);
	return ctl_usage("admin", NULL);
}
