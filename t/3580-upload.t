#!/bin/sh
# Uploads on the worker's side: brought from the database, unpacked in the
# sandbox, published; and archives that were made to hurt.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init max_build_size=8 max_output_files=200 build_inodes_max=20000 build_disk_max=64M
worker_up
CANARY=$TMP/canary
echo host-canary >"$CANARY"
chmod 644 "$CANARY"

# upload NAME FILE [PIECE-BYTES]: queues it as the API would; sets $id
upload() {
	id=$(cat /proc/sys/kernel/random/uuid)
	rm -rf "$TMP/pieces" && mkdir "$TMP/pieces"
	split -b "${3:-262144}" -a 4 "$2" "$TMP/pieces/"
	{
		echo 'BEGIN;'
		u_n=0
		for u_piece in "$TMP/pieces"/*; do
			printf "INSERT INTO upload_chunks VALUES ('%s', %d, '\\\\x%s');\n" "$id" $u_n \
				"$(od -An -v -tx1 "$u_piece" | tr -d ' \n')"
			u_n=$((u_n + 1))
		done
		printf "INSERT INTO deployments (id, project_id, user_id, trigger, repository, branch, upload_bytes)
			SELECT '%s', id, user_id, 'api', repository, branch, %d FROM projects WHERE name = '%s';\nCOMMIT;\n" \
			"$id" "$(wc -c <"$2")" "$1"
	} >"$TMP/upload.sql"
	pg_psql postgres "$PG_DB" -q -f "$TMP/upload.sql" || bail "upload of $2"
}
chunks() { sql "SELECT count(*) FROM upload_chunks WHERE deployment_id = '$1'"; }

# ---- what uploads are for ----

mkdir -p "$TMP/good/deep/er" "$TMP/good/.well-known" "$TMP/good/node_modules"
echo page >"$TMP/good/index.html"
echo x >"$TMP/good/deep/er/file.txt"
echo x >"$TMP/good/.well-known/security.txt"
echo x >"$TMP/good/node_modules/own.js"
echo secret >"$TMP/good/.env"
head -c 700000 /dev/urandom >"$TMP/good/noise"
chmod 4755 "$TMP/good/deep/er/file.txt"
tar -C "$TMP/good" -czf "$TMP/good.tar.gz" .
project up https://git.example/up.git 'build_command=exit 1'
upload up "$TMP/good.tar.gz" 100000
is "$(final "$id")" success "an upload is published" || diag "$(field "$id" error) $(the_log "$id")"
release=$STATE/sites/up/releases/$id
is "$(cd "$release" && find . -type f | sort | tr '\n' ' ')" \
	'./.rules ./.well-known/security.txt ./deep/er/file.txt ./index.html ./node_modules/own.js ./noise ' \
	"PUB-1 all of it but what is never served"
try "every byte came" cmp "$TMP/good/noise" "$release/noise"
is "$(find "$release" -type f ! -perm 644; find "$release" -type d ! -perm 755)" "" "PUB-3 with plain modes"
log=$(the_log "$id")
like "$log" 'Unpacking the upload' "the log says what is done"
unlike "$log" 'Cloning|Building:|Installing' "nothing is cloned, installed or built"
is "$(field "$id" trigger)/$(field "$id" 'url')" api/https://up.test "and it is the project's site"
like "$(field "$id" limits)" pids "PUB-5 it is unpacked under the limits of a build"
is "$(chunks "$id")" 0 "the stored upload is gone"
sql "UPDATE projects SET repository = NULL WHERE name = 'up'"
upload up "$TMP/good.tar.gz"
is "$(final "$id")" success "so is that of a project without a repository" || diag "$(field "$id" error) $(the_log "$id")"
no_slot() { [ -z "$(find "$STATE/builds" -name 'slot-*')" ]; }
try "also from the worker's disk" wait_for 10 no_slot

# ---- hostile ones ----

# mk FILE: a tar.gz of the entries on stdin, headers as they stand there:
# NAME TYPE MODE LINK CONTENT, separated by tabs; \0 and \n are what they say
mk() {
	perl -e '
		sub entry {
			my ($name, $type, $mode, $link, $data, $size) = @_;
			$size = length $data unless defined $size;
			my $h = pack("a100a8a8a8a12a12A8a1a100a6a2a32a32a8a8a155x12",
				$name, sprintf("%07o", oct $mode), "0000000", "0000000",
				sprintf("%011o", $size), "00000000000", "", $type, $link,
				"ustar", "00", "root", "root", "0000001", "0000003", "");
			substr($h, 148, 8) = sprintf("%06o\0 ", unpack("%32C*", $h));
			return $h . $data . "\0" x (-length($data) % 512);
		}
		binmode STDOUT;
		while (<STDIN>) {
			chomp;
			my @f = split /\t/, $_, -1;
			s/\\0/\0/g, s/\\n/\n/g, s/\\e/\e/g for @f;
			if ($f[1] eq "x") { # pax: KEY=VALUE before the next entry
				my $r = " $f[4]\n";
				my $n = length $r;
				$n = length($r) + length $n for 1 .. 3;
				$f[4] = "$n$r";
			}
			print entry(@f);
		}
		print "\0" x 1024;' | gzip -9n >"$1"
}
T=$(printf '\t')
page() { printf 'index.html\t0\t644\t\tpage\n'; }

n=0
hostile() { # DESCRIPTION FILE STATUS REGEX
	n=$((n + 1))
	project "h$n" https://git.example/h.git
	upload "h$n" "$2"
	h_status=$(final "$id")
	h_all="$(field "$id" error) $(the_log "$id")"
	is "$h_status" "$3" "PUB-5 $1: $3" || diag "$h_all"
	like "$(printf %s "$h_all" | tr '\n' ' ')" "$4" "PUB-5 $1: says why"
	is "$(chunks "$id")" 0 "PUB-5 $1: the upload is gone"
	[ "$3" = success ] || [ ! -e "$STATE/sites/h$n/current" ]
	ok $? "PUB-5 $1: nothing of it is live unless all is well"
}
tree_of() { (cd "$STATE/sites/h$n/current/" && find . -type f | sort | tr '\n' ' '); }

{ page; printf '../../escaped\t0\t644\t\tx\n'; } | mk dots.tgz
hostile 'a name with ..' dots.tgz failed 'not allowed in it.*Member name contains'
{ page; printf '%s\t0\t644\t\tx\n' "$TMP/absolute"; } | mk absolute.tgz
hostile 'an absolute name' absolute.tgz success 'Removing leading'
is "$(tree_of)" "$(printf '%s\n' ./index.html ".$TMP/absolute" | sort | tr '\n' ' ')" \
	"PUB-5 an absolute name stays below"
[ ! -e "$TMP/absolute" ]
ok $? "PUB-5 and the host has no such file"
{ page; printf 'C:\\Drive.txt\t0\t644\t\tx\n'; } | mk drive.tgz
hostile 'a name of a drive' drive.tgz success 'Published 2 files'
{ page; printf 'd\t2\t777\t%s\t\n' "$TMP"; printf 'd/through\t0\t644\t\tx\n'; } | mk through.tgz
hostile 'a write through a symlink that leads out' through.tgz failed 'not allowed in it'
[ ! -e "$TMP/through" ]
ok $? "PUB-5 nothing was written through it"
{ page; printf 'd\t2\t777\t..\t\n'; printf 'd/through\t0\t644\t\tx\n'; } | mk up.tgz
hostile 'a write through a symlink that leads up' up.tgz failed 'not allowed in it'
{ page; printf 'l\t2\t777\t%s\t\n' "$CANARY"; } | mk link.tgz
hostile 'a symlink to a file of the host' link.tgz failed 'symbolic link that leads out'
{ page; printf 'l\t2\t777\tindex.html\t\n'; } | mk inside.tgz
hostile 'a symlink that stays inside' inside.tgz success 'Not published: l: a symbolic link'
{ page; printf 'l\t1\t644\t%s\t\n' "$CANARY"; } | mk hard.tgz
hostile 'a hard link to a file of the host' hard.tgz failed 'not allowed in it'
{ page; printf 'l\t1\t644\t/etc/passwd\t\n'; } | mk hard2.tgz
hostile 'a hard link to a file of the sandbox' hard2.tgz failed 'not allowed in it'
{ page; printf 'l\t1\t644\tindex.html\t\n'; } | mk hard3.tgz
hostile 'a hard link inside' hard3.tgz success 'Published 2 files'
{ page; printf 'null\t3\t666\t\t\n'; } | mk device.tgz
hostile 'a device' device.tgz failed 'Cannot mknod'
{ page; printf 'fifo\t6\t666\t\t\n'; } | mk fifo.tgz
hostile 'a FIFO' fifo.tgz success 'Not published: fifo'
{ printf 'index.html\t0\t644\t\tfirst\n'; page; } | mk twice.tgz
hostile 'a name that comes twice' twice.tgz success 'Published 1 file, 1 KB'
is "$(deployed h$n index.html)" page "PUB-5 the last one counts"
{ page; printf 'index.html\t2\t777\t/etc/passwd\t\n'; } | mk turns.tgz
hostile 'a file that becomes a symlink' turns.tgz failed 'symbolic link that leads out'
{ page; printf '%0300d\tx\t644\t\tpath=%0300d\n' 0 0 | cut -c 202-; printf 'short\t0\t644\t\tx\n'; } | mk long.tgz
hostile 'a name that is too long' long.tgz failed 'File name too long'
{ page; printf 'pax\tx\t644\t\tpath=a\\0b\nshort\t0\t644\t\tx\n'; } | mk nul.tgz
hostile 'a name with a NUL in it' nul.tgz success 'Published 2 files'
is "$(tree_of)" './a ./index.html ' "PUB-5 it ends there"
{ page; printf 'a\\nb\t0\t644\t\tx\n'; printf 'e\\e[31m\t0\t644\t\tx\n'; printf '\377\t0\t644\t\tx\n'; } | mk control.tgz
hostile 'names with control characters' control.tgz success 'Not published: .: a name with control characters'
is "$(tree_of)" './index.html ' "PUB-5 such files are left out"
{ page; printf 'pax\tx\t644\t\tpath=../../../escaped\nshort\t0\t644\t\tx\n'; } | mk paxpath.tgz
hostile 'a pax header whose path leads up' paxpath.tgz failed 'Member name contains'
{ page; printf 'pax\tx\t644\t\tlinkpath=%s\nl\t2\t777\tindex.html\t\n' "$CANARY"; } | mk paxlink.tgz
hostile 'a pax header whose link leads out' paxlink.tgz failed 'symbolic link that leads out'
{ page; printf 'pax\tx\t644\t\tsize=99999999999\nbig\t0\t644\t\tx\n'; } | mk paxsize.tgz
hostile 'a pax header with another size' paxsize.tgz failed 'not a whole tar.gz'
{ printf '.\t5\t000\t\t\n'; printf 'index.html\t0\t000\t\tpage\nd\t5\t000\t\t\nd/x\t0\t000\t\tx\n'; } | mk closed.tgz
hostile 'modes that close everything' closed.tgz success 'Published 2 files'
{ page; printf 'suid\t0\t6755\t\tx\n'; } | mk suid.tgz
hostile 'a setuid file' suid.tgz success 'Published 2 files'
is "$(find "$STATE/sites/h$n/releases" -perm /7000)" "" "PUB-5 it is none any more"
head -c 40000000 /dev/zero | gzip -9n >bomb.gz
hostile 'a bomb that is no tar file' bomb.gz failed 'more than 8 MB'
{ printf 'index.html\t0\t644\t\tpage\n'; } | mk small.tgz
head -c 20000000 /dev/zero >zeros
tar -cf - zeros | gzip -9n >bomb.tgz
hostile 'a bomb' bomb.tgz failed 'unpacks to more than 8 MB'
gzip -9nc bomb.tgz >nested.gz
mkdir nest && cp bomb.tgz nest/ && echo page >nest/index.html
tar -C nest -czf nested.tgz .
hostile 'a bomb in an archive' nested.tgz success 'Published 2 files'
mkdir many && (cd many && seq 1 450 | xargs touch)
tar -C many -czf many.tgz .
hostile 'too many files' many.tgz failed 'more than 200 files'
mkdir sparse && truncate -s 3G sparse/hole && echo page >sparse/index.html
tar -C sparse -Sczf sparse.tgz .
hostile 'a sparse file that is huge' sparse.tgz failed 'larger than|write'
head -c 300 good.tar.gz >truncated.tgz
hostile 'a truncated archive' truncated.tgz failed 'not a whole tar.gz'
head -c -9 inside.tgz >tail.tgz
hostile 'an archive without its end' tail.tgz failed 'not a whole tar.gz'
echo 'no archive at all' >text.tgz
hostile 'what is no gzip' text.tgz failed 'not a whole tar.gz'
: | gzip -n >empty.tgz
hostile 'an empty gzip file' empty.tgz failed 'not a whole tar.gz|no file to publish'
: | mk nothing.tgz
hostile 'an empty archive' nothing.tgz failed 'no file to publish'
{ cat small.tgz; head -c 5000 /dev/urandom; } >junk.tgz
hostile 'junk behind its end' junk.tgz failed 'not a whole tar.gz'
is "$(find "$TMP" -maxdepth 3 -name 'escaped*' -o -maxdepth 3 -name 'through*' ! -name '*.tgz')" "" \
	"PUB-5 no file is where none belongs"
is "$(cat "$CANARY")" host-canary "PUB-5 the host's file is what it was"
is "$(grep -rl 'host-canary\|root:x' "$STATE/sites")" "" "PUB-5 and is not published"

# ---- however it ends, the upload goes ----

if developer_only "an upload whose deployment is cancelled or whose worker dies"; then
	touch "$CRASH/unpack.pause"
	chmod 666 "$CRASH/unpack.pause"
	upload up "$TMP/good.tar.gz"
	wait_for 30 test -e "$CRASH/unpack.paused" || bail "it is not claimed"
	is "$(chunks "$id")" 3 "a running one is there"
	sql "UPDATE deployments SET cancel_requested_at = now() WHERE id = '$id'"
	rm "$CRASH/unpack.paused"
	is "$(final "$id")/$(chunks "$id")" cancelled/0 "a cancelled one is gone"
	touch "$CRASH/unpacked.job"
	chmod 666 "$CRASH/unpacked.job"
	upload up "$TMP/good.tar.gz"
	is "$(final "$id")/$(field "$id" attempt)/$(chunks "$id")" success/2/0 \
		"SB-13 a worker that dies over it: it is unpacked again" || diag "$(the_log "$id")"
fi
worker_down
upload up "$TMP/good.tar.gz"
sql "UPDATE deployments SET created_at = now() - interval '8 days' WHERE id = '$id'"
try "cleanup" autostack "$PGURL" cleanup
is "$(field "$id" status)/$(field "$id" error)/$(chunks "$id")" \
	"failed/No worker took the upload in time./0" "one that no worker takes ends"
upload up "$TMP/good.tar.gz"
try "cleanup again" autostack "$PGURL" cleanup
is "$(field "$id" status)/$(chunks "$id")" queued/3 "but not before upload_keep_days"
sql "DELETE FROM deployments WHERE id = '$id'"
is "$(chunks "$id")" 0 "a deleted deployment takes its upload along"
done_testing
