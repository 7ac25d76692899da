# banned.awk - what must not be written, where base/banned.h cannot refuse it:
#   awk -f csource.awk -f banned.awk FILE...

# Whether the line calls one of the functions of names ("a|b").
function calls(names) {
	return bare ~ ("(^|[^A-Za-z0-9_>.])(" names ")[ \t]*\\(")
}

function lies_in(places) {
	return FILENAME ~ ("^(" places ")")
}

FNR == 1 {
	call = ""
}

{
	split_line($0)
}

# commands: an argv of its own for whatever runs, never a shell's text. One
# place asks the sandbox for a shell, since users' commands are shell text.
texts ~ /(^|\n)(\/usr)?(\/bin\/)?(sh|bash|dash)\n/ && !lies_in("src/sandbox/|src/worker/step\\.c") {
	complain("a shell; give run_start() an argv")
}
calls("fork|vfork|clone|clone3|_Fork|posix_spawn|posix_spawnp") &&
    !lies_in("src/base/run\\.c|src/sandbox/|src/worker/") {
	complain("a process; use run_start()")
}
calls("execl|execle|execlp|execv|execve|execvp|execvpe|fexecve|execveat") &&
    !lies_in("src/base/run\\.c|src/sandbox/") {
	complain("exec; use run_start()")
}
calls("daemon") {
	complain("daemon(); the service manager keeps programs")
}

# memory: arenas
calls("malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|vasprintf|getline|getdelim|posix_memalign|aligned_alloc") &&
    !lies_in("src/base/arena\\.c|src/base/buf\\.c|src/ext/|src/ws/loop\\.c") {
	complain("the heap; use an arena or a buf")
}

# files: nothing leaks into a child, nothing guesses names
calls("pipe|dup|accept|creat|epoll_create|inotify_init|signalfd4") {
	complain("without close-on-exec; use pipe2, F_DUPFD_CLOEXEC, accept4 ...")
}
calls("tmpnam|tempnam|mktemp|tmpfile|gets|scanf|setjmp|longjmp|sigsetjmp|siglongjmp|getwd") {
	complain("a function that cannot be used safely")
}
calls("pthread_create|thrd_create") {
	complain("a thread")
}
# A call that opens something, over as many lines as it has. /dev/null may be
# what a closed standard descriptor gets.
call == "" && calls("open|openat|fopen|freopen|pipe2|socket|socketpair|accept4|memfd_create|eventfd|timerfd_create|epoll_create1|signalfd|mkostemp|inotify_init1") {
	call = code
	sub(/^.*[^A-Za-z0-9_](open|openat|fopen|freopen|pipe2|socket|socketpair|accept4|memfd_create|eventfd|timerfd_create|epoll_create1|signalfd|mkostemp|inotify_init1)[ \t]*\(/, "(", call)
	open_line = FNR
	rest = call
	fresh = 1
}
call != "" {
	if (!fresh)
		call = call code
	fresh = 0
	depth = call
	gsub(/[^(]/, "", depth)
	closed = call
	gsub(/[^)]/, "", closed)
	if (length(closed) >= length(depth)) {
		if (call !~ /CLOEXEC|"[rwa]b?[+]?e"|"[rwa]e[b+]*"|flags|"\/dev\/null"/)
			complain("line " open_line " opens without close-on-exec")
		call = ""
	} else if (FNR - open_line > 12) {
		call = ""
	}
}

# a cleanup runs on every way out, the early ones too
bare ~ /AUTO_[A-Z]+ [^=(]*;/ {
	complain("what is cleaned up needs a value: = {0}, = -1, = NULL")
}

# libraries return errors; programs decide when to end
calls("exit|_exit|quick_exit|perror") &&
    lies_in("src/base/|src/ext/|src/svc/|src/web/|handlers/") &&
    !lies_in("src/base/base\\.c|src/base/run\\.c") {
	complain("a library neither ends the process nor writes messages")
}

# what is not finished is not committed
/(^|[^A-Za-z])(TODO|FIXME|XXX|HACK)([^A-Za-z]|$)/ {
	complain("unfinished: a debt is NEEDSWORK: with what would decide it")
}
