/*
 * retire.c - removes what deleted projects leave on disk (the site, which is
 * unreachable from the first step on, and the build cache), releases that are
 * not kept any more, and closed previews. Called by the parent in its rounds,
 * a few of each in a round, each with a sign of life, since a tree of many
 * files takes seconds. Touches only what the database names.
 */
#include "worker/worker.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "stmt.h"
#include "svc/store.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define NO_ID "00000000-0000-0000-0000-000000000000"

/* The page of a list by ids that follows `last`; after the last one the first
 * again. What cannot be removed must not keep the rest from being. */
static enum err
next_page(struct worker *w, unsigned stmt, const char *more, char last[37],
	struct rows **ret)
{
	enum err e = db_query(
		&w->ctx, w->db, stmt, DB_IN(*last ? last : NO_ID, more), ret);
	size_t n = e ? 0 : rows_n(*ret);

	last[0] = '\0';
	if (n > 0)
		(void)str_copy(
			last, 37, rows_text(*ret, n - 1, rows_col(*ret, "id")));
	return e;
}

/* Remove NAME of the directory PATH; a directory that is not there is fine. */
static bool
remove_from(const char *path, const char *name)
{
	AUTO_FD int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return errno == ENOENT;
	return fd_remove_tree(dir, name);
}

static bool
remove_project(struct worker *w, const char *id, const char *site)
{
	struct arena *a = w->ctx.arena;

	worker_pulse(w);
	return publish_remove_site(a, w->sites, site) &&
	       remove_from(arena_printf(a, "%s/cache", w->builds), id);
}

enum err
retire_projects(struct worker *w)
{
	bool from_first = !*w->retired_project;
	struct rows *r;
	enum err e = next_page(
		w, STMT_PROJECT_RETIRED_LIST, NULL, w->retired_project, &r);

	if (!e && from_first && rows_n(r) == 0)
		w->site_stays = false;
	for (size_t i = 0; !e && i < rows_n(r); i++) {
		const char *id = rows_text(r, i, rows_col(r, "id"));
		const char *site = rows_text(r, i, rows_col(r, "site"));

		/* when an account goes, nobody waits for its builds. They lose
		 * their rows and end within seconds; removed under one, the
		 * site could come back by its last step. */
		if (worker_is_busy(w, id))
			continue;
		if (!remove_project(w, id, site)) {
			if (!w->site_stays)
				log_event(EV_SITE_STAYS, id, "site", site,
					"cause", strerror(errno), NULL);
			w->site_stays = true;
			continue;
		}
		e = db_query(&w->ctx, w->db, STMT_PROJECT_RETIRED_DELETE,
			DB_IN(id), NULL);
		if (!e)
			log_event(EV_SITE_REMOVED, id, "site", site, NULL);
	}
	return e;
}

/* Said before the first file goes, since it may be wanted back at any moment
 * until then. */
static enum err
remove_release(struct worker *w, const struct publish *pub)
{
	struct rows *r;
	enum err e = db_query(
		&w->ctx, w->db, STMT_RELEASE_REMOVING, DB_IN(pub->id), &r);

	if (e || rows_n(r) == 0)
		return e;
	worker_pulse(w);
	if (publish_remove(&w->ctx, pub))
		return db_query(&w->ctx, w->db, STMT_RELEASE_DELETE,
			DB_IN(pub->id), NULL);
	log_debug(pub->id, "release: %s", strerror(errno));
	return E_OK;
}

/* A release that a link still names waits until another switch has left it. So
 * does one that is to be archived. */
enum err
retire_releases(struct worker *w)
{
	bool wait = store_is_on(&w->cfg) && w->cfg.s3_archive_first;
	struct rows *r;
	enum err e = next_page(w, STMT_RELEASE_RETIRED_LIST, wait ? "t" : "f",
		w->retired_release, &r);

	for (size_t i = 0; !e && i < rows_n(r); i++) {
		const struct publish pub = {
			.sites = w->sites,
			.site = rows_text(r, i, rows_col(r, "site")),
			.target = rows_text(r, i, rows_col(r, "target")),
			.id = rows_text(r, i, rows_col(r, "id")),
		};

		if (!publish_is_named(&w->ctx, &pub))
			e = remove_release(w, &pub);
	}
	return e;
}

enum err
retire_previews(struct worker *w)
{
	struct rows *r;
	enum err e = next_page(
		w, STMT_PREVIEW_CLOSED_LIST, NULL, w->retired_preview, &r);

	for (size_t i = 0; !e && i < rows_n(r); i++) {
		const char *id = rows_text(r, i, rows_col(r, "id"));
		const struct publish pub = {
			.sites = w->sites,
			.site = rows_text(r, i, rows_col(r, "site")),
			.target = rows_text(r, i, rows_col(r, "target")),
		};

		worker_pulse(w);
		if (publish_remove_preview(&w->ctx, &pub))
			e = db_query(&w->ctx, w->db, STMT_PREVIEW_REMOVED,
				DB_IN(id), NULL);
		else
			log_debug(id, "preview: %s", strerror(errno));
	}
	return e;
}
