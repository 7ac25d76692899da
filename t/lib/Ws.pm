package Ws;
# Ws.pm - a WebSocket client for tests that shows every byte: handshakes, raw
# frames, what comes back. Core modules only. Used by t/4*.t and by
# t/helper/ws-client.
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256 sha1);
use IO::Select;
use IO::Socket::UNIX;
use Cpanel::JSON::XS;
use MIME::Base64 qw(encode_base64 encode_base64url decode_base64url);
use Socket qw(SOCK_STREAM SOL_SOCKET SO_RCVBUF);
use Time::HiRes qw(time);

our $json = Cpanel::JSON::XS->new->utf8->canonical->allow_nonref;
our $KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

# connect(unix => PATH) or (host => H, port => P, tls => 1, ca => FILE).
# TLS goes through the command openssl, since core perl has none.
sub dial {
	my ($class, %o) = @_;
	my $self = bless { in => '', %o }, $class;
	if ($o{unix}) {
		$self->{r} = $self->{w} =
			IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $o{unix})
			or die "connect $o{unix}: $!\n";
		# before anything is sent: a reader that takes little at a time
		setsockopt($self->{r}, SOL_SOCKET, SO_RCVBUF, pack('i', $o{rcvbuf}))
			if $o{rcvbuf};
	} elsif ($o{tls}) {
		require IPC::Open2;
		my @ca = $o{ca} ? ('-CAfile', $o{ca}, '-verify_return_error') : ();
		$self->{pid} = IPC::Open2::open2($self->{r}, $self->{w},
			'openssl', 's_client', '-quiet', '-no_ign_eof', '-nocommands',
			'-servername', $o{host}, '-connect', "$o{host}:$o{port}", @ca);
	} else {
		require IO::Socket::INET;
		$self->{r} = $self->{w} = IO::Socket::INET->new(
			PeerAddr => $o{host}, PeerPort => $o{port}, Proto => 'tcp')
			or die "connect $o{host}:$o{port}: $!\n";
	}
	binmode $_ for $self->{r}, $self->{w};
	$self->{sel} = IO::Select->new($self->{r});
	return $self;
}

# Write all of it; false when the peer is gone.
sub put {
	my ($self, $bytes) = @_;
	local $SIG{PIPE} = 'IGNORE';
	while (length $bytes) {
		my $n = syswrite($self->{w}, $bytes);
		return 0 unless defined $n;
		substr($bytes, 0, $n) = '';
	}
	return 1;
}

# Read what is there into {in}, waiting at most $seconds. False: nothing came;
# {eof} is set at the end.
sub pull {
	my ($self, $seconds) = @_;
	return 0 if $self->{eof} || !$self->{sel}->can_read($seconds);
	my $n = sysread($self->{r}, $self->{in}, 65536, length $self->{in});
	$self->{eof} = 1 unless $n;
	return $n ? 1 : 0;
}

