#!/bin/sh
# What GitHub really sends: the example payloads of @octokit/webhooks-examples
# from npm, of github.com and of five versions of GitHub Enterprise Server,
# signed and delivered to a project. What each must lead to is told from its
# content here, as autostack's documentation has it.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/npm.sh"

npm_packages webhooks @octokit/webhooks-examples@7.6.1
api_start queued_per_user=10000 request_body_max=1M
export NPM_MODULES
api_perl <<'END'
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256_hex sha256_hex);
our $api;
my $json = Cpanel::JSON::XS->new->utf8->canonical;
my $t = $api->signup('ada')->{accessToken};
my $pids = pids();

sub project { # REPOSITORY BRANCH: its id and secret
	my $id = $api->ask(POST => '/api/projects', token => $t, json => {name => $_[2], repository => $_[0], branch => $_[1]})->{json}{id};
	return {id => $id, repository => $_[0], branch => $_[1], secret => $api->ask(POST => "/api/projects/$id/webhook-secret", token => $t, json => {})->{json}{secret}};
}
my %project = (same => project('Codertocat/Hello-World', 'master', 'same'), branch => project('Codertocat/Hello-World', 'main', 'branch'),
	other => project('Codertocat/Goodbye-World', 'master', 'other'));

# ---- the examples ----
my @all;
for my $file (sort glob "$ENV{NPM_MODULES}/\@octokit/webhooks-examples/*/index.json") {
	my $events = $json->decode(do { local (@ARGV, $/) = $file; <> });
	push @all, map { my $e = $_; map { {event => $e->{name}, said => $_, body => $json->encode($_)} } @{$e->{examples}} } @$events;
}
cmp_ok scalar @all, '>=', 700, 'there are examples';
my %kinds = map { $_->{event} => 1 } @all;
cmp_ok scalar keys %kinds, '>=', 50, 'of many kinds';

# ---- what each has to lead to ----
sub push_verdict {
	my ($p, $v) = @_;
	return 'not_handled' if $v->{ref} !~ m{^refs/heads/(.*)} || $v->{deleted};
	return 'branch_not_tracked' if $1 ne $p->{branch};
	return 'deployed';
}
sub pull_verdict {
	my ($p, $v) = @_;
	return 'not_handled' if $v->{action} !~ /^(opened|reopened|synchronize|closed)$/;
	my $closed = $v->{pull_request}{state} eq 'closed';
	my $at = $v->{pull_request}{updated_at};
	# the examples come in any order: an older one of the same number changes nothing
	my $known = $p->{pulls}{$v->{number}} //= {at => '', closed => 0};
	return 'outdated' if $at lt $known->{at} || $at eq $known->{at} && $known->{closed} && !$closed && $v->{action} eq 'synchronize';
	@$known{qw(at closed)} = ($at, $closed);
	return 'preview_closed' if $closed;
	return ($v->{pull_request}{head}{repo}{full_name} // '') eq $p->{repository} ? 'deployed' : 'waits_for_approval';
}
sub wanted {
	my ($p, $event, $v) = @_;
	return 'pong' if $event eq 'ping';
	return 'not_handled' if $event !~ /^(push|pull_request)$/;
	return 'wrong_repository' if $v->{repository}{full_name} ne $p->{repository};
	return $event eq 'push' ? push_verdict($p, $v) : pull_verdict($p, $v);
}

# ---- delivered ----
my $n = 0;
sub deliver {
	my ($p, $x) = @_;
	return $api->ask(POST => "/api/github/webhook?project=$p->{id}", body => $x->{body}, type => 'application/json',
		params => {HTTP_X_GITHUB_EVENT => $x->{event}, HTTP_X_GITHUB_DELIVERY => sprintf('0b989ba4-242f-11e5-81e1-%012x', ++$n),
			HTTP_X_HUB_SIGNATURE_256 => 'sha256=' . hmac_sha256_hex($x->{body}, $p->{secret})});
}
my (%kept, %count, @odd);
for my $name (sort keys %project) {
	my ($p, %seen) = ($project{$name});
	for my $x (@all) {
		next if $name ne 'same' && $x->{event} !~ /^(push|pull_request)$/;
		# what has led to nothing is judged again
		my $was = $seen{sha256_hex($x->{body})} // 'wrong_repository';
		my $want = $was =~ /^(wrong_repository|branch_not_tracked|waits_for_approval)$/ ? wanted($p, $x->{event}, $x->{said}) : 'duplicate';
		$seen{sha256_hex($x->{body})} = $want if $want ne 'duplicate';
		my $r = deliver($p, $x);
		$count{"$name $want"}++;
		push @odd, "$name: $x->{event} " . ($x->{said}{action} // $x->{said}{ref} // '') . " wants $want: $r->{status} $r->{body}"
			if $r->{status} != 200 || $r->{json}{verdict} ne $want || !length $r->{json}{reason} || ($want eq 'deployed') != defined $r->{json}{deploymentId};
		$kept{$r->{json}{id}} = {%$x, %{$r->{json}}, project => $p} if $want ne 'duplicate' && $r->{json}{id};
	}
}
is_deeply \@odd, [], 'WH-10 each is answered with 200 and the verdict that its content asks for';
cmp_ok $count{"same $_"} // 0, '>', 0, "among them some that are $_" for qw(pong deployed preview_closed not_handled duplicate);
is $count{'branch deployed'}, $count{'same deployed'} - 2, 'the two pushes to the branch deploy where it is built alone';
is $count{'branch branch_not_tracked'}, 2, 'and are told apart where it is not';
is $count{'other deployed'}, undef, 'WH-10 another repository deploys none of them';
is pids(), $pids, 'the processes are the same';

# ---- the owner's list ----
my (%listed, @wrong);
for (my $page = 1; ; $page++) {
	my $r = $api->ask(GET => "/api/webhook-deliveries?limit=100&page=$page", token => $t)->{json};
	$listed{$_->{id}} = $_ for @{$r->{webhookDeliveries}};
	last if $page >= $r->{pagination}{totalPages};
}
is_deeply [sort keys %listed], [sort keys %kept], 'the list has them all';
for my $id (keys %kept) {
	my ($was, $is) = ($kept{$id}, $listed{$id});
	push @wrong, $id if $is->{verdict} ne $was->{verdict} || $is->{reason} ne $was->{reason} || $is->{event} ne $was->{event}
		|| ($is->{repository} // '') ne ($was->{said}{repository}{full_name} // '') || !$is->{judgedAt}
		|| ($is->{deploymentId} // '') ne ($was->{deploymentId} // '') || $is->{projectId} ne $was->{project}{id};
}
is_deeply \@wrong, [], 'with verdict, reason, event and repository as each came';
my ($push) = grep { $_->{event} eq 'push' && $_->{verdict} eq 'deployed' } values %kept;
is sql("SELECT trigger, branch, commit_wanted, target FROM deployments WHERE id = '$push->{deploymentId}'"),
	"webhook|master|$push->{said}{after}|production", 'a push deploys its commit';
is $listed{$push->{id}}{commitMessage}, (split /\n/, $push->{said}{head_commit}{message})[0], 'and tells its message';
my ($pull) = grep { $_->{event} eq 'pull_request' && $_->{verdict} eq 'deployed' } values %kept;
my $head = $pull->{said}{pull_request}{head};
is sql("SELECT target, branch, commit_wanted, trusted FROM deployments WHERE id = '$pull->{deploymentId}'"),
	"pr-$pull->{said}{number}|$head->{ref}|$head->{sha}|t", 'a pull request deploys the commit at its head as a preview';
done_testing();
END
