/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each service did over time, whoever asked: the rules judge one connection by what the others got at that time.
 */
#ifndef MTASCOPE_ORIGIN_SERVICE_H
#define MTASCOPE_ORIGIN_SERVICE_H

#include "base/address.h"
#include "base/moment.h"

#include <stdbool.h>
#include <stdint.h>

enum service_act {
	SERVICE_GOT_SYN,      /* at the tap: whether it reached the service is another matter */
	SERVICE_ANSWERED_SYN, /* a SYN/ACK */
	SERVICE_REFUSED_SYN,  /* a RST in answer to a SYN */
	SERVICE_GAVE_OK,
	SERVICE_SPOKE_RFC1006,
	SERVICE_ACTS
};

/* Where the capture was taken, seen from one service. */
enum tap { TAP_UNKNOWN, TAP_CLIENT, TAP_MIDDLE, TAP_SERVER };

/* "client", "middle", "server"; NULL for TAP_UNKNOWN. */
const char *tap_name(enum tap tap);

struct services;

struct services *services_new(void);

/*
 * Keeps at most so many services, and of all of them together about so many seconds. By default there may be 65,536
 * services, each with nine hours in which it was never idle.
 */
void services_limit(struct services *services, size_t count, size_t seconds);

/* Acts of services that found no room. */
uint64_t services_left_out(const struct services *services);
void services_free(struct services *services);

/* The service did something for a connection. */
void services_note(struct services *services, const struct endpoint *server, enum service_act act, uint32_t connection,
		   time_ns time);

/* Whether it did that for any other connection between from and to (to a whole second). */
bool services_did(const struct services *services, const struct endpoint *server, enum service_act act,
		  uint32_t but_connection, time_ns from, time_ns to);

/*
 * A handshake without repeats: SYN to SYN/ACK is the round trip from the tap to the server, SYN/ACK to ACK the one to
 * the client.
 */
void services_handshake(struct services *services, const struct endpoint *server, time_ns to_synack, time_ns to_ack);

/* The tap as seen from one service (of all services where that one has too few handshakes), or from all (NULL). */
enum tap services_tap(const struct services *services, const struct endpoint *server);

/* A connection has ended; lost: the capture lacks bytes of it that the peer acknowledged. */
void services_finished(struct services *services, bool lost);

/*
 * The share of connections of which the capture lost bytes: what is likely, where 1 in 20 is expected of a capture
 * known to lose any, and what it is at most in 39 of 40 cases. Both 0 as long as none is known.
 */
struct lossy_share {
	double likely, most;
};
struct lossy_share services_lossy_share(const struct services *services);

/*
 * Captures hold connections that failed, and few others: what a service is not seen to do says nothing then. Told once,
 * it stays.
 */
void services_hold_failures(struct services *services);
bool services_are_of_failures(const struct services *services);

/* Handshakes that the estimate rests on. */
uint32_t services_handshakes(const struct services *services);

#endif
