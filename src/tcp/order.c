/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcp/order.h"

#include "base/memory.h"

#include <stdlib.h>

#define ACKED_GRACE NS_PER_S

/* A segment that waits behind a hole: when its bytes came, in case the hole turns out to be a gap. */
struct waiting {
	uint32_t seq;
	uint32_t end;
	uint32_t cut; /* the last so many bytes were not captured */
	struct moment moment;
};

struct disorder {
	struct stream *stream;
	struct waiting *waiting; /* in order of arrival */
	size_t waiting_count, waiting_capacity;
	size_t queued_bytes;
	time_ns acked_since; /* when an ACK past the first hole was first seen; TIME_NONE */
	/* While the stream delivers: */
	struct order *order;
	const struct order_sink *sink;
	struct moment moment; /* of the packet that closed the hole */
	struct moment latest; /* of what was delivered: a byte is not in order before the ones ahead of it */
	bool after_gap;       /* no packet closed the hole: each byte has the time at which it came */
};

void order_start(struct order *order, uint32_t seq)
{
	order->next = seq;
	order->start = seq;
	order->started = true;
}

const struct order_rest order_rest_none;

static struct order_rest *rest_of(struct order *order)
{
	if (order->rest == NULL)
		order->rest = memory_get_zeroed(1, sizeof *order->rest);
	return order->rest;
}

void order_lose(struct order *order, uint64_t missing, uint64_t acked)
{
	struct order_rest *rest = rest_of(order);

	rest->missing += missing;
	rest->missing_acked += acked;
}

enum gap {
	GAP_LOST,
	GAP_ACKED, /* the peer has them all the same */
	GAP_CUT    /* a packet with them came; the snap length cut them off */
};

/* Of the next length bytes: how many the peer is known to have acknowledged. */
static size_t acked_of(const struct order *order, size_t length)
{
	int32_t acked = order->acked_known ? seq_diff(order->acked, order->next) : 0;

	return acked <= 0 ? 0 : (size_t)acked < length ? (size_t)acked : length;
}

static void pass_gap(struct order *order, const struct order_sink *sink, size_t length, enum gap gap,
		     const struct moment *moment)
{
	static const struct moment unseen = {.time = TIME_NONE};

	if (gap != GAP_CUT)
		order_lose(order, length, gap == GAP_ACKED ? length : acked_of(order, length));
	else
		rest_of(order)->cut += length;
	order->next += (uint32_t)length;
	sink->gap(sink->user, length, gap == GAP_CUT ? moment : &unseen);
}

static void pass_data(struct order *order, const struct order_sink *sink, const uint8_t *data, size_t length,
		      const struct moment *moment)
{
	order->next += (uint32_t)length;
	sink->data(sink->user, data, length, moment);
}

/* The waiting segment that holds the byte at seq: the first that came. */
static const struct waiting *find_waiting(const struct disorder *disorder, uint32_t seq)
{
	for (size_t i = 0; i < disorder->waiting_count; i++) {
		const struct waiting *waiting = &disorder->waiting[i];
		if (seq_diff(seq, waiting->seq) >= 0 && seq_diff(seq, waiting->end) < 0)
			return waiting;
	}
	return NULL;
}

static bool is_later(const struct moment *a, const struct moment *b)
{
	return a->time > b->time || (a->time == b->time && a->frame > b->frame);
}

static void on_delivery(void *user, const uint8_t *data, size_t length)
{
	struct disorder *disorder = user;

	/* One delivery may hold bytes of several packets: overlapping copies do not end where they began. */
	while (length > 0) {
		uint32_t next = disorder->order->next;
		const struct waiting *waiting = disorder->after_gap ? find_waiting(disorder, next) : NULL;
		const struct moment *moment = waiting != NULL ? &waiting->moment : &disorder->moment;
		size_t part = waiting != NULL ? (size_t)(waiting->end - next) : length;
		if (part > length)
			part = length;
		if (is_later(moment, &disorder->latest))
			disorder->latest = *moment;
		pass_data(disorder->order, disorder->sink, data, part, &disorder->latest);
		data += part;
		length -= part;
	}
}

