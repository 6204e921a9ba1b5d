/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that are alive, found by their 4-tuple in one look for both directions, and kept in lists by how long
 * they may stay quiet; the hosts that they run between; and the tuples that have ended lately.
 */
#ifndef MTASCOPE_TCP_TABLE_H
#define MTASCOPE_TCP_TABLE_H

#include "tcp/connection.h"

struct table;

/* Lists are numbered from 0. */
enum { TABLE_LISTS = 8 };
struct table *table_new(void);

/* Frees the table and its hosts, not the connections. */
void table_free(struct table *table);

/* The connection between from and to, and which way that is; or NULL. */
struct tcp_connection *table_find(const struct table *table, const struct endpoint *from, const struct endpoint *to,
				  enum direction *direction);

/*
 * Fetches what table_find and who asks for it will read into the processor's cache, in steps, each for several
 * segments, so that none waits for memory alone: table_expect gives the hash for table_fetch, which fetches the
 * connection, and for table_expected, which may return another connection than table_find will.
 */
uint32_t table_expect(const struct table *table, const struct endpoint *from, const struct endpoint *to);
void table_fetch(const struct table *table, uint32_t hash);
const struct tcp_connection *table_expected(const struct table *table, uint32_t hash);

/* Adds a connection, whose endpoints are set, at the end of a list. It stays the caller's. */
void table_add(struct table *table, struct tcp_connection *connection, unsigned list);
void table_remove(struct table *table, struct tcp_connection *connection);
size_t table_count(const struct table *table);

/* Puts a connection at the end of a list. */
void table_move(struct table *table, struct tcp_connection *connection, unsigned list);

/* The first of a list, or NULL; the next by list_next. */
struct tcp_connection *table_first(const struct table *table, unsigned list);

/* The host's entry, made at the first call; NULL when there are too many hosts. It lives as long as the table. */
struct tcp_host *table_host(struct table *table, const struct address *address);

/*
 * Remembers that the connection's tuple has ended; until then a packet of it is a stray. What is remembered is bounded,
 * and the newest wins.
 */
void table_bury(struct table *table, const struct tcp_connection *connection, time_ns until);

/* Whether a packet between from and to at now is a stray; if so, the next may come for so long again. */
bool table_is_stray(struct table *table, const struct endpoint *from, const struct endpoint *to, time_ns now,
		    time_ns again);

#endif
