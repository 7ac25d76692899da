#!/usr/bin/perl
# dnsd.pl ZONE PORTFILE - a name server on a loopback port of its own, for tests
# of domains. ZONE is read for every question: lines "NAME TYPE VALUE" with TYPE
# A, AAAA or TXT; VALUE "silence" answers nothing, "failure" SERVFAIL, "broken"
# bytes that are no answer. A name without a line does not exist.
use strict;
use warnings;
use IO::Socket::INET;
use Socket qw(inet_pton AF_INET AF_INET6);

my ($zone, $portfile) = @ARGV;
my $s = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1') or die "dnsd: $!\n";
open my $f, '>', "$portfile.new" or die "dnsd: $!\n";
print $f $s->sockport, "\n";
close $f;
rename "$portfile.new", $portfile or die "dnsd: $!\n";

my %number = (A => 1, TXT => 16, AAAA => 28);
sub data {
	my ($type, $value) = @_;
	return inet_pton(AF_INET, $value) if $type eq 'A';
	return inet_pton(AF_INET6, $value) if $type eq 'AAAA';
	return join '', map { pack 'C/a*', $_ } $value =~ /.{1,20}/g; # in parts, as long ones are
}
while (defined $s->recv(my $q, 512)) {
	next if length $q < 17;
	my ($id, $flags) = unpack 'nn', $q;
	my ($at, @label) = (12);
	while ((my $n = ord substr $q, $at, 1) > 0) { push @label, substr $q, $at + 1, $n; $at += $n + 1 }
	my $name = lc join '.', @label;
	my $type = unpack 'n', substr $q, $at + 1, 2;
	my $question = substr $q, 12, $at + 5 - 12;
	my ($known, @answers, $word) = (0);
	open my $z, '<', $zone or next;
	while (<$z>) {
		my ($n, $t, $v) = /^(\S+) (\S+) (.*)$/ or next;
		next if lc $n ne $name;
		$known = 1;
		next if $number{$t} != $type;
		if ($v =~ /^(silence|failure|broken)$/) { $word = $v } else { push @answers, data($t, $v) }
	}
	$word //= '';
	next if $word eq 'silence';
	if ($word eq 'broken') { $s->send(pack('nnnnnn', $id, 0x8180, 1, 9, 0, 0) . $question . "\xc0\x0c\xff"); next }
	my $code = $word eq 'failure' ? 2 : $known ? 0 : 3;
	$s->send(pack('nnnnnn', $id, 0x8180 | $code, 1, scalar @answers, 0, 0) . $question
		. join '', map { "\xc0\x0c" . pack('nnNn/a*', $type, 1, 1, $_) } @answers);
}
