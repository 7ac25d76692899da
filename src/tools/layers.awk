# layers.awk - checks the #include lines of the tree against layers.rules:
#   awk -f csource.awk -f layers.awk layers.rules FILE...
# run from the top of the tree; files are named as src/ext/db.c.

FILENAME ~ /layers\.rules$/ {
	if ($1 == "layer")
		for (i = 3; i <= NF; i++)
			may[$2, $i] = known[$2] = 1
	if ($1 == "foreign")
		for (i = 3; i <= NF; i++)
			owner[$2] = owner[$2] (i > 3 ? " " : "") $i
	if ($1 == "libc")
		for (i = 2; i <= NF; i++)
			libc[$i] = 1
	next
}

# The folder of a path: src/ext/db.c -> ext, handlers/auth.c -> handlers.
function layer_of(path) {
	sub(/^src\//, "", path)
	sub(/\/.*/, "", path)
	return path
}

# Whether the layer of the present file may include word.
function allowed(word,    key) {
	key = layer_of(FILENAME) SUBSEP word
	return key in may
}

function check_ours(header,    layer, own) {
	layer = layer_of(FILENAME)
	own = FILENAME
	sub(/^src\//, "", own)
	sub(/\.[ch]$/, ".h", own)
	if (!(layer in known))
		complain("layers.rules does not know the folder " layer)
	else if (!allowed(header) && !allowed(layer_of(header)) &&
	    !(allowed("self") && header == own))
		complain(layer " must not include \"" header "\"")
}

function check_foreign(header,    fits, folder, name, n, i, owners) {
	folder = header
	sub(/\/.*/, "/", folder)
	if (header in libc || folder in libc)
		return
	name = header in owner ? header : folder
	if (!(name in owner)) {
		complain("layers.rules does not know <" header ">")
		return
	}
	n = split(owner[name], owners, " ")
	for (i = 1; i <= n; i++)
		fits = fits || FILENAME == owners[i] || \
		    (owners[i] ~ /\/$/ && index(FILENAME, owners[i]) == 1)
	if (!fits)
		complain("only " owner[name] " may include <" header ">")
}

{
	split_line($0)
}

code ~ /^[ \t]*#[ \t]*include/ {
	header = $0
	sub(/^[ \t]*#[ \t]*include[ \t]*/, "", header)
	kind = substr(header, 1, 1)
	header = substr(header, 2)
	sub(/[">].*/, "", header)
	if (kind == "\"")
		check_ours(header)
	else if (kind == "<")
		check_foreign(header)
	else
		complain("cannot read this #include")
	if (!first_seen[FILENAME]++ && FILENAME ~ /\.c$/ &&
	    header != "base/base.h" && kind != "\"")
		complain("the first #include is one of ours, and so base.h")
}
