/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One sign of a cause, in the capture or in the MTA's log, and whether it can be seen. signs.def lists them. */
#ifndef MTASCOPE_ORIGIN_SIGN_H
#define MTASCOPE_ORIGIN_SIGN_H

#include "align/align.h"
#include "events/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sign {
	SIGN_NONE, /* ends the lists of the catalogue */
#define WIRE(name, words)                    SIGN_##name,
#define LOG(name, place, detail, words, ...) SIGN_##name,
#include "origin/signs.def"
#undef WIRE
#undef LOG
	SIGNS
};
_Static_assert(SIGNS <= 64, "a set of signs is 64 bits");

static inline uint64_t sign_bit(enum sign sign)
{
	return UINT64_C(1) << sign;
}

/* The sign in words; NULL for SIGN_NONE. Static. */
const char *sign_words(enum sign sign);

/* Whether the sign is one of the log. */
bool sign_of_log(enum sign sign);

/* Hidden: what would show it was not given, or is not lined up with the capture. */
enum sight { SIGHT_ABSENT, SIGHT_HIDDEN, SIGHT_SEEN };

/* What a cause may hold for: a connection, an incident, or the capture as a whole. */
struct subject {
	uint32_t id;           /* of the connection or incident; 0: the capture */
	struct address client; /* of a connection */
	time_ns first, last;   /* TIME_NONE: no time is known */
	uint64_t signs;        /* sign_bit()s that the wire shows */
};

/* The events, ready to be looked up. Free with log_sights_free. */
struct log_sights {
	struct sighted *events; /* by number, then by time */
	size_t count;
	bool given;    /* a log was */
	bool lined_up; /* its events have a time on the capture's clock */
	enum sight half_hour;
};

/*
 * times[i] is log->events[i]'s time on the capture's clock (the start of its second), TIME_NONE where no clock is
 * known; of_source as align left them, one for each source. Nothing is kept of either but log's events.
 */
struct log_sights log_sights_make(const struct event_log *log, const time_ns *times,
				  const struct clock_estimate *of_source);
void log_sights_free(struct log_sights *sights);

/* Whether subject shows sign. JUDGED is not for this function to tell: the rules do. */
enum sight sign_look(enum sign sign, const struct subject *subject, const struct log_sights *sights);

#endif
