# Oauth.pm - a browser on its way to a provider and back, for test scripts in
# perl that t/lib/api.sh started (see t/lib/oauth.sh).
#
#   github(id => 1, login => 'ada', mail => 'ada@example.com')   who signs in there
#   my $r = sign_in('github');      the whole way
#   $r->{at}      where it ends: {code => ..., next => ...} or {error => ...}
#   my $s = start('github', '?next=/x');   $s->{url}, $s->{cookie}, $s->{state}
#   my $back = visit($s->{url});    path and query of the callback
#   my $r = back($back, $s->{cookie});
#   finish($code)                   the answer
#   odd('/user slow')               what the server does instead
#   asked('/user')                  requests that reached the server, decoded
package Oauth;
use strict;
use warnings;
use Exporter 'import';
use HTTP::Tiny;
use Cpanel::JSON::XS ();

our @EXPORT = qw(github emails sign_in start visit back finish odd asked unescape escape put fragment);
my $json = Cpanel::JSON::XS->new->utf8->canonical;
my $http = HTTP::Tiny->new(max_redirect => 0, timeout => 20);

sub put {
	my ($name, $text) = @_;
	open my $f, '>', "$ENV{GITHUB}/$name.new" or die $!;
	print $f $text;
	close $f;
	rename "$ENV{GITHUB}/$name.new", "$ENV{GITHUB}/$name" or die $!;
}
sub github {
	my (%o) = @_;
	put('user.json', $json->encode({id => $o{id}, node_id => 'MDQ6', login => $o{login} // "user$o{id}", type => 'User',
		name => exists $o{name} ? $o{name} : "User $o{id}", email => undef, site_admin => Cpanel::JSON::XS::false,
		avatar_url => "https://avatars.githubusercontent.com/u/$o{id}?v=4"}));
	emails({email => $o{mail}, primary => Cpanel::JSON::XS::true, verified => Cpanel::JSON::XS::true, visibility => 'private'}) if $o{mail};
}
sub emails { put('emails.json', $json->encode([@_])) }
sub odd { put('odd', join "\n", @_) }
sub asked {
	my ($path) = @_;
	open my $f, '<', "$ENV{GITHUB}/requests" or return;
	return grep { $_->{path} eq $path } map { $json->decode($_) } <$f>;
}
sub unescape { return ($_[0] // '') =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger }
sub escape { return $_[0] =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ger }

sub start {
	my ($provider, $query, %o) = @_;
	my $r = $Fcgi::api->ask(GET => "/api/auth/$provider" . ($query // ''), %o);
	return from($r, $r->{header}{location} // '');
}
# What a start or a link gave, taken apart.
sub from {
	my ($r, $url) = @_;
	my ($cookie) = ($r->{header}{'set-cookie'} // '') =~ /^__Host-autostack-oauth=([^;]+)/;
	return {answer => $r, url => $url, cookie => $cookie, state => unescape(($url =~ /[?&]state=([^&]*)/)[0])};
}
# The provider's page: where it sends the browser back to.
sub visit {
	my ($url) = @_;
	my $r = $http->get($url);
	my $to = $r->{headers}{location} or die "$url: $r->{status} $r->{content}";
	$to =~ s{^https://localhost}{} or die "sent to $to";
	return $to;
}
sub fragment {
	my ($url) = @_;
	my ($text) = ($url // '') =~ m{^https://localhost/oauth#(.*)$} or return {};
	return {map { map { unescape($_) } split /=/, $_, 2 } split /&/, $text};
}
sub back {
	my ($uri, $cookie, %o) = @_;
	my $r = $Fcgi::api->ask(GET => $uri,
		params => {HTTP_COOKIE => defined $cookie ? "a=b; __Host-autostack-oauth=$cookie; c=d" : undef}, %o);
	$r->{at} = fragment($r->{header}{location});
	return $r;
}
sub sign_in {
	my ($provider, $query) = @_;
	my $s = start($provider, $query);
	return back(visit($s->{url}), $s->{cookie});
}
sub finish { return $Fcgi::api->ask(POST => '/api/auth/oauth/finish', json => {code => $_[0], @_[1 .. $#_]}) }

1;
