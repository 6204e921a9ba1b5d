/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes in order: random segments through order.h over libnids and over a sorted list, and both against what can be
 * said of every byte without either. Then the rules by which libnids is used, each pinned on its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "prng.h"
#include "stream_list.h"
#include "tcp/order.h"

enum { ROUNDS = 4000, STREAM_BYTES = 400000, SEGMENTS = 600, NEVER = 0 };

/* What came out, one entry a byte: the value and the frame, or a gap. */
struct output {
	uint8_t *byte;
	uint32_t *frame; /* NEVER: a gap */
	size_t length, gaps;
	uint32_t gap_start[SEGMENTS], gap_length[SEGMENTS];
};

static struct output output_new(void)
{
	struct output output = {.byte = malloc(STREAM_BYTES), .frame = malloc(STREAM_BYTES * sizeof(uint32_t))};

	assert_non_null(output.byte);
	assert_non_null(output.frame);
	return output;
}

static void output_free(struct output *output)
{
	free(output->byte);
	free(output->frame);
}

static void on_data(void *user, const uint8_t *data, size_t length, const struct moment *moment)
{
	struct output *output = user;

	assert_true(length > 0 && output->length + length <= STREAM_BYTES);
	memcpy(output->byte + output->length, data, length);
	for (size_t i = 0; i < length; i++)
		output->frame[output->length++] = (uint32_t)moment->frame;
}

static void on_gap(void *user, size_t length, const struct moment *moment)
{
	struct output *output = user;

	(void)moment;
	assert_true(length > 0 && output->length + length <= STREAM_BYTES && output->gaps < SEGMENTS);
	output->gap_start[output->gaps] = (uint32_t)output->length;
	output->gap_length[output->gaps++] = (uint32_t)length;
	memset(output->byte + output->length, 0, length);
	for (size_t i = 0; i < length; i++)
		output->frame[output->length++] = NEVER;
}

/* ---- Random segments ---- */

struct planned {
	uint32_t start, captured, declared;
	uint32_t key; /* place in the order of arrival */
	uint8_t copy; /* told apart by content: 0 is the original */
};

struct plan {
	struct planned segments[SEGMENTS];
	size_t count;
	uint32_t first_seq, length;
	unsigned ack_percent, copies_differ;
	uint64_t seed;
};

/*
 * No byte is 0, so that libnids' filler would be seen. Copies differ where the plan says that they do: not among
 * segments beyond 64 KiB, which reach libnids in parts, so that of two copies another one may come first.
 */
static uint8_t content(const struct plan *plan, uint32_t offset, uint8_t copy)
{
	uint32_t value = offset * 2654435761U >> 7;

	return (uint8_t)(1 + (value + (plan->copies_differ ? copy * 29U : 0)) % 255);
}

static void plan_add(struct plan *plan, struct planned segment)
{
	if (plan->count < SEGMENTS && segment.declared > 0)
		plan->segments[plan->count++] = segment;
}

static int by_key(const void *a, const void *b)
{
	const struct planned *left = a;
	const struct planned *right = b;

	return left->key < right->key ? -1 : left->key > right->key;
}

static uint32_t segment_size(uint64_t *random, uint32_t style)
{
	if (style == 0)
		return 1 + prng_below(random, 12);
	if (style == 1)
		return 1 + prng_below(random, 1460);
	return prng_percent(random, 20) ? 60000 + prng_below(random, 90000) : 1 + prng_below(random, 4000);
}

