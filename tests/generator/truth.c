/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is true of each connection: the outcome from what the tap saw, the origin from what the hosts and the path did,
 * as far as the contract lets anyone know it from there. Where honest people may differ, `also` holds the other
 * answers.
 */
#include "tests/generator/sim.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const outcome_names[OUTS] = {
    "none",    "partial", "syn-refused", "syn-unanswered", "handshake-unfinished", "no-request",
    "refused", "late-ok", "ok-lost",     "no-ok",          "closed-after-ok",      "pending",
    "ok"};
static const char *const side_names[] = {"client", "server", "middlebox", NULL};
static const char *const how_names[] = {NULL, "fin", "rst", "dr", "abort", "icmp"};
static const char *const tap_names[TAPS] = {"server", "client", "middle"};

#define APPLICATION "server-application"
#define SERVER_TCP  "server-tcp"
#define TO_SERVER   "path-to-server"
#define TO_CLIENT   "path-to-client"
#define UNKNOWN     "undetermined"

/* Clients that wait less than this gave up early; from the second on the MTA was slow. Between the two, both. */
#define EARLY   (600 * NS_PER_MS)
#define DEBATED (5 * NS_PER_S)

struct verdict {
	const char *origin;
	const char *also[5];
	unsigned alsos;
};

static struct verdict verdict(const char *origin, const char *also, const char *more)
{
	struct verdict made = {.origin = origin};

	if (also != NULL)
		made.also[made.alsos++] = also;
	if (more != NULL)
		made.also[made.alsos++] = more;
	return made;
}

/* Whether the server answered another client's SYN within half a minute of this connection's SYNs. */
static bool server_answers_others(const struct sim *sim, const struct conn *conn)
{
	time_ns from = conn->view.syn.time - 30 * NS_PER_S, to = conn->view.last.time + 30 * NS_PER_S;

	for (uint32_t step = 1; step < 3000; step++) {
		for (int sign = -1; sign <= 1; sign += 2) {
			int64_t at = (int64_t)conn->id + sign * (int64_t)step;
			if (at < 0 || at >= (int64_t)sim->conn_count)
				continue;
			const struct conn *o = sim->conns[at];
			if (o->plan.server == conn->plan.server && o->view.synack.frame != 0 &&
			    o->view.synack.time >= from && o->view.synack.time <= to)
				return true;
		}
	}
	return false;
}

static struct verdict of_syn_refused(const struct conn *conn)
{
	if (conn->view.how == HOW_ICMP)
		return conn->plan.icmp_code == 13 ? verdict("middlebox", TO_SERVER, UNKNOWN)
						  : verdict(TO_SERVER, UNKNOWN, SERVER_TCP);
	if (conn->facts.box_fired)
		return verdict("middlebox", NULL, NULL);
	return verdict(SERVER_TCP, NULL, NULL);
}

static struct verdict of_syn_unanswered(const struct sim *sim, const struct conn *conn)
{
	const char *cause = conn->facts.syn_arrived == 0 ? TO_SERVER : SERVER_TCP;

	if (conn->facts.client_gone)
		return verdict(UNKNOWN, "client", cause);
	if (host_dead(conn->plan.server, conn->view.syn.time))
		return verdict(UNKNOWN, TO_SERVER, SERVER_TCP);
	if (conn->facts.syn_arrived != 0 && conn->end[SERVER].syns > 0)
		cause = TO_CLIENT;
	if (sim->tap == TAP_SERVER && conn->facts.syn_arrived != 0 && server_answers_others(sim, conn))
		return verdict(SERVER_TCP, NULL, NULL);
	return verdict(UNKNOWN, cause, NULL);
}

static struct verdict of_handshake(const struct conn *conn)
{
	bool repeats = conn->view.syns > 1;

	if (conn->plan.way == WAY_VANISHES_SYN || conn->plan.way == WAY_RESETS_SYNACK || conn->facts.client_gone)
		return verdict("client", NULL, NULL);
	if (conn->facts.synack_arrived == 0)
		return repeats ? verdict(TO_CLIENT, NULL, NULL) : verdict(TO_CLIENT, "client", UNKNOWN);
	return verdict(TO_SERVER, "client", UNKNOWN);
}

static struct verdict of_no_request(const struct conn *conn)
{
	const struct facts *facts = &conn->facts;