# The head of a handshake. headers => {NAME => VALUE or undef to leave out}.
sub request {
	my ($class, $target, %o) = @_;
	my %h = (
		Host => 'localhost', Upgrade => 'websocket',
		Connection => 'Upgrade', 'Sec-WebSocket-Key' => $KEY,
		'Sec-WebSocket-Version' => 13, %{ $o{headers} // {} });
	return join '', ($o{method} // 'GET') . " $target HTTP/1.1\r\n",
		(map { defined $h{$_} ? "$_: $h{$_}\r\n" : () } sort keys %h), "\r\n";
}

# Read an HTTP answer: sets {status}, {headers} (lower case), {body}.
sub answer {
	my ($self, $seconds) = @_;
	my $until = time + ($seconds // 15);
	my $end;
	while (($end = index $self->{in}, "\r\n\r\n") < 0) {
		$self->pull($until - time) or last if $until > time;
		last if $self->{eof} || $until <= time;
	}
	return 0 if ($end = index $self->{in}, "\r\n\r\n") < 0;
	my ($line, @h) = split /\r\n/, substr($self->{in}, 0, $end);
	substr($self->{in}, 0, $end + 4) = '';
	($self->{status}) = $line =~ m{^HTTP/1\.1 (\d+)};
	$self->{headers} = { map { /^([^:]+):\s*(.*)$/ ? (lc $1, $2) : () } @h };
	if ($self->{status} != 101) {
		my $n = $self->{headers}{'content-length'} // 0;
		while (length $self->{in} < $n && time < $until) {
			$self->pull($until - time) or last;
		}
		$self->{body} = substr($self->{in}, 0, $n, '');
	}
	return 1;
}

# Dial and shake hands; look at {status} for what came of it.
sub open {
	my ($class, $target, %o) = @_;
	my $self = $class->dial(%o);
	$self->put($class->request($target, %o));
	$self->answer;
	return $self;
}

sub good_accept {
	my ($self) = @_;
	return ($self->{headers}{'sec-websocket-accept'} // '') eq
		encode_base64(sha1($KEY . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'), '');
}

# A client's frame. fin, rsv (0-7), mask (4 bytes; '' for none), len (a lie).
sub frame {
	my ($op, $payload, %o) = @_;
	$payload = defined $payload ? "$payload" : ''; # a number would be xored
	my $mask = $o{mask} // pack('N', int rand 2**32);
	my $n = $o{len} // length $payload;
	my $b0 = (($o{fin} // 1) << 7) | (($o{rsv} // 0) << 4) | $op;
	my $m = length $mask ? 0x80 : 0;
	my $head = $o{wide} || $n > 65535 ? pack('CCQ>', $b0, $m | 127, $n)
		: $n > 125 ? pack('CCn', $b0, $m | 126, $n) : pack('CC', $b0, $m | $n);
	my $body = $payload;
	$body ^= substr($mask x (length($payload) / 4 + 1), 0, length $payload)
		if length $mask && length $payload;
	return $head . $mask . $body;
}

sub send_text {
	my ($self, $text) = @_;
	return $self->put(frame(1, $text));
}

sub subscribe {
	my ($self, %o) = @_;
	return $self->send_text($json->encode({ type => 'subscribe', %o }));
}

# The next frame of the server: {op, payload}, undef at the deadline or the end
# ({eof} tells which). Dies when it breaks the rules for servers.
sub next_frame {
	my ($self, $seconds) = @_;
	my $until = time + ($seconds // 15);
	while (1) {
		if (length $self->{in} >= 2) {
			my ($b0, $b1) = unpack 'CC', $self->{in};
			die "a server's frame is masked\n" if $b1 & 0x80;
			die "a server's frame has RSV bits\n" if $b0 & 0x70;
			die "a server's frame is fragmented\n" unless $b0 & 0x80;
			my ($n, $head) = ($b1, 2);
			if ($b1 == 126 && length $self->{in} >= 4) {
				($n, $head) = (unpack('x2n', $self->{in}), 4);
			} elsif ($b1 == 127 && length $self->{in} >= 10) {
				($n, $head) = (unpack('x2Q>', $self->{in}), 10);
			}
			if (($b1 < 126 || $head > 2) && length $self->{in} >= $head + $n) {
				my $payload = substr $self->{in}, $head, $n;
				substr($self->{in}, 0, $head + $n) = '';
				return { op => $b0 & 15, payload => $payload };
			}
		}
		return undef if $self->{eof};
		my $left = $until - time;
		return undef if $left <= 0;
		$self->pull($left);
	}
}

# The next message as a hash; pings are answered, a close sets {code} and
# {reason} and gives undef.
sub next_message {
	my ($self, $seconds) = @_;
	my $until = time + ($seconds // 15);
	while (my $f = $self->next_frame($until - time)) {
		return $json->decode($f->{payload}) if $f->{op} == 1;
		if ($f->{op} == 8) {
			@$self{qw(code reason)} = length $f->{payload} >= 2
				? (unpack('n', $f->{payload}), substr $f->{payload}, 2)
				: (1005, '');
			return undef;
		}
		$self->put(frame(10, $f->{payload})) if $f->{op} == 9;
	}
	return undef;
}

# All messages until the close (or the deadline); the code is in {code}.
sub until_close {
	my ($self, $seconds) = @_;
	my $until = time + ($seconds // 15);
	my @m;
	while (my $m = $self->next_message($until - time)) {
		push @m, $m;
	}
	return @m;
}

# Messages up to the first for which $want is true; the last is that one.
sub until_message {
	my ($self, $want, $seconds) = @_;
	my $until = time + ($seconds // 15);
	my @m;
	while (my $m = $self->next_message($until - time)) {
		push @m, $m;
		return @m if $want->($m);
	}
	return;
}

# Is the peer gone within the time? What still comes is thrown away.
sub gone {
	my ($self, $seconds) = @_;
	my $until = time + ($seconds // 10);
	while (!$self->{eof} && time < $until) {
		$self->pull($until - time);
		$self->{in} = '';
	}
	return $self->{eof};
}

sub hang_up {
	my ($self) = @_;
	close $self->{w};
	close $self->{r} if $self->{pid};
	if ($self->{pid}) {
		kill TERM => $self->{pid};
		waitpid $self->{pid}, 0;
	}
}

# ---- tokens ----

# An access token as the API signs it; any claim can be overridden or, with
# undef, left out.
sub token {
	my (%claim) = @_;
	my $header = delete $claim{_header} // '{"alg":"HS256","typ":"JWT"}';
	my $secret = delete $claim{_secret} // $ENV{JWT_SECRET};
	my $now = int time;
	my %c = (
		userId => $ENV{WS_USER}, sid => $ENV{WS_SESSION},
		email => 'u@example.com', name => 'U', purpose => 'access',
		jti => '00000000-0000-4000-8000-000000000001',
		iss => $ENV{APP_URL}, aud => 'autostack-api',
		iat => $now, exp => $now + 900, %claim);
	delete $c{$_} for grep { !defined $c{$_} } keys %c;
	my $text = encode_base64url($header) . '.' . encode_base64url($json->encode(\%c));
	return $text . '.' . encode_base64url(hmac_sha256($text, $secret));
}

# ---- the database ----

# Loaded by who asks: ws-client needs no database.
sub sql {
	require Sql;
	return Sql::sql(@_);
}

# A deployment of WS_USER in the state `building`; returns its id.
sub deployment {
	my (%o) = @_;
	my $user = $o{user} // $ENV{WS_USER};
	my $status = $o{status} // 'building';
	my $extra = $status eq 'building' ? ", lease_owner = 't:0', started_at = now()" : '';
	my $name = 'p' . int rand 1e9;
	my $id = sql("WITH p AS (INSERT INTO projects (user_id, name, site, repository)
		VALUES ('$user', '$name', '$name', 'https://example.com/r.git') RETURNING id)
		INSERT INTO deployments (project_id, user_id, repository, branch)
		SELECT id, '$user', 'https://example.com/r.git', 'main' FROM p RETURNING id");
	sql("UPDATE deployments SET status = '$status'$extra WHERE id = '$id'")
		if $status ne 'queued';
	return $id;
}

# Lines $from..$to as the worker writes them: rows, then the notification.
sub lines_sql {
	my ($id, $from, $to, %o) = @_;
	my $text = $o{text} // "'[00:01] line ' || n";
	return "INSERT INTO deployment_logs (deployment_id, seq, at, level, message)
		SELECT '$id', n, now(), 'info', $text FROM generate_series($from, $to) n;
		SELECT pg_notify('autostack', 'log:$id');";
}
sub add_lines { sql(lines_sql(@_)); return }

sub finish_sql {
	my ($id, %o) = @_;
	my $status = $o{status} // 'success';
	my $error = $o{error} ? "'$o{error}'" : 'NULL';
	my $url = $status eq 'success' ? "'https://s.localhost'" : 'NULL';
	return ($status eq 'success' ? "UPDATE deployments SET status = 'deploying',
		deploying_at = now() WHERE id = '$id';" : '') .
		"UPDATE deployments SET status = '$status', lease_owner = NULL, completed_at = now(),
		url = $url, error = $error WHERE id = '$id';";
}
sub finish { sql(finish_sql(@_)); return }

sub stream { return "/api/deployments/$_[0]/logs/stream" }

# ---- the process under test ----

sub pid {
	CORE::open(my $f, '<', $ENV{WS_PIDFILE}) or return '';
	my $pid = <$f>;
	chomp $pid;
	return $pid;
}
sub alive { return kill 0, pid() }
sub memory_kb { # of smaps_rollup
	my ($what) = @_;
	CORE::open(my $f, '<', '/proc/' . pid() . '/smaps_rollup') or return 0;
	while (<$f>) {
		return $1 if /^$what:\s+(\d+)/;
	}
	return 0;
}

1;
