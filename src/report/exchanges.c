/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/exchanges.h"

#include "base/memory.h"
#include "report/view.h"
#include "reread.h"

#include <stdlib.h>
#include <string.h>

/* ---- Which ---- */

static int by_id(const void *a, const void *b)
{
	const struct exchange *left = a, *right = b;

	return left->wanted.id < right->wanted.id ? -1 : left->wanted.id > right->wanted.id;
}

static bool is_example(const struct analysis *analysis, const struct connection *connection)
{
	for (size_t i = 0; i < analysis->findings.count; i++)
		if (analysis->findings.findings[i].example == connection)
			return true;
	return false;
}

static void choose(const struct view *view, bool *wanted)
{
	size_t chosen = 0;

	for (size_t i = 0; i < view->failure_count; i++) {
		wanted[i] = chosen < EXCHANGES_MOST && is_example(view->analysis, view->failures[i].connection);
		chosen += wanted[i];
	}
	view_choose(view, EXCHANGES_MOST, wanted);
}

static void add(struct exchanges *exchanges, const struct connection *connection)
{
	struct exchange *exchange = &exchanges->list[exchanges->count++];
	const struct exchange_wanted wanted = {.id = connection->id};

	exchange_init(exchange, &wanted);
	exchange_keep_ends(exchange, EXCHANGES_ENDS);
	exchange->id = connection->id;
	exchange_judged(exchange, connection);
}

/* ---- While packets pass ---- */

static struct exchange *find(struct exchanges *exchanges, uint32_t id)
{
	const struct exchange key = {.wanted = {.id = id}};

	return exchanges->count == 0 ? NULL
				     : bsearch(&key, exchanges->list, exchanges->count, sizeof *exchanges->list, by_id);
}

static void on_segment(void *user, const struct tcp_connection *tcp, enum direction direction,
		       const struct segment *segment, unsigned marks)
{
	struct exchange *exchange = find(user, tcp->id);

	if (exchange != NULL)
		exchange->observer.segment(exchange, tcp, direction, segment, marks);
}

static void on_pdu(void *user, const struct tcp_connection *tcp, const struct pdu_trace *pdu)
{
	struct exchange *exchange = find(user, tcp->id);

	if (exchange != NULL)
		exchange->observer.pdu(exchange, tcp, pdu);
}

static void on_gap(void *user, const struct tcp_connection *tcp, enum direction direction, size_t length,
		   const struct moment *moment)
{
	struct exchange *exchange = find(user, tcp->id);

	if (exchange != NULL)
		exchange->observer.gap(exchange, tcp, direction, length, moment);
}

/* ---- From the beginning to the end ---- */

struct exchanges *exchanges_new(const struct analysis *analysis)
{
	struct exchanges *exchanges = memory_get_zeroed(1, sizeof *exchanges);
	struct view view;

	view_make(&view, analysis);
	bool *wanted = memory_get_zeroed(view.failure_count + 1, sizeof *wanted);
	exchanges->analysis = analysis;
	exchanges->failed = view.failure_count;
	exchanges->observer =
	    (struct timeline_observer){.user = exchanges, .segment = on_segment, .pdu = on_pdu, .gap = on_gap};
	exchanges->list = memory_get_zeroed(EXCHANGES_MOST + 1, sizeof *exchanges->list);
	choose(&view, wanted);
	for (size_t i = 0; i < view.failure_count; i++)
		if (wanted[i])
			add(exchanges, view.failures[i].connection);
	qsort(exchanges->list, exchanges->count, sizeof *exchanges->list, by_id);
	free(wanted);
	view_free(&view);
	return exchanges;
}

void exchanges_free(struct exchanges *exchanges)
{
	if (exchanges == NULL)
		return;
	for (size_t i = 0; i < exchanges->count; i++)
		exchange_free(&exchanges->list[i]);
	free(exchanges->list);
	free(exchanges);
}

void exchanges_unopened(struct exchanges *exchanges)
{
	exchanges->unopened = true;
}

/* Whether each capture that had packets has some again, or is at least read without a problem. */
static bool were_opened(const struct capture_set *again, const struct capture_set *first)
{
	for (size_t i = 0; i < capture_set_count(again); i++) {
		const struct capture_info *info = capture_set_info(again, i);
		if (info->packets == 0 && info->problem_count > 0 && capture_set_info(first, i)->packets > 0)
			return false;
	}
	return true;
}

void exchanges_read(struct exchanges *exchanges, struct capture_set *captures)
{
	const struct rereading rereading = {.observers = {&exchanges->observer}};

	if (exchanges->count > 0)
		reread(captures, exchanges->analysis, &rereading);
	if (!were_opened(captures, exchanges->analysis->captures))
		exchanges_unopened(exchanges);
}

void exchanges_lack(struct exchanges *exchanges, const char *why)
{
	exchanges->lacks = why;
}

static bool is_same(const struct exchange *exchange)
{
	const struct moment *first = &exchange->connection.first;
	const struct exchange_row *row = exchange->rows;

	return exchange->row_count > 0 && row->moment.capture == first->capture && row->moment.frame == first->frame &&
	       row->moment.time == first->time;
}

void exchanges_finish(struct exchanges *exchanges)
{
	for (size_t i = 0; i < exchanges->count && exchanges->lacks == NULL; i++) {
		struct exchange *exchange = &exchanges->list[i];
		if (is_same(exchange)) {
			exchange_finish(exchange, exchanges->analysis, false);
			continue;
		}
		if (!exchanges->unopened)
			exchanges->differing++;
		exchange->found = false;
	}
}
