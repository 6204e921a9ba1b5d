/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures that another process reads ahead: it opens, unpacks, merges and filters some of a set's captures and decodes
 * their packets, and this process, which follows the connections, gets all of that in the same order.
 */
#ifndef MTASCOPE_CAPTURE_AHEAD_H
#define MTASCOPE_CAPTURE_AHEAD_H

#include "capture/overlap.h"
#include "capture/part.h"
#include "capture/reader.h"
#include "capture/segment.h"
#include "capture/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ahead;

struct ahead_request {
	const char *const *paths;
	const struct capture_part *parts; /* of the same captures; NULL: there are none */
	const uint32_t *numbers;          /* of these captures in the whole set, from 1, rising */
	size_t count;
	const char *filter; /* or NULL */
	const struct watched_ports *ports;
	const struct overlap *overlap; /* what the packets' hashes are for; NULL: nobody asks for them */
	uint32_t chunks;               /* of CHANNEL_CHUNK bytes, which may wait to be taken */
	capture_confine *confine;      /* called before a capture is opened; false ends the process */
	struct ahead *const *others;   /* that were started before */
	size_t other_count;
};

/* Who is told of what the other process finds out of a capture (by its number in the set): NULL for one that is none.
 */
typedef struct capture_file *ahead_file(void *user, uint32_t number);

/*
 * Starts the process: before this one is confined. Returns NULL with errno where there can be
 * none. ahead_close ends the process, if it has not ended.
 */
struct ahead *ahead_start(const struct ahead_request *request, ahead_file *file, void *user);
void ahead_close(struct ahead *ahead);

/* Before a packet is given out it is shown to expect (capture_set_expect). */
void ahead_expect(struct ahead *ahead, capture_expect *expect, void *user);

/*
 * Waits until the captures are open. False: the filter does not suit capture *number, and *error says why (to be freed;
 * may be NULL).
 */
bool ahead_opened(struct ahead *ahead, uint32_t *number, char **error);

/*
 * The next packet, and its hash (overlap_hash), where that was asked for; both are valid until the next call. NULL at
 * the end; what the process left undone is then noted.
 */
const struct packet *ahead_next(struct ahead *ahead, const uint64_t **hash);

#endif
