# csource.awk - lines of C without their comments, for the checks beside it:
# awk -f csource.awk -f CHECK.awk FILE... Gives split_line(), which sets
#   code   the line without comments
#   bare   the same with empty string and character constants
#   texts  its string constants, one after the other, ended by a newline each
# and complain(), which prints FILE:LINE: text and makes the exit status 1.
# For every awk, mawk included: no \b, no {n}, no gensub.

function split_line(line,    i, n, c, d, state) {
	if (FNR == 1)
		in_comment = 0
	code = bare = texts = ""
	state = in_comment ? "comment" : "code"
	n = length(line)
	for (i = 1; i <= n; i++) {
		c = substr(line, i, 1)
		d = substr(line, i, 2)
		if (state == "comment") {
			if (d == "*/") {
				state = "code"
				i++
			}
			continue
		}
		if (state == "code" && d == "/*") {
			state = "comment"
			i++
			continue
		}
		if (state == "code" && d == "//")
			break
		code = code c
		if (state == "code") {
			bare = bare c
			if (c == "\"" || c == "'")
				state = c
		} else if (c == "\\") {
			code = code substr(line, ++i, 1)
			if (state == "\"")
				texts = texts c substr(line, i, 1)
		} else if (c == state) {
			bare = bare c
			if (state == "\"")
				texts = texts "\n"
			state = "code"
		} else if (state == "\"") {
			texts = texts c
		}
	}
	in_comment = state == "comment"
}

function complain(text) {
	print FILENAME ":" FNR ": " text
	bad = 1
}

END {
	exit bad
}
