# mkstmts.awk - the closed list of SQL statements, from sql/stmt/*.sql.
#
# Run by the Makefile: awk -v header=H -v source=C -f mkstmts.awk err.def FILE...
# Writes the enum (H) and the table (C) that src/ext/db.c runs. The form of a
# block is described in sql/README.md. Whatever is wrong in a block stops the
# build, named by file and line. Plain POSIX awk: mawk and gawk both do.

BEGIN {
	# names that a block may use, with PostgreSQL's fixed type numbers
	n = split("bool 16 boolean 16 bytea 17 bigint 20 int8 20 smallint 21 " \
		"int2 21 integer 23 int 23 int4 23 text 25 json 114 float4 700 " \
		"real 700 float8 701 inet 869 int4[] 1007 integer[] 1007 text[] 1009 " \
		"bigint[] 1016 int8[] 1016 date 1082 timestamp 1114 " \
		"timestamptz 1184 timestamptz[] 1185 interval 1186 numeric 1700 " \
		"uuid 2950 uuid[] 2951 jsonb 3802 boolean[] 1000 bool[] 1000", t, " ")
	for (i = 1; i < n; i += 2)
		oid[t[i]] = t[i + 1]
	n = split("api ws worker owner", t, " ")
	for (i = 1; i <= n; i++)
		program[t[i]] = 1
	errs["OK"] = 1
	count = 0
	bad = 0
	open_block = 0
}

function fail(file, line, text)
{
	printf "%s:%d: %s\n", file, line, text > "/dev/stderr"
	bad = 1
}

function here(text)
{
	fail(FILENAME, FNR, text)
}

# The rest of a header line after its key.
function value(line)
{
	sub(/^-- [^:]*:[ \t]*/, "", line)
	sub(/[ \t]+$/, "", line)
	return line
}

# "id uuid, owner uuid" -> name[k, kind, i], type[k, kind, i]
function columns(k, kind, list,    part, word, m, i)
{
	if (list == "")
		return
	m = split(list, part, /,[ \t]*/)
	for (i = 1; i <= m; i++) {
		if (split(part[i], word, /[ \t]+/) != 2) {
			here("'" part[i] "' is not a name and a type")
			continue
		}
		if (word[1] !~ /^[a-z][a-z0-9_]*$/)
			here("'" word[1] "' is no name")
		if (!(word[2] in oid))
			here("'" word[2] "' is no type that mkstmts.awk knows")
		if ((k, kind, "seen", word[1]) in name)
			here("'" word[1] "' is named twice")
		name[k, kind, "seen", word[1]] = 1
		number[k, kind]++
		name[k, kind, number[k, kind]] = word[1]
		type[k, kind, number[k, kind]] = oid[word[2]]
	}
}

function need_err(code)
{
	if (!(code in errs))
		here("'" code "' is not in err.def")
	return code
}

# A block is complete: is it whole?
function close_block(    k, i, rest, used, highest)
{
	if (!open_block)
		return
	open_block = 0
	k = count
	if (!(k in doc))
		fail(file[k], line[k], id[k] ": no '-- doc:'")
	if (!((k, "in") in given))
		fail(file[k], line[k], id[k] ": no '-- in:' (empty when it takes nothing)")
	if (!(k in out))
		fail(file[k], line[k], id[k] ": no '-- out:'")
	if (!(k in by))
		fail(file[k], line[k], id[k] ": no '-- by:'")
	if (out[k] == "none" && number[k, "cols"] > 0)
		fail(file[k], line[k], id[k] ": 'out: none' has no '-- cols:'")
	if ((out[k] == "one" || out[k] == "many") && number[k, "cols"] == 0)
		fail(file[k], line[k], id[k] ": no '-- cols:'")
	if ((k in none) && out[k] != "one")
		fail(file[k], line[k], id[k] ": '-- none:' goes with 'out: one' only")
	sub(/[ \t\n]+$/, "", text[k])
	if (text[k] == "")
		fail(file[k], line[k], id[k] ": no statement")
	else if (text[k] !~ /;$/)
		fail(file[k], line[k], id[k] ": the statement does not end with ';'")
	sub(/;$/, "", text[k])
	rest = text[k]
	highest = 0
	while (match(rest, /\$[0-9]+/)) {
		i = substr(rest, RSTART + 1, RLENGTH - 1) + 0
		used[i] = 1
		if (i > highest)
			highest = i
		rest = substr(rest, RSTART + RLENGTH)
	}
	if (highest > number[k, "in"])
		fail(file[k], line[k], id[k] ": $" highest " is used, '-- in:' names " number[k, "in"])
	for (i = 1; i <= number[k, "in"]; i++)
		if (!(i in used))
			fail(file[k], line[k], id[k] ": $" i " (" name[k, "in", i] ") is not used")
}

