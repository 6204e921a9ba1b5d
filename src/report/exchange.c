/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/exchange.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many rows in a row are worth a fold; a pause of so long is worth being seen. */
enum { FOLD_LEAST = 5 };
#define FOLD_PAUSE NS_PER_S

/* PDUs that there is room for with each of the first rows. */
enum { ROWS_PDUS = 16 };

/* ---- Which connection ---- */

static bool parse_number(const char *text, unsigned long most, unsigned long *value)
{
	char *end;

	*value = strtoul(text, &end, 10);
	return isdigit((unsigned char)text[0]) && *end == '\0' && *value > 0 && *value <= most && strlen(text) <= 10;
}

static bool parse_endpoint(const char *text, struct endpoint *endpoint)
{
	char address[ADDRESS_TEXT_SIZE + 2];
	const char *colon = strrchr(text, ':');
	unsigned long port;

	if (colon == NULL || (size_t)(colon - text) >= sizeof address || !parse_number(colon + 1, 65535, &port))
		return false;
	size_t length = (size_t)(colon - text);
	memcpy(address, text, length);
	address[length] = '\0';
	bool bracketed = length > 1 && address[0] == '[' && address[length - 1] == ']';
	if (bracketed)
		address[length - 1] = '\0';
	endpoint->port = (uint16_t)port;
	return address_parse(address + bracketed, &endpoint->ip);
}

bool exchange_wanted_parse(const char *text, struct exchange_wanted *wanted)
{
	unsigned long id;

	*wanted = (struct exchange_wanted){0};
	/* As reports write it. */
	if (parse_number(text[0] == '#' ? text + 1 : text, UINT32_MAX, &id)) {
		wanted->id = (uint32_t)id;
		return true;
	}
	/* Base64 of a SHA-1: 28 characters. */
	if (strncmp(text, "1:", 2) == 0 && strlen(text) == 30) {
		memcpy(wanted->community, text, 31);
		return true;
	}
	return parse_endpoint(text, &wanted->client);
}

static bool fits(const struct exchange_wanted *wanted, const struct tcp_connection *tcp)
{
	if (wanted->id != 0)
		return tcp->id == wanted->id;
	if (wanted->client.ip.family != 0)
		return tcp->client.port == wanted->client.port && address_equal(&tcp->client.ip, &wanted->client.ip);
	char community[COMMUNITY_ID_SIZE];
	community_id(&tcp->client, &tcp->server, community);
	return strcmp(community, wanted->community) == 0;
}

static bool is_wanted(struct exchange *exchange, const struct tcp_connection *tcp)
{
	if (tcp->id > exchange->highest)
		exchange->highest = tcp->id;
	if (exchange->id != 0 && tcp->id == exchange->id)
		return true;
	if (exchange->wanted.id != 0 && tcp->id != exchange->wanted.id)
		return false;
	if (tcp->id <= exchange->last_other || !fits(&exchange->wanted, tcp))
		return false;
	if (exchange->id == 0) {
		exchange->id = tcp->id;
		return true;
	}
	exchange->others++;
	exchange->last_other = tcp->id;
	return false;
}

/* ---- While packets pass ---- */

/* What goes with it is let go: PDUs of packets between the first rows and the last. */
static void drop_pdus(struct exchange *exchange, time_ns after, time_ns before)
{
	size_t kept = 0;

	for (size_t i = 0; i < exchange->pdu_count; i++)
		if (exchange->pdus[i].moment.time <= after || exchange->pdus[i].moment.time >= before)
			exchange->pdus[kept++] = exchange->pdus[i];
	exchange->pdu_count = kept;
}

