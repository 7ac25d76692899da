/*
 * fcgi-request.c - asks a FastCGI socket as nginx/fastcgi.conf does, so that
 * tests of the API need no nginx. t/lib/api.sh calls it.
 *
 *   fcgi-request SOCKET METHOD URI [-b FILE] [-p NAME=VALUE]... [-o HEADERS BODY]
 *                ['Header: value']...
 *
 * -b: the body ("-": stdin); -p: a parameter as it is, instead of the usual
 * one of that name. Prints what the application wrote: CGI headers, a blank
 * line, the body; with -o these two become files, the headers with plain line
 * feeds, and the status is printed. Exit 1 with a line on stderr when there is
 * no answer.
 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/str.h"
#include "ctl/ask.h"

#define BODY_MAX   ((size_t)72 << 20)
#define PARAMS_MAX 256
#define TIMEOUT_MS 30000

struct params {
	struct arena *arena;
	const char *list[PARAMS_MAX + 1];
	size_t n;
};

/* Later ones of the same name win. */
static void
set(struct params *p, const char *param)
{
	size_t name = (size_t)(strchr(param, '=') - param) + 1;
	size_t i;

	for (i = 0; i < p->n && strncmp(p->list[i], param, name) != 0;)
		i++;
	ASSERT(i < PARAMS_MAX);
	p->list[i] = param;
	p->n = MAX(p->n, i + 1);
}

static void
set_usual(struct params *p, const char *method, const char *uri)
{
	const char *query = strchr(uri, '?');
	int path = query ? (int)(query - uri) : (int)strlen(uri);

	set(p, arena_printf(p->arena, "REQUEST_METHOD=%s", method));
	set(p, arena_printf(p->arena, "REQUEST_URI=%s", uri));
	set(p, arena_printf(p->arena, "DOCUMENT_URI=%.*s", path, uri));
	set(p, arena_printf(
		       p->arena, "QUERY_STRING=%s", query ? query + 1 : ""));
	set(p, "CONTENT_TYPE=");
	set(p, "CONTENT_LENGTH=");
	set(p, "SERVER_PROTOCOL=HTTP/1.1");
	set(p, "REQUEST_SCHEME=https");
	set(p, "HTTPS=on");
	set(p, "REMOTE_ADDR=127.0.0.1");
	set(p, "REMOTE_PORT=40000");
	set(p, "SERVER_ADDR=127.0.0.1");
	set(p, "SERVER_PORT=443");
	set(p, "SERVER_NAME=localhost");
	set(p, "HTTP_HOST=localhost");
	set(p, "HTTP_PROXY=");
}

/* "X-Client: web" -> HTTP_X_CLIENT=web; Content-Type has no prefix. */
static void
set_header(struct params *p, const char *header)
{
	const char *value = strchr(header, ':');
	char *name;
	char *c;

	ASSERT(value);
	name = arena_strndup(p->arena, header, (size_t)(value - header));
	for (c = name; *c; c++)
		*c = *c == '-'                ? '_'
		     : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A')
					      : *c;
	for (value++; *value == ' ';)
		value++;
	set(p, arena_printf(p->arena, "%s%s=%s",
		       str_eq(name, "CONTENT_TYPE") ||
				       str_eq(name, "CONTENT_LENGTH")
			       ? ""
			       : "HTTP_",
		       name, value));
}

static bool
read_body(const char *path, struct params *p, struct buf *body)
{
	char part[65536];
	const char *text;
	ssize_t n;
	size_t len;

	if (str_eq(path, "-")) {
		while ((n = read(STDIN_FILENO, part, sizeof(part))) > 0)
			buf_add(body, part, (size_t)n);
		return n == 0 && !body->full;
	}
	text = fd_read_file(p->arena, path, BODY_MAX, &len);
	if (text)
		buf_add(body, text, len);
	return text != NULL;
}

static bool
write_file(const char *path, const char *text, size_t n)
{
	AUTO_FD int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	return fd >= 0 && fd_write_all(fd, text, n);
}

/* The answer in two files, its status on stdout. */
static bool
deal_out(const char *text, size_t n, const char *headers, const char *body)
{
	AUTO_BUF struct buf head = {0};
	const char *end = text + n;
	const char *p = text;
	const char *status = "200";
	const char *line;

	buf_init(&head, BODY_MAX);
	while (p < end && *p != '\r' && *p != '\n') {
		line = p;
		while (p < end && *p != '\n')
			p++;
		buf_add(&head, line, (size_t)(p - line) - (p[-1] == '\r'));
		buf_add(&head, "\n", 1);
		p += p < end;
		if (strncmp(line, "Status: ", strlen("Status: ")) == 0)
			status = line + strlen("Status: ");
	}
	while (p < end && *p++ != '\n')
		;
	return printf("%.3s\n", status) > 0 &&
	       write_file(headers, buf_text(&head), head.len) &&
	       write_file(body, p, (size_t)(end - p));
}

int
main(int argc, char **argv)
{
	struct arena *a = arena_new((size_t)256 << 20, (size_t)512 << 20);
	struct params p = {.arena = a};
	AUTO_BUF struct buf body = {0};
	AUTO_BUF struct buf out = {0};
	const char *error = "usage";
	const char *const *files = NULL; /* of -o */
	bool ok = argc >= 4;
	int i;

	(void)signal(SIGPIPE, SIG_IGN);
	buf_init(&body, BODY_MAX);
	buf_init(&out, BODY_MAX);
	if (ok)
		set_usual(&p, argv[2], argv[3]);
	for (i = 4; ok && i < argc; i++) {
		if (str_eq(argv[i], "-b") && i + 1 < argc) {
			ok = read_body(argv[++i], &p, &body);
			error = "the body cannot be read";
			set(&p, arena_printf(
					a, "CONTENT_LENGTH=%zu", body.len));
		} else if (str_eq(argv[i], "-p") && i + 1 < argc) {
			set(&p, argv[++i]);
		} else if (str_eq(argv[i], "-o") && i + 2 < argc) {
			files = (const char *const *)&argv[i + 1];
			i += 2;
		} else {
			set_header(&p, argv[i]);
		}
	}
	ok = ok && ask_fastcgi(argv[1], p.list, buf_text(&body), body.len,
			   TIMEOUT_MS, &out, &error);
	if (!ok)
		(void)fprintf(stderr, "fcgi-request: %s\n", error);
	else if (files)
		ok = deal_out(buf_text(&out), out.len, files[0], files[1]);
	else
		ok = fd_write_all(STDOUT_FILENO, buf_text(&out), out.len);
	arena_free(a);
	return ok ? 0 : 1;
}
