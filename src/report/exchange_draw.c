/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/exchange_draw.h"

#include "report/phrase.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Below this width the words of a row stand under it. */
enum { WIDTH_BESIDE = 64, INDENT_BELOW = 6 };

/* Where the parts of a row begin, and with the number of the capture before the frame's. */
enum { COLUMN_BEFORE = 11, COLUMN_FRAME = 22, COLUMN_ARROW = 29, CAPTURE_EXTRA = 4, ARROW = 8 };

static unsigned arrow_column(bool several)
{
	return COLUMN_ARROW + (several ? CAPTURE_EXTRA : 0);
}

/* ---- The head ---- */

static void draw_verdict(struct text *text, const struct connection *connection)
{
	char words[PHRASE_SIZE];

	text_format(text, STYLE_STRONG, "Outcome %s", outcome_name(connection->outcome));
	if (connection->origin != ORIGIN_NONE) {
		text_format(text, STYLE_PLAIN, "; origin %s", origin_name(connection->origin));
		text_format(text, STYLE_PLAIN, ", confidence\u00a0%.2f", (double)connection->confidence);
	}
	if (connection->cause != NULL)
		text_format(text, STYLE_PLAIN, "; cause %s", connection->cause);
	if (connection->wait_us != CONNECTION_NONE_US)
		text_format(text, STYLE_PLAIN, "; waited %s", phrase_duration(connection->wait_us, words));
	if (connection->close_by != SIDE_NONE)
		text_format(text, STYLE_PLAIN, "; closed by %s", side_name(connection->close_by));
	text_add(text, STYLE_PLAIN, ".");
	text_paragraph(text, 0);
}

static void draw_head(struct text *text, const struct exchange *exchange, bool several)
{
	const struct connection *connection = &exchange->connection;
	char client[PHRASE_SIZE], server[PHRASE_SIZE], date[PHRASE_SIZE], clock[PHRASE_SIZE];
	char community[COMMUNITY_ID_SIZE];

	text_format(text, STYLE_HEAD, "Connection %" PRIu32 ": %s → %s", connection->id,
		    phrase_endpoint(&connection->client, client), phrase_endpoint(&connection->server, server));
	text_paragraph(text, 0);
	draw_verdict(text, connection);
	community_id(&connection->client, &connection->server, community);
	text_format(text, STYLE_FAINT, "%s %s, %" PRIu64 " packets, Community\u00a0ID\u00a0%s",
		    phrase_date(connection->first.time, date), phrase_clock(connection->first.time, 6, clock),
		    connection->packets, community);
	text_paragraph(text, 0);
	if (exchange->others > 0) {
		text_format(text, STYLE_PLAIN,
			    "%" PRIu32 " more with these endpoints; the last is --connection %" PRIu32 ".",
			    exchange->others, exchange->last_other);
		text_paragraph(text, 0);
	}
	text_gap(text);
	bool from_syn = moment_seen(&connection->milestones[MILESTONE_SYN]);
	text_add(text, STYLE_FAINT, from_syn ? "  since SYN since last" : "since first since last");
	text_to(text, COLUMN_FRAME);
	text_add(text, STYLE_FAINT, several ? "  cap:frame" : "  frame");
	text_to(text, arrow_column(several) + 1);
	text_add(text, STYLE_FAINT, "C      S");
	text_line(text);
}

/* ---- What a row says ---- */

static void add_time(struct text *text, int64_t ns, unsigned column, enum text_style style)
{
	char words[PHRASE_SIZE];
	int length = snprintf(words, sizeof words, "%.6f", (double)ns / 1e9);

	if (length < 10)
		text_to(text, column + 10 - (unsigned)length);
	text_add(text, style, words);
}

