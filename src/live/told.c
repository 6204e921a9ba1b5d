/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/told.h"

#include "base/memory.h"
#include "report/records.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Incidents whose warning is remembered; more are not warned of again only until the oldest half is forgotten. */
enum { KEYS_MOST = 8192 };

struct told {
	uint64_t *records; /* what was written of each incident, by its index; 0: nothing */
	size_t record_count, record_capacity;
	uint64_t *events;
	size_t event_count, event_capacity;
	uint64_t clock;
	uint64_t keys[KEYS_MOST];
	size_t key_count;
	bool lacks;
};

struct told *told_new(void)
{
	return memory_get_zeroed(1, sizeof(struct told));
}

void told_free(struct told *told)
{
	if (told == NULL)
		return;
	free(told->records);
	free(told->events);
	free(told);
}

bool told_lacks(const struct told *told)
{
	return told->lacks;
}

/* ---- Numbers for what was said ---- */

static uint64_t add(uint64_t hash, const void *data, size_t length)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* What tells an incident from every other, in this run and the next. */
static uint64_t key_of(const struct incident *incident)
{
	uint64_t hash = add(UINT64_C(0xcbf29ce484222325), &incident->t_local, sizeof incident->t_local);

	hash = add(hash, &incident->lpi.locality, sizeof incident->lpi.locality);
	hash = add(hash, &incident->lpi.partner, sizeof incident->lpi.partner);
	hash = add(hash, &incident->lpi.index, sizeof incident->lpi.index);
	return hash == 0 ? 1 : hash;
}

static uint64_t record_of(const struct incident *incident, const struct match *match)
{
	uint64_t hash = add(key_of(incident), &match->confidence, sizeof match->confidence);

	hash = add(hash, &match->connection, sizeof match->connection);
	hash = add(hash, match->candidates, match->candidate_count * sizeof match->candidates[0]);
	return hash == 0 ? 1 : hash;
}

static uint64_t *place(uint64_t **list, size_t *count, size_t *capacity, size_t index)
{
	while (*count <= index) {
		*list = memory_grow(*list, *count, capacity, sizeof **list);
		(*list)[(*count)++] = 0;
	}
	return &(*list)[index];
}

/* ---- Warnings ---- */

size_t told_count(const struct told *told)
{
	return told->key_count;
}

uint64_t told_key(const struct told *told, size_t index)
{
	return told->keys[index];
}

void told_before(struct told *told, uint64_t key)
{
	if (told->key_count == KEYS_MOST) {
		memmove(told->keys, told->keys + KEYS_MOST / 2, KEYS_MOST / 2 * sizeof told->keys[0]);
		told->key_count = KEYS_MOST / 2;
	}
	told->keys[told->key_count++] = key;
}

static bool was_warned(const struct told *told, uint64_t key)
{
	for (size_t i = 0; i < told->key_count; i++)
		if (told->keys[i] == key)
			return true;
	return false;
}

static void warn_of(struct told *told, struct warnings *warnings, const struct incident *incident,
		    const struct match *match, time_ns now)
{
	uint64_t key = key_of(incident);

	if (match->confidence < MATCH_PROBABLE || was_warned(told, key))
		return;
	told_before(told, key);
	int64_t second = ((incident->t_local % 86400) + 86400) % 86400;
	warn_about(warnings, WARNING_INCIDENT, now, match->connection,
		   "event 4283 (Bad LPI %" PRIu32 "-%" PRIu32 "-%" PRIu32 ") at %02d:%02d:%02d of the log is %s"
		   "connection #%" PRIu32 " (probability %.2f)",
		   incident->lpi.locality, incident->lpi.partner, incident->lpi.index, (int)(second / 3600),
		   (int)(second / 60 % 60), (int)(second % 60), match->confidence == MATCH_CERTAIN ? "" : "probably ",
		   match->connection, match->score);
}

/* ---- Records ---- */

static void write_events(struct told *told, const struct event_log *log, const struct incident *incident,
			 struct json *json)
{
	for (uint32_t i = 0; i < incident->event_count; i++) {
		const struct event *event = &log->events[incident->events[i] - 1];
		uint64_t *written =
		    place(&told->events, &told->event_count, &told->event_capacity, incident->events[i]);
		uint64_t key = add(key_of(incident), &event->number, sizeof event->number);
		if (*written != key)
			record_event(json, log, event);
		*written = key;
	}
}

/* A clock that was only made more exact by a little is no news. */
static void write_clock(struct told *told, const struct lined_up *now, struct json *json)
{
	int64_t seconds = now->clock->method == CLOCK_NOTHING ? 0 : llround(now->clock->offset_s);
	uint64_t key = add(now->clock->method, &seconds, sizeof seconds);

	if (told->clock != key)
		record_clock(json, now->clock, now->log, now->clocks);
	told->clock = key;
}

void told_incidents(struct told *told, const struct lined_up *now, unsigned digits, struct json *json,
		    struct warnings *warnings, time_ns time)
{
	const struct event_log *log = now->log;

	told->lacks = false;
	for (size_t i = 0; i < log->incident_count; i++) {
		const struct incident *incident = &log->incidents[i];
		const struct match *match = &now->matches[i];
		uint64_t *written = place(&told->records, &told->record_count, &told->record_capacity, i);
		uint64_t key = record_of(incident, match);
		told->lacks = told->lacks || match->confidence == MATCH_NONE;
		warn_of(told, warnings, incident, match, time);
		/* One that was never matched is told at the end. */
		if (json == NULL || *written == key || (*written == 0 && match->confidence == MATCH_NONE))
			continue;
		write_clock(told, now, json);
		write_events(told, log, incident, json);
		record_incident(json, digits, incident, match);
		*written = key;
	}
}