static void plan_make(struct plan *plan, uint64_t seed)
{
	uint64_t random = seed;
	uint32_t style = prng_percent(&random, 5) ? 2 : prng_below(&random, 2);
	uint32_t loss = prng_below(&random, 4) * 5;
	uint32_t cut = prng_percent(&random, 30) ? 15 : 0;
	uint32_t displacement = 1 + prng_below(&random, 3) * prng_below(&random, 40) * 8;
	uint32_t planned = 2 + prng_below(&random, 120);

	*plan = (struct plan){.seed = seed,
			      .first_seq = (uint32_t)prng_next(&random),
			      .ack_percent = prng_percent(&random, 40) ? prng_below(&random, 60) : 0,
			      .copies_differ = style != 2 && prng_percent(&random, 50)};
	if (prng_percent(&random, 40))
		plan->first_seq = 0U - prng_below(&random, 3000);
	for (uint32_t i = 0; i < planned && plan->length < STREAM_BYTES - 400000 / 2; i++) {
		uint32_t size = segment_size(&random, style);
		struct planned segment = {plan->length, size, size, i * 8 + prng_below(&random, displacement), 0};
		plan->length += size;
		if (prng_percent(&random, cut))
			segment.captured = prng_below(&random, size + 1);
		if (!prng_percent(&random, loss))
			plan_add(plan, segment);
		if (prng_percent(&random, 20)) {
			/* Sent again, perhaps from an earlier byte and perhaps shorter or longer. */
			uint32_t back = prng_below(&random, 30);
			segment.start -= back < segment.start ? back : segment.start;
			segment.declared = 1 + prng_below(&random, size + back + 20);
			segment.captured = segment.declared;
			segment.key += prng_below(&random, 200);
			segment.copy = (uint8_t)(1 + i % 7);
			plan_add(plan, segment);
		}
	}
	qsort(plan->segments, plan->count, sizeof plan->segments[0], by_key);
}

static struct moment moment_of(size_t frame, uint64_t *random)
{
	static time_ns now;

	now = frame == 1 ? 0 : now + prng_below(random, 500) * NS_PER_MS;
	return moment_at(now, frame, 1);
}

/* Plays the plan. Acknowledgements come at random, of anything up to the farthest byte sent so far. */
static void play(const struct plan *plan, const struct stream_engine *engine, struct output *output)
{
	struct order order = {0};
	struct order_sink sink = {output, on_data, on_gap};
	uint64_t random = plan->seed ^ 0x5eed;
	static uint8_t data[STREAM_BYTES];
	uint32_t farthest = 0;
	struct moment moment = {0, 1, 1};

	order_start(&order, plan->first_seq);
	for (size_t i = 0; i < plan->count; i++) {
		const struct planned *segment = &plan->segments[i];
		moment = moment_of(i + 1, &random);
		for (uint32_t b = 0; b < segment->captured; b++)
			data[b] = content(plan, segment->start + b, segment->copy);
		order_segment(&order, engine, &sink, plan->first_seq + segment->start, data, segment->captured,
			      segment->declared, &moment);
		if (segment->start + segment->declared > farthest)
			farthest = segment->start + segment->declared;
		if (prng_percent(&random, plan->ack_percent))
			order_acknowledged(&order, engine, &sink, plan->first_seq + prng_below(&random, farthest + 1),
					   &moment);
	}
	order_finish(&order, engine, &sink, &moment);
	assert_false(order_waits(&order));
	assert_int_equal(order.next - order.start, output->length);
	assert_int_equal(order.next, plan->first_seq + (uint32_t)output->length);
	order_free(&order);
}

/* ---- What must hold, whichever engine ---- */

/* The frame at which each byte first came; NEVER where it did not. The sender sent no more than length bytes. */
static uint32_t *arrivals(const struct plan *plan, size_t length)
{
	uint32_t *first = calloc(length + 1, sizeof *first);

	assert_non_null(first);
	for (size_t i = plan->count; i > 0; i--)
		for (uint32_t b = 0; b < plan->segments[i - 1].captured; b++)
			first[plan->segments[i - 1].start + b] = (uint32_t)i;
	return first;
}

static bool has_cuts(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->segments[i].captured < plan->segments[i].declared)
			return true;
	return false;
}

/*
 * A byte is delivered at the packet that made it deliverable in order: the latest first arrival of all bytes up to it.
 * It may be later where the snap length cut a packet, since a whole copy of that packet is not always taken up.
 */
static void check_bytes(const struct plan *plan, const struct output *output)
{
	uint32_t *first = arrivals(plan, output->length);
	bool cuts = has_cuts(plan);
	uint32_t latest = 0;

	for (size_t offset = 0; offset < output->length; offset++) {
		if (output->frame[offset] == NEVER)
			continue;
		if (first[offset] > latest)
			latest = first[offset];
		if (cuts && output->frame[offset] > latest)
			latest = output->frame[offset];
		if (first[offset] == NEVER || output->frame[offset] != latest)
			fail_msg("seed %u: byte %zu has frame %u, not %u", (unsigned)plan->seed, offset,
				 output->frame[offset], first[offset] == NEVER ? NEVER : latest);
		if (!plan->copies_differ && output->byte[offset] != content(plan, (uint32_t)offset, 0))
			fail_msg("seed %u: byte %zu is another one", (unsigned)plan->seed, offset);
	}
	free(first);
}

