/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcp/table.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

enum { STRAY_SLOTS = 1 << 16, FIRST_BUCKETS = 1 << 12, HOST_BUCKETS = 1 << 16, HOST_LIMIT = 1 << 16 };

/* A tuple that has ended, by its hash. */
struct stray {
	uint64_t hash;
	time_ns until;
};

struct table {
	struct tcp_connection **buckets;
	size_t bucket_count, connection_count;
	struct connection_list lists[TABLE_LISTS];
	struct tcp_host *hosts[HOST_BUCKETS];
	struct pool host_pool;
	size_t host_count;
	struct stray *strays;
	struct hash_key key;
};

/* ---- Hashing ---- */

/*
 * The same for both directions. The buckets take the table's own key; what is forgotten of the strays depends on their
 * slots, and so must be the same in every run.
 */
static uint64_t hash_flow(const struct hash_key *key, const struct endpoint *a, const struct endpoint *b)
{
	uint64_t left = hash_mix(hash_address(key, &a->ip) ^ a->port, key->part[1] | 1);
	uint64_t right = hash_mix(hash_address(key, &b->ip) ^ b->port, key->part[1] | 1);

	return left + right;
}

/* ---- Connections ---- */

static bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && address_equal(&a->ip, &b->ip);
}

struct tcp_connection *table_find(const struct table *table, const struct endpoint *from, const struct endpoint *to,
				  enum direction *direction)
{
	uint32_t hash = (uint32_t)hash_flow(&table->key, from, to);
	struct tcp_connection *connection = table->buckets[hash & (table->bucket_count - 1)];

	for (; connection != NULL; connection = connection->hash_next) {
		if (connection->hash != hash)
			continue;
		if (endpoint_equal(&connection->client, from) && endpoint_equal(&connection->server, to)) {
			*direction = FROM_CLIENT;
			return connection;
		}
		if (endpoint_equal(&connection->client, to) && endpoint_equal(&connection->server, from)) {
			*direction = FROM_SERVER;
			return connection;
		}
	}
	return NULL;
}

uint32_t table_expect(const struct table *table, const struct endpoint *from, const struct endpoint *to)
{
	uint32_t hash = (uint32_t)hash_flow(&table->key, from, to);

	__builtin_prefetch(&table->buckets[hash & (table->bucket_count - 1)]);
	return hash;
}

void table_fetch(const struct table *table, uint32_t hash)
{
	/* As far as what every packet needs goes. */
	enum { LINE = 64, LENGTH = offsetof(struct tcp_connection, list_next) };
	const char *connection = (const char *)table->buckets[hash & (table->bucket_count - 1)];

	for (size_t at = 0; connection != NULL && at < LENGTH; at += LINE)
		__builtin_prefetch(connection + at);
}

const struct tcp_connection *table_expected(const struct table *table, uint32_t hash)
{
	const struct tcp_connection *connection = table->buckets[hash & (table->bucket_count - 1)];

	while (connection != NULL && connection->hash != hash)
		connection = connection->hash_next;
	return connection;
}

static void grow_buckets(struct table *table)
{
	size_t count = table->bucket_count * 2;
	struct tcp_connection **buckets = memory_get_zeroed(count, sizeof(struct tcp_connection *));

	for (size_t i = 0; i < table->bucket_count; i++) {
		struct tcp_connection *next;
		for (struct tcp_connection *c = table->buckets[i]; c != NULL; c = next) {
			next = c->hash_next;
			c->hash_next = buckets[c->hash & (count - 1)];
			buckets[c->hash & (count - 1)] = c;
		}
	}
	free(table->buckets);
	table->buckets = buckets;
	table->bucket_count = count;
}

static void list_remove(struct table *table, struct tcp_connection *connection)
{
	struct connection_list *list = &table->lists[connection->list];

	if (connection->list_previous != NULL)
		connection->list_previous->list_next = connection->list_next;
	else
		list->first = connection->list_next;
	if (connection->list_next != NULL)
		connection->list_next->list_previous = connection->list_previous;
	else
		list->last = connection->list_previous;
}

static void list_append(struct table *table, struct tcp_connection *connection, unsigned which)
{
	struct connection_list *list = &table->lists[which];

	connection->list = (uint8_t)which;
	connection->list_next = NULL;
	connection->list_previous = list->last;
	if (list->last != NULL)
		list->last->list_next = connection;
	else
		list->first = connection;
	list->last = connection;
}

void table_add(struct table *table, struct tcp_connection *connection, unsigned list)
{
	if (table->connection_count >= table->bucket_count)
		grow_buckets(table);
	connection->hash = (uint32_t)hash_flow(&table->key, &connection->client, &connection->server);
	struct tcp_connection **bucket = &table->buckets[connection->hash & (table->bucket_count - 1)];
	connection->hash_next = *bucket;
	*bucket = connection;
	table->connection_count++;
	list_append(table, connection, list);
}

void table_remove(struct table *table, struct tcp_connection *connection)
{
	struct tcp_connection **link = &table->buckets[connection->hash & (table->bucket_count - 1)];

	while (*link != connection)
		link = &(*link)->hash_next;
	*link = connection->hash_next;
	table->connection_count--;
	list_remove(table, connection);
}

size_t table_count(const struct table *table)
{
	return table->connection_count;
}

void table_move(struct table *table, struct tcp_connection *connection, unsigned list)
{
	list_remove(table, connection);
	list_append(table, connection, list);
}

struct tcp_connection *table_first(const struct table *table, unsigned list)
{
	return table->lists[list].first;
}

/* ---- Hosts ---- */

struct tcp_host *table_host(struct table *table, const struct address *address)
{
	struct tcp_host **bucket = &table->hosts[hash_address(&table->key, address) & (HOST_BUCKETS - 1)];

	for (struct tcp_host *host = *bucket; host != NULL; host = host->hash_next)
		if (address_equal(&host->address, address))
			return host;
	if (table->host_count >= HOST_LIMIT)
		return NULL;
	struct tcp_host *host = pool_get(&table->host_pool);
	host->address = *address;
	host->hash_next = *bucket;
	*bucket = host;
	table->host_count++;
	return host;
}

/* ---- Strays ---- */

void table_bury(struct table *table, const struct tcp_connection *connection, time_ns until)
{
	uint64_t hash = hash_flow(&hash_key_fixed, &connection->client, &connection->server);

	table->strays[hash & (STRAY_SLOTS - 1)] = (struct stray){hash, until};
}

bool table_is_stray(struct table *table, const struct endpoint *from, const struct endpoint *to, time_ns now,
		    time_ns again)
{
	uint64_t hash = hash_flow(&hash_key_fixed, from, to);
	struct stray *stray = &table->strays[hash & (STRAY_SLOTS - 1)];

	if (stray->hash != hash || now >= stray->until)
		return false;
	stray->until = now + again;
	return true;
}

/* ---- The table ---- */

struct table *table_new(void)
{
	struct table *table = memory_get_zeroed(1, sizeof *table);

	table->host_pool = pool_of(sizeof(struct tcp_host));
	table->bucket_count = FIRST_BUCKETS;
	table->buckets = memory_get_zeroed(FIRST_BUCKETS, sizeof(struct tcp_connection *));
	table->strays = memory_get_zeroed(STRAY_SLOTS, sizeof *table->strays);
	table->key = hash_key_draw();
	return table;
}

void table_free(struct table *table)
{
	if (table == NULL)
		return;
	pool_release(&table->host_pool);
	free(table->buckets);
	free(table->strays);
	free(table);
}
