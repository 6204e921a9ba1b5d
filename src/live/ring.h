/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets kept in a folder, in pcapng files that follow each other: those of connections that fail, from their first
 * SYN on, or all. Until it is known whether a connection fails its packets are held in memory.
 */
#ifndef MTASCOPE_LIVE_RING_H
#define MTASCOPE_LIVE_RING_H

#include "capture/segment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring_options {
	const char *folder;
	bool all;          /* every packet, not only those of connections that fail */
	uint64_t size;     /* bytes of a file, at which the next begins; 0: any */
	time_ns age;       /* packet time that a file spans, likewise */
	unsigned files;    /* that are kept, those of earlier runs included; 0: any number */
	size_t held_bytes; /* of packets in memory */
};

struct ring_interface {
	const char *name, *filter; /* filter may be NULL */
	int link_type;
	uint32_t snap_length;
};

/* full true: packets begin to be lost, error says why; false: they are written again, lost tells how many were not. */
typedef void ring_told(void *user, bool full, uint64_t lost, int error);

struct ring;

/*
 * Goes on after the newest file of the folder, which is made if it is not there. NULL with errno. options must outlive
 * the ring.
 */
struct ring *ring_open(const struct ring_options *options, ring_told *told, void *user);

/* Writes what is to be written, and closes. */
void ring_close(struct ring *ring);

/* Tells the ring of an interface, or of another link type of it. Packets name it by this index. */
void ring_interface(struct ring *ring, size_t index, const struct ring_interface *interface);

/*
 * A packet. connection is the id of the one that it is of, or RING_NO_CONNECTION: then it is kept only with all, or
 * where evidence is set (a fragment, an ICMP error).
 */
enum { RING_NO_CONNECTION = 0 };
void ring_packet(struct ring *ring, const struct packet *packet, uint32_t connection, bool evidence);

/* The connection fails: what is held of it is written, and what comes of it as it comes. */
void ring_keep(struct ring *ring, uint32_t connection);

/* The connection got its OK: only its first packets are held on. */
void ring_well(struct ring *ring, uint32_t connection);

/* Nothing more comes of the connection; what is still held of it did not fail. */
void ring_drop(struct ring *ring, uint32_t connection);

/* How many packets the interface lost, in all; written beside the packets. */
void ring_lost(struct ring *ring, size_t index, time_ns now, uint64_t received, uint64_t dropped);

/* To be called about once a second: what was written so far is then a file that can be read. */
void ring_flush(struct ring *ring, time_ns now);

/* Begins a new file. */
void ring_turn(struct ring *ring);

struct ring_counts {
	uint64_t written;  /* packets */
	uint64_t files;    /* begun */
	uint64_t let_go;   /* packets that were held, and had to make room */
	uint64_t lost;     /* packets that could not be written */
	size_t held_bytes; /* now */
};
struct ring_counts ring_counts(const struct ring *ring);

#endif
