/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies that the capturing made: a mirror port shows a packet twice, on both sides of a VLAN tag or of a routed hop,
 * or two captures hold it. None of them is a retransmission, which bears a new IP ID or comes later.
 */
#ifndef MTASCOPE_TCP_COPIES_H
#define MTASCOPE_TCP_COPIES_H

#include "capture/segment.h"

#include <stdbool.h>
#include <stdint.h>

enum { COPIES_KEPT = 4 };

/* The last packets of one direction, by what a copy has in common with its original. */
struct copies {
	uint32_t print[COPIES_KEPT];
	uint32_t time_us[COPIES_KEPT]; /* modulo 2^32 */
	uint16_t checksum[COPIES_KEPT];
	uint8_t hop_limit[COPIES_KEPT];
	uint8_t capture[COPIES_KEPT]; /* modulo 2^8 */
	uint8_t count, next;
};

/* Whether segment is a copy of one of the last packets. If not, it is kept for the copies to come. */
bool copies_has(struct copies *copies, const struct segment *segment);

#endif
