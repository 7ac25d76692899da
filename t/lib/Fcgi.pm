# Fcgi.pm - asks the API's FastCGI socket, for test scripts in perl. Requests
# may be malformed in any way, and several may be on their way at once.
#
#   my $api = Fcgi->new("$ENV{AS_RUN}/api.sock");
#   my $r = $api->ask(POST => '/api/projects', token => $t, json => {...});
#   $r->{status}, $r->{header}{'content-type'}, $r->{body}, $r->{json}
#   my @r = $api->ask_all([GET => '/health'], [GET => '/health']);
#
# Options of a request: token, json (encoded), body (as it is), type
# (Content-Type), params (hash: FastCGI parameters as they are; undef: none).
package Fcgi;
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
use Cpanel::JSON::XS ();
use Sql ();

use constant TIMEOUT => 30;
my $json = Cpanel::JSON::XS->new->utf8->canonical->allow_nonref;

# For scripts that t/lib/api.sh started: $api, sql(), pids(), developer_only().
our $api;
sub import {
	my ($class, $what) = @_;
	return unless ($what // '') eq ':test';
	$api = $class->new("$ENV{AS_RUN}/api.sock");
	no strict 'refs';
	*{'main::api'} = \$api;
	*{'main::sql'} = \&Sql::sql;
	*{'main::pids'} = \&pids;
	*{'main::developer_only'} = \&developer_only;
}

# The processes of the pool, as one text: compared before and after.
sub pids {
	open my $f, '<', "/proc/$ENV{api_pids}/task/$ENV{api_pids}/children" or return '';
	return join ' ', sort { $a <=> $b } split ' ', <$f> // '';
}

# Skips the N tests of the block `SKIP: { developer_only(N); ... }` unless the
# programs have the switches of a developer build, as tap.sh's does.
sub developer_only {
	my ($n) = @_;
	Test::More::skip('needs a developer build (./configure --enable-developer)', $n) unless $ENV{AS_DEVELOPER};
}

sub new {
	my ($class, $path) = @_;
	return bless {path => $path}, $class;
}

sub record {
	my ($type, $data) = @_;
	my $out = '';
	do {
		my $part = substr($data, 0, 65535, '');
		$out .= pack('CCnnCC', 1, $type, 1, length $part, 0, 0) . $part;
	} while (length $data);
	return $out;
}

sub pair {
	my ($name, $value) = @_;
	return join('', map { length $_ < 128 ? chr length $_ : pack('N', length($_) | 0x80000000) } $name, $value)
		. $name . $value;
}

# The bytes of a whole request.
sub bytes {
	my ($method, $uri, %o) = @_;
	my $body = exists $o{json} ? $json->encode($o{json}) : $o{body} // '';
	my ($path, $query) = split /\?/, $uri, 2;
	my %p = (
		GATEWAY_INTERFACE => 'CGI/1.1', SERVER_PROTOCOL => 'HTTP/1.1', REMOTE_ADDR => '127.0.0.1',
		REQUEST_METHOD => $method, REQUEST_URI => $uri, DOCUMENT_URI => $path, QUERY_STRING => $query // '',
		CONTENT_LENGTH => length $body ? length $body : '',
		CONTENT_TYPE => $o{type} // (exists $o{json} || length $body ? 'application/json' : ''),
		HTTP_HOST => 'localhost',
	);
	$p{HTTP_AUTHORIZATION} = "Bearer $o{token}" if defined $o{token};
	%p = (%p, %{$o{params} // {}});
	my $params = join '', map { pair($_, $p{$_}) } grep { defined $p{$_} } sort keys %p;
	return record(1, pack('nCx5', 1, 0)) . record(4, $params) . record(4, '')
		. (length $body ? record(5, $body) : '') . record(5, '');
}

# What came back, as a hash; status 0 when nothing did.
sub answer {
	my ($raw) = @_;
	my $out = '';
	while (length $raw >= 8) {
		my (undef, $type, undef, $n, $pad) = unpack 'CCnnC', $raw;
		$out .= substr $raw, 8, $n if $type == 6;
		substr $raw, 0, 8 + $n + $pad, '';
	}
	my ($head, $body) = split /\r?\n\r?\n/, $out, 2;
	my %header;
	for (split /\r?\n/, $head // '') {
		$header{lc $1} = $2 if /^([^:]+):\s*(.*)$/;
	}
	my ($status) = ($header{status} // (length $out ? 200 : 0)) =~ /^(\d+)/;
	my $decoded = ($header{'content-type'} // '') =~ /json/ ? eval { $json->decode($body) } : undef;
	return {status => $status, header => \%header, body => $body // '', json => $decoded, raw => $out};
}

# Send bytes as they are, read until the other side closes. $api->{broken}
# counts connections that were closed before all was sent.
sub raw_all {
	my ($self, @requests) = @_;
	my (@got, %index, %left);
	my $readers = IO::Select->new;
	my $writers = IO::Select->new;
	for my $i (0 .. $#requests) {
		my $s = IO::Socket::UNIX->new(Peer => $self->{path}) or die "$self->{path}: $!";
		$s->blocking(0);
		$index{$s} = $i;
		$left{$s} = $requests[$i];
		$got[$i] = '';
		$readers->add($s);
		$writers->add($s);
	}
	local $SIG{PIPE} = 'IGNORE';
	my $end = time + TIMEOUT;
	while ($readers->count && time < $end) {
		my ($can_read, $can_write) = IO::Select->select($readers, $writers, undef, 1);
		for my $s (@{$can_write // []}) {
			my $n = syswrite $s, $left{$s};
			if (defined $n) { substr $left{$s}, 0, $n, '' }
			elsif (!$!{EAGAIN}) { $left{$s} = ''; $self->{broken}++ }
			$writers->remove($s) unless length $left{$s};
		}
		for my $s (@{$can_read // []}) {
			my $n = sysread $s, $got[$index{$s}], 65536, length $got[$index{$s}];
			next if $n || (!defined $n && $!{EAGAIN});
			$readers->remove($s);
			$writers->remove($s);
			close $s;
		}
	}
	return @got;
}

sub ask_all {
	my ($self, @requests) = @_;
	return map { answer($_) } $self->raw_all(map { bytes(@$_) } @requests);
}

sub ask {
	my ($self, @request) = @_;
	return ($self->ask_all(\@request))[0];
}

# An account and its tokens: the answer's body.
sub signup {
	my ($self, $name, $password) = @_;
	my $r = $self->ask(POST => '/api/auth/signup',
		json => {name => $name, email => lc "$name\@example.com", password => $password // "correct horse $name"});
	die "signup of $name: $r->{status} $r->{body}" unless $r->{status} == 201;
	return $r->{json};
}

1;
