/*
 * ask.c - a client for FastCGI (version 1, one request, no keep-alive) and for
 * plain streams on unix sockets. Knows nothing of what is asked.
 */
#include "ctl/ask.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"

enum {
	FCGI_BEGIN = 1,
	FCGI_END = 3,
	FCGI_PARAMS = 4,
	FCGI_STDIN = 5,
	FCGI_STDOUT = 6
};
#define HEADER_SIZE 8
#define CHUNK_MAX   65535
#define SEND_MAX    ((size_t)80 << 20)

static int
connect_to(const char *path, int timeout_ms)
{
	struct timeval limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (!str_copy(addr.sun_path, sizeof(addr.sun_path), path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
		setsockopt(
			fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
		connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return -1;
	return TAKE_FD(fd);
}

static bool
failed(const char **ret_error, const char *text)
{
	*ret_error = text;
	return false;
}

static bool
failed_errno(const char **ret_error)
{
	return failed(ret_error,
		errno == EAGAIN ? "no answer in time" : strerror(errno));
}

static void
record(struct buf *b, int type, const void *p, size_t n)
{
	const unsigned char head[HEADER_SIZE] = {1, (unsigned char)type, 0, 1,
		(unsigned char)(n >> 8), (unsigned char)n, 0, 0};

	buf_add(b, head, sizeof(head));
	buf_add(b, p, n);
}

/* A stream is any number of records, then an empty one. */
static void
stream(struct buf *b, int type, const char *p, size_t n)
{
	size_t part;

	for (; n > 0; p += part, n -= part) {
		part = MIN(n, CHUNK_MAX);
		record(b, type, p, part);
	}
	record(b, type, "", 0);
}

static void
length(struct buf *b, size_t n)
{
	const unsigned char wide[4] = {0x80 | (unsigned char)(n >> 24),
		(unsigned char)(n >> 16), (unsigned char)(n >> 8),
		(unsigned char)n};

	if (n < 128)
		buf_char(b, (char)n);
	else
		buf_add(b, wide, sizeof(wide));
}

static bool
send_request(int fd, const char *const params[], const void *body, size_t n)
{
	static const unsigned char begin[8] = {0, 1, 0};
	AUTO_BUF struct buf names = {0};
	AUTO_BUF struct buf out = {0};
	const char *const *p;
	const char *value;

	buf_init(&names, SEND_MAX);
	buf_init(&out, SEND_MAX);
	for (p = params; *p; p++) {
		value = strchr(*p, '=');
		ASSERT(value);
		length(&names, (size_t)(value - *p));
		length(&names, strlen(value + 1));
		buf_add(&names, *p, (size_t)(value - *p));
		buf_str(&names, value + 1);
	}
	record(&out, FCGI_BEGIN, begin, sizeof(begin));
	stream(&out, FCGI_PARAMS, buf_text(&names), names.len);
	stream(&out, FCGI_STDIN, body, n);
	if (names.full || out.full) {
		errno = EMSGSIZE;
		return false;
	}
	/* An application may answer without reading all of the body. */
	return fd_write_all(fd, out.data, out.len) || errno == EPIPE;
}

static bool
read_exactly(int fd, void *p, size_t n)
{
	char *at = p;
	ssize_t got;

	while (n > 0) {
		got = read(fd, at, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = got == 0 ? ECONNRESET : errno;
			return false;
		}
		at += got;
		n -= (size_t)got;
	}
	return true;
}

static bool
read_answer(int fd, struct buf *ret, const char **ret_error)
{
	unsigned char head[HEADER_SIZE];
	char content[CHUNK_MAX + 255];
	size_t n;

	for (;;) {
		if (!read_exactly(fd, head, sizeof(head)))
			return failed_errno(ret_error);
		n = ((size_t)head[4] << 8) + head[5];
		if (head[0] != 1 || !read_exactly(fd, content, n + head[6]))
			return failed(ret_error, "the answer is no FastCGI");
		if (head[1] == FCGI_STDOUT)
			buf_add(ret, content, n);
		if (head[1] == FCGI_END)
			break;
	}
	return ret->full ? failed(ret_error, "the answer is too large") : true;
}

bool
ask_fastcgi(const char *path, const char *const params[], const void *body,
	size_t n, int timeout_ms, struct buf *ret, const char **ret_error)
{
	AUTO_FD int fd = connect_to(path, timeout_ms);

	if (fd < 0 || !send_request(fd, params, body, n))
		return failed_errno(ret_error);
	return read_answer(fd, ret, ret_error);
}

bool
ask_stream(const char *path, const char *text, int timeout_ms, struct buf *ret,
	const char **ret_error)
{
	AUTO_FD int fd = connect_to(path, timeout_ms);
	char part[4096];
	ssize_t n;

	if (fd < 0 || !fd_write_all(fd, text, strlen(text)))
		return failed_errno(ret_error);
	for (;;) {
		n = read(fd, part, sizeof(part));
		if (n == 0)
			return true;
		if (n < 0)
			return failed_errno(ret_error);
		buf_add(ret, part, (size_t)n);
	}
}
