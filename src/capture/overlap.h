/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that two captures both hold: of one time to the digit, one link type, and the same bytes. What is known of
 * them is a 128-bit hash, for the packets given last (OVERLAP_PACKETS); that is enough where captures overlap, since
 * they are merged by time.
 */
#ifndef MTASCOPE_CAPTURE_OVERLAP_H
#define MTASCOPE_CAPTURE_OVERLAP_H

#include "capture/segment.h"

#include <stdbool.h>

enum { OVERLAP_PACKETS = 1 << 16 };

struct overlap;

struct overlap *overlap_new(void);
void overlap_free(struct overlap *overlap);

/*
 * Whether another capture than packet->moment.capture has given this packet already. A packet that one capture holds n
 * times is let pass n times.
 */
bool overlap_has(struct overlap *overlap, const struct packet *packet);

/* Adds a packet, whose bytes are here, to a hash: the same one on every machine. */
void overlap_add(uint64_t hash[2], const struct packet *packet);

/* The same in two steps, of which the first, the longer one, may be another process's. */
void overlap_hash(const struct overlap *overlap, const struct packet *packet, uint64_t hash[2]);
bool overlap_has_hash(struct overlap *overlap, const uint64_t hash[2], uint32_t capture);

#endif