/* Without ACKs that speak of more, and within the limits, no byte that came is a gap. */
static void check_gaps(const struct plan *plan, const struct output *output)
{
	uint32_t *first = arrivals(plan, output->length);

	for (size_t offset = 0; offset < output->length; offset++)
		if (output->frame[offset] == NEVER && first[offset] != NEVER)
			fail_msg("seed %u: byte %zu came in frame %u and is a gap", (unsigned)plan->seed, offset,
				 first[offset]);
	free(first);
}

static void check_same(const struct output *a, const struct output *b)
{
	assert_int_equal(a->length, b->length);
	assert_int_equal(a->gaps, b->gaps);
	assert_memory_equal(a->gap_start, b->gap_start, a->gaps * sizeof a->gap_start[0]);
	assert_memory_equal(a->gap_length, b->gap_length, a->gaps * sizeof a->gap_length[0]);
	if (a->length > 0) {
		assert_memory_equal(a->byte, b->byte, a->length);
		assert_memory_equal(a->frame, b->frame, a->length * sizeof a->frame[0]);
	}
}

static void random_segments_come_out_alike(void **state)
{
	struct output nids = output_new();
	struct output list = output_new();
	struct plan *plan = malloc(sizeof *plan);
	size_t gaps = 0;

	(void)state;
	assert_non_null(plan);
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		nids.length = nids.gaps = list.length = list.gaps = 0;
		plan_make(plan, seed);
		play(plan, stream_nids(), &nids);
		play(plan, stream_list(), &list);
		check_same(&nids, &list);
		check_bytes(plan, &nids);
		if (plan->ack_percent == 0 && !has_cuts(plan))
			check_gaps(plan, &nids);
		gaps += nids.gaps;
	}
	/* The rounds are worth something: thousands of gaps were passed over. */
	assert_true(gaps > ROUNDS);
	free(plan);
	output_free(&nids);
	output_free(&list);
}

/* ---- One rule a test ---- */

/* A stream of its own, with the bytes that content() gives; frames are counted, one second apart. */
struct bench {
	struct order order;
	struct order_sink sink;
	struct output output;
	const struct stream_engine *engine;
	struct plan plan;
	uint64_t frame;
};

static struct bench *bench_new(const struct stream_engine *engine, uint32_t first_seq)
{
	struct bench *bench = calloc(1, sizeof *bench);

	assert_non_null(bench);
	bench->output = output_new();
	bench->sink = (struct order_sink){&bench->output, on_data, on_gap};
	bench->engine = engine;
	bench->plan.first_seq = first_seq;
	order_start(&bench->order, first_seq);
	return bench;
}

static struct moment bench_moment(struct bench *bench)
{
	bench->frame++;
	return moment_at((time_ns)bench->frame * NS_PER_S, bench->frame, 1);
}

static size_t bench_cut(struct bench *bench, uint32_t offset, uint32_t captured, uint32_t declared)
{
	struct moment moment = bench_moment(bench);
	uint8_t *data = malloc(captured + 1);

	assert_non_null(data);
	for (uint32_t i = 0; i < captured; i++)
		data[i] = content(&bench->plan, offset + i, 0);
	size_t fresh = order_segment(&bench->order, bench->engine, &bench->sink, bench->plan.first_seq + offset, data,
				     captured, declared, &moment);
	free(data);
	return fresh;
}

static size_t bench_send(struct bench *bench, uint32_t offset, uint32_t length)
{
	return bench_cut(bench, offset, length, length);
}

static void bench_ack(struct bench *bench, uint32_t offset)
{
	struct moment moment = bench_moment(bench);

	order_acknowledged(&bench->order, bench->engine, &bench->sink, bench->plan.first_seq + offset, &moment);
}

static void bench_finish(struct bench *bench)
{
	struct moment moment = bench_moment(bench);

	order_finish(&bench->order, bench->engine, &bench->sink, &moment);
}

/* Every byte of [0, length) came out, in order and as it was sent, but for the gaps. */
static void assert_content(const struct bench *bench, uint32_t length)
{
	assert_int_equal(bench->output.length, length);
	for (uint32_t i = 0; i < length; i++)
		if (bench->output.frame[i] != NEVER)
			assert_int_equal(bench->output.byte[i], content(&bench->plan, i, 0));
}