/* Whether anything waits beyond next, and where the nearest of it begins. */
static bool next_queued(const struct order *order, uint32_t *seq)
{
	const struct disorder *disorder = order->rest->disorder;
	bool found = false;

	*seq = order->next;
	for (size_t i = 0; i < disorder->waiting_count; i++) {
		const struct waiting *waiting = &disorder->waiting[i];
		if (seq_diff(waiting->end + waiting->cut, order->next) <= 0)
			continue;
		uint32_t from = seq_diff(waiting->seq, order->next) > 0 ? waiting->seq : order->next;
		if (!found || seq_diff(from, *seq) < 0)
			*seq = from;
		found = true;
	}
	return found;
}

/*
 * Bytes at next that were cut off a packet that waited: a hole that nothing can fill, up to where another packet's
 * bytes begin. 0: there are none.
 */
static uint32_t cut_at_next(const struct order *order)
{
	const struct disorder *disorder = order->rest->disorder;
	uint32_t next = order->next;
	uint32_t cut = 0;

	for (size_t i = 0; i < disorder->waiting_count; i++) {
		const struct waiting *waiting = &disorder->waiting[i];
		int32_t left = seq_diff(waiting->end + waiting->cut, next);
		if (waiting->cut > 0 && seq_diff(waiting->end, next) <= 0 && left > 0 && (uint32_t)left > cut)
			cut = (uint32_t)left;
	}
	for (size_t i = 0; i < disorder->waiting_count; i++) {
		const struct waiting *waiting = &disorder->waiting[i];
		int32_t ahead = seq_diff(waiting->seq, next);
		if (waiting->end != waiting->seq && ahead > 0 && (uint32_t)ahead < cut)
			cut = (uint32_t)ahead;
	}
	return cut;
}

/* Forgets what has been delivered. */
static void prune(struct order *order)
{
	struct disorder *disorder = order->rest->disorder;
	size_t kept = 0;

	for (size_t i = 0; i < disorder->waiting_count; i++) {
		const struct waiting *waiting = &disorder->waiting[i];
		if (seq_diff(waiting->end + waiting->cut, order->next) > 0)
			disorder->waiting[kept++] = *waiting;
		else
			disorder->queued_bytes -= waiting->end - waiting->seq;
	}
	disorder->waiting_count = kept;
}

static void disorder_end(struct order *order, const struct stream_engine *engine)
{
	struct disorder *disorder = order->rest->disorder;

	engine->close(disorder->stream);
	free(disorder->waiting);
	free(disorder);
	order->rest->disorder = NULL;
}

static void skip(struct order *order, const struct stream_engine *engine, const struct order_sink *sink,
		 uint32_t length, enum gap gap, const struct moment *moment)
{
	struct disorder *disorder = order->rest->disorder;

	disorder->sink = sink;
	disorder->moment = *moment;
	disorder->after_gap = true;
	pass_gap(order, sink, length, gap, moment);
	engine->gap(disorder->stream, length);
}

/* After a delivery: passes over cut tails, which no packet will fill, and ends the spell when nothing waits. */
static void settle(struct order *order, const struct stream_engine *engine, const struct order_sink *sink,
		   const struct moment *moment)
{
	for (uint32_t cut = cut_at_next(order); cut > 0; cut = cut_at_next(order))
		skip(order, engine, sink, cut, GAP_CUT, moment);
	prune(order);
	if (order->rest->disorder->waiting_count == 0)
		disorder_end(order, engine);
}

/* Passes over the first hole. */
static void give_up_hole(struct order *order, const struct stream_engine *engine, const struct order_sink *sink,
			 bool acked, const struct moment *moment)
{
	uint32_t seq;

	if (!order_waits(order) || !next_queued(order, &seq))
		return;
	skip(order, engine, sink, seq - order->next, acked ? GAP_ACKED : GAP_LOST, moment);
	order->rest->disorder->acked_since = TIME_NONE;
	settle(order, engine, sink, moment);
}

static bool disorder_begin(struct order *order, const struct stream_engine *engine)
{
	struct disorder *disorder = memory_get_zeroed(1, sizeof *disorder);

	disorder->order = order;
	disorder->acked_since = TIME_NONE;
	disorder->latest = MOMENT_NONE;
	disorder->stream = engine->open(order->next, on_delivery, disorder);
	if (disorder->stream == NULL) {
		free(disorder);
		return false;
	}
	rest_of(order)->disorder = disorder;
	return true;
}

