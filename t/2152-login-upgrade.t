#!/bin/sh
# A hash of an old cost, and two logins at once that both replace it.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start bcrypt_cost=10
api_user old
api_stop
as_conf bcrypt_cost=14 api_processes=4 hash_slots=2
api_run
api_perl <<'END'
use strict;
use warnings;
our $api;

my @login = (POST => '/api/auth/login', json => {email => 'old@example.com', password => 'correct horse old'});
my @r = $api->ask_all(\@login, \@login);
is "@{[sort map { $_->{status} } @r]}", '200 200', 'PW-7 both are let in';
like sql("SELECT password_hash FROM users"), qr/^\$2b\$14\$/, 'PW-7 the hash is one of theirs';
is sql("SELECT failed_logins FROM users"), 0, 'PW-7 and nothing is counted';
is $api->ask(@login)->{status}, 200, 'PW-7 it is as good';
done_testing();
END
