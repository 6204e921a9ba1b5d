/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any traffic: the input is a list of packets, of a few connections to one server. Connections over libnids and over
 * the sorted list must be alike to the last milestone, and no record may say what no packet said.
 */
#include "base/cursor.h"
#include "timeline/timeline.h"
#include "unit/stream_list.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONNECTIONS_MAX = 4096, TALKS = 3 };

struct run {
	struct timeline *timeline;
	struct connection *finished[CONNECTIONS_MAX];
	size_t count;
};

/* Where the two senders of a talk stand, so that most packets make sense. */
struct talk {
	uint32_t next[DIRECTIONS];
};

static const uint8_t cr[] = "\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x05\x00\xc0\x01\x0b\xc1\x02T1\xc2\x02T2";
static const uint8_t cc[] = "\x03\x00\x00\x16\x11\xd0\x00\x05\x00\x09\x00\xc0\x01\x0b\xc1\x02T1\xc2\x02T2";
static const uint8_t dr[] = "\x03\x00\x00\x0b\x06\x80\x00\x05\x00\x09\x81";

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void on_reached(void *user, const struct live *live, enum milestone milestone, const struct moment *moment)
{
	(void)user;
	require(live->id > 0 && milestone < MILESTONES && moment_seen(moment));
}

static void on_refused(void *user, const struct live *live, const struct moment *moment)
{
	(void)user;
	require(live->id > 0 && moment_seen(moment));
}

static void on_finished(void *user, struct connection *connection)
{
	struct run *run = user;

	require(run->count < CONNECTIONS_MAX);
	run->finished[run->count++] = connection_keep(connection);
}

static void run_init(struct run *run, const struct stream_engine *engine)
{
	struct timeline_options options = {.ports = {.list = {102}, .count = 1}, .engine = engine};
	struct timeline_handlers handlers = {run, on_reached, on_refused, on_finished};

	run->timeline = timeline_new(&options, &handlers);
	run->count = 0;
}

static void run_free(struct run *run)
{
	for (size_t i = 0; i < run->count; i++)
		connection_free(run->finished[i]);
	timeline_free(run->timeline);
}

/* The payload that a byte chooses: a PDU, part of one, or what stands in the input. */
static const uint8_t *payload_of(struct cursor *in, uint8_t choice, uint32_t *length)
{
	static const uint8_t *const pdus[] = {cr, cc, dr};
	static const uint32_t lengths[] = {sizeof cr - 1, sizeof cc - 1, sizeof dr - 1};
	unsigned which = choice & 3;
	uint32_t part = choice >> 2 & 31;

	*length = 0;
	if (choice == 0)
		return NULL;
	if (which < 3) {
		/* From either end, so that two halves can be put together. */
		bool tail = (choice & 0x80) != 0 && part < lengths[which];
		*length = tail ? lengths[which] - part : part == 0 || part > lengths[which] ? lengths[which] : part;
		return tail ? pdus[which] + part : pdus[which];
	}
	*length = part <= cursor_readable(in) ? part : (uint32_t)cursor_readable(in);
	return cursor_take(in, *length);
}

static struct segment next_packet(struct cursor *in, struct talk *talks, struct moment *moment)
{
	static const int32_t steps[] = {0, 0, 0, 0, 0, 0, 0, -1, 1, 7, -11, 11, 22, -22, 1000, 0x10000000};
	uint8_t who = cursor_u8(in);
	uint8_t flags = cursor_u8(in);
	uint8_t where = cursor_u8(in);
	uint8_t when = cursor_u8(in);
	unsigned number = (who >> 1) % TALKS;
	enum direction direction = (who & 1) != 0 ? FROM_SERVER : FROM_CLIENT;
	enum direction other = direction == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;
	struct talk *talk = &talks[number];
	struct endpoint client = {{4, {10, 0, 0, 9}}, (uint16_t)(1042 + number)};
	struct endpoint server = {{4, {10, 0, 0, 1}}, 102};
	struct segment segment = {.source = direction == FROM_CLIENT ? client : server,
				  .destination = direction == FROM_CLIENT ? server : client,
				  .hop_limit = (who & 0x80) != 0 ? 255 : 64,
				  .has_ip_id = (who & 0x40) != 0,
				  .flags = flags & 0x3f,
				  .seq = talk->next[direction] + (uint32_t)steps[where & 15],
				  .ack = talk->next[other] + (uint32_t)steps[where >> 4]};

	/* Up to a quarter of a second, or minutes. */
	moment->time += when < 0xf0 ? when * NS_PER_MS : (time_ns)(when - 0xef) * 40 * NS_PER_S;
	moment->frame++;
	segment.moment = *moment;
	segment.ip_id = segment.has_ip_id ? (uint16_t)moment->frame : 0;
	segment.payload = payload_of(in, cursor_u8(in), &segment.payload_length);
	segment.payload_captured = (flags & 0x40) != 0 ? segment.payload_length / 2 : segment.payload_length;
	if ((flags & 0x80) == 0)
		talk->next[direction] = segment.seq + segment.payload_length + ((segment.flags & TCP_SYN) != 0) +
					((segment.flags & TCP_FIN) != 0);
	return segment;
}

static bool same_moment(const struct moment *a, const struct moment *b)
{
	return a->time == b->time && (!moment_seen(a) || a->frame == b->frame);
}

static void check_same(const struct connection *a, const struct connection *b, uint64_t frames)
{
	require(a->id == b->id && a->outcome == b->outcome && a->packets == b->packets);
	require(a->close_by == b->close_by && a->close_how == b->close_how && a->wait_us == b->wait_us);
	require(a->early_close == b->early_close && a->ladder.id == b->ladder.id);
	for (int m = 0; m < MILESTONES; m++) {
		const struct moment *moment = &a->milestones[m];
		require(same_moment(moment, &b->milestones[m]));
		require(!moment_seen(moment) || (moment->frame >= 1 && moment->frame <= frames));
	}
	for (int d = 0; d < DIRECTIONS; d++) {
		require(a->missing_bytes[d] == b->missing_bytes[d]);
		require(a->facts.missing_acked[d] == b->facts.missing_acked[d]);
		require(a->facts.missing_acked[d] <= a->missing_bytes[d]);
		require(a->retransmissions[d] == b->retransmissions[d]);
	}
	require(a->outcome < OUTCOMES && outcome_name(a->outcome) != NULL);
	require(a->early_close == (moment_seen(&a->milestones[MILESTONE_CLOSE]) && a->early_close));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run nids, list;
	struct cursor in = cursor_over(data, size);
	struct talk talks[TALKS] = {{{1000, 0xfffffff0}}, {{0xffffffff, 5}}, {{77, 70000}}};
	struct moment moment = {.time = 0, .frame = 0, .capture = 1};

	run_init(&nids, stream_nids());
	run_init(&list, stream_list());
	while (cursor_left(&in) >= 5) {
		struct segment segment = next_packet(&in, talks, &moment);
		timeline_segment(nids.timeline, &segment);
		timeline_segment(list.timeline, &segment);
		timeline_time(nids.timeline, moment.time);
		timeline_time(list.timeline, moment.time);
		if (moment.frame >= CONNECTIONS_MAX)
			break;
	}
	timeline_end(nids.timeline);
	timeline_end(list.timeline);
	require(nids.count == list.count);
	for (size_t i = 0; i < nids.count; i++)
		check_same(nids.finished[i], list.finished[i], moment.frame);
	run_free(&nids);
	run_free(&list);
	return 0;
}