static void bench_free(struct bench *bench)
{
	bench_finish(bench);
	order_free(&bench->order);
	output_free(&bench->output);
	free(bench);
}

static void on_count(void *user, const uint8_t *data, size_t length)
{
	assert_int_equal(data[length - 1], 1);
	*(size_t *)user += length;
}

/* Rule 3: with the widest window, bytes flow for as long as no ACK is ever seen. */
static void three_megabytes_need_no_acknowledgement(void **state)
{
	uint8_t data[1460];
	size_t count = 0;
	struct stream *stream = stream_nids()->open(1000, on_count, &count);

	(void)state;
	assert_non_null(stream);
	memset(data, 1, sizeof data);
	for (uint32_t i = 0; i < 2200; i++)
		stream_nids()->segment(stream, 1000 + i * 1460, data, sizeof data);
	stream_nids()->close(stream);
	assert_int_equal(count, 2200 * 1460);
}

/* The seam's own limit speaks of a distance from what was delivered, not from where the stream was opened. */
static void a_stream_may_run_past_its_window(void **state)
{
	enum { PART = 65000, PARTS = 17000 }; /* 1.1 GB: the window is 1 GiB */
	uint8_t *data = malloc(PART);
	size_t count = 0;
	struct stream *stream = stream_nids()->open(7, on_count, &count);

	(void)state;
	assert_non_null(data);
	assert_non_null(stream);
	memset(data, 1, PART);
	for (uint32_t i = 0; i < PARTS; i++)
		stream_nids()->segment(stream, 7 + i * PART, data, PART);
	stream_nids()->close(stream);
	assert_int_equal(count, (size_t)PARTS * PART);
	free(data);
}

/* Rule 4: a segment that an offloading card recorded whole is longer than any IP packet. */
static void a_giant_segment_behind_a_hole_is_delivered(void **state)
{
	struct bench *bench = bench_new(stream_nids(), 5);

	(void)state;
	bench_send(bench, 100, 200000);
	assert_int_equal(bench->output.length, 0);
	bench_send(bench, 0, 100);
	assert_content(bench, 200100);
	bench_free(bench);
}

/* Rule 5: the filler that moves libnids past a hole is told as a gap and never as bytes. */
static void a_gap_is_told_and_its_filler_is_not(void **state)
{
	struct bench *bench = bench_new(stream_nids(), 5);

	(void)state;
	bench_send(bench, 0, 10);
	bench_send(bench, 150010, 20);
	bench_finish(bench);
	assert_content(bench, 150030);
	assert_int_equal(bench->output.gaps, 1);
	assert_int_equal(bench->output.gap_start[0], 10);
	assert_int_equal(bench->output.gap_length[0], 150000);
	assert_int_equal(order_lost(&bench->order)->missing, 150000);
	assert_int_equal(order_lost(&bench->order)->missing_acked, 0);
	bench_free(bench);
}

static void on_no_filler(void *user, const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		assert_int_equal(data[i], 7);
	*(size_t *)user += length;
}

/* A gap may be told to reach over bytes that are queued: they are passed over with it, and nothing after them. */
static void a_gap_over_queued_bytes_ends_where_it_was_told(void **state)
{
	uint8_t sevens[5000];
	size_t delivered = 0;
	struct stream *stream = stream_nids()->open(0, on_no_filler, &delivered);

	(void)state;
	memset(sevens, 7, sizeof sevens);
	/* Within the reach of the first part of the filler, which frees it from the queue. */
	stream_nids()->segment(stream, 65000, sevens, sizeof sevens);
	stream_nids()->gap(stream, 130000);
	assert_int_equal(delivered, 0);
	stream_nids()->segment(stream, 130000, sevens, sizeof sevens);
	assert_int_equal(delivered, sizeof sevens);
	stream_nids()->close(stream);
}

