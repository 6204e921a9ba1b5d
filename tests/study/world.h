/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logs and captures of which the truth is known, drawn from a seed: arrivals, closes, lags, clock errors, strays,
 * bursts. It shares nothing with src/align but the structs that go in.
 */
#ifndef MTASCOPE_STUDY_WORLD_H
#define MTASCOPE_STUDY_WORLD_H

#include "align/align.h"

/* The capture's first packet. */
#define FIRST (INT64_C(1014750000) * NS_PER_S + 123456789)

/* splitmix64: small, and the same everywhere. */
struct dice {
	uint64_t state;
};

uint64_t roll(struct dice *dice);
double uniform(struct dice *dice, double low, double high);
double exponential(struct dice *dice, double mean);
double normal(struct dice *dice);
int pick(struct dice *dice, int count);
bool chance(struct dice *dice, double probability);

enum lags { LAG_MIXED, LAG_MILLISECONDS, LAG_UNIFORM, LAG_LOG_NORMAL, LAG_ZERO, LAG_SLOW, LAGS };
enum pattern { PATTERN_EVEN, PATTERN_BURSTS, PATTERN_PERIODIC, PATTERN_MIXED, PATTERN_CROWDED, PATTERNS };
enum coverage { COVER_SAME, COVER_LONGER, COVER_PART, COVERS };
enum story { STORY_TRUE, STORY_OTHER_DAY, STORY_UNRELATED, STORY_NO_CLOSE };

struct scenario {
	enum story story;
	enum lags lags;
	enum pattern pattern;
	enum coverage coverage;
	double span, yield, stray, offset, drift, zone;
	size_t wanted;
	bool crowded_strays, has_zone, has_offset;
	double missing;         /* share of incidents without their 4258: the 4283 comes a little later */
	double step_at, step_s; /* the event clock is set by so much at this share of the span */
};

struct world {
	struct align_connection *connections;
	size_t connection_count, connection_capacity;
	struct incident *incidents;
	uint32_t *truth; /* 0: stray */
	double *told;    /* when the incident was logged, on the capture's clock */
	size_t incident_count, incident_capacity, truth_capacity, told_capacity;
	double from, to; /* what the log covers, on the capture's clock */
	struct align_options options;
};

/* Mean of what a 4283 comes after its 4258. */
#define MISSING_LAG_S 0.15

extern const char *const lag_names[LAGS], *const pattern_names[PATTERNS];

double lag_draw(struct dice *dice, enum lags lags);

/* A scenario of any kind, and a world of a scenario; free it with world_free. */
void scenario_draw(struct scenario *scenario, struct dice *dice);
void world_draw(struct world *world, struct dice *dice, const struct scenario *scenario);
void world_free(struct world *world);

#endif
