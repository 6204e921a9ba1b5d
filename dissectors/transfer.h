/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an association carried: each activity is the transfer of one APDU, a message, probe or report (X.228 7.3,
 * X.410 4). The envelope is read from the APDU's first bytes; the rest is counted.
 */
#ifndef MTASCOPE_DISSECTORS_TRANSFER_H
#define MTASCOPE_DISSECTORS_TRANSFER_H

#include "base/moment.h"
#include "dissectors/p1.h"
#include "dissectors/pdu.h"

enum {
	TRANSFERS_KEPT = 32,    /* of one connection; the others are counted */
	TRANSFER_HEAD = 8192,   /* bytes of an APDU in which its envelope is looked for */
	TRANSFER_ACTIVITY = 12, /* bytes kept of an activity identifier (X.225: 6 at most) */
};

enum transfer_state {
	TRANSFER_RUNNING,      /* its end has not come */
	TRANSFER_ENDED,        /* the sender ended the activity, the receiver has not acknowledged it */
	TRANSFER_ACKNOWLEDGED, /* the receiver has taken it over */
	TRANSFER_INTERRUPTED,  /* by AI: it may be resumed */
	TRANSFER_DISCARDED,    /* by AD: it begins anew */
	TRANSFER_CUT,          /* the association ended before it */
	TRANSFER_UNSEEN,       /* the next one began, so that it ended somehow: the capture lacks how */
	TRANSFER_STATES
};

struct transfer {
	enum pdu_direction direction;
	enum transfer_state state;
	bool resumed; /* by AR: it goes on where an earlier one was interrupted */
	bool gap;     /* bytes of it are missing: size is what was seen */
	uint8_t activity_length;
	uint8_t activity[TRANSFER_ACTIVITY];
	struct p1_apdu apdu;           /* kind P1_APDU_NONE: the envelope could not be read */
	struct p1_identifier *subject; /* of what a report reports on; NULL: nothing. Freed with the transfer */
	uint64_t size;                 /* bytes carried */
	uint32_t checkpoints;          /* minor synchronization points */
	uint32_t checkpoints_acked;
	struct moment start, end; /* of AS or AR, and of AE, AI, AD or what ended the association */
	struct moment acknowledged;
	int32_t reason; /* of AI or AD, as session_exception_name has it; -1: none */
};

/* Of one connection, in the order in which they began. When there are too many, the oldest that went well goes first.
 */
struct transfers {
	struct transfer **kept; /* each by itself: none is moved when another comes */
	uint32_t count, capacity;
	uint64_t total;        /* all that began */
	uint64_t acknowledged; /* of them */
	bool open;             /* the last one is running */
	bool waiting;          /* the last one waits for its acknowledgement */
	bool reading;          /* its envelope is still looked for */
	uint8_t *head;         /* the APDU's first bytes, while reading, when they came in pieces */
	uint32_t head_length;
	uint32_t next_look; /* bytes of head at which it is worth to look again */
};

void transfers_free(struct transfers *transfers);

/* An activity starts, or, where resumed, goes on. */
void transfers_start(struct transfers *transfers, enum pdu_direction direction, struct cursor activity, bool resumed,
		     const struct moment *moment);

/*
 * The next bytes of the running APDU, which need not all have been captured. True when with them its envelope has been
 * read as far as it will be: the last of kept then has it.
 */
bool transfers_data(struct transfers *transfers, struct cursor data);

/* Bytes of the running APDU were lost; nobody knows how many. */
void transfers_lost(struct transfers *transfers);

/* A minor synchronization point, and the acknowledgement of one. */
void transfers_checkpoint(struct transfers *transfers, bool acknowledges);

/* The activity ends; its end is acknowledged. */
void transfers_end(struct transfers *transfers, const struct moment *moment);
void transfers_acknowledge(struct transfers *transfers, const struct moment *moment);

/* What is under way ends otherwise: interrupted, discarded, cut; reason is AI's or AD's code, or -1. Nothing under way:
 * nothing happens. */
void transfers_break(struct transfers *transfers, enum transfer_state how, int32_t reason, const struct moment *moment);

/* The last that began, or NULL. */
static inline struct transfer *transfers_last(const struct transfers *transfers)
{
	return transfers->count == 0 ? NULL : transfers->kept[transfers->count - 1];
}

/* "running", "unacknowledged", "acknowledged", "interrupted", "discarded", "cut-short", "not-seen". Static. */
const char *transfer_state_name(enum transfer_state state);

#endif
