/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events into incidents.
 *
 * Every 4283 (Bad LPI) is a failure. The 4258 Close Request is only the message that met the missing control block: at
 * severity 8 it is logged for every connection that closes, well or badly, so it makes no incident by itself; nothing
 * that Microsoft wrote says otherwise. Q319936 shows the pair with one time stamp, the 4258 first.
 *
 * Two failures of one LPI need a connection to be accepted and given up in between, which no timer lets happen within a
 * second, so that all its events of one source and second are one incident: 8464 and 8465 for the two ends, or a log
 * that was joined to its own copy.
 *
 * The same event in two sources is one event in a rotated log given twice. Only events with a time can be told so. Of
 * an event that one source has twice, the other's two copies are set aside one each.
 *
 * It is also one event where the sources are of different forms, so that number, handle, control block, codes, thread
 * and procedure agree to the second, but no words do: the text log and an export of the Application log, for one. Where
 * one of them is in UTC and the other in local time, the zone between them must show first: a whole number of quarters
 * of an hour at which events of several seconds agree, nearly all that both can have, and none other near as good.
 */
#include "events/event.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CLOSE_REQUEST "Close Request"

/* How long before its 4283 a Close Request may be stamped, in seconds: normally 0; a loaded MTA logs late. */
enum { CLOSE_BEFORE_MAX = 10, INCIDENT_EVENTS = 4 };

/* The steps of time zones and how far they go, in seconds; and what makes one of them clear. */
enum { ZONE_STEP = 900, ZONE_MAX = 14 * 3600, ZONE_EVENTS = 3, ZONE_SECONDS = 2 };

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_texts(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int compare_lpis(const struct lpi *a, const struct lpi *b)
{
	int order = compare_numbers(a->locality, b->locality);

	if (order == 0)
		order = compare_numbers(a->partner, b->partner);
	return order != 0 ? order : compare_numbers(a->index, b->index);
}

/* By what an event says in every form, but for its time. */
static int compare_facts(const struct event *a, const struct event *b)
{
	const int64_t numbers[][2] = {
	    {a->number, b->number},
	    {a->thread, b->thread},
	    {a->process, b->process},
	    {a->has_lpi, b->has_lpi},
	    {a->cb, b->cb},
	    {a->error_code, b->error_code},
	    {a->socket_error, b->socket_error},
	};
	int order = 0;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && order == 0; i++)
		order = compare_numbers(numbers[i][0], numbers[i][1]);
	return order != 0 ? order : compare_lpis(&a->lpi, &b->lpi);
}

/* By everything that the log said, but not by where it said it. */
static int compare_contents(const struct event *a, const struct event *b)
{
	const char *const texts[][2] = {
	    {a->text, b->text},
	    {a->component, b->component},
	    {a->thread_name, b->thread_name},
	    {a->class_name, b->class_name},
	    {a->message_type, b->message_type},
	    {a->peer_name, b->peer_name},
	};
	int order = compare_numbers(a->t_local, b->t_local);

	if (order == 0)
		order = compare_numbers(a->utc, b->utc);
	if (order == 0)
		order = compare_facts(a, b);
	if (order == 0)
		order = compare_numbers(a->severity, b->severity);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && order == 0; i++)
		order = compare_texts(texts[i][0], texts[i][1]);
	return order;
}

static int by_contents(const void *a, const void *b)
{
	const struct event *first = *(const struct event *const *)a;
	const struct event *second = *(const struct event *const *)b;
	int order = compare_contents(first, second);

	return order != 0 ? order : compare_numbers(first->id, second->id);
}

static int by_connection(const void *a, const void *b)
{
	const struct event *first = *(const struct event *const *)a;
	const struct event *second = *(const struct event *const *)b;
	int order = compare_numbers(first->source, second->source);

	if (order == 0)
		order = compare_lpis(&first->lpi, &second->lpi);
	if (order == 0)
		order = compare_numbers(first->t_local, second->t_local);
	return order != 0 ? order : compare_numbers(first->id, second->id);
}

static int by_time(const void *a, const void *b)
{
	const struct incident *first = a;
	const struct incident *second = b;
	int order = compare_numbers(first->t_local, second->t_local);

	return order != 0 ? order : compare_numbers(first->events[0], second->events[0]);
}

