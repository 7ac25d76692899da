# requirements.awk - compares requirements with tests and exceptions:
#   awk -f requirements.awk requirements.txt exceptions.txt TEST...
# "ID partly: reason" is for an ID of which tests cover a part.
# A test covers an ID when a line of it that is no comment has the ID as a word.
# Prints what is wrong, a line each, and ends with status 1 then.

FILENAME ~ /requirements\.txt$/ {
	if ($1 !~ /^#/ && NF) {
		if ($1 in wanted)
			complain($1 " is listed twice")
		wanted[$1] = ++count
		name[count] = $1
	}
	next
}

FILENAME ~ /exceptions\.txt$/ {
	if ($1 ~ /^#/ || !NF)
		next
	if (!($1 in wanted))
		complain("an exception for " $1 ", which is no requirement")
	if ($1 in excepted)
		complain($1 " has two exceptions")
	if (NF < 4)
		complain("the exception for " $1 " has no reason")
	excepted[$1] = $2 == "partly:" ? "partly" : "whole"
	next
}

function complain(text) {
	print text
	bad = 1
}

# comments of sh, perl, C, JavaScript
/^[ \t]*(#|\/\/|\/\*|\*)/ {
	next
}

/[A-Z]-[0-9H]/ {
	rest = $0
	while (match(rest, /[A-Z][A-Z]+-(H2C|[0-9]+)/)) {
		id = substr(rest, RSTART, RLENGTH)
		before = RSTART > 1 ? substr(rest, RSTART - 1, 1) : " "
		after = substr(rest, RSTART + RLENGTH, 1)
		if (before !~ /[A-Za-z0-9_-]/ && after !~ /[A-Za-z0-9_-]/)
			tested[id] = FILENAME
		rest = substr(rest, RSTART + RLENGTH)
	}
}

END {
	for (i = 1; i <= count; i++) {
		id = name[i]
		if (excepted[id] == "partly" && !(id in tested))
			complain(id " has no test, not even for a part")
		if (excepted[id] == "whole" && id in tested)
			complain(id " has a test in " tested[id] " and an exception")
		if (!(id in tested) && !excepted[id])
			complain(id " has neither a test nor an exception")
	}
	exit bad
}
