/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/sign.h"

#include "base/memory.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An event is logged in whole seconds, some before a connection's end and some a while after it. */
#define BEFORE (3 * NS_PER_S)
#define AFTER  (10 * NS_PER_S)

enum { NUMBERS = 8 };

enum sign_place {
	PLACE_NEAR,     /* from a little before the connection's start to a little after its end */
	PLACE_CALLER,   /* the same, and the event names the connection's client */
	PLACE_ANYWHERE, /* whatever the clocks say */
	PLACE_ZONE      /* no event: the log's clock itself */
};

enum sign_detail {
	DETAIL_ANY,
	DETAIL_BAD_LPI,
	DETAIL_NDATA,
	DETAIL_NETWORK_TCP,
	DETAIL_SOCKET_NONE,
	DETAIL_SOCKET_RESET,
	DETAIL_SOCKET_TIMEOUT,
	DETAIL_SOCKET_REFUSED
};

struct sighted {
	time_ns time; /* TIME_NONE: not known */
	const struct event *event;
};

struct sign_row {
	const char *words;
	bool of_log;
	enum sign_place place;
	enum sign_detail detail;
	int32_t numbers[NUMBERS]; /* 0 ends them */
};

static const struct sign_row rows[SIGNS] = {
#define WIRE(name, words)                    [SIGN_##name] = {words, false, PLACE_NEAR, DETAIL_ANY, {0}},
#define LOG(name, place, detail, words, ...) [SIGN_##name] = {words, true, place, detail, {__VA_ARGS__}},
#include "origin/signs.def"
#undef WIRE
#undef LOG
};

const char *sign_words(enum sign sign)
{
	return rows[sign].words;
}

bool sign_of_log(enum sign sign)
{
	return rows[sign].of_log;
}

/* ---- What an event says beside its number ---- */

/* 1 is TCP, and 5 RPC (Q168815); an event without words says its type first. */
static bool is_of_tcp(const struct event *event)
{
	static const char words[] = "network type";
	const char *at = event->text == NULL ? NULL : strstr(event->text, words);

	if (event->text == NULL)
		return false;
	at = at == NULL ? event->text : at + sizeof words - 1;
	while (*at != '\0' && strchr(" =:", *at) != NULL)
		at++;
	return *at == '1' && !isdigit((unsigned char)at[1]);
}

static bool has_detail(const struct event *event, enum sign_detail detail)
{
	switch (detail) {
	case DETAIL_BAD_LPI:
		return event->error_code == 8464 || event->error_code == 8465;
	case DETAIL_NDATA:
		return event->message_type != NULL && strncmp(event->message_type, "NDATA", 5) == 0;
	case DETAIL_NETWORK_TCP:
		return is_of_tcp(event);
	case DETAIL_SOCKET_NONE:
		return event->socket_error == 0;
	case DETAIL_SOCKET_RESET:
		return event->socket_error == 10053 || event->socket_error == 10054;
	case DETAIL_SOCKET_TIMEOUT:
		return event->socket_error == 10060;
	case DETAIL_SOCKET_REFUSED:
		return event->socket_error == 10061;
	case DETAIL_ANY:
		break;
	}
	return true;
}

/* ---- Events by number and time ---- */

static int compare_sighted(const void *a, const void *b)
{
	const struct sighted *left = a;
	const struct sighted *right = b;

	if (left->event->number != right->event->number)
		return left->event->number < right->event->number ? -1 : 1;
	if (left->time != right->time)
		return left->time < right->time ? -1 : 1;
	return left->event->id < right->event->id ? -1 : left->event->id > right->event->id;
}

/* Zones of half hours show in the distance of the clocks, where the log is in local time. */
static enum sight half_hour(const struct event_log *log, const struct clock_estimate *of_source)
{
	enum sight sight = SIGHT_HIDDEN;

	for (size_t i = 0; i < log->event_count; i++) {
		const struct event *event = &log->events[i];
		const struct clock_estimate *clock = &of_source[event->source];
		if (event->utc || clock->method == CLOCK_NOTHING)
			continue;
		double minutes = fabs(fmod(clock->offset_s / 60, 60));
		if (minutes > 25 && minutes < 35)
			return SIGHT_SEEN;
		sight = SIGHT_ABSENT;
	}
	return sight;
}

struct log_sights log_sights_make(const struct event_log *log, const time_ns *times,
				  const struct clock_estimate *of_source)
{
	struct log_sights sights = {.given = log->source_count > 0 && !event_log_said_nothing(log),
				    .half_hour = SIGHT_HIDDEN};

	sights.events = memory_get((log->event_count + 1) * sizeof *sights.events);
	for (size_t i = 0; i < log->event_count; i++) {
		if (log->events[i].duplicate_of != 0)
			continue;
		sights.events[sights.count++] = (struct sighted){times[i], &log->events[i]};
		sights.lined_up = sights.lined_up || times[i] != TIME_NONE;
	}
	qsort(sights.events, sights.count, sizeof *sights.events, compare_sighted);
	if (sights.given)
		sights.half_hour = half_hour(log, of_source);
	return sights;
}

void log_sights_free(struct log_sights *sights)
{
	free(sights->events);
	*sights = (struct log_sights){0};
}

/* The first event of that number at that time or later, or where it would stand. */
static size_t first_at(const struct log_sights *sights, int32_t number, time_ns time)
{
	size_t low = 0, high = sights->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct sighted *event = &sights->events[middle];
		if (event->event->number < number || (event->event->number == number && event->time < time))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has_event(const struct log_sights *sights, const struct sign_row *row, int32_t number,
		      const struct subject *subject)
{
	bool anywhere = row->place == PLACE_ANYWHERE;
	time_ns from = anywhere ? INT64_MIN : subject->first - BEFORE;
	time_ns to = anywhere ? INT64_MAX : subject->last + AFTER;

	for (size_t i = first_at(sights, number, from); i < sights->count; i++) {
		const struct sighted *event = &sights->events[i];
		if (event->event->number != number || event->time > to)
			return false;
		if (!anywhere && event->time == TIME_NONE)
			continue;
		if (has_detail(event->event, row->detail) &&
		    (row->place != PLACE_CALLER || address_equal(&event->event->peer, &subject->client)))
			return true;
	}
	return false;
}

enum sight sign_look(enum sign sign, const struct subject *subject, const struct log_sights *sights)
{
	const struct sign_row *row = &rows[sign];

	if (!row->of_log)
		return (subject->signs & sign_bit(sign)) != 0 ? SIGHT_SEEN : SIGHT_ABSENT;
	if (row->place == PLACE_ZONE)
		return sights->half_hour;
	if (!sights->given)
		return SIGHT_HIDDEN;
	if (row->place != PLACE_ANYWHERE && (!sights->lined_up || subject->first == TIME_NONE))
		return SIGHT_HIDDEN;
	for (size_t i = 0; i < NUMBERS && row->numbers[i] != 0; i++)
		if (has_event(sights, row, row->numbers[i], subject))
			return SIGHT_SEEN;
	return SIGHT_ABSENT;
}
