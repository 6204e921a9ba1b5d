/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/signs.h"

#include "base/duration.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	WAITS = 64,        /* waits of early closes that are compared */
	SERVERS = 64,      /* servers whose OKs are compared with their own; the one heard of last makes room */
	RECENT = 8,        /* OKs that are "now" */
	USUAL_LEVELS = 64, /* of a duration, four to an octave, the first of 250 µs */
	USUAL_LEAST = 20,  /* OKs before anything is called usual */
	USUAL_MOST = 1024, /* then they are halved, so that what is usual follows the days */
	WAITING = 64,      /* connections of a server without an OK that are watched */
	FACTOR = 4,        /* so much longer than usual is a sign */
};

/* Waits that agree so far were ended by one timer. */
#define TIMER_SPREAD  (500 * NS_PER_MS)
#define TIMER_LEAST   NS_PER_S
#define TIMER_HISTORY (3600 * NS_PER_S)
/* No OK before this is slow, whatever is usual; without anything usual an OK after OVERDUE is. */
#define SLOW_LEAST NS_PER_S
#define OVERDUE    (5 * NS_PER_S)
/* A SYN that was repeated twice, and the longest that any client goes on. */
#define SYN_OVERDUE (9500 * NS_PER_MS)
#define SYN_MOST    (60 * NS_PER_S)

struct wait {
	time_ns length, ended;
	enum direction side;
};

struct waiting {
	uint32_t id; /* 0: none */
	time_ns since;
};

struct server {
	struct endpoint endpoint;
	time_ns last;
	uint32_t usual[USUAL_LEVELS], usual_count;
	time_ns recent[RECENT];
	size_t recent_count;
	struct waiting waiting[WAITING];
	size_t waiting_count;
	time_ns told; /* the length that was warned of; 0: all is well */
	struct waiting syns[WAITING];
	size_t syn_count;
	time_ns syns_told; /* the same of SYNs */
};

struct signs {
	struct warnings *warnings;
	bool any_port;
	uint64_t early_closes;
	struct wait waits[WAITS]; /* a ring */
	size_t wait_count;
	struct server servers[SERVERS];
	size_t server_count;
};

struct signs *signs_new(struct warnings *warnings, bool any_port)
{
	struct signs *signs = memory_get_zeroed(1, sizeof *signs);

	signs->warnings = warnings;
	signs->any_port = any_port;
	return signs;
}

void signs_free(struct signs *signs)
{
	free(signs);
}

uint64_t signs_early_closes(const struct signs *signs)
{
	return signs->early_closes;
}

enum { ENDPOINT_TEXT_SIZE = ADDRESS_TEXT_SIZE + 8 };

static const char *endpoint_text(const struct endpoint *endpoint, char *text)
{
	char address[ADDRESS_TEXT_SIZE];

	address_format(&endpoint->ip, address);
	snprintf(text, ENDPOINT_TEXT_SIZE, endpoint->ip.family == 6 ? "[%s]:%u" : "%s:%u", address, endpoint->port);
	return text;
}

static const char *length_text(time_ns length, char *text)
{
	duration_format(length / NS_PER_US, text);
	return text;
}

/* ---- Early closes, and the timers behind them ---- */

/* 3, 10, 30, 100 …: a timer that goes on firing is told of ever less often. */
static bool is_worth_telling(size_t count)
{
	while (count >= 30 && count % 10 == 0)
		count /= 10;
	return count == 3 || count == 10;
}

static void note_wait(struct signs *signs, time_ns length, time_ns now, enum direction side)
{
	size_t kept = signs->wait_count < WAITS ? signs->wait_count : WAITS;
	size_t like = 1;
	char text[DURATION_TEXT_SIZE];

	for (size_t i = 0; i < kept; i++) {
		const struct wait *wait = &signs->waits[i];
		if (wait->side == side && now - wait->ended <= TIMER_HISTORY &&
		    llabs(wait->length - length) <= TIMER_SPREAD)
			like++;
	}
	signs->waits[signs->wait_count++ % WAITS] = (struct wait){length, now, side};
	if (length >= TIMER_LEAST && is_worth_telling(like))
		warn_about(signs->warnings, WARNING_TIMER, now, 0,
			   "a timer of the %s fires again and again: %zu connections were closed after waiting %s",
			   side == FROM_CLIENT ? "clients" : "server", like, length_text(length, text));
}