/* Leaves the first rows and the last. */
static void drop_middle(struct exchange *exchange)
{
	size_t ends = exchange->ends;
	struct exchange_row *rows = exchange->rows, *gone = &exchange->gone;
	size_t from = exchange->row_count - ends;

	for (size_t i = ends; i < from; i++) {
		gone->moment = rows[i].moment;
		gone->folded += rows[i].kind == ROW_SEGMENT;
		gone->folded_data += rows[i].kind == ROW_SEGMENT && rows[i].length > 0;
		gone->length += rows[i].kind == ROW_SEGMENT ? rows[i].length : 0;
	}
	drop_pdus(exchange, rows[ends - 1].moment.time, rows[from].moment.time);
	memmove(&rows[ends], &rows[from], ends * sizeof *rows);
	exchange->row_count = 2 * ends;
}

static struct exchange_row *add_row(struct exchange *exchange, const struct exchange_row *row)
{
	if (exchange->ends > 0 && exchange->row_count >= 3 * exchange->ends && row->kind != ROW_LEFT_OUT)
		drop_middle(exchange);
	if (exchange->row_count >= EXCHANGE_ROWS) {
		exchange->left_off++;
		return NULL;
	}
	exchange->rows =
	    memory_grow(exchange->rows, exchange->row_count, &exchange->row_capacity, sizeof *exchange->rows);
	exchange->rows[exchange->row_count] = *row;
	return &exchange->rows[exchange->row_count++];
}

static void on_segment(void *user, const struct tcp_connection *tcp, enum direction direction,
		       const struct segment *segment, unsigned marks)
{
	struct exchange *exchange = user;

	if (!is_wanted(exchange, tcp))
		return;
	add_row(exchange, &(const struct exchange_row){.kind = ROW_SEGMENT,
						       .moment = segment->moment,
						       .direction = direction,
						       .flags = segment->flags,
						       .window = segment->window,
						       .seq = segment->seq,
						       .length = segment->payload_length,
						       .marks = marks});
}

static void on_pdu(void *user, const struct tcp_connection *tcp, const struct pdu_trace *pdu)
{
	struct exchange *exchange = user;

	size_t most = exchange->ends > 0 ? exchange->ends * ROWS_PDUS : EXCHANGE_PDUS;

	if (!is_wanted(exchange, tcp) || pdu->layer == LAYER_TPKT)
		return;
	if (exchange->pdu_count >= most) {
		exchange->pdus_left_off++;
		return;
	}
	exchange->pdus =
	    memory_grow(exchange->pdus, exchange->pdu_count, &exchange->pdu_capacity, sizeof *exchange->pdus);
	struct exchange_pdu *kept = &exchange->pdus[exchange->pdu_count];
	*kept = (struct exchange_pdu){.moment = pdu->moment,
				      .order = exchange->pdu_count++,
				      .layer = pdu->layer,
				      .direction = pdu->direction == PDU_FROM_CLIENT ? FROM_CLIENT : FROM_SERVER,
				      .name = pdu->name};
	snprintf(kept->detail, sizeof kept->detail, "%s", pdu->detail == NULL ? "" : pdu->detail);
}

static void on_gap(void *user, const struct tcp_connection *tcp, enum direction direction, size_t length,
		   const struct moment *moment)
{
	struct exchange *exchange = user;

	/* What the snap length cut off is told with its packet. */
	if (!is_wanted(exchange, tcp) || moment_seen(moment))
		return;
	struct moment at = exchange->row_count > 0 ? exchange->rows[exchange->row_count - 1].moment : tcp->last;
	add_row(exchange,
		&(const struct exchange_row){.kind = ROW_GAP, .moment = at, .direction = direction, .length = length});
}

void exchange_init(struct exchange *exchange, const struct exchange_wanted *wanted)
{
	*exchange = (struct exchange){.wanted = *wanted};
	exchange->observer =
	    (struct timeline_observer){.user = exchange, .segment = on_segment, .pdu = on_pdu, .gap = on_gap};
}

void exchange_keep_ends(struct exchange *exchange, size_t ends)
{
	exchange->ends = ends;
	exchange->gone.kind = ROW_LEFT_OUT;
}

void exchange_free(struct exchange *exchange)
{
	free(exchange->rows);
	free(exchange->pdus);
}

