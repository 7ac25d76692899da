#!/bin/sh
# Calls and marks that the compiler lets pass (src/tools/banned.awk).
. "$(dirname "$0")/lib/tap.sh"

tools=$abs_top_srcdir/src/tools
banned() {
	awk -f "$tools/csource.awk" -f "$tools/banned.awk" "$@"
}

mkdir -p src/svc src/sandbox src/base
sin() { # CODE
	printf '%s\n' "$1" >src/svc/a.c
	out=$(banned src/svc/a.c)
	like "$? $out" '^1 src/svc/a.c:1: ' "refused: $1"
}
sin '	argv[0] = "/bin/sh";'
sin '	char *argv[] = { "sh", "-c", text, NULL };'
sin '	pid_t pid = fork();'
sin '	execve(path, argv, env);'
sin '	x = malloc(5);'
sin '	free(x);'
sin '	int fd = dup(1);'
sin '	int fd = open(path, O_RDONLY);'
sin '	FILE *f = fopen(path, "r");'
sin '	s = socket(AF_UNIX, SOCK_STREAM, 0);'
sin '	exit(1);'
sin '	AUTO_BUF struct buf b;'
sin '	/* TODO: the rest */'
good() { # FILE CODE
	printf '%s\n' "$2" >"$1"
	try "allowed: $(echo $2)" banned "$1"
}
good src/svc/a.c '	x_free(x); y->free(x); /* free(x) */'
good src/svc/a.c '	log("malloc(5) and fork()", "a shell");'
good src/svc/a.c '	int fd = open(path,
		O_RDONLY |
			O_CLOEXEC);'
good src/svc/a.c '	FILE *f = fopen(path, "re");'
good src/base/arena.c '	p = malloc(n);'
good src/sandbox/x.c '	pid = fork();'

cd "$abs_top_srcdir" || exit 1
# shellcheck disable=SC2046
try "nothing banned in the sources" \
	banned $(find src handlers -name '*.[ch]' | sort)
done_testing
