/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watching.h"

#include <inttypes.h>
#include <string.h>

void watch_reached(void *user, const struct live *live, enum milestone milestone, const struct moment *moment)
{
	struct watch *watch = user;

	signs_reached(watch->signs, live, milestone, moment);
	if (watch->panel != NULL)
		recent_reached(panel_recent(watch->panel), live, milestone, moment);
	if (milestone == MILESTONE_OK)
		gauges_ok(&watch->gauges, live, moment);
	if (live->id > watch->last_id)
		watch->last_id = live->id;
	if (watch->ring == NULL)
		return;
	if (milestone == MILESTONE_OK && !moment_seen(&live->close))
		ring_well(watch->ring, live->id);
	else if (milestone == MILESTONE_CLOSE && !moment_seen(&live->ok))
		ring_keep(watch->ring, live->id);
}

void watch_refused(void *user, const struct live *live, const struct moment *moment)
{
	struct watch *watch = user;

	signs_refused(watch->signs, live, moment);
}

void watch_segment(void *user, const struct tcp_connection *tcp, enum direction direction,
		   const struct segment *segment, unsigned marks)
{
	struct watch *watch = user;

	(void)direction;
	(void)segment;
	(void)marks;
	watch->packet_of = tcp->id;
}

void watch_finished(void *user, const struct connection *connection)
{
	struct watch *watch = user;

	if (connection->outcome != OUTCOME_OK && connection->outcome != OUTCOME_PARTIAL &&
	    connection->outcome != OUTCOME_PENDING && !connection->facts.given_up)
		ring_keep(watch->ring, connection->id);
	ring_drop(watch->ring, connection->id);
}

void watch_recorded(void *user, const struct connection *connection)
{
	struct watch *watch = user;

	if (watch->panel != NULL)
		recent_judged(panel_recent(watch->panel), connection);
	if (watch->casebook != NULL)
		casebook_connection(watch->casebook, connection);
}

void watch_ring_told(void *user, bool full, uint64_t lost, int error)
{
	struct watch *watch = user;

	watch->ring_written = (struct written){.news = true, .full = full, .lost = lost, .error = error};
	watch->whole = false;
}

void watch_log_told(void *user, const char *path, enum follow_news news, const char *says)
{
	struct watch *watch = user;
	time_ns now = watch_now(watch);

	switch (news) {
	case FOLLOW_GONE:
		warn_about(watch->warnings, WARNING_LOG, now, 0, "%s cannot be read: %s; waiting for it", path, says);
		break;
	case FOLLOW_BACK:
		warn_good(watch->warnings, WARNING_LOG, now, "%s is read again", path);
		break;
	case FOLLOW_REPLACED:
		warn_good(watch->warnings, WARNING_LOG, now, "%s begins anew; what it held is kept", path);
		break;
	case FOLLOW_LET_GO:
		warn_about(watch->warnings, WARNING_LIMIT, now, 0,
			   "for the limit of memory %s is no longer known: %s; --memory gives more", path, says);
		break;
	}
}

void watch_describe_interface(struct watch *watch, size_t index)
{
	struct ring_interface is = {.name = watch->options->interfaces[index],
				    .filter = live_source_filter(watch->source, index),
				    .link_type = live_source_link_type(watch->source, index),
				    .snap_length = watch->options->interface.snap_length};

	if (watch->ring != NULL)
		ring_interface(watch->ring, index, &is);
}

void watch_source_told(void *user, size_t interface, enum source_news news, uint64_t packets, const char *says)
{
	struct watch *watch = user;
	const char *name = watch->options->interfaces[interface];
	time_ns now = watch_now(watch);

	switch (news) {
	case SOURCE_DOWN:
		warn_about(watch->warnings, WARNING_INTERFACE, now, 0, "%s: %s; waiting for it", name, says);
		break;
	case SOURCE_UP:
		warn_good(watch->warnings, WARNING_INTERFACE, now, "%s is captured from again", name);
		watch_describe_interface(watch, interface);
		break;
	case SOURCE_DROPS:
		warn_about(watch->warnings, WARNING_DROPS, now, 0,
			   "%s: %" PRIu64 " packet%s lost by the capture; a larger buffer (-B) keeps more", name,
			   packets, packets == 1 ? " was" : "s were");
		analysis_doubt(watch->desk, watch->drops_from, now,
			       "the capture lost packets while this connection was alive");
		break;
	}
}

void watch_records_told(void *user, bool full, uint64_t lost, int error)
{
	struct watch *watch = user;

	watch->written = (struct written){.news = true, .full = full, .lost = lost, .error = error};
	watch->whole = false;
}

void watch_tell_written(struct watch *watch, struct written *news, const char *path, const char *what)
{
	struct written written = *news;
	time_ns now = watch_now(watch);

	news->news = false;
	if (written.news && written.full)
		warn_about(watch->warnings, WARNING_DISK, now, 0,
			   "%s cannot be written, and %s are lost until it can: %s; the analysis goes on", path, what,
			   strerror(written.error));
	else if (written.news)
		warn_good(watch->warnings, WARNING_DISK, now, "%s can be written again; %" PRIu64 " %s were lost", path,
			  written.lost, what);
}

void watch_tell_let_go(struct watch *watch, time_ns now)
{
	const struct let_go *let_go = &analysis_so_far(watch->desk)->summary.let_go;
	uint64_t all = let_go->half_open + let_go->open;

	if (all > watch->warned_let_go)
		warn_about(watch->warnings, WARNING_LIMIT, now, 0,
			   "for the limit of memory %" PRIu64 " half-open and %" PRIu64
			   " open connections are followed no further so far; --memory gives more",
			   let_go->half_open, let_go->open);
	/* Told of again when there are twice as many. */
	if (all > watch->warned_let_go)
		watch->warned_let_go = all * 2;
}
