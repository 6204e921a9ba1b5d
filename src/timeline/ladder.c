/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "timeline/ladder.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1 << 16, ROUTE_LIMIT = 1 << 16 };

/* A silent SYN counts as given up when the next attempt starts so long after it: no schedule repeats sooner. */
#define SYN_PATIENCE (3 * NS_PER_S)
/* An attempt long after the last one failed is a new matter: MTAs retry every ten minutes by default. */
#define LADDER_PAUSE (3600 * NS_PER_S)

/* One client host and one service. */
struct route {
	struct route *next;
	struct address client;
	struct endpoint server;
	bool got_ok;
	uint32_t id, attempt;
	const struct tcp_connection *current; /* the ladder's newest attempt, NULL when it is freed */
	time_ns last;                         /* the end of the newest attempt that is freed */
};

struct ladders {
	struct route *buckets[BUCKETS];
	struct hash_key key;
	struct pool pool;
	size_t routes;
	uint32_t next_id;
};

static size_t bucket_of(const struct hash_key *key, const struct tcp_connection *connection)
{
	uint64_t hash = hash_with(key, hash_address(key, &connection->client.ip), connection->server.port);

	return hash_with(key, hash, hash_address(key, &connection->server.ip)) & (BUCKETS - 1);
}

static struct route *find_or_add(struct ladders *ladders, const struct tcp_connection *connection)
{
	struct route **bucket = &ladders->buckets[bucket_of(&ladders->key, connection)];

	for (struct route *route = *bucket; route != NULL; route = route->next)
		if (route->server.port == connection->server.port &&
		    address_equal(&route->client, &connection->client.ip) &&
		    address_equal(&route->server.ip, &connection->server.ip))
			return route;
	if (ladders->routes >= ROUTE_LIMIT)
		return NULL;
	struct route *route = pool_get(&ladders->pool);
	route->client = connection->client.ip;
	route->server = connection->server;
	route->next = *bucket;
	route->got_ok = true;
	*bucket = route;
	ladders->routes++;
	return route;
}

/* Whether the newest attempt has failed by the time the next one starts. */
static bool has_failed(const struct route *route, time_ns now)
{
	const struct tcp_connection *current = route->current;

	if (current == NULL)
		return now - route->last < LADDER_PAUSE;
	if (moment_seen(&current->rest->close))
		return now - current->rest->close.time < LADDER_PAUSE;
	return moment_seen(&current->syn) && !current->synack_seen && now - tcp_last_syn(current).time >= SYN_PATIENCE;
}

struct ladders *ladders_new(void)
{
	struct ladders *ladders = memory_get_zeroed(1, sizeof *ladders);

	ladders->pool = pool_of(sizeof(struct route));
	ladders->key = hash_key_draw();
	return ladders;
}

void ladders_free(struct ladders *ladders)
{
	if (ladders == NULL)
		return;
	pool_release(&ladders->pool);
	free(ladders);
}

void ladders_opened(struct ladders *ladders, struct tcp_connection *connection)
{
	struct route *route = find_or_add(ladders, connection);
	bool goes_on = route != NULL && !route->got_ok && has_failed(route, connection->first.time);

	connection->ladder.route = route;
	connection->ladder.id = goes_on ? route->id : ++ladders->next_id;
	connection->ladder.attempt = goes_on ? route->attempt + 1 : 1;
	if (route == NULL)
		return;
	route->id = connection->ladder.id;
	route->attempt = connection->ladder.attempt;
	route->got_ok = false;
	route->current = connection;
}

void ladders_ok(const struct tcp_connection *connection)
{
	struct route *route = connection->ladder.route;

	if (route != NULL && route->current == connection)
		route->got_ok = true;
}

void ladders_finished(const struct tcp_connection *connection)
{
	struct route *route = connection->ladder.route;

	if (route != NULL && route->current == connection) {
		route->current = NULL;
		route->last = connection->last.time;
	}
}
