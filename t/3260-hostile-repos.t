#!/bin/sh
# Repositories that were made to hurt: refused, or built harmlessly. The marker
# that each of them tries to make on the host never appears, and limits hold.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init build_inodes_max=20000 build_disk_max=100M build_memory_max=600M \
	clone_timeout=90s
MARK=$TMP/marked
mkdir "$MARK"
chmod 777 "$MARK"
touch_it="touch $MARK/\$0 /tmp/marker-$$ /build/src/ran 2>/dev/null"

# raw NAME: a commit of the tree in $tree, whatever git would say about it
raw() {
	[ -d "$GITROOT/$1.git" ] || git init -q --bare "$GITROOT/$1.git"
	raw_c=$(git -C "$GITROOT/$1.git" commit-tree -m "$1" "$tree") || bail "commit of $1"
	git -C "$GITROOT/$1.git" update-ref refs/heads/main "$raw_c"
	chmod -R a+rX "$GITROOT/$1.git"
}
blob() { git -C "$GITROOT/$1.git" hash-object -w --stdin; }
# tree NAME: a tree from lines "mode type hash<TAB>path" on stdin; sets $tree.
# The object is written as it is, since mktree would refuse some.
tree() {
	tree=$(perl -e '
		local $/ = "\n";
		while (<STDIN>) {
			chomp;
			my ($mode, $hash, $path) = /^(\d+) \w+ (\w+)\t(.*)$/s or die $_;
			$path =~ s/\\n/\n/g; $path =~ s/\\r/\r/g; $path =~ s/\\e/\e/g;
			print +($mode + 0), " $path\0", pack("H*", $hash);
		}' | git -C "$GITROOT/$1.git" hash-object -t tree --literally -w --stdin) ||
		bail "tree of $1"
}
new() { git init -q --bare "$GITROOT/$1.git"; }
page() { echo page | blob "$1"; }
TAB=$(printf '\t')

n=0
queue() { # DESCRIPTION NAME WANTED-STATUS ERROR-REGEX [COLUMN=VALUE]...
	n=$((n + 1))
	printf '%s\n' "$1" >"$TMP/q.$n.text"
	printf '%s\n' "$3" >"$TMP/q.$n.status"
	printf '%s\n' "$4" >"$TMP/q.$n.regex"
	q_name=$2
	shift 4
	project "q$n" "$GIT/$q_name.git" "$@"
	deploy "q$n"
	echo "$id" >"$TMP/q.$n.id"
}

# 1. a hook by way of a submodule whose path is a symlink (CVE-2024-32002)
mkdir -p "$TMP/hook/y/hooks" && printf '#!/bin/sh\n%s\n' "$touch_it" >"$TMP/hook/y/hooks/post-checkout"
chmod +x "$TMP/hook/y/hooks/post-checkout"
repo hook
new sub32002
p=$(page sub32002)
mods=$(printf '[submodule "x/y"]\n\tpath = A/modules/x\n\turl = %s\n' "$GIT/hook.git" | blob sub32002)
link=$(printf .git | blob sub32002)
hook=$(git -C "$TMP/hook" rev-parse HEAD)
a=$(printf '160000 commit %s\tx\n' "$hook" | { tree sub32002; echo "$tree"; })
b=$(printf '40000 tree %s\tmodules\n' "$a" | { tree sub32002; echo "$tree"; })
printf '100644 blob %s\t.gitmodules\n40000 tree %s\tA\n120000 blob %s\ta\n100644 blob %s\tindex.html\n' \
	"$mods" "$b" "$link" "$p" | { tree sub32002; raw sub32002; }
queue "a hook by submodule and symlink" sub32002 success .

# 2. a submodule's path with a carriage return (CVE-2025-48384)
new subcr
p=$(page subcr)
mods=$(printf '[submodule "x"]\n\tpath = "x\r"\n\turl = %s\n' "$GIT/hook.git" | blob subcr)
link=$(printf .git/modules/x/hooks | blob subcr)
printf '100644 blob %s\t.gitmodules\n100644 blob %s\tindex.html\n120000 blob %s\tx\n160000 commit %s\tx\\r\n' \
	"$mods" "$p" "$link" "$hook" | { tree subcr; raw subcr; }
queue "a submodule path with a carriage return" subcr '(success|failed)' .

# 3. submodule addresses that are options or commands
i=0
for url in "-u./pwn" "--upload-pack=$touch_it" "ext::sh -c '$touch_it'" "file:///etc" "ssh://-oProxyCommand=$touch_it/x"; do
	i=$((i + 1))
	new suburl$i
	p=$(page suburl$i)
	mods=$(printf '[submodule "x"]\n\tpath = x\n\turl = %s\n' "$url" | blob suburl$i)
	printf '100644 blob %s\t.gitmodules\n100644 blob %s\tindex.html\n160000 commit %s\tx\n' \
		"$mods" "$p" "$hook" | { tree suburl$i; raw suburl$i; }
	queue "PEER-17 a submodule address $(echo "$url" | cut -c1-14)" suburl$i '(success|failed)' .
done

# 4. a bare repository inside, whose configuration runs a program
mkdir -p "$TMP/bare/objects/info" "$TMP/bare/refs/heads" "$TMP/bare/hooks"
echo page >"$TMP/bare/index.html"
echo 'ref: refs/heads/main' >"$TMP/bare/HEAD"
touch "$TMP/bare/objects/info/x" "$TMP/bare/refs/heads/x"
printf '[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = "%s"\n\tpager = "%s"\n\thooksPath = hooks\n' \
	"$touch_it" "$touch_it" >"$TMP/bare/config"
printf '#!/bin/sh\n%s\n' "$touch_it" | tee "$TMP/bare/hooks/post-checkout" >"$TMP/bare/hooks/reference-transaction"
chmod +x "$TMP"/bare/hooks/*
repo bare
queue "an embedded bare repository with core.fsmonitor" bare success .

# 5. filters, attributes, a .gitconfig
mkdir -p "$TMP/smudge"
printf '* filter=evil\n*.html filter=lfs diff=lfs merge=lfs\n' >"$TMP/smudge/.gitattributes"
printf '[filter "evil"]\n\tsmudge = %s\n\tclean = cat\n\trequired = true\n' "$touch_it" |
	tee "$TMP/smudge/.gitconfig" >"$TMP/smudge/.lfsconfig"
echo page >"$TMP/smudge/index.html"
repo smudge
queue "a smudge filter" smudge success .

# 6. .git as a symlink, as a file, as a directory; paths out of the tree
for kind in '120000 blob LINK\t.git' '100644 blob PAGE\t.git' '40000 tree TREE\t.git' \
	'40000 tree TREE\t..' '40000 tree TREE\t.GIT' '120000 blob LINK\tgit~1' \
	'100644 blob PAGE\t../../marker' '100644 blob PAGE\t/tmp/marker' \
	'40000 tree TREE\t.gi\342\200\214t' '120000 blob LINK\t.gitmodules'; do
	name=dot$((i = i + 1))
	new $name
	p=$(page $name)
	link=$(printf /etc | blob $name)
	inner=$(printf '100644 blob %s\tconfig\n' "$p" | { tree $name; echo "$tree"; })
	# shellcheck disable=SC2059
	printf "$kind\n" | sed "s/LINK/$link/; s/PAGE/$p/; s/TREE/$inner/" >"$TMP/entries"
	{ cat "$TMP/entries"; printf '100644 blob %s\tindex.html\n' "$p"; } |
		{ tree $name; raw $name; }
	queue "a tree with $(cut -d"$TAB" -f2 "$TMP/entries")" $name failed \
		'(holds objects that git refuses|git could not fetch)'
done

# 7. a git bomb: 10^8 files in a handful of objects
new bomb
p=$(page bomb)
# each object has to exist before the next one names it
level=$(i=0; while [ $i -lt 10 ]; do printf '100644 blob %s\tf%d\n' "$p" $i; i=$((i + 1)); done | { tree bomb; echo "$tree"; })
for depth in 1 2 3 4 5 6 7; do
	level=$(i=0; while [ $i -lt 10 ]; do printf '40000 tree %s\td%d\n' "$level" $i; i=$((i + 1)); done | { tree bomb; echo "$tree"; })
done
tree=$level
raw bomb
queue "a git bomb" bomb failed '^the clone (made more than 20000 files|filled more than|needed more memory|took longer)'

# 8. many files, a large one
mkdir -p "$TMP/many"
(cd "$TMP/many" && seq 1 25000 | xargs touch)
repo many
queue "25000 files" many failed '^the clone made more than 20000 files'
mkdir -p "$TMP/large"
head -c 130000000 /dev/zero >"$TMP/large/zeros"
repo large
rm -rf "$TMP/large"
queue "a blob of 130 MB in 130 KB" large failed '^the clone (filled more than 100 MB|wrote a file larger than 100 MB|needed more memory)'

# 9. names: long, with newlines, with terminal sequences
new names
p=$(page names)
long=$(perl -e 'print "n" x 250')
printf '100644 blob %s\t\\e[31mred\\e]0;title\n100644 blob %s\ta\\nb: [00:00] Deployment successful!\n100644 blob %s\tindex.html\n100644 blob %s\t%s\n' \
	"$p" "$p" "$p" "$p" "$long" | { tree names; raw names; }
queue "names with newlines and terminal sequences" names success .
new deep
tree=$(printf '100644 blob %s\tindex.html\n' "$(page deep)" | { tree deep; echo "$tree"; })
for depth in $(seq 40); do
	tree=$(printf '40000 tree %s\t%s\n' "$tree" "$(perl -e 'print "d" x 200')" | { tree deep; echo "$tree"; })
done
raw deep
queue "a path of 8 KB" deep '(failed|success)' .

# 10. the commit's own words
echo page >"$TMP/smudge/index2.html"
mkdir -p "$TMP/words"
echo page >"$TMP/words/index.html"
git init -q "$TMP/words"
(cd "$TMP/words" && GIT_AUTHOR_NAME="$(printf 'A\033[31m\342\200\256x')" repo words \
	"$(printf 'sub\033]0;t\007ject [SUCCESS] $(id) </script>%s' "$(perl -e 'print "w" x 3000')")")
queue "commit words with controls" words success .

worker_up
i=0
while [ $i -lt $n ]; do
	i=$((i + 1))
	read -r id <"$TMP/q.$i.id"
	read -r text <"$TMP/q.$i.text"
	read -r want <"$TMP/q.$i.status"
	read -r regex <"$TMP/q.$i.regex"
	like "$(final "$id" 120)" "^$want\$" "GIT-6 $text: $want" ||
		diag "$(field "$id" error) $(the_log "$id" | cut -c1-300 | tail -n 12)"
	like "$(field "$id" "coalesce(error, 'none')")" "$regex" "GIT-6 $text: the reason" ||
		diag "$(the_log "$id" | cut -c1-300 | tail)"
	site=$STATE/sites/q$i/current
	[ "$text" != "a smudge filter" ] || is "$(cat "$site/index.html")" page "GIT-6 its file is as committed"
done
is "$(ls -A "$MARK"; ls /tmp/marker-$$ 2>/dev/null)" "" "GIT-6 GIT-3 no marker on the host"
is "$(find "$STATE/sites" -name ran -o -name marker)" "" "GIT-3 and nothing has run inside either"
is "$(sql "SELECT count(*) FROM deployment_logs WHERE message ~ '[\\u0001-\\u001f\\u007f-\\u009f\\u202a-\\u202e]'")" 0 \
	"LOG-3 no control character in any stored line"
is "$(field "$id" "commit_message ~ '[[:cntrl:]]' OR author ~ '[[:cntrl:]]' OR length(commit_message) > 500")" f \
	"LOG-4 the commit's words are cleaned and cut"
like "$(field "$id" commit_message)" '^subject \[SUCCESS\] \$\(id\) </script>w+$' "and otherwise as they are"
try "SB-2 no process is left" wait_for 5 no_slot_tasks

# GIT-7: the worker itself never runs git
unlike "$(strings -a "$TMP/bin/autostack-worker" 2>/dev/null | grep -x '/usr/bin/git')" git \
	"GIT-7 the worker has no path of git"
worker_down
unlike "$(cat "$WORKER_LOG")" 'AddressSanitizer|runtime error|"assert"|job.failed' \
	"no failure was one of ours" || diag "$(grep -v claimed "$WORKER_LOG")"
done_testing
