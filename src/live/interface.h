/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One network interface that is listened to through libpcap, also when it goes down and comes back. */
#ifndef MTASCOPE_LIVE_INTERFACE_H
#define MTASCOPE_LIVE_INTERFACE_H

#include "tcp/tracker.h"

#include <pcap/pcap.h>

struct interface_options {
	uint32_t snap_length; /* bytes of a packet */
	uint32_t buffer;      /* bytes, in the kernel */
	bool promiscuous;
	struct watched_ports ports;
	const char *filter; /* a further expression; NULL */
};

struct interface;

/* Makes an interface that is not open yet. name and options must outlive it. */
struct interface *interface_new(const char *name, const struct interface_options *options);
void interface_free(struct interface *interface);

enum interface_state {
	INTERFACE_OPEN,
	INTERFACE_AWAY,  /* there is none of this name, or it is down: it may come */
	INTERFACE_WRONG, /* nothing will make it work: no such permission, or the filter does not fit */
};

/* Opens it, for the first time or again. interface_trouble says why it could not be. */
enum interface_state interface_open(struct interface *interface);

/* A sentence with what to do, valid until the next call for this interface. */
const char *interface_trouble(const struct interface *interface);

/* Whether it is up, as far as that can be told: libpcap waits in silence while it is not. */
bool interface_is_up(const struct interface *interface);
bool interface_is_open(const struct interface *interface);
int interface_descriptor(const struct interface *interface); /* to poll for reading; -1: it is not open */
int interface_link_type(const struct interface *interface);
bool interface_has_nanoseconds(const struct interface *interface);
const char *interface_filter(const struct interface *interface); /* that of the kernel; NULL: none fits */

/*
 * The next packet that is there already; data and header are valid until the next call. Returns false when there is
 * none, and also, with the interface closed, when it is gone or down.
 */
bool interface_next(struct interface *interface, struct pcap_pkthdr **header, const uint8_t **data);

/* Packets that the kernel and the interface dropped since the first opening. */
struct interface_counts {
	uint64_t received, dropped, interface_dropped;
};
struct interface_counts interface_counts(struct interface *interface);

#endif