void exchange_judged(void *user, const struct connection *connection)
{
	struct exchange *exchange = user;

	if (connection->id != exchange->id)
		return;
	exchange->found = true;
	exchange->connection = *connection;
	exchange->connection.association = NULL;
	memset(&exchange->connection.transfers, 0, sizeof exchange->connection.transfers);
}

/* ---- When all is known ---- */

static int compare_moments(const struct moment *a, const struct moment *b)
{
	if (a->capture != b->capture)
		return a->capture < b->capture ? -1 : 1;
	return a->frame < b->frame ? -1 : a->frame > b->frame;
}

static int by_frame(const void *a, const void *b)
{
	const struct exchange_pdu *left = a, *right = b;
	int order = compare_moments(&left->moment, &right->moment);

	if (order != 0)
		return order;
	return left->order < right->order ? -1 : left->order > right->order;
}

/* The PDUs of the row's packet. */
static void join_pdus(const struct exchange *exchange, struct exchange_row *row)
{
	size_t low = 0, high = exchange->pdu_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_moments(&exchange->pdus[middle].moment, &row->moment) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	row->first_pdu = low;
	while (low < exchange->pdu_count && compare_moments(&exchange->pdus[low].moment, &row->moment) == 0)
		low++;
	row->pdu_count = low - row->first_pdu;
}

static void join_milestones(const struct connection *connection, struct exchange_row *row)
{
	for (unsigned m = 0; m < MILESTONES; m++)
		if (moment_seen(&connection->milestones[m]) &&
		    compare_moments(&connection->milestones[m], &row->moment) == 0)
			row->milestones |= 1U << m;
	if ((row->milestones & 1U << MILESTONE_CLOSE) != 0 && (row->flags & (TCP_RST | TCP_FIN)) != 0)
		row->forgery = connection->facts.close_forgery;
}

/* How many rows back the first sending of what is repeated is looked for. */
enum { REPEAT_ROWS = 1024 };

static void join_repeat(const struct exchange *exchange, size_t at)
{
	struct exchange_row *row = &exchange->rows[at];

	for (size_t i = at; i > 0 && at - i < REPEAT_ROWS && (row->marks & SEGMENT_REPEAT) != 0; i--) {
		const struct exchange_row *before = &exchange->rows[i - 1];
		if (before->kind == ROW_SEGMENT && before->direction == row->direction && before->seq == row->seq &&
		    before->moment.capture == row->moment.capture &&
		    (before->marks & (SEGMENT_COPY | SEGMENT_STRANGE | SEGMENT_REPEAT)) == 0 &&
		    (before->length > 0 || (before->flags & (TCP_SYN | TCP_FIN)) != 0)) {
			row->repeats = before->moment.frame;
			return;
		}
	}
}

static void measure(struct exchange *exchange)
{
	time_ns first = exchange->connection.first.time;
	time_ns before = first;

	for (size_t i = 0; i < exchange->row_count; i++) {
		struct exchange_row *row = &exchange->rows[i];
		row->since_syn_ns = row->moment.time - first;
		row->since_before_ns = row->moment.time - before;
		if (row->kind != ROW_GAP)
			before = row->moment.time;
	}
}

/* Puts a row where its time is. */
static void insert(struct exchange *exchange, struct exchange_row row)
{
	if (add_row(exchange, &row) == NULL)
		return;
	size_t at = exchange->row_count - 1;
	for (; at > 0 && exchange->rows[at - 1].moment.time > row.moment.time; at--)
		exchange->rows[at] = exchange->rows[at - 1];
	exchange->rows[at] = row;
}

static void add_icmp(struct exchange *exchange)
{
	const struct connection *connection = &exchange->connection;

	if (connection->close_how == CLOSE_ICMP)
		insert(exchange, (struct exchange_row){.kind = ROW_ICMP,
						       .moment = connection->milestones[MILESTONE_CLOSE],
						       .direction = FROM_SERVER,
						       .milestones = 1U << MILESTONE_CLOSE});
}

