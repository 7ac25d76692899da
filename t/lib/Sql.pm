# Sql.pm - statements for test scripts over connections that are kept: to start
# psql for each would cost more than most of what is tested.
#
#   sql("SELECT ...")      as the superuser, in the database of $PG_DB
#   Sql::run($conninfo, "SELECT ...")
#
# The text may hold several statements, which are one transaction; the rows of
# the last one come back as psql -At prints them: fields joined by '|', lines
# by newlines, NULL empty. Dies with PostgreSQL's message. What changes its
# session has one of its own.
package Sql;
use strict;
use warnings;
use DBI;
use Exporter 'import';
our @EXPORT = ('sql');

my %sessions;

# A session that answers: tests end them, and PostgreSQL.
sub session {
	my ($conninfo) = @_;
	my $key = "$$ $conninfo";
	delete $sessions{$key} if $sessions{$key} && !$sessions{$key}->ping;
	return $sessions{$key} //= DBI->connect("dbi:Pg:$conninfo", '', '',
		{RaiseError => 1, PrintError => 0, PrintWarn => 0, AutoInactiveDestroy => 1,
			pg_enable_utf8 => 0, pg_bool_tf => 1, pg_expand_array => 0});
}

sub run {
	my ($conninfo, $text) = @_;
	my $db = session($conninfo);
	my $rows = eval {
		my $st = $db->prepare($text, {pg_direct => 1, pg_placeholder_dollaronly => 1, pg_placeholder_nocolons => 1});
		$st->execute;
		$st->{NUM_OF_FIELDS} ? $st->fetchall_arrayref : [];
	};
	my $error = $rows ? undef : $db->errstr // $@;
	delete $sessions{"$$ $conninfo"} if $text =~ /(?:^|;)\s*(?:SET|BEGIN|START|LISTEN|PREPARE)\b/i;
	die "$error\n" if defined $error;
	return join "\n", map { join '|', map { $_ // '' } @$_ } @$rows;
}

sub sql {
	my ($text) = @_;
	return run("host=$ENV{PG_DIR};user=postgres;dbname=$ENV{PG_DB}", $text);
}

1;
