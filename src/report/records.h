/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records of docs/records.md, schema 1: newline-delimited JSON. */
#ifndef MTASCOPE_REPORT_RECORDS_H
#define MTASCOPE_REPORT_RECORDS_H

#include "align/align.h"
#include "capture/source.h"
#include "events/event.h"
#include "origin/finding.h"
#include "origin/service.h"
#include "report/json.h"
#include "timeline/connection.h"

/* How times and frames are told. */
struct record_style {
	bool several_captures; /* a capture's index stands beside each frame */
	const struct capture_set *captures;
};

struct run_record {
	const char *const *options;
	size_t option_count;
	time_ns started;               /* TIME_NONE: the wall clock was not asked */
	const char *libpcap, *libnids; /* versions */
};

struct quality {
	uint64_t packets;
	uint64_t mirrored;    /* copies that the tracker set aside: of a mirror port, or in two captures */
	uint64_t overlapping; /* packets that two captures hold alike, set aside before decoding */
	bool has_drops;
	uint64_t drops; /* that the capturing systems say they lost */
	uint64_t cut_packets;
	uint64_t clock_steps;           /* times at which a capture's clock was set back */
	uint64_t reordered, misplaced;  /* packets behind a later one in their capture: put in order, and not */
	uint64_t fragments;             /* of IP */
	uint64_t fragments_incomplete;  /* datagrams that lack some */
	uint64_t fragments_overlapping; /* that contradict another */
	uint64_t undecoded;
	uint64_t too_deep;
	uint64_t protected;
	uint64_t unknown_protocol;
	uint64_t gap_connections;
	uint64_t gap_bytes;
};

/* What an analysis that has a limit gave up to keep it. */
struct let_go {
	uint64_t half_open, open; /* connections that were followed no further; only the open ones have records */
	uint64_t failures;        /* that no finding tells of, though they have their records */
	uint64_t candidates;      /* connections and other marks that an event may have meant */
	uint64_t seconds;         /* of the load, and OKs, that no figure counts */
	uint64_t services;        /* acts of services that there was no room for */
};

struct summary {
	uint64_t connections;
	uint64_t outcomes[OUTCOMES];
	uint64_t
	    one_sided; /* of the partial ones: those that begin in the capture, which has one side's packets only */
	uint64_t origins[ORIGINS];
	struct load_figures load;
	enum tap tap;
	struct quality quality;
	enum origin origin; /* the strongest finding's */
	uint64_t events, incidents;
	uint64_t matches[MATCH_CERTAIN + 1];
	bool limited;
	struct let_go let_go; /* if limited */
	bool failures_only;   /* a capture says that it holds connections that failed alone: no load is known */
};

void record_run(struct json *json, const struct run_record *run);
void record_connection(struct json *json, const struct record_style *style, const struct connection *connection);
void record_capture(struct json *json, size_t index, const struct capture_info *info);
void record_event(struct json *json, const struct event_log *log, const struct event *event);
/* of_source tells the clock of each of log's sources. */
void record_clock(struct json *json, const struct clock_estimate *clock, const struct event_log *log,
		  const struct clock_estimate *of_source);

/* The clock that matched most, then those of logs that have another. */
void record_clocks(struct json *json, const struct clock_estimate *clock, const struct clock_estimate *of_source,
		   const struct event_log *log);

/* digits: of the capture's times. */
void record_incident(struct json *json, unsigned digits, const struct incident *incident, const struct match *match);
void record_finding(struct json *json, const struct finding *finding);
void record_summary(struct json *json, const struct summary *summary, const struct citations *causes);

#endif
