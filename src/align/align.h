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

struct align_options {
	time_ns capture_first, capture_last; /* first and last packet of all captures */
	bool has_zone;                       /* --tz: event clock minus UTC is known up to the skew of the clocks */
	int32_t zone_s;                      /* seconds east of UTC */
	bool has_offset;                     /* --clock-offset: event clock minus capture clock, exactly */
	double offset_s;
};

enum clock_method { CLOCK_NOTHING, CLOCK_ESTIMATED, CLOCK_GIVEN };

struct clock_estimate {
	enum clock_method method;
	double offset_s;  /* event clock minus capture clock at capture_first */
	double drift_ppm; /* how much faster the event clock runs */
	uint32_t matched;
	double
	    p_chance; /* of so good a line-up at some offset, had logs and capture nothing in common; NAN: not asked */
	double runner_up_offset_s; /* NAN: none */
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
 * packet time and no event time is changed.
 */
void align(const struct align_connection *connections, size_t connection_count, const struct incident *incidents,
	   size_t incident_count, const struct align_options *options, struct clock_estimate *clock,
	   struct match *matches);

#endif