/* New bytes in [seq, end) less those already waiting; approximate where copies overlap each other in part. */
static size_t new_bytes(const struct order *order, uint32_t seq, uint32_t end)
{
	if (seq_diff(seq, order->next) < 0)
		seq = order->next;
	if (seq_diff(end, seq) <= 0)
		return 0;
	for (size_t i = 0; order_waits(order) && i < order->rest->disorder->waiting_count; i++) {
		const struct waiting *waiting = &order->rest->disorder->waiting[i];
		uint32_t waiting_end = waiting->end + waiting->cut;
		if (seq_diff(waiting->seq, seq) <= 0 && seq_diff(waiting_end, end) >= 0)
			return 0;
		if (seq_diff(waiting->seq, seq) <= 0 && seq_diff(waiting_end, seq) > 0)
			seq = waiting_end;
	}
	return (size_t)(end - seq);
}

static void queue_segment(struct order *order, const struct stream_engine *engine, const struct order_sink *sink,
			  uint32_t seq, const uint8_t *data, size_t captured, size_t declared,
			  const struct moment *moment)
{
	struct disorder *disorder = order->rest->disorder;

	disorder->waiting = memory_grow(disorder->waiting, disorder->waiting_count, &disorder->waiting_capacity,
					sizeof *disorder->waiting);
	disorder->waiting[disorder->waiting_count++] =
	    (struct waiting){seq, seq + (uint32_t)captured, (uint32_t)(declared - captured), *moment};
	disorder->queued_bytes += captured;
	disorder->sink = sink;
	disorder->moment = *moment;
	disorder->after_gap = false;
	uint32_t hole = order->next;
	engine->segment(disorder->stream, seq, data, captured);
	if (order->next != hole)
		disorder->acked_since = TIME_NONE; /* that was another hole */
	settle(order, engine, sink, moment);
	if (order_waits(order) && (order->rest->disorder->queued_bytes > ORDER_QUEUED_BYTES ||
				   order->rest->disorder->waiting_count > ORDER_QUEUED_SEGMENTS))
		order_finish(order, engine, sink, moment);
}

static void in_order(struct order *order, const struct order_sink *sink, uint32_t seq, const uint8_t *data,
		     size_t captured, size_t declared, const struct moment *moment)
{
	size_t old = (size_t)(order->next - seq);

	if (captured > old)
		pass_data(order, sink, data + old, captured - old, moment);
	if (declared > captured && declared > old) {
		size_t cut = declared - (captured > old ? captured : old);
		pass_gap(order, sink, cut, GAP_CUT, moment);
	}
}

size_t order_segment(struct order *order, const struct stream_engine *engine, const struct order_sink *sink,
		     uint32_t seq, const uint8_t *data, size_t captured, size_t declared, const struct moment *moment)
{
	uint32_t end = seq + (uint32_t)declared;
	int32_t ahead = seq_diff(seq, order->next);
	size_t fresh = new_bytes(order, seq, end);

	if (fresh == 0 || ahead > ORDER_AHEAD_MAX)
		return 0;
	if (ahead <= 0 && !order_waits(order)) {
		in_order(order, sink, seq, data, captured, declared, moment);
		return fresh;
	}
	if (!order_waits(order) && !disorder_begin(order, engine)) {
		pass_gap(order, sink, (size_t)ahead, GAP_LOST, moment);
		in_order(order, sink, seq, data, captured, declared, moment);
		return fresh;
	}
	queue_segment(order, engine, sink, seq, data, captured, declared, moment);
	return fresh;
}

void order_acknowledged(struct order *order, const struct stream_engine *engine, const struct order_sink *sink,
			uint32_t ack, const struct moment *moment)
{
	uint32_t seq;

	if (!order_waits(order))
		return;
	struct disorder *disorder = order->rest->disorder;
	if (seq_diff(ack, order->next) <= 0 || !next_queued(order, &seq) || seq_diff(ack, seq) < 0)
		return;
	if (disorder->acked_since == TIME_NONE) {
		disorder->acked_since = moment->time;
	} else if (moment->time - disorder->acked_since >= ACKED_GRACE) {
		give_up_hole(order, engine, sink, true, moment);
	}
}

void order_finish(struct order *order, const struct stream_engine *engine, const struct order_sink *sink,
		  const struct moment *moment)
{
	while (order_waits(order))
		give_up_hole(order, engine, sink, order->rest->disorder->acked_since != TIME_NONE, moment);
}