static void note_close(struct signs *signs, const struct live *live, const struct moment *moment)
{
	bool asked = moment_seen(&live->request);
	char client[ENDPOINT_TEXT_SIZE], server[ENDPOINT_TEXT_SIZE], text[DURATION_TEXT_SIZE];

	if (moment_seen(&live->ok) || !moment_seen(&live->established) || (signs->any_port && !asked))
		return;
	time_ns length = moment->time - (asked ? live->request.time : live->established.time);
	signs->early_closes++;
	warn_about(signs->warnings, WARNING_EARLY_CLOSE, moment->time, live->id,
		   "%s → %s was closed by the %s%s without an OK response, %s after the %s%s",
		   endpoint_text(live->client, client), endpoint_text(live->server, server),
		   live->close_side == FROM_CLIENT ? "client" : "server", live->close_resets ? " (reset)" : "",
		   length_text(length < 0 ? 0 : length, text), asked ? "request" : "handshake",
		   live->said_no ? ": the server had refused" : "");
	if (asked && !live->said_no)
		note_wait(signs, length, moment->time, live->close_side);
}

/* ---- How long the OK takes ---- */

/* NULL: it is not known, and would have to take another's place, which a sweep of addresses must not. */
static struct server *server_in_place(struct signs *signs, const struct endpoint *endpoint, time_ns now)
{
	for (size_t i = 0; i < signs->server_count; i++) {
		struct server *server = &signs->servers[i];
		if (server->endpoint.port == endpoint->port && address_equal(&server->endpoint.ip, &endpoint->ip))
			return server;
	}
	if (signs->server_count == SERVERS)
		return NULL;
	struct server *server = &signs->servers[signs->server_count++];
	*server = (struct server){.endpoint = *endpoint, .last = now};
	return server;
}

static struct server *server_of(struct signs *signs, const struct endpoint *endpoint, time_ns now)
{
	struct server *server = server_in_place(signs, endpoint, now);

	if (server == NULL) {
		server = &signs->servers[0];
		for (size_t i = 1; i < SERVERS; i++)
			if (signs->servers[i].last < server->last)
				server = &signs->servers[i];
		*server = (struct server){.endpoint = *endpoint};
	}
	server->last = now;
	return server;
}

static unsigned level_of(time_ns length)
{
	uint64_t quarters = length <= 0 ? 4 : (uint64_t)(length / (250 * NS_PER_US)) + 4;
	unsigned octave = 0;

	while (quarters >> octave >= 8)
		octave++;
	unsigned level = octave * 4 + (unsigned)(quarters >> octave) - 4;
	return level < USUAL_LEVELS ? level : USUAL_LEVELS - 1;
}

/* Where a level ends. */
static time_ns level_end(unsigned level)
{
	return (((INT64_C(4) + level % 4 + 1) << level / 4) - 4) * NS_PER_MS / 4;
}

/* The median of what is usual; 0: not known. */
static time_ns usual(const struct server *server)
{
	uint32_t seen = 0;

	if (server->usual_count < USUAL_LEAST)
		return 0;
	for (unsigned i = 0; i < USUAL_LEVELS; i++) {
		seen += server->usual[i];
		if (seen * 2 >= server->usual_count)
			return level_end(i);
	}
	return 0;
}

static void become_usual(struct server *server, time_ns length)
{
	server->usual[level_of(length)]++;
	if (++server->usual_count < USUAL_MOST)
		return;
	server->usual_count = 0;
	for (unsigned i = 0; i < USUAL_LEVELS; i++) {
		server->usual[i] /= 2;
		server->usual_count += server->usual[i];
	}
}

/* What is slow for this server. */
static time_ns slow(const struct server *server)
{
	time_ns limit = usual(server) * FACTOR;

	return limit == 0 ? OVERDUE : limit < SLOW_LEAST ? SLOW_LEAST : limit;
}

