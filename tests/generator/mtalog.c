/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The MTA's text log: Close Request and Bad LPI for connections that went away unanswered, and whatever else it logs.
 */
#include "tests/generator/sim.h"

#include "base/memory.h"

#include <stdio.h>

/* Codes of EVENT_LOG: an incident's index, or one of these. */
enum { LOG_STRAY = -1, LOG_OTHER = -2, LOG_WORDS = -3 };

static int64_t local_seconds(const struct sim *sim, time_ns real)
{
	time_ns event = real + sim->log.skew + sim->log.zone_s * NS_PER_S;

	event += (real - sim->from) / 1000000 * sim->log.drift_ppm;
	if (sim->log.another_day)
		event -= 3 * 86400 * NS_PER_S;
	return event / NS_PER_S;
}

static void put_line(struct sim *sim, const char *line)
{
	fprintf(sim->log_file, "%s\r\n", line);
	sim->log_line++;
}

static void put_record(struct sim *sim, const char *header, const char *where, time_ns at, const char *const *body)
{
	char line[160], stamp[TIME_TEXT_SIZE];
	int64_t local = local_seconds(sim, at);

	put_line(sim, header);
	put_line(sim, "");
	time_format(local * NS_PER_S, 0, stamp);
	int hour = (stamp[11] - '0') * 10 + stamp[12] - '0';
	snprintf(line, sizeof line, "       %s %.2s-%.2s-%.2s %02d:%.5s%s", where, stamp + 5, stamp + 8, stamp + 2,
		 hour % 12 == 0 ? 12 : hour % 12, stamp + 14, hour < 12 ? "am" : "pm");
	put_line(sim, line);
	for (; *body != NULL; body++) {
		snprintf(line, sizeof line, "       %s", *body);
		put_line(sim, line);
	}
	put_line(sim, "");
}

static unsigned put_incident(struct sim *sim, int cb, time_ns at)
{
	char block[16], handle[40], bad[40], code[40];
	unsigned line = sim->log_line + 1;
	time_ns between = chance_between(&sim->chance, 0, sim->log.between_most);

	snprintf(block, sizeof block, "  cb %d", cb);
	snprintf(handle, sizeof handle, "  LPI 1-15-%d", cb);
	snprintf(bad, sizeof bad, "Bad LPI 1-15-%d", cb);
	snprintf(code, sizeof code, "Error code = %d", sim->log.error_code);
	const char *request[] = {"Message received at NSI:", block, handle, "  Message type Close Request", NULL};
	const char *incident[] = {"Bad LPIs in message", bad, code, NULL};
	if (sim->log.with_4258)
		put_record(sim, "message NMI4258: Interface Event, severity 8", "(POP4 POP4 UP(7) Proc 228)", at,
			   request);
	else
		between = 0;
	put_record(sim, "message NMI4283: Interface Event, severity 14", "(POP4 POP4 UP(7) Proc 228)", at + between,
		   incident);
	return line;
}

void log_begin(struct sim *sim, FILE *file)
{
	sim->log_file = file;
	sim->log_line = 0;
}

static int add_incident(struct sim *sim, uint32_t connection, int cb, time_ns at)
{
	sim->incidents =
	    memory_grow(sim->incidents, sim->incident_count, &sim->incident_capacity, sizeof *sim->incidents);
	sim->incidents[sim->incident_count] =
	    (struct incident_truth){.connection = connection, .cb = cb, .event_time = at};
	return (int)sim->incident_count++;
}

void log_close_request(struct sim *sim, struct conn *conn)
{
	if (!sim->log.active || !conn->plan.server->logs || conn->closed_in_log || conn->logged || conn->cb < 0 ||
	    conn->plan.unlogged || chance_ppm(&sim->chance, sim->log.miss_ppm))
		return;
	/* Most are written at once, some only when the busy MTA gets round to it. */
	time_ns lag = chance_between(&sim->chance, 500000, 40000000);
	if (sim->log.lag_most > 0 && chance_ppm(&sim->chance, 350000))
		lag += chance_between(&sim->chance, 0, sim->log.lag_most);
	conn->closed_in_log = true;
	int index = add_incident(sim, conn->id + 1, conn->cb, sim->now + lag);
	sim->incidents[index].close = sim->now;
	sim_at(sim, sim->now + lag, EVENT_LOG, conn, index, 0, 0);
}

void log_stray_at(struct sim *sim, time_ns time)
{
	sim_at(sim, time, EVENT_LOG, NULL, LOG_STRAY, 0, 0);
}

void log_other_at(struct sim *sim, time_ns time)
{
	sim_at(sim, time, EVENT_LOG, NULL, LOG_OTHER, 0, 0);
}

void log_words_at(struct sim *sim, time_ns time, const struct log_words *words)
{
	if (sim->word_count == WORDS_MOST)
		return;
	sim->words[sim->word_count] = *words;
	sim_at(sim, time, EVENT_LOG, &sim->words[sim->word_count++], LOG_WORDS, 0, 0);
}

static void put_words(struct sim *sim, const struct log_words *words)
{
	const char *body[4] = {NULL};
	unsigned count = 0;

	for (unsigned i = 0; i < 3; i++)
		if (words->lines[i][0] != '\0')
			body[count++] = words->lines[i];
	put_record(sim, words->header, words->where, sim->now, body);
}

static void put_other(struct sim *sim)
{
	const char *socket[] = {"Receive socket closed on CB 31", "Socket error 0", NULL};
	const char *end[] = {"Session - Remote initiation of Transport Disconnection", "Control block index 31, type 1",
			     NULL};
	const char *lost[] = {"Lost connections to locality 108", NULL};
	const char *limit[] = {"The limit on the number of associations allowed to and from entity", "  /CN=MTA-7",
			       "has been reached. The limit is 9", NULL};
	int64_t which = chance_between(&sim->chance, 0, 3);

	if (which == 0)
		put_record(sim, "message NMI9236: Internal Operating System Error, severity 12",
			   "(BASE IL TCP/IP DRVR(8) Proc 262)", sim->now, socket);
	else if (which == 1)
		put_record(sim, "message NMI1279: X.400 Service Event, severity 8", "(PLATFORM KERNEL(20) Proc 130)",
			   sim->now, end);
	else if (which == 2)
		put_record(sim, "message NMI2036: Resource Monitoring Event, severity 10",
			   "(BASE MAIN BASE(1) Proc 43)", sim->now, lost);
	else
		put_record(sim, "message NMI0057: X.400 Service Event, severity 12", "(MTA XFER-IN(17) Proc 34)",
			   sim->now, limit);
}

void log_event(struct sim *sim, const struct happening *event)
{
	int index = event->code;

	if (sim->log_file == NULL)
		return;
	if (index == LOG_OTHER) {
		put_other(sim);
		return;
	}
	if (index == LOG_WORDS) {
		put_words(sim, event->thing);
		return;
	}
	if (index == LOG_STRAY)
		index = add_incident(sim, 0, (int)chance_between(&sim->chance, 100, 250), sim->now);
	struct incident_truth *incident = &sim->incidents[index];
	incident->t_local = local_seconds(sim, sim->now);
	incident->line = put_incident(sim, incident->cb, sim->now);
	if (event->thing != NULL) {
		struct conn *conn = event->thing;
		conn->closed_in_log = false;
		if (conn->end[SERVER].state == END_GONE || conn->end[SERVER].state == END_FINISHED)
			conn->plan.server->cb_used[conn->cb] = 0;
		conn->logged = true;
	}
}
