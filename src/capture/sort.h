/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets of one capture by time, where they stand a little out of order: several queues of a network card, several
 * interfaces or a program that writes late do that. What a clock did that was set stays as it is.
 *
 * Packets that wait are copied, so it is only done where it is needed: at a capture's beginning, and from a packet that
 * stands behind a later one on, until order has held for SORT_CALM packets. Only the one that showed the need, far from
 * the beginning, is then given out late.
 *
 * A file that says it holds batches is put in order as a whole, as far as SORT_BATCHES_PACKETS and _BYTES allow.
 */
#ifndef MTASCOPE_CAPTURE_SORT_H
#define MTASCOPE_CAPTURE_SORT_H

#include "capture/reader.h"

enum {
	SORT_CALM = 2048,
	SORT_PACKETS = 16384,  /* that wait at once */
	SORT_BYTES = 16 << 20, /* of them */
	SORT_BATCHES_PACKETS = 1 << 20,
	SORT_BATCHES_BYTES = 256 << 20,
};

struct sorter;

struct sorter *sorter_new(void);
void sorter_free(struct sorter *sorter); /* NULL: nothing */

/*
 * The next packet of file, which is always the same one for a sorter; its data and comments are valid until the next
 * call. Packets of one time stay in the order of the file. Counts in the file's info those that were put in order.
 * False at the end.
 */
bool sorter_next(struct sorter *sorter, struct capture_file *file, struct packet *packet);

#endif
