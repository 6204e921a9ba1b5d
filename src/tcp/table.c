/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcp/table.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { STRAY_SLOTS = 1 << 16, FIRST_SLOTS = 1 << 12, HOST_BUCKETS = 1 << 16, HOST_LIMIT = 1 << 16 };

struct key {
	uint64_t part[2];
};

/* A tuple that has ended, by its hash. */
struct stray {
	uint64_t hash;
	time_ns until;
};

/* A connection with its hash beside it, so that one that is looked past is not touched: most have left the cache. */
struct slot {
	struct tcp_connection *connection; /* NULL: empty */
	uint32_t hash;
};

struct table {
	struct slot *slots; /* a connection stands at its hash, or behind it with no empty slot between */
	size_t slot_count, connection_count;
	struct connection_list lists[TABLE_LISTS];
	struct tcp_host *hosts[HOST_BUCKETS];
	size_t host_count;
	struct stray *strays;
	struct key key;
};

/*
 * The slots are keyed at random, so that no sender can aim at one. What is forgotten of the strays depends on their
 * slots, and so must be the same in every run.
 */
static const struct key stray_key = {{0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f}};

/* ---- Hashing ---- */

static uint64_t load64(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof value);
	return value;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 uint128;
	uint128 product = (uint128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_address(const struct key *key, const struct address *address)
{
	return mix(load64(address->bytes) ^ key->part[0], load64(address->bytes + 8) ^ key->part[1]);
}

/* The same for both directions. */
static uint64_t hash_flow(const struct key *key, const struct endpoint *a, const struct endpoint *b)
{
	uint64_t left = mix(hash_address(key, &a->ip) ^ a->port, key->part[1] | 1);
	uint64_t right = mix(hash_address(key, &b->ip) ^ b->port, key->part[1] | 1);

	return left + right;
}

/* ---- Connections ---- */

static bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && address_equal(&a->ip, &b->ip);
}

static size_t slot_of(const struct table *table, uint32_t hash)
{
	return hash & (table->slot_count - 1);
}

static size_t slot_after(const struct table *table, size_t at)
{
	return (at + 1) & (table->slot_count - 1);
}

struct tcp_connection *table_find(const struct table *table, const struct endpoint *from, const struct endpoint *to,
				  enum direction *direction)
{
	uint32_t hash = (uint32_t)hash_flow(&table->key, from, to);

	for (size_t at = slot_of(table, hash); table->slots[at].connection != NULL; at = slot_after(table, at)) {
		struct tcp_connection *connection = table->slots[at].connection;
		if (table->slots[at].hash != hash)
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

static void take_slot(struct table *table, struct slot slot)
{
	size_t at = slot_of(table, slot.hash);

	while (table->slots[at].connection != NULL)
		at = slot_after(table, at);
	table->slots[at] = slot;
}

static void grow_slots(struct table *table)
{
	struct slot *before = table->slots;
	size_t count = table->slot_count;

	table->slot_count = 2 * count;
	table->slots = memory_get_zeroed(table->slot_count, sizeof *table->slots);
	for (size_t i = 0; i < count; i++)
		if (before[i].connection != NULL)
			take_slot(table, before[i]);
	free(before);
}

/* Empties a slot, and fills it with a later one that would not be found behind an empty slot, and so on. */
static void leave_slot(struct table *table, size_t empty)
{
	for (size_t at = slot_after(table, empty); table->slots[at].connection != NULL; at = slot_after(table, at)) {
		size_t behind = at - slot_of(table, table->slots[at].hash);
		if ((behind & (table->slot_count - 1)) < ((at - empty) & (table->slot_count - 1)))
			continue;
		table->slots[empty] = table->slots[at];
		empty = at;
	}
	table->slots[empty].connection = NULL;
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
	if (table->connection_count >= table->slot_count / 4 * 3)
		grow_slots(table);
	connection->hash = (uint32_t)hash_flow(&table->key, &connection->client, &connection->server);
	take_slot(table, (struct slot){connection, connection->hash});
	table->connection_count++;
	list_append(table, connection, list);
}

void table_remove(struct table *table, struct tcp_connection *connection)
{
	size_t at = slot_of(table, connection->hash);

	while (table->slots[at].connection != connection)
		at = slot_after(table, at);
	leave_slot(table, at);
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
	struct tcp_host *host = memory_get_zeroed(1, sizeof *host);
	host->address = *address;
	host->hash_next = *bucket;
	*bucket = host;
	table->host_count++;
	return host;
}

/* ---- Strays ---- */

void table_bury(struct table *table, const struct tcp_connection *connection, time_ns until)
{
	uint64_t hash = hash_flow(&stray_key, &connection->client, &connection->server);

	table->strays[hash & (STRAY_SLOTS - 1)] = (struct stray){hash, until};
}

bool table_is_stray(struct table *table, const struct endpoint *from, const struct endpoint *to, time_ns now,
		    time_ns again)
{
	uint64_t hash = hash_flow(&stray_key, from, to);
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

	table->slot_count = FIRST_SLOTS;
	table->slots = memory_get_zeroed(FIRST_SLOTS, sizeof *table->slots);
	table->strays = memory_get_zeroed(STRAY_SLOTS, sizeof *table->strays);
	/* A key that cannot be drawn only makes the table easier to attack. */
	if (getrandom(&table->key, sizeof table->key, 0) < 0)
		table->key = stray_key;
	return table;
}

void table_free(struct table *table)
{
	for (size_t i = 0; table != NULL && i < HOST_BUCKETS; i++) {
		struct tcp_host *next;
		for (struct tcp_host *host = table->hosts[i]; host != NULL; host = next) {
			next = host->hash_next;
			free(host);
		}
	}
	if (table != NULL) {
		free(table->slots);
		free(table->strays);
	}
	free(table);
}