	if (facts->closer == MIDDLEBOX)
		return verdict("middlebox", NULL, NULL);
	if (conn->plan.answer == ANSWER_CLOSE_AT_ONCE)
		return verdict(APPLICATION, NULL, NULL);
	/* The client has asked, and what it asked never came past the tap; later packets show that bytes are missing.
	 */
	if (facts->cr_sent != 0)
		return conn->view.highest[CLIENT] > conn->view.bytes[CLIENT].prefix
			   ? verdict(TO_SERVER, NULL, NULL)
			   : verdict(TO_SERVER, "client", UNKNOWN);
	return verdict("client", NULL, NULL);
}

/*
 * Whether the tap saw the server speak when it should have had what passed the tap at asked: what it says then
 * acknowledges that, or tells that it has not come. From silence nobody can tell lost requests from lost answers.
 */
static bool server_spoke_since(const struct view *view, const struct seen *asked)
{
	return view->spoke[SERVER].time > asked->time + (view->synack.time - view->syn.time);
}

/* A CR without an OK in time: did it arrive, was it answered, and how long did the client wait? */
static struct verdict of_no_ok(const struct sim *sim, const struct conn *conn)
{
	const struct facts *facts = &conn->facts;
	const struct host *server = conn->plan.server;
	time_ns waited = facts->first_close - facts->cr_sent;
	bool hole = conn->view.highest[SERVER] > conn->view.bytes[SERVER].prefix;

	if (facts->closer == MIDDLEBOX)
		return verdict("middlebox", NULL, NULL);
	if (conn->plan.answer == ANSWER_CLOSE_AT_ONCE)
		return verdict(APPLICATION, NULL, NULL);
	if (facts->cr_arrived == 0 && conn->plan.syn_policy == SYN_ACCEPT_QUEUE_FULL)
		return verdict(SERVER_TCP, TO_SERVER, UNKNOWN);
	if (facts->cr_arrived == 0 && (host_dead(server, facts->cr_sent) || host_dead(server, facts->first_close)))
		return verdict(UNKNOWN, TO_SERVER, SERVER_TCP);
	if (facts->cr_arrived == 0)
		return server_answers_others(sim, conn) && server_spoke_since(&conn->view, &conn->view.request)
			   ? verdict(TO_SERVER, NULL, NULL)
			   : verdict(TO_SERVER, UNKNOWN, NULL);
	if (facts->ok_sent != 0 && facts->ok_arrived == 0 && facts->ok_sent + DEBATED < facts->first_close)
		return hole || conn->view.ok.frame != 0 ? verdict(TO_CLIENT, NULL, NULL)
							: verdict(TO_CLIENT, APPLICATION, UNKNOWN);
	if (facts->cr_arrived - facts->cr_sent > waited / 2 && waited > DEBATED)
		return verdict(TO_SERVER, APPLICATION, UNKNOWN);
	if (facts->closer == SERVER)
		return verdict(APPLICATION, NULL, NULL);
	if (waited < EARLY)
		return verdict("client", facts->ok_sent != 0 ? APPLICATION : NULL, NULL);
	return waited < DEBATED ? verdict("client", APPLICATION, UNKNOWN) : verdict(APPLICATION, NULL, NULL);
}

static struct verdict of_closed_after_ok(const struct conn *conn)
{
	const struct facts *facts = &conn->facts;
	bool hole = conn->view.highest[SERVER] > conn->view.bytes[SERVER].prefix;

	if (facts->closer == MIDDLEBOX)
		return verdict("middlebox", NULL, NULL);
	/* The OK and the close crossed on their way, or the OK was lost behind the tap. */
	if (facts->ok_arrived == 0 && facts->first_close - facts->ok_sent < NS_PER_S)
		return facts->first_close - facts->cr_sent < DEBATED ? verdict("client", APPLICATION, TO_CLIENT)
								     : verdict(APPLICATION, "client", TO_CLIENT);
	if (facts->ok_arrived == 0)
		return verdict(TO_CLIENT, APPLICATION, "client");
	/* Lost, though the server's TCP may be the one that gave up on it. Before the tap only a hole tells. */
	if (facts->result_sent != 0 && facts->result_arrived == 0 && (facts->closer == CLIENT || facts->by_kernel))
		return hole || conn->view.bind_result.frame != 0 ? verdict(TO_CLIENT, NULL, NULL)
								 : verdict(TO_CLIENT, APPLICATION, UNKNOWN);
	if (facts->closer == SERVER)
		return verdict(APPLICATION, facts->bind_sent != 0 && facts->bind_arrived == 0 ? TO_SERVER : NULL, NULL);
	if (facts->bind_sent == 0)
		return verdict("client", NULL, NULL);
	if (facts->bind_arrived == 0)
		return verdict(TO_SERVER, server_spoke_since(&conn->view, &conn->view.bind_request) ? NULL : UNKNOWN,
			       NULL);
	return verdict(APPLICATION, NULL, NULL);
}

