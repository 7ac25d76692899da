/*
 * place.c - looks for installed files relative to /proc/self/exe. Called by
 * whoever starts a program of ours or reads a file of PREFIX/share; must not
 * know what the files are for.
 */
#include "base/place.h"

#include "base/arena.h"

#include <limits.h>
#include <unistd.h>

/* The folder of the running program; "" when /proc is away. */
static const char *
own_folder(struct arena *a)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0 || n == (ssize_t)sizeof(path) - 1)
		return "";
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	return arena_strdup(a, path);
}

/* The first of the two that exists, else the fallback. */
static const char *
first_of(const char *one, const char *two, const char *fallback)
{
	if (access(one, F_OK) == 0)
		return one;
	return access(two, F_OK) == 0 ? two : fallback;
}

const char *
place_program(struct arena *a, const char *name)
{
	const char *dir = own_folder(a);

	return first_of(arena_printf(a, "%s/%s", dir, name),
		arena_printf(a, "%s/../lib/autostack/%s", dir, name),
		arena_printf(a, "%s/%s", AUTOSTACKDIR, name));
}

const char *
place_data(struct arena *a, const char *path)
{
	const char *dir = own_folder(a);

	/* PREFIX/bin and PREFIX/lib/autostack */
	return first_of(arena_printf(a, "%s/../share/autostack/%s", dir, path),
		arena_printf(a, "%s/../../share/autostack/%s", dir, path),
		arena_printf(a, "%s/%s", AUTOSTACKDATADIR, path));
}