static int by_length(const void *a, const void *b)
{
	const time_ns *left = a;
	const time_ns *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* The median of the last RECENT OKs; 0: there were too few. */
static time_ns recent(const struct server *server)
{
	time_ns sorted[RECENT];

	if (server->recent_count < RECENT)
		return 0;
	memcpy(sorted, server->recent, sizeof sorted);
	qsort(sorted, RECENT, sizeof sorted[0], by_length);
	return sorted[RECENT / 2];
}

/* Ends ": usually it takes 70 ms" where that is known. */
static const char *usual_text(const struct server *server, char *text, size_t size)
{
	char length[DURATION_TEXT_SIZE];

	if (usual(server) == 0)
		text[0] = '\0';
	else
		snprintf(text, size, "; usually at most %s", length_text(usual(server), length));
	return text;
}

/* A wait is told of again only when it has doubled. */
static bool is_news(const struct server *server, time_ns length)
{
	return length >= slow(server) && length >= server->told * 2;
}

static void note_ok(struct signs *signs, const struct live *live, const struct moment *moment)
{
	struct server *server = server_of(signs, live->server, moment->time);
	char name[ENDPOINT_TEXT_SIZE], text[DURATION_TEXT_SIZE], more[64];
	const struct moment *since = moment_seen(&live->syn) ? &live->syn : &live->request;

	if (!moment_seen(since) || moment->time < since->time)
		return;
	time_ns length = moment->time - since->time;
	/* What is slow must not become usual while it lasts. */
	if (length < slow(server))
		become_usual(server, length);
	server->recent[server->recent_count++ % RECENT] = length;
	time_ns now = recent(server);
	if (now > 0 && is_news(server, now)) {
		server->told = now;
		warn_about(signs->warnings, WARNING_LATENCY, moment->time, 0,
			   "%s takes longer to say OK: %s for half of the last %d connections%s",
			   endpoint_text(live->server, name), length_text(now, text), RECENT,
			   usual_text(server, more, sizeof more));
	} else if (now > 0 && server->told > 0 && now * 2 < slow(server)) {
		server->told = 0;
		warn_good(signs->warnings, WARNING_LATENCY, moment->time, "%s says OK as fast as before: after %s",
			  endpoint_text(live->server, name), length_text(now, text));
	}
}

static void add_waiting(struct waiting *list, size_t *count, const struct live *live, const struct moment *moment)
{
	if (*count < WAITING)
		list[(*count)++] = (struct waiting){live->id, moment->time};
}

static void remove_waiting(struct waiting *list, size_t *count, const struct live *live)
{
	for (size_t i = 0; i < *count; i++) {
		if (list[i].id != live->id)
			continue;
		list[i] = list[--*count];
		return;
	}
}

static void begin_waiting(struct signs *signs, const struct live *live, const struct moment *moment)
{
	struct server *server = server_of(signs, live->server, moment->time);

	add_waiting(server->waiting, &server->waiting_count, live, moment);
}

static void end_waiting(struct signs *signs, const struct live *live, const struct moment *moment)
{
	struct server *server = server_of(signs, live->server, moment->time);

	remove_waiting(server->waiting, &server->waiting_count, live);
}

/* ---- SYNs ---- */

static void note_syn(struct signs *signs, const struct live *live, const struct moment *moment)
{
	struct server *server = server_in_place(signs, live->server, moment->time);

	if (server != NULL)
		add_waiting(server->syns, &server->syn_count, live, moment);
}

static void note_synack(struct signs *signs, const struct live *live, const struct moment *moment)
{
	struct server *server = server_in_place(signs, live->server, moment->time);
	char name[ENDPOINT_TEXT_SIZE];

	if (server == NULL)
		return;
	remove_waiting(server->syns, &server->syn_count, live);
	if (server->syns_told > 0)
		warn_good(signs->warnings, WARNING_HANDSHAKE, moment->time, "%s answers SYNs again",
			  endpoint_text(live->server, name));
	server->syns_told = 0;
}

void signs_refused(void *user, const struct live *live, const struct moment *moment)
{
	struct signs *signs = user;
	char client[ENDPOINT_TEXT_SIZE], server[ENDPOINT_TEXT_SIZE];

	/* By any port most refusals are of what nobody here asked about. */
	if (signs->any_port)
		return;
	struct server *of = server_in_place(signs, live->server, moment->time);
	if (of != NULL)
		remove_waiting(of->syns, &of->syn_count, live);
	warn_about(signs->warnings, WARNING_HANDSHAKE, moment->time, live->id, "%s → %s was refused at the SYN (%s)",
		   endpoint_text(live->client, client), endpoint_text(live->server, server),
		   live->close_resets ? "reset" : "ICMP");
}

static void look_at_syns(struct signs *signs, struct server *server, time_ns now)
{
	time_ns longest = 0;
	size_t overdue = 0;
	char name[ENDPOINT_TEXT_SIZE], text[DURATION_TEXT_SIZE];

	for (size_t i = 0; i < server->syn_count;) {
		time_ns length = now - server->syns[i].since;
		if (length > SYN_MOST) {
			server->syns[i] = server->syns[--server->syn_count];
			continue;
		}
		overdue += length >= SYN_OVERDUE;
		longest = length > longest ? length : longest;
		i++;
	}
	/* Nobody asks any more: what comes later is told of anew. */
	if (server->syn_count == 0)
		server->syns_told = 0;
	if (overdue == 0 || longest < server->syns_told * 2)
		return;
	server->syns_told = longest;
	warn_about(signs->warnings, WARNING_HANDSHAKE, now, 0,
		   "%s leaves %zu connection%s without a SYN/ACK, one for %s", endpoint_text(&server->endpoint, name),
		   overdue, overdue == 1 ? "" : "s", length_text(longest, text));
}

/* A connection that nobody closes waits for ever: one that long says nothing of the server now. */
#define WAITING_MOST (600 * NS_PER_S)

static void look_at_waiting(struct signs *signs, struct server *server, time_ns now)
{
	time_ns longest = 0;
	size_t overdue = 0;
	char name[ENDPOINT_TEXT_SIZE], text[DURATION_TEXT_SIZE], more[64];

	for (size_t i = 0; i < server->waiting_count;) {
		time_ns length = now - server->waiting[i].since;
		if (length > WAITING_MOST) {
			server->waiting[i] = server->waiting[--server->waiting_count];
			continue;
		}
		overdue += length >= slow(server);
		longest = length > longest ? length : longest;
		i++;
	}
	/* One alone may be a client that never asks. */
	if (overdue < 2 || longest < OVERDUE || !is_news(server, longest))
		return;
	server->told = longest;
	warn_about(signs->warnings, WARNING_LATENCY, now, 0, "%s keeps %zu connections waiting for an OK, one for %s%s",
		   endpoint_text(&server->endpoint, name), overdue, length_text(longest, text),
		   usual_text(server, more, sizeof more));
}

void signs_time(struct signs *signs, time_ns now)
{
	for (size_t i = 0; i < signs->server_count; i++) {
		look_at_syns(signs, &signs->servers[i], now);
		look_at_waiting(signs, &signs->servers[i], now);
	}
}

time_ns signs_longest(const struct signs *signs, time_ns now)
{
	time_ns longest = 0;

	for (size_t i = 0; i < signs->server_count; i++)
		for (size_t k = 0; k < signs->servers[i].waiting_count; k++)
			if (now - signs->servers[i].waiting[k].since > longest)
				longest = now - signs->servers[i].waiting[k].since;
	return longest;
}

void signs_reached(void *user, const struct live *live, enum milestone milestone, const struct moment *moment)
{
	struct signs *signs = user;

	if (milestone == MILESTONE_SYN && moment_seen(&live->syn) && !signs->any_port)
		note_syn(signs, live, moment);
	if (milestone == MILESTONE_SYNACK && !signs->any_port)
		note_synack(signs, live, moment);
	if (milestone == MILESTONE_ESTABLISHED && !signs->any_port)
		begin_waiting(signs, live, moment);
	if (milestone == MILESTONE_OK || milestone == MILESTONE_CLOSE)
		end_waiting(signs, live, moment);
	if (milestone == MILESTONE_OK && !moment_seen(&live->close))
		note_ok(signs, live, moment);
	if (milestone == MILESTONE_CLOSE)
		note_close(signs, live, moment);
}
