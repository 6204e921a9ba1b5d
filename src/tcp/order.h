/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of one direction in order. Bytes in order with nothing queued are handed on where they lie; only disorder
 * goes through a stream engine. What never came is a gap: sized, told to the consumer, and known to have reached the
 * peer or not.
 */
#ifndef MTASCOPE_TCP_ORDER_H
#define MTASCOPE_TCP_ORDER_H

#include "base/moment.h"
#include "tcp/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Limits on what may wait behind a hole, in one direction. Past them the hole is taken for lost. */
enum { ORDER_QUEUED_BYTES = 1 << 20, ORDER_QUEUED_SEGMENTS = 4096 };

/* How far ahead of what is known a sequence number may lie: beyond, it is not of this stream. */
enum { ORDER_AHEAD_MAX = 1 << 28 };

struct disorder;

/* What a direction has from its first loss or disorder on. */
struct order_rest {
	uint64_t missing;          /* bytes passed over as gaps */
	uint64_t missing_acked;    /* of those, the ones the peer acknowledged: lost to the capture, not to the peer */
	uint64_t cut;              /* bytes that came in a packet whose end the snap length cut off */
	struct disorder *disorder; /* NULL: nothing is queued */
};

struct order {
	uint32_t next;           /* sequence number of the next byte in order */
	bool started;            /* next is known */
	bool acked_known;        /* acked is known */
	uint32_t start;          /* sequence number of stream offset 0 */
	uint32_t acked;          /* the farthest that the peer acknowledged; whoever sees the ACKs sets it */
	struct order_rest *rest; /* NULL: none yet; see order_lost */
};

/* Where in-order bytes and gaps go. moment is when the byte became deliverable at the tap. */
struct order_sink {
	void *user;
	void (*data)(void *user, const uint8_t *data, size_t length, const struct moment *moment);
	/* moment is not seen, but for bytes that came and were cut off by the snap length. */
	void (*gap)(void *user, size_t length, const struct moment *moment);
};

/* RFC 793 3.3: sequence numbers are compared modulo 2^32. */
static inline int32_t seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

/* The first byte's sequence number is seq. */
void order_start(struct order *order, uint32_t seq);

extern const struct order_rest order_rest_none;

/* Whether bytes wait behind a hole. */
static inline bool order_waits(const struct order *order)
{
	return order->rest != NULL && order->rest->disorder != NULL;
}

/* What was lost so far; valid until order_free. */
static inline const struct order_rest *order_lost(const struct order *order)
{
	return order->rest == NULL ? &order_rest_none : order->rest;
}

/* Counts bytes that never came, acked of which the peer acknowledged, without passing over them. */
void order_lose(struct order *order, uint64_t missing, uint64_t acked);

/*
 * Whether length bytes from seq on are the next, with nothing queued, as nearly always: then they are counted here, and
 * the caller hands them on as order_segment would.
 */
static inline bool order_is_next(struct order *order, uint32_t seq, size_t captured, size_t length)
{
	if (order_waits(order) || seq != order->next || captured != length)
		return false;
	order->next += (uint32_t)length;
	return true;
}

/*
 * A segment's payload: captured bytes of declared ones, the rest being cut off by the snap length. Returns how many of
 * the declared bytes the tap had not seen before.
 */
size_t order_segment(struct order *order, const struct stream_engine *engine, const struct order_sink *sink,
		     uint32_t seq, const uint8_t *data, size_t captured, size_t declared, const struct moment *moment);

/*
 * The peer has acknowledged every byte before ack: a hole before it will not be filled. A hole is given a second of
 * packet time first, since a tap may show an ACK before the data.
 */
void order_acknowledged(struct order *order, const struct stream_engine *engine, const struct order_sink *sink,
			uint32_t ack, const struct moment *moment);

/* Nothing more will come: passes over every hole, delivers what is queued behind it, and frees the queue. */
void order_finish(struct order *order, const struct stream_engine *engine, const struct order_sink *sink,
		  const struct moment *moment);

/* After order_finish: frees what is left. */
static inline void order_free(struct order *order)
{
	free(order->rest);
	order->rest = NULL;
}

#endif
