/*
 * page-reader.c - loads a page and then the file that it names, until SIGTERM,
 * as a browser does that keeps its connection. Used by t/5011 and bench/switch.
 *
 *   page-reader URL CA-FILE
 *
 * The page is "WORD PATH", the file at PATH is "WORD". Prints each answer that
 * fails and each page whose file is of another release, at most 20, and at last
 * "pages N bad N words N": how many were whole, how many not, and how often the
 * word was another than before.
 */
#include "base/base.h"

#include "base/buf.h"
#include "base/str.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>

#define BODY_MAX 4096
#define BAD_MAX  20

static volatile sig_atomic_t stopped;

static void
on_term(int signal)
{
	(void)signal;
	stopped = 1;
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct buf *b = arg;

	buf_add(b, p, size * n);
	return size * n;
}

/* The body; NULL, and a line of output, when it is not a 200. */
static const char *
get(CURL *curl, const char *base, const char *path, struct buf *body,
	bool *ret_good)
{
	AUTO_BUF struct buf url = {0};
	long status = 0;
	CURLcode code;

	buf_init(&url, 2048);
	buf_str(&url, base);
	buf_str(&url, path);
	buf_reset(body);
	(void)curl_easy_setopt(curl, CURLOPT_URL, buf_text(&url));
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	code = curl_easy_perform(curl);
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	*ret_good = code == CURLE_OK && status == 200;
	if (*ret_good)
		return buf_text(body);
	return code == CURLE_OK ? "refused" : curl_easy_strerror(code);
}

int
main(int argc, char **argv)
{
	AUTO_BUF struct buf page = {0};
	AUTO_BUF struct buf file = {0};
	struct sigaction term = {.sa_handler = on_term};
	long pages = 0;
	long bad = 0;
	long words = 0;
	char before[32] = "";
	CURL *curl = curl_easy_init();

	if (argc != 3 || !curl) {
		(void)fputs("usage: page-reader URL CA-FILE\n", stderr);
		return 2;
	}
	(void)sigaction(SIGTERM, &term, NULL); /* both arguments are good */
	buf_init(&page, BODY_MAX);
	buf_init(&file, BODY_MAX);
	(void)curl_easy_setopt(curl, CURLOPT_CAINFO, argv[2]);
	(void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	while (!stopped) {
		char word[32] = "";
		char path[256] = "";
		bool good;
		const char *text = get(curl, argv[1], "/", &page, &good);

		if (good)
			good = sscanf(text, "%31s %255s", word, path) == 2;
		if (good)
			text = get(curl, argv[1], path, &file, &good);
		if (good && str_eq(text, word)) {
			pages++;
			words += !str_eq(word, before);
			(void)str_copy(before, sizeof(before), word);
		} else if (++bad <= BAD_MAX) {
			(void)printf("%s %s: %s\n", word, path, text);
		}
	}
	(void)printf("pages %ld bad %ld words %ld\n", pages, bad, words);
	curl_easy_cleanup(curl);
	return 0;
}