/* Gigabytes of holes, once and again around the numbers: what is behind each comes out, and what comes next. */
static void long_gaps_leave_what_is_behind_them(void **state)
{
	enum { LONG = 200 << 20, PIECE = 100 };
	uint8_t sevens[PIECE];
	size_t delivered = 0;
	uint32_t next = 0xfffffff0U;
	struct stream *stream = stream_nids()->open(next, on_no_filler, &delivered);

	(void)state;
	memset(sevens, 7, sizeof sevens);
	for (size_t i = 1; i <= 64; i++) {
		stream_nids()->segment(stream, next + LONG, sevens, PIECE);
		stream_nids()->segment(stream, next + LONG + 2 * PIECE, sevens, PIECE);
		stream_nids()->gap(stream, LONG);
		assert_int_equal(delivered, i * 4 * PIECE - 3 * PIECE);
		stream_nids()->segment(stream, next + LONG + PIECE, sevens, PIECE);
		stream_nids()->segment(stream, next + LONG + 3 * PIECE, sevens, PIECE);
		assert_int_equal(delivered, i * 4 * PIECE);
		next += LONG + 4 * PIECE;
	}
	stream_nids()->close(stream);
}

/* Rule 6: libnids would throw away all that is queued beyond 64 KiB. */
static void three_hundred_kilobytes_wait_behind_a_hole(void **state)
{
	struct bench *bench = bench_new(stream_nids(), 0xfffff000);

	(void)state;
	for (uint32_t offset = 1000; offset < 301000; offset += 1000)
		bench_send(bench, offset, 1000);
	assert_int_equal(bench->output.length, 0);
	bench_send(bench, 0, 1000);
	assert_content(bench, 301000);
	assert_int_equal(bench->output.gaps, 0);
	/* All of it is deliverable only now, whenever it came. */
	for (size_t i = 0; i < 301000; i += 500)
		assert_int_equal(bench->output.frame[i], 301);
	bench_free(bench);
}

/* Our own budget in the place of libnids': beyond it the hole is taken for lost, and nothing that came is. */
static void past_the_budget_the_hole_is_lost_and_nothing_else(void **state)
{
	struct bench *bench = bench_new(stream_nids(), 0);

	(void)state;
	for (uint32_t i = 0; i <= ORDER_QUEUED_SEGMENTS; i++)
		bench_send(bench, 10 + i, 1);
	assert_false(order_waits(&bench->order));
	assert_int_equal(bench->output.gaps, 1);
	assert_int_equal(bench->output.gap_length[0], 10);
	assert_content(bench, 10 + ORDER_QUEUED_SEGMENTS + 1);
	bench_free(bench);
}

/* Traffic that keeps overtaking itself fills holes all the time: what was delivered counts for no budget. */
static void lasting_disorder_loses_nothing(void **state)
{
	struct bench *bench = bench_new(stream_nids(), 0);

	(void)state;
	for (uint32_t i = 0; i < 6000; i++) {
		bench_send(bench, (2 * i + 3) * 20, 20);
		bench_send(bench, (i == 0 ? 0 : 2 * i) * 20, 20);
		if (i == 0)
			bench_send(bench, 20, 20);
	}
	assert_true(order_waits(&bench->order));
	assert_int_equal(bench->output.gaps, 0);
	assert_content(bench, 6000 * 40);
	bench_free(bench);
}

static size_t opened, closed;

static struct stream *counting_open(uint32_t next, stream_deliver *deliver, void *user)
{
	opened++;
	return stream_nids()->open(next, deliver, user);
}

static void counting_close(struct stream *stream)
{
	closed++;
	stream_nids()->close(stream);
}

static struct stream_engine counting_engine(void)
{
	struct stream_engine engine = *stream_nids();

	engine.open = counting_open;
	engine.close = counting_close;
	opened = closed = 0;
	return engine;
}

/* Rules 2 and 3: in order, libnids is never asked; a spell of disorder is a stream of its own. */
static void each_spell_of_disorder_is_a_new_stream(void **state)
{
	struct stream_engine engine = counting_engine();
	struct bench *bench = bench_new(&engine, 99);

	(void)state;
	bench_send(bench, 0, 1000);
	bench_send(bench, 1000, 1000);
	bench_send(bench, 500, 1000); /* a repeat */
	assert_int_equal(opened, 0);
	for (uint32_t spell = 1; spell <= 3; spell++) {
		bench_send(bench, spell * 2000 + 100, 1900);
		assert_int_equal(opened, spell);
		assert_int_equal(closed, spell - 1);
		bench_send(bench, spell * 2000, 100);
		assert_int_equal(closed, spell);
	}
	assert_content(bench, 8000);
	bench_free(bench);
}

