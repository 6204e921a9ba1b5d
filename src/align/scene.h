/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of align share: closes and events as sorted seconds, and a straight line between two clocks. */
#ifndef MTASCOPE_ALIGN_SCENE_H
#define MTASCOPE_ALIGN_SCENE_H

#include "align/align.h"

/* Seconds since capture_first on the capture's clock, sorted by close; order[k] is the index in the caller's array. */
struct closes {
	double *time;
	double *start;
	float *weight;
	uint32_t *order;
	uint32_t *server; /* 0 … servers - 1 */
	/* Where to look for a time: the first close of each stretch of the time between the first and the last. */
	uint32_t *index;  /* of count + 2; NULL: none was made */
	double stretches; /* a second */
	size_t count;
	uint32_t servers;
	double first, last; /* of the capture, widened to hold every close */
	double weights;     /* their sum */
};

/* Whole seconds of events, as seconds since capture_first if the event's clock were the capture's; ascending. */
struct seconds {
	double *time;
	uint32_t *events; /* how many fall into it */
	float *worth;     /* how much evidence they count as: a burst is hardly more than one event */
	size_t count;
};

/* event clock = capture clock + offset + drift * (capture clock - middle); all in seconds, drift without unit. */
struct clock_line {
	double offset, drift, middle;
};

static inline double clock_to_capture(const struct clock_line *line, double event)
{
	return line->middle + (event - line->offset - line->middle) / (1 + line->drift);
}

/* The event clock at a time of the capture's. */
static inline double clock_at(const struct clock_line *line, double capture)
{
	return capture + line->offset + line->drift * (capture - line->middle);
}

/* No two clocks of one story are further apart; what is further off can never be matched and would only cost. */
#define FAR_S 3e8

/* Seconds since origin of a time, and of an event's whole second if its clock were the capture's. */
double seconds_of(time_ns time, time_ns origin);
double event_seconds(int64_t t_local, time_ns origin);

/* An empty list with room for so many. Events are added in the order of time, and weighed when all are. */
void seconds_init(struct seconds *seconds, size_t room);
void seconds_add(struct seconds *seconds, double time);
void seconds_weigh(struct seconds *seconds, double capture_span);
void seconds_free(struct seconds *seconds);

/* Makes the index, which the caller frees; times are set and do not change any more. */
void closes_index(struct closes *closes);

/* The position of the first close at or after time, in seconds since capture_first; count when there is none. */
size_t closes_from(const struct closes *closes, double time);

#endif
