/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/limits.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct words *add(struct limits *limits)
{
	static const struct words none;

	/* The list is as long as there are kinds of limits; files that could not be read are the only ones that repeat.
	 */
	struct words *words = &limits->says[limits->count < LIMITS_MAX - 1 ? limits->count++ : LIMITS_MAX - 1];
	*words = none;
	return words;
}

static void damaged_inputs(struct limits *limits, const struct analysis *analysis)
{
	const struct event_log *log = analysis->log;

	for (size_t i = 0; i < capture_set_count(analysis->captures) && limits->count < LIMITS_MAX / 2; i++) {
		const struct capture_info *info = capture_set_info(analysis->captures, i);
		for (size_t p = 0; p < info->problem_count && p < 2; p++)
			words_add(add(limits), "%s%s: %s.", info->file, info->complete ? "" : " was not read whole",
				  info->problems[p].says);
	}
	for (size_t i = 0; i < log->unread_count && i < 2; i++)
		words_add(add(limits), "%s.", log->unread[i]);
	if (log->unread_count > 2)
		words_add(add(limits), "%zu more event logs could not be opened.", log->unread_count - 2);
	if (log->problem_count == 0)
		return;
	const struct event_problem *first = &log->problems[0];
	char place[40];
	if (first->line > 0)
		snprintf(place, sizeof place, ":%" PRId64, first->line);
	else
		snprintf(place, sizeof place, " offset %" PRIu64, first->offset);
	words_add(add(limits), "%zu place%s in the event log%s could not be read for certain, the first at %s%s: %s.",
		  log->problem_count + log->problems_left_off,
		  log->problem_count + log->problems_left_off == 1 ? "" : "s", log->source_count == 1 ? "" : "s",
		  log->sources[first->source], place, first->says);
}

static void undetermined(struct limits *limits, const struct view *view)
{
	const struct finding *asked = NULL;
	uint64_t count = 0;

	for (size_t i = 0; i < view->theme_count; i++) {
		if (view->themes[i].finding->origin != ORIGIN_UNDETERMINED)
			continue;
		count += view->themes[i].connections;
		asked = asked == NULL ? view->themes[i].finding : asked;
	}
	if (asked != NULL)
		words_add(add(limits), "Where %" PRIu64 " failure%s from: %s would tell.", count,
			  count == 1 ? " comes" : "s come", view_settles(view, asked->example));
}

/* Some origins are told by packets alone, wherever they were seen. */
static bool tap_matters(const struct view *view)
{
	for (size_t i = 0; i < view->theme_count; i++) {
		enum origin origin = view->themes[i].finding->origin;
		if (origin == ORIGIN_UNDETERMINED || origin == ORIGIN_PATH_TO_CLIENT ||
		    origin == ORIGIN_PATH_TO_SERVER || origin == ORIGIN_MIDDLEBOX)
			return true;
	}
	return false;
}

static void tap(struct limits *limits, const struct view *view)
{
	switch (view->analysis->summary.tap) {
	case TAP_CLIENT:
		words_add(add(limits), "Taken beside the clients: what is lost between here and the server looks like "
				       "a server that is silent. A capture beside the server tells them apart.");
		break;
	case TAP_MIDDLE:
		words_add(add(limits), "Taken between clients and server: on which side of here something was lost is "
				       "seen only from repeats. A capture beside the server sees what reaches it.");
		break;
	case TAP_UNKNOWN:
		words_add(add(limits), "Where the capture was taken is not known: it holds too few undisturbed "
				       "handshakes to tell.");
		break;
	case TAP_SERVER:
		break;
	}
}

static void left_out(struct limits *limits, const struct analysis *analysis)
{
	if (analysis->summary.failures_only)
		words_add(add(limits), "What others got, and how much the services had to do: the capture says that it "
				       "only holds connections that failed. A whole one of that time would tell.");
}

static void edges(struct limits *limits, const struct analysis *analysis)
{
	uint64_t one_sided = analysis->summary.one_sided;
	uint64_t partial = analysis->summary.outcomes[OUTCOME_PARTIAL] - one_sided;
	uint64_t pending = analysis->summary.outcomes[OUTCOME_PENDING];

	if (partial > 0)
		words_add(add(limits), "How %" PRIu64 " connection%s began: a capture that starts earlier would tell.",
			  partial, partial == 1 ? "" : "s");
	if (one_sided > 0)
		words_add(add(limits),
			  "What the other side sent on %" PRIu64 " connection%s: the capture holds only one direction "
			  "of %s. Mirror both.",
			  one_sided, one_sided == 1 ? "" : "s", one_sided == 1 ? "it" : "them");
	if (pending > 0)
		words_add(add(limits),
			  "How %" PRIu64 " connection%s ended that still waited: a capture that runs on "
			  "would tell.",
			  pending, pending == 1 ? "" : "s");
}

static void one_sided(struct limits *limits, const struct view *view)
{
	uint64_t count = 0;

	for (size_t i = 0; i < view->failure_count; i++)
		count += view->failures[i].connection->facts.answer_never_seen;
	if (count > 0)
		words_add(add(limits),
			  "What the server sent on %" PRIu64 " failed connection%s: the capture holds only "
			  "one direction. Mirror both.",
			  count, count == 1 ? "" : "s");
}