/* Between the first rows and the last; an ICMP error is the end of a connection that has few. */
static void add_gone(struct exchange *exchange)
{
	size_t ends = exchange->ends;

	if (exchange->gone.folded == 0 || add_row(exchange, &exchange->gone) == NULL)
		return;
	memmove(&exchange->rows[ends + 1], &exchange->rows[ends],
		(exchange->row_count - 1 - ends) * sizeof *exchange->rows);
	exchange->rows[ends] = exchange->gone;
}

static void add_incidents(struct exchange *exchange, const struct analysis *analysis)
{
	for (size_t i = 0; i < analysis->log->incident_count; i++) {
		const struct match *match = &analysis->matches[i];
		if (match->connection != exchange->id || match->confidence == MATCH_NONE || match->time == TIME_NONE)
			continue;
		insert(exchange, (struct exchange_row){.kind = ROW_INCIDENT,
						       .moment = {.time = match->time},
						       .since_syn_ns = match->time - exchange->connection.first.time,
						       .incident = &analysis->log->incidents[i],
						       .match = match});
	}
}

/* ---- Folding ---- */

/* PDUs that are there for what they carry: X.224 DT, X.225 GT and DT, X.226 TD, X.228 RTTR. */
static bool carries_data(const char *name)
{
	static const char *const names[] = {"DT", "GT GIVE TOKENS", "DT DATA TRANSFER", "TD", "RTTR"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool is_bulk(const struct exchange *exchange, const struct exchange_row *row)
{
	if (row->kind != ROW_SEGMENT || row->milestones != 0 || (row->marks & ~(unsigned)SEGMENT_CUT) != 0 ||
	    (row->flags & (TCP_SYN | TCP_FIN | TCP_RST)) != 0 || row->window == 0 || row->since_before_ns >= FOLD_PAUSE)
		return false;
	for (size_t i = 0; i < row->pdu_count; i++)
		if (!carries_data(exchange->pdus[row->first_pdu + i].name))
			return false;
	return true;
}

static struct exchange_row folded(const struct exchange_row *rows, size_t count)
{
	struct exchange_row fold = {.kind = ROW_FOLD,
				    .moment = rows[0].moment,
				    .since_syn_ns = rows[0].since_syn_ns,
				    .since_before_ns = rows[count - 1].moment.time - rows[0].moment.time,
				    .folded = count};

	for (size_t i = 0; i < count; i++) {
		fold.length += rows[i].length;
		fold.folded_data += rows[i].length > 0;
	}
	return fold;
}

static void fold_rows(struct exchange *exchange)
{
	struct exchange_row *rows = exchange->rows;
	size_t kept = 0;

	for (size_t i = 0; i < exchange->row_count;) {
		size_t end = i;
		while (end < exchange->row_count && is_bulk(exchange, &rows[end]))
			end++;
		if (end - i >= FOLD_LEAST) {
			struct exchange_row fold = folded(&rows[i], end - i);
			rows[kept++] = fold;
			i = end;
			continue;
		}
		do
			rows[kept++] = rows[i++];
		while (i < end);
	}
	exchange->row_count = kept;
}

void exchange_finish(struct exchange *exchange, const struct analysis *analysis, bool verbose)
{
	exchange->verbose = verbose;
	if (exchange->ends > 0 && exchange->row_count > 2 * exchange->ends)
		drop_middle(exchange);
	if (exchange->pdu_count > 0)
		qsort(exchange->pdus, exchange->pdu_count, sizeof *exchange->pdus, by_frame);
	add_icmp(exchange);
	add_gone(exchange);
	for (size_t i = 0; i < exchange->row_count; i++) {
		struct exchange_row *row = &exchange->rows[i];
		if (row->kind != ROW_SEGMENT || (row->marks & (SEGMENT_COPY | SEGMENT_STRANGE)) != 0)
			continue;
		join_pdus(exchange, row);
		join_milestones(&exchange->connection, row);
		join_repeat(exchange, i);
	}
	measure(exchange);
	if (!verbose)
		fold_rows(exchange);
	add_incidents(exchange, analysis);
}