static void add_flags(struct text *text, const struct exchange_row *row)
{
	static const struct {
		unsigned flag;
		const char *name;
	} names[] = {{TCP_SYN, "SYN"}, {TCP_FIN, "FIN"}, {TCP_RST, "RST"}};
	bool any = false;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if ((row->flags & names[i].flag) == 0)
			continue;
		text_format(text, names[i].flag == TCP_RST ? STYLE_BAD : STYLE_STRONG, "%s%s", any ? "/" : "",
			    names[i].name);
		any = true;
	}
	if ((row->flags & TCP_SYN) != 0 && (row->flags & TCP_ACK) != 0)
		text_add(text, STYLE_STRONG, "/ACK");
	if (!any && row->length == 0)
		text_add(text, STYLE_FAINT, "ACK");
}

/* The nth milestone as a person calls it; those that TCP's own names say are not repeated. */
bool exchange_say_milestones(struct text *text, const struct exchange_row *row)
{
	static const char *const names[MILESTONES] = {[MILESTONE_ESTABLISHED] = "established",
						      [MILESTONE_REQUEST] = "request",
						      [MILESTONE_OK] = "OK",
						      [MILESTONE_BIND_REQUEST] = "bind request",
						      [MILESTONE_BIND_RESULT] = "bind result",
						      [MILESTONE_FIRST_DATA] = "first data",
						      [MILESTONE_CLOSE] = "close"};
	bool any = false;

	for (unsigned m = 0; m < MILESTONES; m++) {
		if ((row->milestones & 1U << m) == 0 || names[m] == NULL)
			continue;
		enum text_style style = m == MILESTONE_OK      ? STYLE_GOOD
					: m == MILESTONE_CLOSE ? STYLE_BAD
							       : STYLE_STRONG;
		text_format(text, style, "%s%s", any ? ", " : "", names[m]);
		any = true;
	}
	return any;
}