static struct verdict judge(const struct sim *sim, const struct conn *conn, enum outcome outcome)
{
	switch (outcome) {
	case OUT_SYN_REFUSED:
		return of_syn_refused(conn);
	case OUT_SYN_UNANSWERED:
		return of_syn_unanswered(sim, conn);
	case OUT_HANDSHAKE_UNFINISHED:
		return of_handshake(conn);
	case OUT_NO_REQUEST:
		return of_no_request(conn);
	case OUT_REFUSED:
		return verdict(APPLICATION, NULL, NULL);
	case OUT_LATE_OK:
	case OUT_NO_OK:
		return of_no_ok(sim, conn);
	case OUT_OK_LOST:
		if (conn->facts.closer == MIDDLEBOX)
			return verdict("middlebox", TO_CLIENT, NULL);
		return conn->facts.client_gone ? verdict("client", TO_CLIENT, UNKNOWN) : verdict(TO_CLIENT, NULL, NULL);
	case OUT_CLOSED_AFTER_OK:
		return of_closed_after_ok(conn);
	default:
		return (struct verdict){0};
	}
}

static void put_seen(const struct sim *sim, FILE *file, const char *name, const struct seen *seen)
{
	char text[TIME_TEXT_SIZE];

	if (seen->frame == 0) {
		fprintf(file, "\"%s\":null", name);
		return;
	}
	time_format(seen->time, capfile_digits(sim->capfile.format), text);
	fprintf(file, "\"%s\":{\"t\":\"%s\",\"frame\":%llu}", name, text, (unsigned long long)seen->frame);
}

static void put_name(FILE *file, const char *key, const char *value)
{
	if (value == NULL)
		fprintf(file, ",\"%s\":null", key);
	else
		fprintf(file, ",\"%s\":\"%s\"", key, value);
}

static void put_milestones(const struct sim *sim, FILE *file, const struct view *view, enum outcome outcome)
{
	struct seen close = outcome == OUT_SYN_REFUSED ? view->last_refusal : view->close;

	const struct {
		const char *name;
		const struct seen *seen;
	} milestones[] = {
	    {"syn", &view->syn},
	    {"synack", &view->synack},
	    {"established", &view->established},
	    {"request", &view->request},
	    {"ok", &view->ok},
	    {"bind_request", &view->bind_request},
	    {"bind_result", &view->bind_result},
	    {"first_data", &view->data},
	    {"close", &close},
	};

	fputs(",\"milestones\":", file);
	for (size_t i = 0; i < sizeof milestones / sizeof milestones[0]; i++) {
		fputc(i == 0 ? '{' : ',', file);
		put_seen(sim, file, milestones[i].name, milestones[i].seen);
	}
	fputs("}", file);
	if (close.frame != 0) {
		put_name(file, "by", side_names[view->by]);
		put_name(file, "how", how_names[view->how]);
	}
	if (outcome == OUT_SYN_REFUSED)
		fprintf(file, ",\"close_also\":%llu", (unsigned long long)view->first_refusal.frame);
}

/* Failing at the capture's very end: the next packet might have told another story. */
static bool at_end(const struct sim *sim, const struct conn *conn, enum outcome outcome)
{
	const struct view *view = &conn->view;
	bool open_ended = outcome == OUT_SYN_UNANSWERED || outcome == OUT_HANDSHAKE_UNFINISHED ||
			  (outcome == OUT_SYN_REFUSED && view->refusals <= 3);

	return open_ended && sim->to - view->last.time < 100 * NS_PER_S && conn->end[CLIENT].state != END_GONE &&
	       !conn->facts.client_gone;
}

