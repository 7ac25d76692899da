/*
 * egress.h - which addresses the control plane may connect to on behalf of
 * somebody else (git servers, receivers of notifications): public ones only. Judged
 * on the resolved address, never on a spelling.
 */
#ifndef AS_SVC_EGRESS_H
#define AS_SVC_EGRESS_H

#include "base/base.h"

struct sockaddr;

/* Why an address is refused, as words for its owner ("loopback", "private
 * network" ...), or NULL when it is public. IPv4 inside IPv6 (mapped,
 * compatible, NAT64) is unwrapped first; unknown families are refused. */
const char *egress_refused(const struct sockaddr *sa);

/* The same, and no address of this host either: its firewall does not stand
 * between it and itself. */
const char *egress_refused_strictly(const struct sockaddr *sa);

#endif