/* In reading order, but of one source first what is set aside already. */
static int by_source(const void *a, const void *b)
{
	const struct event *first = *(const struct event *const *)a;
	const struct event *second = *(const struct event *const *)b;
	int order = compare_numbers(first->source, second->source);

	if (order == 0)
		order = compare_numbers(first->duplicate_of == 0, second->duplicate_of == 0);
	return order != 0 ? order : compare_numbers(first->id, second->id);
}

/*
 * One run of equal events, in reading order and so source by source. The nth of a source is a copy of the nth original
 * where earlier sources have so many; the originals move to the front of run.
 */
static size_t mark_run(struct event **run, size_t count)
{
	size_t originals = 0;
	size_t copies = 0;
	size_t earlier = 0; /* originals of earlier sources */
	size_t rank = 0;    /* in this source */
	uint32_t source = run[0]->source;

	for (size_t i = 0; i < count; i++) {
		struct event *event = run[i];
		if (event->source != source) {
			source = event->source;
			earlier = originals;
			rank = 0;
		}
		if (event->duplicate_of != 0) {
			/* As a copy of the same words. */
		} else if (rank < earlier) {
			event->duplicate_of = run[rank]->id;
			copies++;
		} else {
			run[originals++] = event;
		}
		rank++;
	}
	return copies;
}

/* Sets aside what a source read earlier has word for word. */
static void mark_copies(struct event_log *log, struct event **sorted)
{
	size_t count = 0;

	for (size_t i = 0; i < log->event_count; i++) {
		log->events[i].duplicate_of = 0;
		if (log->events[i].t_local != INT64_MIN)
			sorted[count++] = &log->events[i];
	}
	if (count > 0)
		qsort(sorted, count, sizeof(struct event *), by_contents);
	log->duplicate_count = 0;
	for (size_t i = 0; i < count;) {
		size_t end = i + 1;
		while (end < count && compare_contents(sorted[i], sorted[end]) == 0)
			end++;
		log->duplicate_count += mark_run(sorted + i, end - i);
		i = end;
	}
}

/* Facts, then time; within one basis: UTC and local time are apart. */
static int by_facts(const void *a, const void *b)
{
	const struct event *first = *(const struct event *const *)a;
	const struct event *second = *(const struct event *const *)b;
	int order = compare_numbers(first->utc, second->utc);

	if (order == 0)
		order = compare_facts(first, second);
	if (order == 0)
		order = compare_numbers(first->t_local, second->t_local);
	return order != 0 ? order : compare_numbers(first->id, second->id);
}

/* Events with a time, a number and a procedure to know them by, with or without those set aside already. */
static size_t collect(struct event_log *log, struct event **sorted, bool copies)
{
	size_t count = 0;

	for (size_t i = 0; i < log->event_count; i++) {
		struct event *event = &log->events[i];
		if ((copies || event->duplicate_of == 0) && event->t_local != INT64_MIN &&
		    event->number != EVENT_LACKS && event->process != EVENT_LACKS)
			sorted[count++] = event;
	}
	if (count > 0)
		qsort(sorted, count, sizeof(struct event *), by_facts);
	return count;
}

/* How well the two bases agree when the local ones are ahead by shift. */
struct agreement {
	size_t events;
	size_t seconds; /* distinct ones, as far as events of one kind follow each other */
};

static struct agreement agreement_at(struct event **local, size_t local_count, struct event **utc, size_t utc_count,
				     int64_t shift)
{
	struct agreement agreement = {0};
	int64_t last = INT64_MIN;

	for (size_t i = 0, k = 0; i < local_count && k < utc_count;) {
		int order = compare_facts(local[i], utc[k]);
		if (order == 0)
			order = compare_numbers(local[i]->t_local - shift, utc[k]->t_local);
		if (order == 0) {
			agreement.events++;
			agreement.seconds += local[i]->t_local != last;
			last = local[i]->t_local;
		}
		i += order <= 0;
		k += order >= 0;
	}
	return agreement;
}

/* How many of the events lie between two times, less shift. */
static size_t count_between(struct event **events, size_t count, int64_t shift, const int64_t span[2])
{
	size_t within = 0;

	for (size_t i = 0; i < count; i++)
		within += events[i]->t_local - shift >= span[0] && events[i]->t_local - shift <= span[1];
	return within;
}

