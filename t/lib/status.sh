# status.sh - the health of the services, as a test finds it. Sourced after tap.sh;
# the test says where to look:
#
#   services      prints the array of services, in JSON, as it is now
#   are STATUS SERVICE...   each of them is
#   all_are STATUS          the contract's four are
#   within SECONDS DESCRIPTION COMMAND...   a test: waits until the command
#                 succeeds, and shows the services when it does not

are() {
	are_status=$1
	shift
	are_got=$(services | gojq -r '.[] | .status + " " + .name')
	for are_name; do
		case "
$are_got
" in *"
$are_status $are_name
"*) ;; *) return 1 ;; esac
	done
}
all_are() { are "$1" 'API Gateway' Database CDN 'Build Service'; }
within() {
	wi_seconds=$1 wi_what=$2
	shift 2
	wait_for "$wi_seconds" "$@"
	ok $? "$wi_what" || diag "$(services)"
}