static void put_connection(const struct sim *sim, FILE *file, const struct conn *conn, enum outcome outcome)
{
	char client[ADDRESS_TEXT_SIZE], server[ADDRESS_TEXT_SIZE];
	struct verdict judged = judge(sim, conn, outcome);
	const struct view *view = &conn->view;

	address_format(&conn->address[CLIENT].ip, client);
	address_format(&conn->address[SERVER].ip, server);
	fprintf(file, "{\"truth\":\"connection\",\"id\":%u,\"scenario\":\"%s\",\"tap\":\"%s\"", (unsigned)conn->id,
		conn->plan.scenario, tap_names[sim->tap]);
	fprintf(file, ",\"client\":{\"ip\":\"%s\",\"port\":%u},\"server\":{\"ip\":\"%s\",\"port\":%u}", client,
		(unsigned)conn->address[CLIENT].port, server, (unsigned)conn->address[SERVER].port);
	fprintf(file, ",\"first\":%llu,\"last\":%llu,\"count\":%llu,\"outcome\":\"%s\"",
		(unsigned long long)view->first.frame, (unsigned long long)view->last.frame,
		(unsigned long long)view->frames, outcome_names[outcome]);
	put_name(file, "origin", judged.origin);
	fputs(",\"also\":[", file);
	for (unsigned i = 0; i < judged.alsos; i++)
		fprintf(file, "%s\"%s\"", i > 0 ? "," : "", judged.also[i]);
	fprintf(file, "],\"outcome_also\":[");
	if (outcome == OUT_SYN_REFUSED && view->syns > view->refusals)
		fputs("\"syn-unanswered\"", file);
	else if (outcome == OUT_PENDING && view->ok.frame != 0)
		fputs("\"ok\"", file);
	else if (outcome == OUT_REFUSED && view->close.frame != 0 && view->refused.frame > view->close.frame)
		fputs("\"no-ok\",\"closed-after-ok\"", file);
	fprintf(file, "],\"missed\":%u", conn->missed);
	if (conn->missed > 0)
		fprintf(file, ",\"outcome_whole\":\"%s\"", outcome_names[view_outcome(&conn->whole)]);
	fprintf(file, ",\"at_end\":%s,\"syns\":%u", at_end(sim, conn, outcome) ? "true" : "false", view->syns);
	put_milestones(sim, file, view, outcome);
	fputs("}\n", file);
}

static void put_incident(FILE *file, const struct sim *sim, unsigned id, const struct incident_truth *incident)
{
	char text[TIME_TEXT_SIZE];
	const struct conn *conn = incident->connection == 0 ? NULL : sim->conns[incident->connection - 1];
	/* What happened outside of the capture cannot be found in it. */
	bool visible = conn != NULL && conn->view.close.frame != 0 && !sim->log.another_day;

	time_format(incident->t_local * NS_PER_S, 0, text);
	text[19] = '\0';
	fprintf(file, "{\"truth\":\"incident\",\"id\":%u,\"lpi\":\"1-15-%d\",\"t_local\":\"%s\",\"line\":%u", id,
		incident->cb, text, incident->line);
	if (visible)
		fprintf(file, ",\"connection\":%u,\"lag_s\":%.6f}\n", (unsigned)conn->id,
			(double)(incident->event_time - conn->view.close.time) / 1e9);
	else
		fputs(",\"connection\":null,\"lag_s\":null}\n", file);
}

static int by_line(const void *a, const void *b)
{
	const struct incident_truth *one = a, *two = b;

	return one->line < two->line ? -1 : one->line > two->line;
}

static void put_clock(const struct sim *sim, FILE *file)
{
	double offset = (double)sim->log.zone_s + (double)sim->log.skew / 1e9 +
			(double)(sim->capture_first - sim->from) / 1e15 * sim->log.drift_ppm;

	if (!sim->log.active || sim->log.another_day)
		fputs("{\"truth\":\"clock\",\"offset_s\":null}\n", file);
	else
		fprintf(file, "{\"truth\":\"clock\",\"offset_s\":%.6f,\"drift_ppm\":%d,\"zone_s\":%d}\n", offset,
			(int)sim->log.drift_ppm, (int)sim->log.zone_s);
}

bool truth_write(struct sim *sim, const char *path)
{
	FILE *file = fopen(path, "w");
	unsigned id = 0;

	if (file == NULL)
		return false;
	for (size_t i = 0; i < sim->conn_count; i++) {
		enum outcome outcome = view_outcome(&sim->conns[i]->view);
		if (outcome != OUT_NONE)
			put_connection(sim, file, sim->conns[i], outcome);
	}
	put_clock(sim, file);
	if (sim->incident_count > 0)
		qsort(sim->incidents, sim->incident_count, sizeof *sim->incidents, by_line);
	for (size_t i = 0; i < sim->incident_count; i++) {
		if (sim->incidents[i].line != 0)
			put_incident(file, sim, ++id, &sim->incidents[i]);
	}
	return fclose(file) == 0;
}