static void span_of(struct event **events, size_t count, int64_t shift, int64_t span[2])
{
	span[0] = INT64_MAX;
	span[1] = INT64_MIN;
	for (size_t i = 0; i < count; i++) {
		int64_t t = events[i]->t_local - shift;
		span[0] = t < span[0] ? t : span[0];
		span[1] = t > span[1] ? t : span[1];
	}
}

/* Whether nine in ten of the events that both bases can have are in both. */
static bool agrees_throughout(struct event **local, size_t local_count, struct event **utc, size_t utc_count,
			      int64_t shift, size_t events)
{
	int64_t of_local[2];
	int64_t of_utc[2];

	span_of(local, local_count, shift, of_local);
	span_of(utc, utc_count, 0, of_utc);
	size_t a = count_between(local, local_count, shift, of_utc);
	size_t b = count_between(utc, utc_count, 0, of_local);
	return events * 10 >= (a < b ? a : b) * 9;
}

/* The zone of the local events, in seconds east of UTC, as the same events in UTC show it. */
static bool find_zone(struct event **local, size_t local_count, struct event **utc, size_t utc_count, int64_t *zone)
{
	struct agreement best = {0};
	size_t second = 0;

	for (int64_t shift = -ZONE_MAX; shift <= ZONE_MAX; shift += ZONE_STEP) {
		struct agreement found = agreement_at(local, local_count, utc, utc_count, shift);
		if (found.events > best.events) {
			second = best.events;
			best = found;
			*zone = shift;
		} else if (found.events > second) {
			second = found.events;
		}
	}
	return best.events >= ZONE_EVENTS && best.seconds >= ZONE_SECONDS && best.events >= 2 * second &&
	       agrees_throughout(local, local_count, utc, utc_count, *zone, best.events);
}

/* An event where all forms meet. */
struct known {
	struct event *event;
	int64_t t;  /* on one clock with all others whose apart is the same */
	bool apart; /* UTC, with a zone that did not show */
};

static int by_known(const void *a, const void *b)
{
	const struct known *first = a;
	const struct known *second = b;
	int order = compare_facts(first->event, second->event);

	if (order == 0)
		order = compare_numbers(first->apart, second->apart);
	if (order == 0)
		order = compare_numbers(first->t, second->t);
	return order != 0 ? order : by_source(&first->event, &second->event);
}

static bool same_event(const struct known *a, const struct known *b)
{
	return a->apart == b->apart && a->t == b->t && compare_facts(a->event, b->event) == 0;
}

/* Sets aside, in runs of events with the same facts and time, what a source read earlier has. */
static size_t mark_facts(struct event **events, size_t count, bool has_zone, int64_t zone)
{
	struct known *known = memory_get((count + 1) * sizeof(*known));
	size_t copies = 0;

	for (size_t i = 0; i < count; i++)
		known[i] = (struct known){.event = events[i],
					  .t = events[i]->t_local + (events[i]->utc && has_zone ? zone : 0),
					  .apart = events[i]->utc && !has_zone};
	if (count > 0)
		qsort(known, count, sizeof(*known), by_known);
	for (size_t i = 0; i < count; i++)
		events[i] = known[i].event;
	for (size_t i = 0; i < count;) {
		size_t end = i + 1;
		while (end < count && same_event(&known[i], &known[end]))
			end++;
		copies += mark_run(events + i, end - i);
		i = end;
	}
	free(known);
	return copies;
}

/* Sets aside what a source read earlier has in another form. */
static void mark_forms(struct event_log *log, struct event **sorted)
{
	size_t count = collect(log, sorted, false);
	size_t split = 0;
	int64_t zone = 0;

	while (split < count && !sorted[split]->utc)
		split++;
	bool has_zone = find_zone(sorted, split, sorted + split, count - split, &zone);
	count = collect(log, sorted, true);
	log->duplicate_count += mark_facts(sorted, count, has_zone, zone);
}

static bool is_failure(const struct event *event)
{
	return event->number == 4283;
}

/* A Close Request from below for a control block of that number; the LPI's index is it (Q319936). */
static bool is_close(const struct event *event)
{
	return event->number == 4258 && event->message_type != NULL &&
	       strncasecmp(event->message_type, CLOSE_REQUEST, sizeof(CLOSE_REQUEST) - 1) == 0 &&
	       (event->cb == EVENT_LACKS || event->cb == (int64_t)event->lpi.index);
}

