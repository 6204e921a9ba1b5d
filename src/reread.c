/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reread.h"

#include "capture/decode.h"

/* ---- Each of them is told ---- */

static void on_segment(void *user, const struct tcp_connection *tcp, enum direction direction,
		       const struct segment *segment, unsigned marks)
{
	const struct rereading *rereading = user;

	for (unsigned i = 0; i < REREADERS; i++) {
		const struct timeline_observer *observer = rereading->observers[i];
		if (observer != NULL)
			observer->segment(observer->user, tcp, direction, segment, marks);
	}
}

static void on_pdu(void *user, const struct tcp_connection *tcp, const struct pdu_trace *pdu)
{
	const struct rereading *rereading = user;

	for (unsigned i = 0; i < REREADERS; i++) {
		const struct timeline_observer *observer = rereading->observers[i];
		if (observer != NULL && observer->pdu != NULL)
			observer->pdu(observer->user, tcp, pdu);
	}
}

static void on_gap(void *user, const struct tcp_connection *tcp, enum direction direction, size_t length,
		   const struct moment *moment)
{
	const struct rereading *rereading = user;

	for (unsigned i = 0; i < REREADERS; i++) {
		const struct timeline_observer *observer = rereading->observers[i];
		if (observer != NULL && observer->gap != NULL)
			observer->gap(observer->user, tcp, direction, length, moment);
	}
}

static void on_data(void *user, const struct tcp_connection *tcp, enum direction direction, const uint8_t *data,
		    size_t length)
{
	const struct rereading *rereading = user;

	for (unsigned i = 0; i < REREADERS; i++) {
		const struct timeline_observer *observer = rereading->observers[i];
		if (observer != NULL && observer->data != NULL)
			observer->data(observer->user, tcp, direction, data, length);
	}
}

static void on_icmp(void *user, const struct tcp_connection *tcp, const struct icmp_error *icmp)
{
	const struct rereading *rereading = user;

	for (unsigned i = 0; i < REREADERS; i++) {
		const struct timeline_observer *observer = rereading->observers[i];
		if (observer != NULL && observer->icmp != NULL)
			observer->icmp(observer->user, tcp, icmp);
	}
}

/* ---- The reading ---- */

static void follow(struct capture_set *captures, struct timeline *timeline, const struct rereading *rereading)
{
	struct decoder *decoder = decoder_new();
	struct decode parsed;
	struct packet packet;

	while (capture_set_next(captures, &packet)) {
		decode_packet(decoder, &packet, &parsed);
		if (rereading->packet != NULL)
			rereading->packet(rereading->user, &packet, &parsed);
		if (parsed.kind == DECODED_SEGMENT)
			timeline_segment(timeline, &parsed.segment);
		else if (parsed.kind == DECODED_ICMP)
			timeline_icmp(timeline, &parsed.icmp);
		timeline_time(timeline, packet.moment.time);
	}
	timeline_end(timeline);
	decoder_free(decoder);
}

void reread(struct capture_set *captures, const struct analysis *analysis, const struct rereading *rereading)
{
	struct rereading told = *rereading;
	const struct timeline_observer observer = {
	    .user = &told, .segment = on_segment, .pdu = on_pdu, .gap = on_gap, .data = on_data, .icmp = on_icmp};
	const struct timeline_options options = {.ports = analysis->options->ports,
						 .ok = analysis->options->ok,
						 .engine = stream_nids(),
						 .observer = &observer,
						 .ids = analysis->options->ids};
	const struct timeline_handlers handlers = {.user = NULL};
	struct timeline *timeline = timeline_new(&options, &handlers);

	follow(captures, timeline, rereading);
	timeline_free(timeline);
}
