#!/bin/sh
# t/2860-history.t in full size: 1,000 users, 200,000 deployments of a year.
HISTORY_USERS=1000 HISTORY_DEPLOYMENTS=200000
export HISTORY_USERS HISTORY_DEPLOYMENTS
exec "$(dirname "$0")/2860-history.t"
