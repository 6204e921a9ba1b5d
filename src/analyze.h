/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one way through the house: captures and event logs in, records and findings out. */
#ifndef MTASCOPE_ANALYZE_H
#define MTASCOPE_ANALYZE_H

#include "align/align.h"
#include "capture/decode.h"
#include "capture/source.h"
#include "events/event.h"
#include "origin/case.h"
#include "origin/finding.h"
#include "report/records.h"
#include "timeline/timeline.h"

/* What an analysis without an end may keep. What it lets go for that is counted (struct let_go). */
struct analysis_limits {
	size_t connections;       /* alive at once */
	size_t failures;          /* that findings tell of, and that events may be lined up with */
	size_t services, seconds; /* services_limit */
	time_ns history;          /* how far back failures, candidates and load go */
};

/* What an earlier run found, which logs are lined up with as well. */
struct analysis_past {
	/* The next connection: what decides which events it may go with, and nothing else of it. False at the end. */
	bool (*next)(void *user, struct connection *connection);
	void *user;
	time_ns first, last; /* of all packets; TIME_NONE: none */
	bool local_clock;    /* its captures tell local times */
	unsigned digits;     /* of its captures' times */
};

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
	const struct timeline_observer *observer; /* of every packet; NULL: nobody */
	/* A connection is judged; it may be freed after the call. NULL: nobody asks. */
	void (*judged)(void *user, const struct connection *connection);
	void *judged_user;
	/* A connection's record is going to be written. NULL: nobody asks. */
	void (*recorded)(void *user, const struct connection *connection);
	void *recorded_user;
	/* As timeline_handlers have it, for who must know at once. NULL: nobody asks. */
	void (*reached)(void *user, const struct live *live, enum milestone milestone, const struct moment *moment);
	/* The same of a RST or ICMP error that answers a SYN; NULL: nobody asks. */
	void (*refused)(void *user, const struct live *live, const struct moment *moment);
	void *reached_user; /* of both */
	/* Nothing more comes of a connection, which is gone after the call. NULL: nobody asks. */
	void (*finished)(void *user, const struct connection *connection);
	void *finished_user;
	const struct analysis_past *past;     /* NULL: none */
	uint32_t ids;                         /* the first connection's id is one more */
	const struct analysis_limits *limits; /* must outlive the analysis; NULL: none */
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
	struct transfer transfer; /* without its subject */
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

/*
 * The same step by step, for packets that come from elsewhere: each goes in once, in the order of capturing, with the
 * index of its capture in captures (from 1) in its moment. log at the beginning tells which events besides 4283 it has
 * (NULL: any may come); the one at the end is lined up. analysis_finish takes desk away.
 */
struct desk;
struct desk *analysis_begin(struct capture_set *captures, const struct event_log *log,
			    const struct analysis_options *options);
/* Returns what the packet held. */
enum decoded analysis_packet(struct desk *desk, const struct packet *packet);

/*
 * The captures have been watched so far, with or without a packet: what has been quiet for long enough becomes final,
 * and what is beyond the limits' history is let go.
 */
void analysis_time(struct desk *desk, time_ns now);

/*
 * What was seen between two times may not be all, or not be right: says why, in a sentence that is static. A failure
 * that is judged later, and that was alive then, is told with less confidence.
 */
void analysis_doubt(struct desk *desk, time_ns from, time_ns to, const char *says);

/* Lines log up with what is known so far, the connections that have closed and are not judged yet among it. */
void analysis_line_up(struct desk *desk, const struct event_log *log);

/* What is known so far: without findings, the log's matches those of the last analysis_line_up. */
const struct analysis *analysis_so_far(const struct desk *desk);

/*
 * What events may be lined up with: of the judged connections and of those that have closed. Returns whether there is
 * one of this index, and copies it. analysis_remember adds those of an earlier run; the ids must be below options' ids.
 */
bool analysis_candidate(const struct desk *desk, size_t index, struct align_connection *candidate);
void analysis_remember(struct desk *desk, const struct align_connection *candidate);

/* Connections that are followed; and one of them given up, to make room (tracker_give_up). */
size_t analysis_alive(const struct desk *desk);
bool analysis_give_up(struct desk *desk);

struct analysis *analysis_finish(struct desk *desk, const struct event_log *log);

#endif
