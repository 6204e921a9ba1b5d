/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/align.h"

#include "align/clock.h"
#include "align/pair.h"
#include "align/scene.h"
#include "align/steps.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sorted_close {
	time_ns close;
	uint32_t id, index;
};

static int by_close(const void *left, const void *right)
{
	const struct sorted_close *a = left, *b = right;

	if (a->close != b->close)
		return a->close < b->close ? -1 : 1;
	/* The caller's order must not matter. */
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static int by_number(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* Numbers the servers in the order of the caller's numbers, of which there may be any. */
static void servers_make(struct closes *closes, const struct align_connection *connections)
{
	uint32_t *numbers = memory_get_zeroed(closes->count + 1, sizeof(*numbers)), distinct = 0;

	for (size_t k = 0; k < closes->count; k++)
		numbers[k] = connections[closes->order[k]].server;
	qsort(numbers, closes->count, sizeof(*numbers), by_number);
	for (size_t k = 0; k < closes->count; k++)
		if (distinct == 0 || numbers[k] != numbers[distinct - 1])
			numbers[distinct++] = numbers[k];
	closes->servers = distinct;
	for (size_t k = 0; k < closes->count; k++) {
		const uint32_t *found =
		    bsearch(&connections[closes->order[k]].server, numbers, distinct, sizeof(*numbers), by_number);
		closes->server[k] = (uint32_t)(found - numbers);
	}
	free(numbers);
}

static void closes_make(struct closes *closes, const struct align_connection *connections, size_t count,
			const struct align_options *options)
{
	struct sorted_close *sorted = memory_get_zeroed(count + 1, sizeof(*sorted));
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		if (connections[i].close != TIME_NONE && connections[i].weight > 0)
			sorted[used++] = (struct sorted_close){connections[i].close, connections[i].id, (uint32_t)i};
	qsort(sorted, used, sizeof(*sorted), by_close);
	*closes = (struct closes){.count = used, .last = seconds_of(options->capture_last, options->capture_first)};
	closes->time = memory_get_zeroed(used + 1, sizeof(double));
	closes->start = memory_get_zeroed(used + 1, sizeof(double));
	closes->weight = memory_get_zeroed(used + 1, sizeof(float));
	closes->order = memory_get_zeroed(used + 1, sizeof(uint32_t));
	closes->server = memory_get_zeroed(used + 1, sizeof(uint32_t));
	for (size_t k = 0; k < used; k++) {
		const struct align_connection *connection = &connections[sorted[k].index];
		closes->time[k] = seconds_of(connection->close, options->capture_first);
		/* Without a start nothing is known of how long it held its LPI. */
		closes->start[k] = connection->start == TIME_NONE || connection->start > connection->close
				       ? closes->time[k]
				       : seconds_of(connection->start, options->capture_first);
		closes->weight[k] = fminf(connection->weight, 1);
		closes->order[k] = sorted[k].index;
		closes->weights += (double)closes->weight[k];
	}
	free(sorted);
	servers_make(closes, connections);
	closes_index(closes);
	if (used > 0) {
		closes->first = fmin(closes->first, closes->time[0]);
		closes->last = fmax(closes->last, closes->time[used - 1]);
	}
}

static void closes_free(struct closes *closes)
{
	free(closes->time);
	free(closes->start);
	free(closes->weight);
	free(closes->order);
	free(closes->server);
	free(closes->index);
}

/* One incident's place among all, in the order of time. */
struct placed {
	double time;
	uint32_t index;
	const struct incident *incident;
};

static int by_time(const void *left, const void *right)
{
	const struct placed *a = left, *b = right;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	if (a->incident->id != b->incident->id)
		return a->incident->id < b->incident->id ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static struct placed *placed_make(const struct incident *incidents, size_t count, time_ns origin, size_t *used)
{
	struct placed *placed = memory_get_zeroed(count + 1, sizeof(*placed));

	*used = 0;
	for (size_t i = 0; i < count; i++) {
		double time = event_seconds(incidents[i].t_local, origin);
		if (incidents[i].t_local != INT64_MIN && fabs(time) < FAR_S)
			placed[(*used)++] = (struct placed){time, (uint32_t)i, &incidents[i]};
	}
	qsort(placed, *used, sizeof(*placed), by_time);
	return placed;
}

/* The distinct seconds of one source's incidents, or of all. */
static void seconds_make(struct seconds *seconds, const struct placed *placed, size_t count, bool all, uint32_t source,
			 double capture_span)
{
	seconds_init(seconds, count);
	for (size_t i = 0; i < count; i++)
		if (all || placed[i].incident->source == source)
			seconds_add(seconds, placed[i].time);
	seconds_weigh(seconds, capture_span);
}

/* One clock for all sources or, when they do not agree on one, one for each. */
struct clocks {
	struct clock_found *found; /* the joint one, then one a source */
	const struct clock_found **of_source;
	const struct clock_found **of_placed; /* of each incident: that of its source, or of its stretch of the log */
	struct clock_found *stepped;          /* CLOCK_STEPS + 1 a source */
	struct clock_step *steps;             /* CLOCK_STEPS a source */
	uint32_t *step_counts;
	size_t sources;
};

static double evidence_of(const struct closes *closes, const struct seconds *seconds, const struct clock_found *clock)
{
	size_t count = 0;
	double close_by = 0;

	/* How much more often a close stands just before an event than it would anywhere. */
	for (size_t i = 0; i < seconds->count; i++) {
		double place = clock_to_capture(&clock->line, seconds->time[i]);
		if (place < closes->first - 1 || place > closes->last + 1)
			continue;
		count++;
		size_t at = closes_from(closes, place - 1.5);
		close_by += at < closes->count && closes->time[at] < place + 1.5;
	}
	return count == 0 ? 0 : close_by / (double)count;
}

static void clocks_find(struct clocks *clocks, const struct closes *closes, const struct placed *placed, size_t count,
			const struct align_options *options)
{
	struct seconds seconds;
	struct anchors anchors;

	for (size_t i = 0; i < count; i++)
		if (placed[i].incident->source >= clocks->sources)
			clocks->sources = (size_t)placed[i].incident->source + 1;
	clocks->found = memory_get_zeroed(clocks->sources + 1, sizeof(*clocks->found));
	clocks->of_source = memory_get_zeroed(clocks->sources + 1, sizeof(*clocks->of_source));
	seconds_make(&seconds, placed, count, true, 0, closes->last - closes->first);
	anchors_make(&anchors, options, closes, true, 0);
	clock_find(closes, &seconds, &anchors, options, &clocks->found[0]);
	seconds_free(&seconds);
	anchors_free(&anchors);
	for (size_t source = 0; source < clocks->sources; source++)
		clocks->of_source[source] = &clocks->found[0];
	if (clocks->sources < 2 || options->has_offset)
		return;
	for (size_t source = 0; source < clocks->sources; source++) {
		struct clock_found *own = &clocks->found[source + 1];
		seconds_make(&seconds, placed, count, false, (uint32_t)source, closes->last - closes->first);
		anchors_make(&anchors, options, closes, false, (uint32_t)source);
		clock_find(closes, &seconds, &anchors, options, own);
		anchors_free(&anchors);
		/* A clock of its own must explain its log better than the common one does. */
		if (own->accepted &&
		    (!clocks->found[0].accepted ||
		     (fabs(own->line.offset - clocks->found[0].line.offset) > 2 &&
		      evidence_of(closes, &seconds, own) > evidence_of(closes, &seconds, &clocks->found[0]))))
			clocks->of_source[source] = own;
		seconds_free(&seconds);
	}
}

/* With fewer no step could be told from strays. */
enum { STEP_INCIDENTS = 6 };

/* An incident in the order of writing. */
struct written {
	size_t at; /* in placed */
	uint32_t event;
};

static int by_event(const void *left, const void *right)
{
	const struct written *a = left, *b = right;

	if (a->event != b->event)
		return a->event < b->event ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

/* The incidents of one source as they were written: as they were read, or backwards where the newest stands first. */
static size_t written_make(const struct placed *placed, size_t count, uint32_t source, struct written *written)
{
	size_t used = 0, back = 0, forth = 0;

	for (size_t i = 0; i < count; i++)
		if (placed[i].incident->source == source)
			written[used++] = (struct written){
			    i, placed[i].incident->event_count > 0 ? placed[i].incident->events[0] : 0};
	qsort(written, used, sizeof(*written), by_event);
	for (size_t k = 1; k < used; k++) {
		back += written[k].at < written[k - 1].at;
		forth += written[k].at > written[k - 1].at;
	}
	for (size_t k = 0; back > forth && k < used / 2; k++) {
		struct written other = written[k];
		written[k] = written[used - 1 - k];
		written[used - 1 - k] = other;
	}
	return used;
}

/* Gives the incidents of a source that was set at some time the clocks of their stretches. */
static void steps_take(struct clocks *clocks, const struct closes *closes, const struct placed *placed, size_t source,
		       const struct written *written, size_t count, const struct align_options *options)
{
	const struct clock_found *clock = clocks->of_source[source];
	struct log_stretch stretches[CLOCK_STEPS + 2];
	double *times = memory_get_zeroed(count + 1, sizeof(*times));

	for (size_t k = 0; k < count; k++)
		times[k] = placed[written[k].at].time;
	size_t used = steps_find(closes, times, count, clock, options, stretches);
	free(times);
	for (size_t s = 0; used > 1 && s < used; s++) {
		struct clock_found *own = &clocks->stepped[source * (CLOCK_STEPS + 1) + s];
		*own = *clock;
		own->line = stretches[s].line;
		size_t end = s + 1 < used ? stretches[s + 1].from : count;
		for (size_t k = stretches[s].from; k < end; k++)
			clocks->of_placed[written[k].at] = own;
		if (s == 0)
			continue;
		double here = clock_to_capture(&stretches[s].line, placed[written[stretches[s].from].at].time);
		double by = clock_at(&stretches[s].line, here) - clock_at(&stretches[s - 1].line, here);
		clocks->steps[source * CLOCK_STEPS + s - 1] =
		    (struct clock_step){placed[written[stretches[s].from].at].incident->id, by};
	}
	clocks->step_counts[source] = (uint32_t)used - 1;
}

static void steps_all(struct clocks *clocks, const struct closes *closes, const struct placed *placed, size_t count,
		      const struct align_options *options)
{
	struct written *written = memory_get_zeroed(count + 1, sizeof(*written));

	clocks->of_placed = memory_get_zeroed(count + 1, sizeof(*clocks->of_placed));
	clocks->stepped = memory_get_zeroed(clocks->sources * (CLOCK_STEPS + 1) + 1, sizeof(*clocks->stepped));
	clocks->steps = memory_get_zeroed(clocks->sources * CLOCK_STEPS + 1, sizeof(*clocks->steps));
	clocks->step_counts = memory_get_zeroed(clocks->sources + 1, sizeof(*clocks->step_counts));
	for (size_t i = 0; i < count; i++)
		clocks->of_placed[i] = clocks->of_source[placed[i].incident->source];
	for (size_t source = 0; source < clocks->sources && !options->has_offset; source++) {
		if (!clocks->of_source[source]->accepted)
			continue;
		size_t used = written_make(placed, count, (uint32_t)source, written);
		if (used >= STEP_INCIDENTS)
			steps_take(clocks, closes, placed, source, written, used, options);
	}
	free(written);
}

static void clocks_free(struct clocks *clocks)
{
	free(clocks->found);
	free(clocks->of_source);
	free(clocks->of_placed);
	free(clocks->stepped);
	free(clocks->steps);
	free(clocks->step_counts);
}

static int by_place(const void *left, const void *right)
{
	const struct seen *a = left, *b = right;

	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

/* Incidents whose source has a clock, on the capture's time. */
static struct seen *seen_make(const struct clocks *clocks, const struct placed *placed, size_t count, size_t *used)
{
	struct seen *seen = memory_get_zeroed(count + 1, sizeof(*seen));

	*used = 0;
	for (size_t i = 0; i < count; i++) {
		const struct incident *incident = placed[i].incident;
		const struct clock_found *clock = clocks->of_placed[i];
		if (clock->accepted)
			seen[(*used)++] = (struct seen){clock_to_capture(&clock->line, placed[i].time), placed[i].index,
							incident->source, incident->lpi, clock};
	}
	qsort(seen, *used, sizeof(*seen), by_place);
	return seen;
}

static const struct align_connection *
connection_by_id(const struct closes *closes, const struct align_connection *connections, double around, uint32_t id)
{
	for (size_t k = closes_from(closes, around - KERNEL_ABOVE_S - 1);
	     k < closes->count && closes->time[k] < around + KERNEL_BELOW_S + 1; k++)
		if (connections[closes->order[k]].id == id)
			return &connections[closes->order[k]];
	return NULL;
}

/* Times and lags. Events are a whole second long; their middle is as right as any. */
static void times_fill(const struct closes *closes, const struct align_connection *connections, const struct seen *seen,
		       size_t count, const struct align_options *options, struct match *matches)
{
	for (size_t i = 0; i < count; i++) {
		struct match *match = &matches[seen[i].index];
		double middle = seen[i].place + 0.5 / (1 + seen[i].clock->line.drift);
		double ns = middle * (double)NS_PER_S + (double)options->capture_first;
		if (fabs(ns) < 9.2e18)
			match->time = options->capture_first + (time_ns)llround(middle * (double)NS_PER_S);
		if (match->confidence == MATCH_NONE)
			continue;
		const struct align_connection *connection =
		    connection_by_id(closes, connections, seen[i].place, match->connection);
		if (connection != NULL)
			match->lag_s = middle - seconds_of(connection->close, options->capture_first);
	}
}

/* What is to be told of one clock. */
static void clock_tell(const struct clock_found *found, uint32_t number, uint32_t matched,
		       const struct align_options *options, struct clock_estimate *clock)
{
	*clock = (struct clock_estimate){.p_chance = found->p_chance,
					 .runner_up_offset_s = found->runner_up,
					 .offset_low_s = NAN,
					 .offset_high_s = NAN};
	if (!options->has_offset && (!found->accepted || matched == 0))
		return;
	clock->number = number;
	clock->matched = matched;
	memcpy(clock->anchors, found->anchors, sizeof(clock->anchors));
	clock->anchors[ANCHOR_INCIDENT] = matched;
	if (options->has_offset) {
		clock->method = CLOCK_GIVEN;
		clock->offset_s = options->offset_s;
		return;
	}
	double far = 1.96 * found->doubt.drift * found->line.middle;
	clock->method = CLOCK_ESTIMATED;
	clock->offset_s = found->line.offset - found->line.drift * found->line.middle;
	clock->drift_ppm = found->line.drift * 1e6;
	/* The doubt of the offset in the middle and that of the drift are independent: their squares add up. */
	clock->offset_low_s = clock->offset_s - hypot(fmin(found->doubt.low, 0), far);
	clock->offset_high_s = clock->offset_s + hypot(fmax(found->doubt.high, 0), far);
}

/* The steps of a log, and the offset before the first of them in the place of the one that most incidents have. */
static void steps_tell(const struct clocks *clocks, size_t source, struct clock_estimate *clock)
{
	uint32_t count = clocks->step_counts[source];

	if (count == 0 || clock->method != CLOCK_ESTIMATED)
		return;
	const struct clock_line *first = &clocks->stepped[source * (CLOCK_STEPS + 1)].line;
	double offset = first->offset - first->drift * first->middle, moved = offset - clock->offset_s;
	clock->offset_s = offset;
	clock->offset_low_s += moved;
	clock->offset_high_s += moved;
	clock->drift_ppm = first->drift * 1e6;
	clock->step_count = count;
	memcpy(clock->steps, &clocks->steps[source * CLOCK_STEPS], count * sizeof(clock->steps[0]));
}

/* The clock with the most matches is the one to report; each log has one of its own or the common one. */
static void clocks_tell(const struct clocks *clocks, const struct seen *seen, size_t count, const struct match *matches,
			const struct align_options *options, struct clock_estimate *clock,
			struct clock_estimate *of_source, size_t source_count)
{
	uint32_t *matched = memory_get_zeroed(clocks->sources + 1, sizeof(*matched));
	size_t best = 0, teller = 0;

	for (size_t i = 0; i < count; i++)
		matched[clocks->of_source[seen[i].source] - clocks->found] +=
		    matches[seen[i].index].confidence != MATCH_NONE;
	for (size_t k = 1; k <= clocks->sources; k++)
		if (matched[k] > matched[best])
			best = k;
	clock_tell(&clocks->found[best], (uint32_t)best + 1, matched[best], options, clock);
	while (teller < clocks->sources && clocks->of_source[teller] != &clocks->found[best])
		teller++;
	if (teller < clocks->sources)
		steps_tell(clocks, teller, clock);
	for (size_t s = 0; s < source_count; s++) {
		size_t own = s < clocks->sources ? (size_t)(clocks->of_source[s] - clocks->found) : 0;
		clock_tell(&clocks->found[own], (uint32_t)own + 1, matched[own], options, &of_source[s]);
		if (s < clocks->sources)
			steps_tell(clocks, s, &of_source[s]);
	}
	free(matched);
}

void align(const struct align_connection *connections, size_t connection_count, const struct incident *incidents,
	   size_t incident_count, const struct align_options *options, struct clock_estimate *clock,
	   struct match *matches, struct clock_estimate *of_source, size_t source_count)
{
	struct clocks clocks = {0};
	struct closes closes;
	size_t placed_count, seen_count;

	for (size_t i = 0; i < incident_count; i++)
		matches[i] = (struct match){.time = TIME_NONE, .lag_s = NAN};
	closes_make(&closes, connections, connection_count, options);
	struct placed *placed = placed_make(incidents, incident_count, options->capture_first, &placed_count);
	clocks_find(&clocks, &closes, placed, placed_count, options);
	steps_all(&clocks, &closes, placed, placed_count, options);
	struct seen *seen = seen_make(&clocks, placed, placed_count, &seen_count);
	/* Only what lies in the capture can have a connection there; the rest would only skew the share of strays. */
	size_t from = 0, to = seen_count;
	while (from < to && seen[from].place < closes.first - 2)
		from++;
	while (to > from && seen[to - 1].place > closes.last + KERNEL_ABOVE_S)
		to--;
	pair_all(&closes, connections, seen + from, to - from, matches);
	times_fill(&closes, connections, seen, seen_count, options, matches);
	clocks_tell(&clocks, seen, seen_count, matches, options, clock, of_source, source_count);
	free(seen);
	free(placed);
	clocks_free(&clocks);
	closes_free(&closes);
}
