# Mail.pm - the mails that a test's worker has written as files, taken apart.
#
#   my @m = mails(to => 'ada@example.com', kind => 'reset', n => 2);
#              waits until there are n (1), oldest first; without n as many as
#              there are when the outbox is empty
#   $m->{header}{subject} (decoded), $m->{text}, $m->{html}, $m->{raw}
#   code($m)   the code of its link;  link_of($m)  the link
#   parse($raw)   takes one apart that came another way
package Mail;
use strict;
use warnings;
use Encode ();
use Exporter 'import';
use MIME::QuotedPrint ();
our @EXPORT = qw(mails code link_of parse);

use constant TIMEOUT => 20;

# Headers as a hash of decoded values (names in lower case) and the body.
sub halves {
	my ($raw) = @_;
	my ($head, $body) = split /\r\n\r\n/, $raw, 2;
	$head =~ s/\r\n(?=[ \t])//g;
	my %h;
	for (split /\r\n/, $head) {
		my ($name, $value) = /^([!-9;-~]+): ?(.*)\z/ or die "no header: $_";
		die "twice: $name" if exists $h{lc $name};
		$h{lc $name} = Encode::decode('MIME-Header', $value);
	}
	return (\%h, $body);
}

sub parse {
	my ($raw) = @_;
	die "bare line ends" if $raw =~ /(?<!\r)\n|\r(?!\n)/;
	die "a long line" if grep { length > 998 } split /\r\n/, $raw;
	my ($h, $body) = halves($raw);
	my ($boundary) = $h->{'content-type'} =~ m{^multipart/alternative;\s+boundary="([^"]+)"\z} or die $h->{'content-type'};
	my @parts = split /(?:\A|\r\n)--\Q$boundary\E(?:--)?\r\n/, $body;
	die 'parts: ' . @parts unless @parts == 3 && $parts[0] eq '';
	my %m = (header => $h, raw => $raw);
	for my $want ('plain', 'html') {
		my ($ph, $text) = halves($parts[$want eq 'plain' ? 1 : 2]);
		die $ph->{'content-type'} unless $ph->{'content-type'} eq "text/$want; charset=utf-8";
		my $how = $ph->{'content-transfer-encoding'};
		if ($how eq 'quoted-printable') {
			die 'a long quoted line' if grep { length > 76 } split /\r\n/, $text;
			$text = MIME::QuotedPrint::decode($text);
		} elsif ($how ne '7bit' || $text =~ /[^\r\n -~]/) {
			die "encoding $how";
		}
		$text =~ s/\r\n/\n/g;
		$m{$want eq 'plain' ? 'text' : 'html'} = Encode::decode('UTF-8', $text, Encode::FB_CROAK);
	}
	return \%m;
}

sub slurp {
	my ($path) = @_;
	open my $f, '<:raw', $path or die "$path: $!";
	local $/;
	return scalar <$f>;
}

sub mails {
	my (%o) = @_;
	my $dir = "$ENV{AS_STATE}/mail";
	my $end = time + TIMEOUT;
	my @m;
	while (1) {
		my $waiting = defined $o{n} ? 0 : main::sql('SELECT count(*) FROM mails WHERE message_sealed IS NOT NULL');
		@m = map { parse(slurp($_)) } sort glob "$dir/*-" . ($o{kind} // '*') . '-' . ('?' x 8) . '-*.eml';
		@m = grep { $_->{header}{to} eq $o{to} } @m if $o{to};
		last if defined $o{n} ? @m >= $o{n} : !$waiting;
		die "mails: there are " . @m . " in time" if time > $end;
		select undef, undef, undef, 0.05;
	}
	return wantarray ? @m : $m[-1];
}

sub link_of { return ($_[0]{text} =~ m{^(https?://\S+)$}m)[0] }
sub code { return (link_of($_[0]) // '') =~ /#code=([A-Za-z0-9_-]{43})\z/ ? $1 : undef }

1;