/* Rule 8: libnids evicts a live stream when it is full, so that the engine says no first. */
static void with_no_room_left_nothing_is_evicted(void **state)
{
	enum { MANY = 5000 };
	struct stream **streams = calloc(MANY, sizeof(struct stream *));
	size_t delivered[1] = {0};
	size_t count = 0;

	(void)state;
	assert_non_null(streams);
	while (count < MANY && (streams[count] = stream_nids()->open(1, on_no_filler, delivered)) != NULL)
		count++;
	assert_in_range(count, 1000, MANY - 1);
	assert_null(stream_nids()->open(1, on_no_filler, delivered));
	for (size_t i = 0; i < count; i++)
		stream_nids()->segment(streams[i], 1, (const uint8_t *)"\7\7\7", 3);
	assert_int_equal(delivered[0], 3 * count);
	for (size_t i = 0; i < count; i++)
		stream_nids()->close(streams[i]);
	struct stream *again = stream_nids()->open(1, on_no_filler, delivered);
	assert_non_null(again);
	stream_nids()->close(again);
	free(streams);
}

/* The caller goes on: the hole is a gap at once, and what came is delivered. */
static void without_an_engine_a_hole_is_a_gap(void **state)
{
	struct bench *bench = bench_new(stream_full(), 5);

	(void)state;
	bench_send(bench, 0, 10);
	assert_int_equal(bench_send(bench, 15, 10), 10);
	assert_int_equal(bench_send(bench, 10, 5), 0);
	bench_send(bench, 25, 10);
	assert_content(bench, 35);
	assert_int_equal(bench->output.gaps, 1);
	assert_int_equal(bench->output.gap_length[0], 5);
	bench_free(bench);
}

/* RFC 793 3.3: sequence numbers go round; offsets do not. */
static void sequence_numbers_wrap(void **state)
{
	struct bench *bench = bench_new(stream_nids(), 0xfffffff0);

	(void)state;
	bench_send(bench, 8, 4);
	bench_send(bench, 12, 20); /* over the wrap, behind a hole */
	bench_send(bench, 0, 8);
	bench_send(bench, 32, 8);
	assert_content(bench, 40);
	assert_int_equal(bench->order.next, 24);
	assert_int_equal(bench->order.next - bench->order.start, 40);
	bench_free(bench);
}

/* Rule 5: an ACK past a hole says that nothing fills it, but a tap may show the ACK before the data. */
static void an_acknowledged_hole_is_given_a_second(void **state)
{
	struct bench *bench = bench_new(stream_nids(), 5);

	(void)state;
	bench_send(bench, 10, 10);
	bench_ack(bench, 20);
	assert_true(order_waits(&bench->order));
	assert_int_equal(bench->output.length, 0);
	bench_ack(bench, 20);
	assert_false(order_waits(&bench->order));
	assert_int_equal(order_lost(&bench->order)->missing, 10);
	assert_int_equal(order_lost(&bench->order)->missing_acked, 10);
	assert_content(bench, 20);
	bench_free(bench);
}

/* The second that a hole gets is its own. */
static void a_later_hole_gets_a_second_of_its_own(void **state)
{
	struct bench *bench = bench_new(stream_nids(), 5);

	(void)state;
	bench_send(bench, 10, 10);
	bench_send(bench, 30, 10);
	bench_ack(bench, 20);
	bench_send(bench, 0, 10);
	bench_ack(bench, 40);
	assert_true(order_waits(&bench->order));
	bench_send(bench, 20, 10);
	assert_content(bench, 40);
	assert_int_equal(bench->output.gaps, 0);
	bench_free(bench);
}

static void an_ack_up_to_the_hole_gives_nothing_up(void **state)
{
	struct bench *bench = bench_new(stream_nids(), 5);

	(void)state;
	bench_send(bench, 0, 10);
	bench_send(bench, 20, 10);
	for (unsigned i = 0; i < 5; i++)
		bench_ack(bench, 10);
	assert_true(order_waits(&bench->order));
	bench_send(bench, 10, 10);
	assert_content(bench, 30);
	assert_int_equal(order_lost(&bench->order)->missing, 0);
	bench_free(bench);
}