static void quality(struct limits *limits, const struct analysis *analysis)
{
	const struct quality *quality = &analysis->summary.quality;

	if (quality->gap_bytes > 0)
		words_add(add(limits),
			  "%" PRIu64 " byte%s of %" PRIu64 " connection%s never reached the capture: lost "
			  "on the way, or by the capture itself (a larger buffer rules that out).",
			  quality->gap_bytes, quality->gap_bytes == 1 ? "" : "s", quality->gap_connections,
			  quality->gap_connections == 1 ? "" : "s");
	if (quality->cut_packets > 0)
		words_add(add(limits),
			  "%" PRIu64 " packet%s cut short by the snap length: capture whole packets "
			  "(tcpdump -s 0).",
			  quality->cut_packets, quality->cut_packets == 1 ? " is" : "s are");
	if (quality->drops > 0)
		words_add(add(limits),
			  "%" PRIu64 " packet%s lost by the capture itself, as it says: a larger buffer keeps them.",
			  quality->drops, quality->drops == 1 ? " was" : "s were");
	if (quality->mirrored > 0)
		words_add(add(limits), "%" PRIu64 " packet%s set aside as copies: %s %s twice.", quality->mirrored,
			  quality->mirrored == 1 ? " was" : "s were",
			  capture_set_count(analysis->captures) > 1 ? "the mirror port, or two captures, saw"
								    : "the mirror port sees",
			  quality->mirrored == 1 ? "it" : "them");
	if (quality->overlapping > 0)
		words_add(add(limits), "%" PRIu64 " packet%s set aside because two of the captures hold %s.",
			  quality->overlapping, quality->overlapping == 1 ? " was" : "s were",
			  quality->overlapping == 1 ? "it" : "them");
	if (quality->fragments_incomplete > 0)
		words_add(add(limits),
			  "%" PRIu64 " IP datagram%s lack%s fragments, so that what %s carried is missing: a capture "
			  "filter with a port drops every fragment but the first.",
			  quality->fragments_incomplete, quality->fragments_incomplete == 1 ? "" : "s",
			  quality->fragments_incomplete == 1 ? "s" : "",
			  quality->fragments_incomplete == 1 ? "it" : "they");
	if (quality->protected > 0)
		words_add(add(limits), "%" PRIu64 " packet%s encrypted below TCP, by Wi-Fi, IPsec or MACsec.",
			  quality->protected, quality->protected == 1 ? " is" : "s are");
	if (quality->clock_steps > 0)
		words_add(add(limits),
			  "The capture's clock was set back %" PRIu64
			  " time%s: waits across that are wrong. A capture by a "
			  "clock that is let run would tell.",
			  quality->clock_steps, quality->clock_steps == 1 ? "" : "s");
	if (quality->misplaced > 0)
		words_add(add(limits),
			  "%" PRIu64
			  " packet%s behind a later one in the capture and could not be put in order: answers may seem "
			  "late or missing. `reordercap` sorts the capture.",
			  quality->misplaced, quality->misplaced == 1 ? " stands" : "s stand");
	if (quality->too_deep > 0)
		words_add(add(limits), "%" PRIu64 " packet%s too many tunnels in each other.", quality->too_deep,
			  quality->too_deep == 1 ? " has" : "s have");
	if (quality->undecoded > 0)
		words_add(add(limits), "%" PRIu64 " packet%s could not be decoded.", quality->undecoded,
			  quality->undecoded == 1 ? "" : "s");
}

/* What live capture gave up to keep its limit of memory. */
static void let_go(struct limits *limits, const struct summary *summary)
{
	const struct let_go *let_go = &summary->let_go;

	if (!summary->limited)
		return;
	if (let_go->half_open + let_go->open > 0)
		words_add(add(limits),
			  "For the limit of memory %" PRIu64 " half-open and %" PRIu64
			  " open connections were followed no further. More memory (--memory) keeps more; half-open "
			  "ones by the thousand are a flood of SYNs.",
			  let_go->half_open, let_go->open);
	if (let_go->failures + let_go->candidates > 0)
		words_add(add(limits),
			  "%" PRIu64 " older failure%s in the records alone, and %" PRIu64
			  " older connection%s no event could be lined up with any more.",
			  let_go->failures, let_go->failures == 1 ? " is" : "s are", let_go->candidates,
			  let_go->candidates == 1 ? "" : "s");
	if (let_go->seconds > 0 || let_go->services > 0)
		words_add(add(limits), "The load of times long past, and what more than a thousand services did.");
}

void limits_make(struct limits *limits, const struct view *view)
{
	limits->says = memory_get_zeroed(LIMITS_MAX, sizeof *limits->says);
	limits->count = 0;
	damaged_inputs(limits, view->analysis);
	undetermined(limits, view);
	if (tap_matters(view))
		tap(limits, view);
	left_out(limits, view->analysis);
	edges(limits, view->analysis);
	one_sided(limits, view);
	quality(limits, view->analysis);
	let_go(limits, &view->analysis->summary);
}

void limits_free(struct limits *limits)
{
	free(limits->says);
	*limits = (struct limits){0};
}
