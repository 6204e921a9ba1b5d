/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/service.h"

#include "base/hash.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	BUCKETS = 1 << 16,
	SERVICE_LIMIT = 1 << 16,
	SECONDS_KEPT = 1 << 15, /* nine hours of a service that is never idle */
	SECONDS_LEAST = 256,    /* the rules look a minute around a failure; half of these may be forgotten at once */
	SHARES = 32,
	SPANS = 96, /* quarter octaves from 1 µs: up to 16 s */
	HANDSHAKES_NEEDED = 3,
	OUT_OF_ORDER = 60, /* seconds: time that goes farther back is of a clock that was set */
};

/*
 * A side nearer than this is "beside": farther, there is a network between that can lose packets. Where the capture as
 * a whole is not taken beside that side, one near service needs to be nearer than a switched network makes it. A tap
 * with many hosts this FAR on that side is not beside it.
 */
#define BESIDE       NS_PER_MS
#define BESIDE_ALONE (400 * NS_PER_US)
#define FAR          (5 * NS_PER_MS)

/* One second in which something was done, how often, and for whom the first time. */
struct acted {
	int64_t second;
	uint32_t count, connection;
};

struct history {
	struct acted *acted;
	size_t count, capacity;
};

/* Handshakes by the share that the server's side of the tap has in the round trip, and by both round trips. */
struct distances {
	uint32_t count;
	uint32_t share[SHARES];
	uint32_t to_server[SPANS], to_client[SPANS];
};

struct service {
	struct endpoint server;
	struct history history[SERVICE_ACTS];
	struct distances distances;
	struct service *next;   /* in its bucket */
	struct service *before; /* of all */
};

struct services {
	bool failures_only;
	uint64_t finished, losing; /* connections; those whose bytes the capture lost */
	struct service *buckets[BUCKETS];
	struct hash_key key;
	struct service *newest;
	size_t count, limit;
	size_t seconds; /* of one history of one service; SECONDS_KEPT, or the share of each in all_seconds */
	size_t all_seconds;
	uint64_t left_out;
	struct distances distances;
};

const char *tap_name(enum tap tap)
{
	static const char *const names[] = {NULL, "client", "middle", "server"};

	return names[tap];
}

static size_t bucket_of(const struct services *services, const struct endpoint *server)
{
	const struct hash_key *key = &services->key;

	return hash_with(key, hash_address(key, &server->ip), server->port) & (BUCKETS - 1);
}

static struct service *find(const struct services *services, const struct endpoint *server)
{
	struct service *service = services->buckets[bucket_of(services, server)];

	while (service != NULL &&
	       (service->server.port != server->port || !address_equal(&service->server.ip, &server->ip)))
		service = service->next;
	return service;
}

static void set_share(struct services *services)
{
	size_t share = services->count == 0 ? SECONDS_KEPT : services->all_seconds / services->count / SERVICE_ACTS;

	services->seconds = share > SECONDS_KEPT ? SECONDS_KEPT : share < SECONDS_LEAST ? SECONDS_LEAST : share;
}

static struct service *find_or_add(struct services *services, const struct endpoint *server)
{
	struct service *service = find(services, server);

	if (service != NULL)
		return service;
	if (services->count >= services->limit) {
		services->left_out++;
		return NULL;
	}
	struct service **bucket = &services->buckets[bucket_of(services, server)];
	service = memory_get_zeroed(1, sizeof *service);
	service->server = *server;
	service->next = *bucket;
	service->before = services->newest;
	*bucket = service;
	services->newest = service;
	services->count++;
	set_share(services);
	return service;
}

struct services *services_new(void)
{
	struct services *services = memory_get_zeroed(1, sizeof *services);

	services->key = hash_key_draw();
	services_limit(services, SERVICE_LIMIT, SIZE_MAX);
	return services;
}

void services_limit(struct services *services, size_t count, size_t seconds)
{
	services->limit = count;
	services->all_seconds = seconds;
	set_share(services);
}

uint64_t services_left_out(const struct services *services)
{
	return services->left_out;
}

void services_free(struct services *services)
{
	struct service *before;

	if (services == NULL)
		return;
	for (struct service *service = services->newest; service != NULL; service = before) {
		before = service->before;
		for (unsigned act = 0; act < SERVICE_ACTS; act++)
			free(service->history[act].acted);
		free(service);
	}
	free(services);
}

