/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcp/order.h"

#include "base/memory.h"

#include <stdlib.h>

/* How far ahead of the next byte a segment may lie: beyond, it is not of this stream. */
enum { AHEAD_MAX = 1 << 28 };

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
	uint32_t acked;
	/* While the stream delivers: */
	struct order *order;
	const struct order_sink *sink;
	struct moment moment; /* of the packet that closed the hole */
	bool after_gap;       /* no packet closed the hole: each byte has the time at which it came */
};

void order_start(struct order *order, uint32_t seq)
{
	order->next = seq;
	order->start = seq;
	order->offset = 0;
	order->started = true;
}

static void pass_gap(struct order *order, const struct order_sink *sink, size_t length, bool acked,
		     const struct moment *moment)
{
	order->next += (uint32_t)length;
	order->offset += length;
	order->missing += length;
	if (acked)
		order->missing_acked += length;
	sink->gap(sink->user, length, moment);
}

static void pass_data(struct order *order, const struct order_sink *sink, const uint8_t *data, size_t length,
		      const struct moment *moment)
{
	order->next += (uint32_t)length;
	order->offset += length;
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

static void on_delivery(void *user, const uint8_t *data, size_t length)
{
	struct disorder *disorder = user;
	const struct waiting *waiting = disorder->after_gap ? find_waiting(disorder, disorder->order->next) : NULL;
	const struct moment *moment = waiting != NULL ? &waiting->moment : &disorder->moment;

	pass_data(disorder->order, disorder->sink, data, length, moment);
}

/* Bytes that were queued with their tail cut off leave a hole that nothing can fill. */
static bool tail_is_cut(const struct disorder *disorder, uint32_t seq, uint32_t *length)
{
	for (size_t i = 0; i < disorder->waiting_count; i++) {
		const struct waiting *waiting = &disorder->waiting[i];
		if (waiting->cut > 0 && seq == waiting->end) {
			*length = waiting->cut;
			return true;
		}
	}
	return false;
}

/* The nearest byte queued behind the hole at next; false when nothing is. */
static bool next_queued(const struct order *order, uint32_t *seq)
{
	const struct disorder *disorder = order->disorder;
	bool found = false;

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

static void disorder_end(struct order *order, const struct stream_engine *engine)
{
	struct disorder *disorder = order->disorder;

	engine->close(disorder->stream);
	free(disorder->waiting);
	free(disorder);
	order->disorder = NULL;
}

static void skip(struct order *order, const struct stream_engine *engine, const struct order_sink *sink,
		 uint32_t length, bool acked, const struct moment *moment)
{
	struct disorder *disorder = order->disorder;

	disorder->sink = sink;
	disorder->moment = *moment;
	disorder->after_gap = true;
	pass_gap(order, sink, length, acked, moment);
	engine->gap(disorder->stream, length);
}

/* After a delivery: ends the spell when nothing waits, and passes over cut tails, which no packet will fill. */
static void settle(struct order *order, const struct stream_engine *engine, const struct order_sink *sink,
		   const struct moment *moment)
{
	uint32_t seq;
	uint32_t cut;

	while (order->disorder != NULL) {
		if (!next_queued(order, &seq)) {
			disorder_end(order, engine);
			return;
		}
		if (!tail_is_cut(order->disorder, order->next, &cut))
			return;
		skip(order, engine, sink, cut, false, moment);
	}
}

/* Passes over the first hole. */
static void give_up_hole(struct order *order, const struct stream_engine *engine, const struct order_sink *sink,
			 bool acked, const struct moment *moment)
{
	uint32_t seq;

	if (order->disorder == NULL || !next_queued(order, &seq))
		return;
	if (seq != order->next)
		skip(order, engine, sink, seq - order->next, acked, moment);
	if (order->disorder != NULL)
		order->disorder->acked_since = TIME_NONE;
	settle(order, engine, sink, moment);
}

static bool disorder_begin(struct order *order, const struct stream_engine *engine)
{
	struct disorder *disorder = memory_get_zeroed(1, sizeof *disorder);

	disorder->order = order;
	disorder->acked_since = TIME_NONE;
	disorder->stream = engine->open(order->next, on_delivery, disorder);
	if (disorder->stream == NULL) {
		free(disorder);
		return false;
	}
	order->disorder = disorder;
	return true;
}

/* New bytes in [seq, end) less those already waiting; approximate where copies overlap each other in part. */
static size_t new_bytes(const struct order *order, uint32_t seq, uint32_t end)
{
	if (seq_diff(seq, order->next) < 0)
		seq = order->next;
	if (seq_diff(end, seq) <= 0)
		return 0;
	for (size_t i = 0; order->disorder != NULL && i < order->disorder->waiting_count; i++) {
		const struct waiting *waiting = &order->disorder->waiting[i];
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
	struct disorder *disorder = order->disorder;

	disorder->waiting = memory_grow(disorder->waiting, disorder->waiting_count, &disorder->waiting_capacity,
					sizeof *disorder->waiting);
	disorder->waiting[disorder->waiting_count++] =
	    (struct waiting){seq, seq + (uint32_t)captured, (uint32_t)(declared - captured), *moment};
	disorder->queued_bytes += captured;
	disorder->sink = sink;
	disorder->moment = *moment;
	disorder->after_gap = false;
	engine->segment(disorder->stream, seq, data, captured);
	settle(order, engine, sink, moment);
	if (order->disorder != NULL && (order->disorder->queued_bytes > ORDER_QUEUED_BYTES ||
					order->disorder->waiting_count > ORDER_QUEUED_SEGMENTS))
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
		pass_gap(order, sink, cut, false, moment);
	}
}

size_t order_segment(struct order *order, const struct stream_engine *engine, const struct order_sink *sink,
		     uint32_t seq, const uint8_t *data, size_t captured, size_t declared, const struct moment *moment)
{
	uint32_t end = seq + (uint32_t)declared;
	int32_t ahead = seq_diff(seq, order->next);
	size_t fresh = new_bytes(order, seq, end);

	if (fresh == 0 || ahead > AHEAD_MAX)
		return 0;
	if (ahead <= 0 && order->disorder == NULL) {
		in_order(order, sink, seq, data, captured, declared, moment);
		return fresh;
	}
	if (order->disorder == NULL && !disorder_begin(order, engine)) {
		pass_gap(order, sink, (size_t)ahead, false, moment);
		in_order(order, sink, seq, data, captured, declared, moment);
		return fresh;
	}
	queue_segment(order, engine, sink, seq, data, captured, declared, moment);
	return fresh;
}

void order_acknowledged(struct order *order, const struct stream_engine *engine, const struct order_sink *sink,
			uint32_t ack, const struct moment *moment)
{
	struct disorder *disorder = order->disorder;
	uint32_t seq;

	if (disorder == NULL)
		return;
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
	while (order->disorder != NULL)
		give_up_hole(order, engine, sink, order->disorder->acked_since != TIME_NONE, moment);
}
