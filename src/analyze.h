/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one way through the house: captures and event logs in, records and findings out. */
#ifndef MTASCOPE_ANALYZE_H
#define MTASCOPE_ANALYZE_H

#include "align/align.h"
#include "capture/source.h"
#include "events/event.h"
#include "origin/case.h"
#include "origin/finding.h"
#include "report/records.h"
#include "timeline/timeline.h"

struct analysis_options {
	struct watched_ports ports; /* any: only what proves to be RFC 1006 is told */
	struct address *mtas;       /* whose log it is; none: any server's */
	size_t mta_count;
	enum ok_kind ok;
	const char *zone; /* of the event clock, as zone_offset takes it; NULL: not known */
	bool has_offset;
	double offset_s;
	struct json *json; /* where records go as they become final; NULL: nowhere */
	struct record_style style;
	/* Called now and then with the bytes read so far; NULL: nobody asks. */
	void (*progress)(void *user);
	void *progress_user;
	const struct timeline_observer *observer; /* of every packet; NULL: nobody */
	/* A connection is judged; it may be freed after the call. NULL: nobody asks. */
	void (*judged)(void *user, const struct connection *connection);
	void *judged_user;
};

/* A port that nobody watched, and how many connections were opened to it. */
struct busy_port {
	uint16_t port;
	uint64_t connections; /* 0: none */
};

enum { BUSY_PORTS = 3 };

/* A message, probe or report that was on its way when its connection ended. */
struct in_flight {
	uint32_t connection;
	struct endpoint client, server;
	struct transfer transfer;
};

enum { IN_FLIGHT_KEPT = 64 };

/* What is left when every packet and every event has been seen. */
struct analysis {
	const struct analysis_options *options;
	const struct capture_set *captures;
	const struct event_log *log;
	const struct connection **failures; /* owned by the analysis, in the order in which they became final */
	size_t failure_count;
	struct clock_estimate clock;   /* of the log with the most matches */
	struct clock_estimate *clocks; /* one for each log */
	struct match *matches;         /* one for each incident */
	struct findings findings;
	struct citations causes; /* that hold beside the findings */
	time_ns *event_times;    /* one for each event, on the capture's clock; TIME_NONE: no clock is known */
	const struct load *load;
	struct summary summary;
	struct in_flight *in_flight; /* the first IN_FLIGHT_KEPT */
	size_t in_flight_count, in_flight_capacity;
	uint64_t in_flight_total, transfer_total;
	time_ns first, last;               /* of all packets; TIME_NONE without */
	bool link_unknown;                 /* every packet's link type is one that is not decoded */
	struct busy_port busy[BUSY_PORTS]; /* the busiest first */
};

/*
 * Analyses captures, and log lined up with them, whose events have been read and grouped. Writes every record but `run`
 * to options->json. Free the result with analysis_free; captures, log and
 * options must outlive it.
 */
struct analysis *analyze(struct capture_set *captures, const struct event_log *log,
			 const struct analysis_options *options);
void analysis_free(struct analysis *analysis);

#endif
