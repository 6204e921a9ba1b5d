/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two clocks, one story: the offset between event clock and capture clock, and which incident is which connection. */
#ifndef MTASCOPE_ALIGN_ALIGN_H
#define MTASCOPE_ALIGN_ALIGN_H

#include "base/moment.h"
#include "events/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A connection that may have made the MTA log an incident. */
struct align_connection {
	uint32_t id;     /* the connection record's */
	time_ns start;   /* first SYN */
	time_ns close;   /* the first sign of the end: the incident is logged after it */
	float weight;    /* how readily such an outcome makes an incident: 1.0 for no-ok and late-ok, less for others */
	uint32_t server; /* any number that tells servers apart: a log is mostly that of one of them */
};

/* Events that tell of the clock: what the log says, and what stands on the wire for it. */
enum anchor_kind {
	ANCHOR_INCIDENT, /* 4283, 4258: an early close */
	ANCHOR_CALLER,   /* 9301: a close of a connection of that caller */
	ANCHOR_RESET,    /* a sockets error 10053, 10054: a RST */
	ANCHOR_CONNECT,  /* 9215 with 10060, 10061: a connection that the MTA could not open */
	ANCHOR_KINDS
};

/*
 * An event of a kind, and what stands on the wire for one. party tells apart whom it is about (a caller's address, a
 * socket error: any number); an event goes with marks of its kind and party alone. Incidents are no anchors here.
 */
struct align_anchor {
	enum anchor_kind kind;
	uint32_t source; /* as incidents have it */
	uint32_t party;
	int64_t t_local;
};

struct align_mark {
	enum anchor_kind kind;
	uint32_t party;
	time_ns time;
};

struct align_options {
	time_ns capture_first, capture_last; /* first and last packet of all captures */
	bool has_zone;                       /* --tz: event clock minus UTC is known up to the skew of the clocks */
	int32_t zone_s;                      /* seconds east of UTC */
	const struct align_anchor *anchors;  /* what else tells of the clock; in any order */
	size_t anchor_count;
	const struct align_mark *marks;
	size_t mark_count;
	bool has_offset; /* --clock-offset: event clock minus capture clock, exactly */
	double offset_s;
};

enum clock_method { CLOCK_NOTHING, CLOCK_ESTIMATED, CLOCK_GIVEN };

/* The event clock was set while the log was written. */
struct clock_step {
	uint32_t incident; /* id of the first one after it */
	double by_s;       /* forward: above 0 */
};

enum { CLOCK_STEPS = 4 };

/* A line-up that chance brings more often is none. */
#define CLOCK_CHANCE_MOST 0.01

struct clock_estimate {
	uint32_t number; /* logs with the same number share one clock; 0: no clock */
	enum clock_method method;
	double offset_s;  /* event clock minus capture clock at capture_first */
	double drift_ppm; /* how much faster the event clock runs */
	uint32_t matched;
	double
	    p_chance; /* of so good a line-up at some offset, had logs and capture nothing in common; NAN: not asked */
	double runner_up_offset_s; /* NAN: none */
	/* The middle 95 % of offset_s, if the line is the right one (p_chance tells of that); NAN: not estimated. */
	double offset_low_s, offset_high_s;
	struct clock_step steps[CLOCK_STEPS]; /* in the order of writing; offset_s is that before the first */
	uint32_t step_count;
	uint32_t anchors[ANCHOR_KINDS]; /* events of each kind that stand where this clock puts what they tell of */
};

enum match_confidence { MATCH_NONE, MATCH_AMBIGUOUS, MATCH_PROBABLE, MATCH_CERTAIN };

enum { MATCH_CANDIDATES = 16 };

struct match {
	enum match_confidence confidence;
	uint32_t connection;                   /* the best one's id; 0: none */
	double score;                          /* probability that connection is the one */
	uint32_t candidates[MATCH_CANDIDATES]; /* ids, best first */
	uint32_t candidate_count;
	time_ns time; /* the incident's t_local on the capture's clock; TIME_NONE without a clock */
	double lag_s; /* event minus close, on the capture's clock, in the middle of the event's second; NAN */
};

/*
 * Estimates the clock and matches every incident. connections may stand in any order; incidents are as event_log_group
 * left them. matches[i] belongs to incidents[i] and is written for each. The same input gives the same result. No
 * packet time and no event time is changed. clock becomes the one that matched most incidents; of_source[i], of
 * source_count (NULL, 0: not wanted), that of the log that incidents call source i.
 */
void align(const struct align_connection *connections, size_t connection_count, const struct incident *incidents,
	   size_t incident_count, const struct align_options *options, struct clock_estimate *clock,
	   struct match *matches, struct clock_estimate *of_source, size_t source_count);

#endif