static void add_event(struct incident *incident, const struct event *event)
{
	if (incident->event_count == INCIDENT_EVENTS)
		return;
	incident->events[incident->event_count++] = event->id;
	if (event->t_local < incident->t_local)
		incident->t_local = event->t_local;
	if (incident->cb == EVENT_LACKS)
		incident->cb = event->cb;
}

/* The events of one LPI in one source and, below, the stack of closes that no failure has used: nearest on top. */
struct connection_events {
	struct event **events;
	size_t count;
	const struct event **closes;
	size_t close_count;
};

/*
 * One second of one LPI, with a failure in it, into an incident. Its Close Request is, in this order: in the same
 * second, before or after; the nearest before; the very next record, though the second has ended between them.
 * Returns how many events beyond the second were used.
 */
static size_t make_incident(struct event_log *log, struct connection_events *of, size_t from, size_t end)
{
	struct incident *incident = &log->incidents[log->incident_count++];
	const struct event *first = of->events[from];
	bool has_close = false;
	size_t beyond = 0;

	*incident = (struct incident){.lpi = first->lpi,
				      .cb = EVENT_LACKS,
				      .source = first->source,
				      .t_local = first->t_local,
				      .utc = first->utc};
	for (size_t i = from; i < end; i++)
		has_close = has_close || is_close(of->events[i]);
	if (!has_close && of->close_count > 0 &&
	    first->t_local - of->closes[of->close_count - 1]->t_local <= CLOSE_BEFORE_MAX) {
		add_event(incident, of->closes[--of->close_count]);
		has_close = true;
	}
	for (size_t i = from; i < end; i++)
		add_event(incident, of->events[i]);
	if (!has_close && end < of->count && is_close(of->events[end]) &&
	    of->events[end]->id == of->events[end - 1]->id + 1 && of->events[end]->t_local - first->t_local <= 1) {
		add_event(incident, of->events[end]);
		beyond = 1;
	}
	return beyond;
}

static void group_connection(struct event_log *log, struct connection_events *of)
{
	of->close_count = 0;
	for (size_t i = 0; i < of->count;) {
		size_t end = i;
		bool failed = false;
		while (end < of->count && of->events[end]->t_local == of->events[i]->t_local) {
			failed = failed || is_failure(of->events[end]);
			end++;
		}
		if (failed) {
			end += make_incident(log, of, i, end);
		} else {
			for (size_t k = i; k < end; k++)
				of->closes[of->close_count++] = of->events[k];
		}
		i = end;
	}
}

void event_log_group(struct event_log *log)
{
	struct event **sorted = memory_get((log->event_count + 1) * sizeof(*sorted));
	const struct event **closes = memory_get((log->event_count + 1) * sizeof(*closes));
	size_t count = 0;
	size_t failures = 0;

	mark_copies(log, sorted);
	mark_forms(log, sorted);
	for (size_t i = 0; i < log->event_count; i++) {
		struct event *event = &log->events[i];
		if (event->duplicate_of != 0 || event->t_local == INT64_MIN || !event->has_lpi ||
		    (!is_failure(event) && !is_close(event)))
			continue;
		failures += is_failure(event);
		sorted[count++] = event;
	}
	free(log->incidents);
	log->incidents = memory_get((failures + 1) * sizeof(*log->incidents));
	log->incident_count = 0;
	if (count > 0)
		qsort(sorted, count, sizeof(*sorted), by_connection);
	for (size_t i = 0; i < count;) {
		size_t end = i + 1;
		while (end < count && sorted[end]->source == sorted[i]->source &&
		       compare_lpis(&sorted[end]->lpi, &sorted[i]->lpi) == 0)
			end++;
		struct connection_events of = {.events = sorted + i, .count = end - i, .closes = closes};
		group_connection(log, &of);
		i = end;
	}
	if (log->incident_count > 0)
		qsort(log->incidents, log->incident_count, sizeof(*log->incidents), by_time);
	for (size_t i = 0; i < log->incident_count; i++)
		log->incidents[i].id = (uint32_t)(i + 1);
	free(closes);
	free(sorted);
}
