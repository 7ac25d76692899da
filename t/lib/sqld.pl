#!/usr/bin/perl
# sqld.pl DIR - runs the statements of a test in sh, for sql() of pg.sh. Waits
# at DIR/ask for a connection string in a line, the text, and a line of one
# \001. Answers at DIR/answer: the rows, and a line of \001 and the message of
# PostgreSQL if it failed. Who asks holds the token of DIR/turn meanwhile.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use IO::Handle;
use Sql ();

my $dir = shift;
# both ends held open, so that nobody meets an end of file
open my $ask, '+<', "$dir/ask" or die "$dir/ask: $!\n";
open my $answer, '+<', "$dir/answer" or die "$dir/answer: $!\n";
open my $turn, '+<', "$dir/turn" or die "$dir/turn: $!\n";
$answer->autoflush(1);
$turn->autoflush(1);
print $turn "\n";
local $/ = "\n\001\n";
while (my $text = <$ask>) {
	chomp $text;
	$text =~ s/\A(.*)\n// or die "no connection string\n";
	my $rows = eval { Sql::run($1, $text) };
	my $error = $@ =~ s/\s+/ /gr;
	print $answer length($rows // '') ? "$rows\n" : '', "\001$error\n";
}