/* The first entry that is not before the second. */
static size_t first_from(const struct history *history, int64_t second)
{
	size_t low = 0;
	size_t high = history->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (history->acted[middle].second < second)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Forgets what came first, down to so many; returns where the place is then. */
static size_t make_room(struct history *history, size_t kept, size_t place)
{
	size_t gone = history->count - kept;

	history->count = kept;
	/* Behind a clock that was set back, that is what has the later times. */
	if (place <= kept)
		return place;
	memmove(history->acted, history->acted + gone, kept * sizeof *history->acted);
	return place > gone ? place - gone : 0;
}

void services_note(struct services *services, const struct endpoint *server, enum service_act act, uint32_t connection,
		   time_ns time)
{
	struct service *service = find_or_add(services, server);

	if (service == NULL)
		return;
	struct history *history = &service->history[act];
	int64_t second = time / NS_PER_S;
	struct acted *newest = history->count > 0 ? &history->acted[history->count - 1] : NULL;
	size_t place = history->count;
	/* Packets out of order are put to the newest second; behind a clock that was set back each has its own. */
	if (newest != NULL && second <= newest->second && second >= newest->second - OUT_OF_ORDER) {
		newest->count += newest->connection != connection;
		return;
	}
	if (newest != NULL && second < newest->second) {
		place = first_from(history, second);
		if (history->acted[place].second == second) {
			history->acted[place].count += history->acted[place].connection != connection;
			return;
		}
	}
	if (history->count >= services->seconds)
		place = make_room(history, services->seconds / 2, place);
	history->acted = memory_grow(history->acted, history->count, &history->capacity, sizeof *newest);
	memmove(history->acted + place + 1, history->acted + place, (history->count - place) * sizeof *newest);
	history->acted[place] = (struct acted){second, 1, connection};
	history->count++;
}

bool services_did(const struct services *services, const struct endpoint *server, enum service_act act,
		  uint32_t but_connection, time_ns from, time_ns to)
{
	const struct service *service = find(services, server);

	if (service == NULL)
		return false;
	const struct history *history = &service->history[act];
	size_t low = first_from(history, from / NS_PER_S);
	for (; low < history->count && history->acted[low].second <= to / NS_PER_S; low++)
		if (history->acted[low].count > 1 || history->acted[low].connection != but_connection)
			return true;
	return false;
}

/* Quarter octaves: enough to compare with a limit, and no list of every handshake is kept. */
static size_t span_of(time_ns span)
{
	uint64_t us = span <= 0 ? 0 : (uint64_t)(span / NS_PER_US);
	unsigned octave = 0;

	while (us >> octave >= 8)
		octave++;
	size_t index = octave == 0 ? (size_t)us : 4u * octave + (size_t)(us >> octave);
	return index < SPANS ? index : SPANS - 1;
}

static void add(struct distances *distances, time_ns to_server, time_ns to_client)
{
	time_ns whole = to_server + to_client;
	size_t share = whole <= 0 ? SHARES / 2 : (size_t)(to_server * SHARES / whole);

	distances->count++;
	distances->share[share < SHARES ? share : SHARES - 1]++;
	distances->to_server[span_of(to_server)]++;
	distances->to_client[span_of(to_client)]++;
}

void services_handshake(struct services *services, const struct endpoint *server, time_ns to_synack, time_ns to_ack)
{
	struct service *service = find_or_add(services, server);

	if (to_synack < 0 || to_ack < 0)
		return;
	if (service != NULL)
		add(&service->distances, to_synack, to_ack);
	add(&services->distances, to_synack, to_ack);
}

static size_t quantile(const uint32_t *counts, size_t length, uint32_t total, uint32_t quarters)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < length; i++) {
		seen += counts[i];
		if (seen * 4 >= (uint64_t)total * quarters && seen > 0)
			return i;
	}
	return length - 1;
}

static enum tap tap_of(const struct distances *distances, time_ns near)
{
	size_t beside = span_of(near);
	size_t share = quantile(distances->share, SHARES, distances->count, 2);
	size_t to_server = quantile(distances->to_server, SPANS, distances->count, 2);
	size_t to_client = quantile(distances->to_client, SPANS, distances->count, 2);
	/* Near to some hosts and far from many others: the tap stands between them. */
	size_t far = span_of(FAR);
	bool far_servers = quantile(distances->to_server, SPANS, distances->count, 3) >= far;
	bool far_clients = quantile(distances->to_client, SPANS, distances->count, 3) >= far;

	if (share < SHARES * 3 / 10 && to_server < beside && !far_servers)
		return TAP_SERVER;
	if (share >= SHARES * 7 / 10 && to_client < beside && !far_clients)
		return TAP_CLIENT;
	return TAP_MIDDLE;
}

enum tap services_tap(const struct services *services, const struct endpoint *server)
{
	const struct service *service = server == NULL ? NULL : find(services, server);

	enum tap whole =
	    services->distances.count >= HANDSHAKES_NEEDED ? tap_of(&services->distances, BESIDE) : TAP_UNKNOWN;
	if (service == NULL || service->distances.count < HANDSHAKES_NEEDED)
		return whole;
	return tap_of(&service->distances, whole == TAP_MIDDLE ? BESIDE_ALONE : BESIDE);
}

void services_hold_failures(struct services *services)
{
	services->failures_only = true;
}

bool services_are_of_failures(const struct services *services)
{
	return services->failures_only;
}

uint32_t services_handshakes(const struct services *services)
{
	return services->distances.count;
}

void services_finished(struct services *services, bool lost)
{
	services->finished++;
	services->losing += lost;
}

struct lossy_share services_lossy_share(const struct services *services)
{
	double losing = (double)services->losing, finished = (double)services->finished;

	if (services->losing == 0)
		return (struct lossy_share){0, 0};
	return (struct lossy_share){(losing + 1) / (finished + 20),
				    fmin(1, (losing + 2 + 2 * sqrt(losing + 1)) / (finished + 4))};
}