# err.def: only the names
FILENAME ~ /err\.def$/ {
	if ($0 ~ /^ERR\(/) {
		sub(/^ERR\(/, "")
		sub(/,.*/, "")
		errs[$0] = 1
	}
	next
}

FNR == 1 {
	close_block()
}

/^-- name:/ {
	close_block()
	open_block = 1
	in_text = 0
	k = ++count
	id[k] = value($0)
	file[k] = FILENAME
	line[k] = FNR
	text[k] = ""
	number[k, "in"] = number[k, "cols"] = number[k, "on"] = 0
	if (id[k] !~ /^[a-z][a-z0-9_]*$/ || length(id[k]) > 60)
		here("'" id[k] "' is no name for a statement")
	if (id[k] in names)
		here("the statement " id[k] " exists already")
	names[id[k]] = 1
	next
}

!open_block {
	if ($0 !~ /^--/ && $0 !~ /^[ \t]*$/)
		here("text outside of a block")
	next
}

/^-- (doc|in|out|cols|none|by):/ || /^-- on [a-z0-9_]+:/ {
	v = value($0)
	key = $2
	sub(/:.*/, "", key)
	if (in_text)
		here("'-- " key ":' stands before the statement")
	if (key == "doc") {
		if (v == "" || v ~ /\*\//)
			here("'doc:' is a sentence")
		doc[k] = v
	} else if (key == "in" || key == "cols") {
		given[k, key] = 1
		sub(/,$/, "", v)
		columns(k, key, v)
	} else if (key == "out") {
		if (v !~ /^(one|many|none)$/)
			here("'out:' is one, many or none")
		out[k] = v
	} else if (key == "none") {
		none[k] = need_err(v)
	} else if (key == "on") {
		c = $3
		sub(/:.*/, "", c)
		number[k, "on"]++
		name[k, "on", number[k, "on"]] = c
		type[k, "on", number[k, "on"]] = need_err(v)
	} else {
		m = split(v, w, /[ \t]+/)
		for (i = 1; i <= m; i++)
			if (!(w[i] in program))
				here("'by:' takes api, ws, worker and owner")
		by[k] = v
	}
	next
}

/^-- [a-z]+:/ && !in_text {
	here("'" $2 "' is no line of a block")
	next
}

# other comments are for readers of the file
/^[ \t]*--/ {
	next
}

{
	if ($0 !~ /^[ \t]*$/)
		in_text = 1
	if (in_text)
		text[k] = text[k] $0 "\n"
}

function quoted(s)
{
	gsub(/[\\"]/, "\\\\&", s)
	return "\"" s "\""
}

# A text as C, a literal a line.
function literal(s,    part, m, i, r)
{
	m = split(s, part, "\n")
	r = ""
	for (i = 1; i <= m; i++)
		r = r "\n\t\t" quoted(part[i] (i < m ? "\n" : ""))
	gsub(/\n"\n/, "\\n\"\n", r)
	return r
}

function list(k, kind, what,    i, r)
{
	r = "{"
	for (i = 1; i <= number[k, kind]; i++)
		r = r (what == "name" ? "\"" name[k, kind, i] "\"" : type[k, kind, i]) ", "
	return r (what == "name" ? "NULL}" : "0}")
}

function write_header(    k)
{
	printf "/* Made by src/tools/mkstmts.awk from sql/stmt; not to be edited. */\n" > header
	printf "#ifndef AS_GEN_STMT_H\n#define AS_GEN_STMT_H\n\n" > header
	printf "struct stmt;\n\nenum stmt_id {\n" > header
	for (k = 1; k <= count; k++)
		printf "\tSTMT_%s, /* %s */\n", toupper(id[k]), doc[k] > header
	printf "\tSTMT_MAX\n};\n\n" > header
	printf "/* Indexed by enum stmt_id; the row STMT_MAX is empty. */\n" > header
	printf "extern const struct stmt *const stmt_table;\n\n#endif\n" > header
	close(header)
}

function write_row(k,    i)
{
	printf "\t[STMT_%s] = {\n", toupper(id[k]) > source
	printf "\t\t.name = \"%s\",\n\t\t.doc = %s,\n", id[k], quoted(doc[k]) > source
	printf "\t\t.text =%s,\n", literal(text[k]) > source
	printf "\t\t.nin = %d,\n", number[k, "in"] > source
	printf "\t\t.in = (const char *const[])%s,\n", list(k, "in", "name") > source
	printf "\t\t.types = (const unsigned[])%s,\n", list(k, "in", "type") > source
	printf "\t\t.out = (const char *const[])%s,\n", list(k, "cols", "name") > source
	printf "\t\t.out_types = (const unsigned[])%s,\n", list(k, "cols", "type") > source
	printf "\t\t.one = %s,\n", out[k] == "one" ? "true" : "false" > source
	printf "\t\t.none = E_%s,\n", out[k] != "one" ? "OK" : (k in none) ? none[k] : "INTERNAL_SERVER_ERROR" > source
	printf "\t\t.on = (const struct stmt_on[]){" > source
	for (i = 1; i <= number[k, "on"]; i++)
		printf "{\"%s\", E_%s}, ", name[k, "on", i], type[k, "on", i] > source
	printf "{NULL, E_OK}},\n\t\t.by = \"%s\",\n\t},\n", by[k] > source
}

END {
	close_block()
	if (bad)
		exit 1
	write_header()
	printf "/* Made by src/tools/mkstmts.awk from sql/stmt; not to be edited. */\n" > source
	printf "#include \"ext/db.h\"\n\n#include \"stmt.h\"\n\n" > source
	printf "static const struct stmt table[STMT_MAX + 1] = {\n" > source
	for (k = 1; k <= count; k++)
		write_row(k)
	printf "\t[STMT_MAX] = {.name = NULL},\n};\n\n" > source
	printf "const struct stmt *const stmt_table = table;\n" > source
	close(source)
}
