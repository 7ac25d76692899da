# Timing.pm - whether a client could tell kinds of requests apart by how long
# their answers take (SECURITY.md, LG-2). For test scripts in perl.
#
#   my ($alike, $text) = Timing::alike($rounds, $n, sub {...}, {known => sub {...}, ...});
#
# Each kind is asked $n times, in turns, so that what else the machine does
# disturbs all of them; the first sub is called before each and not timed. Two are alike when their medians are within 10 %, or when
# the ranks of their samples are as chance would have it (Mann-Whitney, p > 0.01).
# Chance says no once in a hundred, so there are up to $rounds. $text has the
# medians of the last one.
package Timing;
use strict;
use warnings;
use Time::HiRes 'time';

use constant NEAR => 0.1;
use constant Z => 2.576; # two-sided, p = 0.01

sub median { my @s = sort { $a <=> $b } @_; return ($s[$#s / 2] + $s[@s / 2]) / 2 }

# How far the rank sum of one is from what chance makes of it, in standard
# deviations (H. B. Mann, D. R. Whitney, 1947; the normal approximation).
sub ranks_apart {
	my ($x, $y) = @_;
	my ($n, $m) = (scalar @$x, scalar @$y);
	my $u = 0;
	for my $a (@$x) {
		$u += $a > $_ ? 1 : $a == $_ ? 0.5 : 0 for @$y;
	}
	return abs($u - $n * $m / 2) / sqrt($n * $m * ($n + $m + 1) / 12);
}

sub same {
	my ($x, $y) = @_;
	my ($low, $high) = sort { $a <=> $b } median(@$x), median(@$y);
	return $high <= $low * (1 + NEAR) || ranks_apart($x, $y) < Z;
}

sub alike {
	my ($rounds, $n, $before, $ask) = @_;
	my @kinds = sort keys %$ask;
	my ($alike, $text);
	for (1 .. $rounds) {
		my %took;
		for my $i (1 .. $n) {
			for my $kind (map { $kinds[($_ + $i) % @kinds] } 0 .. $#kinds) {
				$before->();
				my $begin = time;
				$ask->{$kind}->();
				push @{$took{$kind}}, time - $begin;
			}
		}
		$text = join ', ', map { sprintf '%s %.1f ms', $_, 1000 * median(@{$took{$_}}) } @kinds;
		my @pairs = map { my $i = $_; map { [@kinds[$_, $i]] } 0 .. $i - 1 } 1 .. $#kinds;
		$alike = !grep { !same(@took{@$_}) } @pairs;
		last if $alike;
	}
	return ($alike, $text);
}

1;
