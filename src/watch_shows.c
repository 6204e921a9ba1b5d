/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watching.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>

void watch_tell_state(struct watch *watch)
{
	const struct analysis *analysis = analysis_so_far(watch->desk);
	const struct summary *summary = &analysis->summary;
	char time[TIME_TEXT_SIZE];
	struct mallinfo2 memory = mallinfo2();

	time_format(watch_now(watch), 0, time);
	fprintf(stderr, "mtascope: state at %s\n", time);
	for (size_t i = 0; i < watch->options->interface_count; i++) {
		const struct capture_info *info = capture_set_info(watch->captures, i);
		fprintf(stderr, "  %s: %" PRIu64 " packets, %" PRIu64 " dropped, %" PRIu64 " cut\n", info->file,
			info->packets, info->drops, info->cut_packets);
	}
	fprintf(stderr,
		"  connections: %zu alive, %" PRIu64 " final, %zu failures kept, %" PRIu64 " closed without an OK\n",
		analysis_alive(watch->desk), summary->connections, analysis->failure_count,
		signs_early_closes(watch->signs));
	fprintf(stderr,
		"  let go: %" PRIu64 " half-open, %" PRIu64 " open, %" PRIu64 " failures, %" PRIu64
		" candidates, %" PRIu64 " seconds and OKs, %" PRIu64 " acts of services\n",
		summary->let_go.half_open, summary->let_go.open, summary->let_go.failures, summary->let_go.candidates,
		summary->let_go.seconds, summary->let_go.services);
	if (watch->ring != NULL) {
		struct ring_counts kept = ring_counts(watch->ring);
		fprintf(stderr,
			"  packets: %" PRIu64 " written to %" PRIu64 " files, %zu KiB held, %" PRIu64
			" let go, %" PRIu64 " lost\n",
			kept.written, kept.files, kept.held_bytes / 1024, kept.let_go, kept.lost);
	}
	if (watch->follower != NULL)
		fprintf(stderr, "  log: %zu events, %zu incidents\n", watch->log.event_count,
			watch->log.incident_count);
	fprintf(stderr, "  memory: %zu KiB of %" PRIu64 " KiB\n  warnings:", (memory.uordblks + memory.hblkhd) / 1024,
		watch->options->memory / 1024);
	for (unsigned kind = 0; kind < WARNING_KINDS; kind++)
		fprintf(stderr, " %s %" PRIu64, warning_kind_name((enum warning_kind)kind),
			warnings_count(watch->warnings, (enum warning_kind)kind));
	fputc('\n', stderr);
}

static void name_interfaces(struct watch *watch)
{
	size_t length = 0;

	watch->interfaces[0] = '\0';
	for (size_t i = 0; i < watch->options->interface_count && length < sizeof watch->interfaces; i++)
		length += (size_t)snprintf(watch->interfaces + length, sizeof watch->interfaces - length, "%s%s%s",
					   i == 0 ? "" : ", ", watch->options->interfaces[i],
					   live_source_is_up(watch->source, i) ? "" : " (down)");
}

void watch_show(struct watch *watch)
{
	const struct analysis *analysis = analysis_so_far(watch->desk);
	const struct metrics *metrics = &watch->gauges.metrics;
	struct mallinfo2 memory = mallinfo2();
	time_ns now = watch_now(watch);

	name_interfaces(watch);
	struct board board = {.now = now,
			      .since = watch->begun,
			      .interfaces = watch->interfaces,
			      .waiting = load_waiting_now(analysis->load),
			      .longest = signs_longest(watch->signs, now),
			      .alive = analysis_alive(watch->desk),
			      .final = analysis->summary.connections,
			      .early_closes = signs_early_closes(watch->signs),
			      .origins = analysis->summary.origins,
			      .let_go = &analysis->summary.let_go,
			      .memory = memory.uordblks + memory.hblkhd,
			      .memory_limit = watch->options->memory,
			      .ring_folder = watch->options->ring.folder,
			      .records_lost = watch->rotated == NULL ? 0 : rotated_lost(watch->rotated),
			      .has_log = watch->follower != NULL,
			      .events = metrics->events,
			      .incidents = watch->log.incident_count,
			      .matched = metrics->incidents[MATCH_PROBABLE] + metrics->incidents[MATCH_CERTAIN],
			      .clock_offset_s = metrics->clock_offset_s};
	for (size_t i = 0; i < watch->options->interface_count; i++) {
		const struct capture_info *info = capture_set_info(watch->captures, i);
		board.packets += info->packets;
		board.dropped += info->drops;
		board.cut += info->cut_packets;
	}
	if (watch->ring != NULL)
		board.ring = ring_counts(watch->ring);
	panel_show(watch->panel, &board);
}
