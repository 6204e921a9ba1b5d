/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seam behind which bytes that came out of order are put in order. Bytes that arrive in order with nothing queued
 * never pass through here (order.h hands them on where they lie). A stream is one direction of one connection during
 * one spell of disorder; it is opened at the first byte behind a hole and closed when nothing is queued any more.
 */
#ifndef MTASCOPE_TCP_STREAM_H
#define MTASCOPE_TCP_STREAM_H

#include <stddef.h>
#include <stdint.h>

struct stream;

/* Bytes that are in order now. They are valid during the call only, which must not touch the stream. */
typedef void stream_deliver(void *user, const uint8_t *data, size_t length);

struct stream_engine {
	const char *name;
	/* next is the sequence number of the first byte that is missing. NULL: the engine has no room left. */
	struct stream *(*open)(uint32_t next, stream_deliver *deliver, void *user);
	/*
	 * A segment (RFC 793 3.3) at seq, less than 1 GiB ahead of what was delivered. May deliver, in order and each
	 * byte once; of overlapping copies the first that became deliverable counts.
	 */
	void (*segment)(struct stream *stream, uint32_t seq, const uint8_t *data, size_t length);
	/* The next length bytes will never come: passes over them without delivering them, then delivers what follows.
	 */
	void (*gap)(struct stream *stream, size_t length);
	void (*close)(struct stream *stream);
};

/* The engine over libnids. There is one in a process, since libnids is all globals; call from one thread only. */
const struct stream_engine *stream_nids(void);

/* libnids' version, "1.26". Static. */
const char *stream_nids_version(void);

#endif