/* Rule 4: the tail that the snap length cut is a gap, in order and behind a hole. */
static void a_cut_tail_is_a_gap(void **state)
{
	struct bench *bench = bench_new(stream_nids(), 5);

	(void)state;
	bench_cut(bench, 0, 10, 15);
	bench_cut(bench, 20, 5, 10);
	bench_send(bench, 30, 5);
	bench_send(bench, 15, 5);
	assert_content(bench, 35);
	assert_int_equal(bench->output.gaps, 2);
	assert_int_equal(bench->output.gap_start[0], 10);
	assert_int_equal(bench->output.gap_length[0], 5);
	assert_int_equal(bench->output.gap_start[1], 25);
	assert_int_equal(bench->output.gap_length[1], 5);
	assert_false(order_waits(&bench->order));
	bench_free(bench);
}

/* Cut packets that overlap others end too, and lose nothing that was captured. */
static void overlapping_cuts_come_to_an_end(void **state)
{
	struct bench *bench = bench_new(stream_nids(), 5);

	(void)state;
	bench_send(bench, 15, 5);
	bench_cut(bench, 10, 2, 30);
	bench_send(bench, 38, 5);
	bench_send(bench, 0, 10);
	assert_false(order_waits(&bench->order));
	assert_content(bench, 43);
	assert_int_equal(order_lost(&bench->order)->cut, 3 + 18);
	bench_free(bench);
}

/* After a hole that nobody filled, a byte has the time at which it came. */
static void behind_a_gap_bytes_keep_their_own_time(void **state)
{
	struct bench *bench = bench_new(stream_nids(), 5);

	(void)state;
	bench_send(bench, 20, 10);
	bench_send(bench, 10, 10);
	bench_send(bench, 30, 10);
	bench_finish(bench);
	assert_content(bench, 40);
	assert_int_equal(bench->output.frame[10], 2);
	/* It came first, but could not be read before what stands ahead of it. */
	assert_int_equal(bench->output.frame[20], 2);
	assert_int_equal(bench->output.frame[30], 3);
	bench_free(bench);
}

static void a_segment_says_how_much_of_it_is_new(void **state)
{
	struct bench *bench = bench_new(stream_nids(), 5);

	(void)state;
	assert_int_equal(bench_send(bench, 0, 10), 10);
	assert_int_equal(bench_send(bench, 0, 10), 0);
	assert_int_equal(bench_send(bench, 5, 10), 5);
	assert_int_equal(bench_send(bench, 20, 10), 10);
	assert_int_equal(bench_send(bench, 20, 10), 0);
	assert_int_equal(bench_send(bench, 25, 10), 5);
	/* Half the sequence space away: of no stream that is still going on. */
	assert_int_equal(bench_send(bench, 0x60000000, 10), 0);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(random_segments_come_out_alike),
	    cmocka_unit_test(three_megabytes_need_no_acknowledgement),
	    cmocka_unit_test(a_stream_may_run_past_its_window),
	    cmocka_unit_test(a_giant_segment_behind_a_hole_is_delivered),
	    cmocka_unit_test(a_gap_is_told_and_its_filler_is_not),
	    cmocka_unit_test(a_gap_over_queued_bytes_ends_where_it_was_told),
	    cmocka_unit_test(long_gaps_leave_what_is_behind_them),
	    cmocka_unit_test(three_hundred_kilobytes_wait_behind_a_hole),
	    cmocka_unit_test(past_the_budget_the_hole_is_lost_and_nothing_else),
	    cmocka_unit_test(lasting_disorder_loses_nothing),
	    cmocka_unit_test(each_spell_of_disorder_is_a_new_stream),
	    cmocka_unit_test(with_no_room_left_nothing_is_evicted),
	    cmocka_unit_test(without_an_engine_a_hole_is_a_gap),
	    cmocka_unit_test(sequence_numbers_wrap),
	    cmocka_unit_test(an_acknowledged_hole_is_given_a_second),
	    cmocka_unit_test(a_later_hole_gets_a_second_of_its_own),
	    cmocka_unit_test(an_ack_up_to_the_hole_gives_nothing_up),
	    cmocka_unit_test(a_cut_tail_is_a_gap),
	    cmocka_unit_test(overlapping_cuts_come_to_an_end),
	    cmocka_unit_test(behind_a_gap_bytes_keep_their_own_time),
	    cmocka_unit_test(a_segment_says_how_much_of_it_is_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