/* What both sides ask for and get is the same from one connection to the next, and long. */
static bool is_usual(const char *name)
{
	static const char *const names[] = {"DT", "CC", "CP", "CPA", "AARQ", "RTORQ", "RTOAC", "TD"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* X.225 8.2: SPDUs of category 0 only open a TSDU that another one follows in. */
static bool is_opener(const struct exchange *exchange, const struct exchange_row *row, size_t at)
{
	const struct exchange_pdu *pdu = &exchange->pdus[row->first_pdu + at];

	return at + 1 < row->pdu_count && pdu->layer == LAYER_SESSION && pdu[1].layer == LAYER_SESSION &&
	       (strncmp(pdu->name, "GT ", 3) == 0 || strncmp(pdu->name, "PT ", 3) == 0);
}

static void add_pdus(struct text *text, const struct exchange *exchange, const struct exchange_row *row)
{
	const struct exchange_pdu *last = NULL;
	size_t same = 1;

	for (size_t i = 0; i <= row->pdu_count; i++) {
		const struct exchange_pdu *pdu = i < row->pdu_count ? &exchange->pdus[row->first_pdu + i] : NULL;
		if (pdu != NULL && !exchange->verbose && is_opener(exchange, row, i))
			continue;
		if (pdu != NULL && last != NULL && pdu->layer == last->layer && strcmp(pdu->name, last->name) == 0 &&
		    strcmp(pdu->detail, last->detail) == 0) {
			same++;
			continue;
		}
		if (same > 1)
			text_format(text, STYLE_PLAIN, "\u00a0×%zu", same);
		if (pdu == NULL)
			break;
		/* A unit of its own begins at COTP; what it carries is in it. */
		text_format(text, pdu->layer == LAYER_COTP ? STYLE_STRONG : STYLE_PLAIN, "%s%s",
			    last == NULL               ? ""
			    : pdu->layer == LAYER_COTP ? "; "
						       : " · ",
			    pdu->name);
		if (pdu->detail[0] != '\0' && (exchange->verbose || !is_usual(pdu->name)))
			text_format(text, STYLE_FAINT, " (%s)", pdu->detail);
		last = pdu;
		same = 1;
	}
}

/* The same rules as for the verdict: what a forger gets wrong. */
static void add_provenance(struct text *text, const struct exchange_row *row)
{
	static const struct {
		unsigned bit;
		const char *says;
	} signs[] = {{FORGERY_HOP_LIMIT, "hop limit"},
		     {FORGERY_BOTH_SIDES, "both sides reset at once"},
		     {FORGERY_SPOKE_ON, "its sender spoke on"},
		     {FORGERY_TIMESTAMP, "timestamp"},
		     {FORGERY_IP_ID, "IP ID"},
		     {FORGERY_SEQUENCE, "sequence number"}};
	bool any = false;

	if ((row->milestones & 1U << MILESTONE_CLOSE) == 0 || (row->flags & (TCP_RST | TCP_FIN)) == 0)
		return;
	if (row->forgery == 0) {
		if ((row->flags & TCP_RST) != 0)
			text_add(text, STYLE_FAINT, " – no sign of forgery");
		return;
	}
	text_add(text, STYLE_BAD, " – forged:");
	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
		if ((row->forgery & signs[i].bit) == 0)
			continue;
		text_format(text, STYLE_BAD, "%s%s", any ? ", " : " ", signs[i].says);
		any = true;
	}
}

static void add_marks(struct text *text, const struct exchange_row *row)
{
	static const struct {
		unsigned mark;
		const char *says;
	} marks[] = {{SEGMENT_COPY, "copy, set aside"},
		     {SEGMENT_STRANGE, "of another connection with these ports"},
		     {SEGMENT_AHEAD, "bytes before it are missing"},
		     {SEGMENT_FILLS, "out of order"},
		     {SEGMENT_KEEP_ALIVE, "keep-alive"},
		     {SEGMENT_CUT, "cut by the snap length"}};

	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
		if ((row->marks & marks[i].mark) != 0)
			text_format(text, STYLE_BAD, " [%s]", marks[i].says);
	if ((row->marks & SEGMENT_REPEAT) != 0 && row->repeats != 0)
		text_format(text, STYLE_BAD, " [retransmission of %" PRIu64 "]", row->repeats);
	else if ((row->marks & SEGMENT_REPEAT) != 0)
		text_add(text, STYLE_BAD, " [retransmission]");
	if (row->window == 0 && (row->flags & (TCP_RST | TCP_SYN)) == 0)
		text_add(text, STYLE_BAD, " [window zero]");
}

static void add_segment(struct text *text, const struct exchange *exchange, const struct exchange_row *row)
{
	char words[PHRASE_SIZE];

	add_flags(text, row);
	if (row->pdu_count > 0) {
		if ((row->flags & (TCP_SYN | TCP_FIN | TCP_RST)) != 0)
			text_add(text, STYLE_PLAIN, " ");
		add_pdus(text, exchange, row);
	}
	if (row->length > 0)
		text_format(text, STYLE_FAINT, "%s%s", row->pdu_count > 0 ? ", " : "",
			    phrase_count(row->length, "byte", words));
}

void exchange_say_marks(struct text *text, const struct exchange_row *row)
{
	if (row->kind != ROW_SEGMENT)
		return;
	add_provenance(text, row);
	add_marks(text, row);
}

static void add_incident(struct text *text, const struct exchange_row *row)
{
	static const char *const sure[] = {
	    [MATCH_AMBIGUOUS] = "ambiguous", [MATCH_PROBABLE] = "probable", [MATCH_CERTAIN] = "certain"};
	char words[PHRASE_SIZE];

	text_format(text, STYLE_MARK, "incident %" PRIu32 " in the MTA's log: %s", row->incident->id,
		    phrase_lpi(&row->incident->lpi, words));
	text_format(text, STYLE_PLAIN, " (match %s; the log has whole seconds)", sure[row->match->confidence]);
}

static void add_fold(struct text *text, const struct exchange_row *row)
{
	char words[PHRASE_SIZE];

	text_format(text, STYLE_FAINT, "… %" PRIu64 " packets, %" PRIu64 " with data, %" PRIu64 " bytes, in %s …",
		    row->folded, row->folded_data, row->length,
		    phrase_duration(row->since_before_ns / NS_PER_US, words));
}

static void add_left_out(struct text *text, const struct exchange_row *row)
{
	char words[PHRASE_SIZE];

	text_format(text, STYLE_BAD, "… %s left out, %" PRIu64 " with data, %" PRIu64 " bytes …",
		    phrase_count(row->folded, "packet", words), row->folded_data, row->length);
}

void exchange_say(struct text *text, const struct exchange *exchange, const struct exchange_row *row)
{
	switch (row->kind) {
	case ROW_SEGMENT:
		add_segment(text, exchange, row);
		break;
	case ROW_GAP:
		text_format(text, STYLE_BAD, "%" PRIu64 " bytes of the %s's are not in the capture", row->length,
			    row->direction == FROM_CLIENT ? "client" : "server");
		break;
	case ROW_ICMP:
		text_add(text, STYLE_BAD, "close: ICMP destination unreachable");
		break;
	case ROW_INCIDENT:
		add_incident(text, row);
		break;
	case ROW_FOLD:
		add_fold(text, row);
		break;
	case ROW_LEFT_OUT:
		add_left_out(text, row);
		break;
	}
}

static void draw_row(struct text *text, const struct exchange *exchange, const struct exchange_row *row, bool several)
{
	unsigned column = arrow_column(several);
	unsigned indent = column + ARROW + 2;
	bool packet = row->kind == ROW_SEGMENT || row->kind == ROW_ICMP;

	if (row->kind != ROW_GAP)
		add_time(text, row->since_syn_ns, 1, STYLE_PLAIN);
	if (packet) {
		add_time(text, row->since_before_ns, COLUMN_BEFORE,
			 row->since_before_ns >= NS_PER_S ? STYLE_STRONG : STYLE_FAINT);
		text_to(text, COLUMN_FRAME);
		if (several)
			text_format(text, STYLE_PLAIN, "%3" PRIu32 ":", row->moment.capture);
		text_format(text, STYLE_PLAIN, "%7" PRIu64, (uint64_t)row->moment.frame);
	}
	text_to(text, column + 1);
	if (packet)
		text_add(text, (row->marks & (SEGMENT_COPY | SEGMENT_STRANGE)) != 0 ? STYLE_FAINT : STYLE_PLAIN,
			 row->direction == FROM_CLIENT ? "│─────→│" : "│←─────│");
	else
		text_add(text, STYLE_FAINT, "│      │");
	if (text->form.width < WIDTH_BESIDE) {
		indent = INDENT_BELOW;
		text_line(text);
	}
	text_to(text, indent);
	if (row->kind == ROW_SEGMENT && exchange_say_milestones(text, row))
		text_add(text, STYLE_PLAIN, ": ");
	exchange_say(text, exchange, row);
	exchange_say_marks(text, row);
	text_paragraph(text, indent);
}

void exchange_draw(struct text *text, const struct exchange *exchange, bool several_captures)
{
	draw_head(text, exchange, several_captures);
	for (size_t i = 0; i < exchange->row_count; i++)
		draw_row(text, exchange, &exchange->rows[i], several_captures);
	if (exchange->left_off > 0) {
		text_format(text, STYLE_BAD, "%" PRIu64 " more packets are not shown: it has too many.",
			    exchange->left_off);
		text_paragraph(text, 0);
	}
	if (exchange->pdus_left_off > 0) {
		text_format(text, STYLE_BAD,
			    "What %" PRIu64 " more PDUs say is not shown at the last packets: it has too many.",
			    exchange->pdus_left_off);
		text_paragraph(text, 0);
	}
}
