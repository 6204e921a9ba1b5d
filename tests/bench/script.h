/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one connection of a bench capture does, packet by packet, and the truth of it: its outcome, and which packet
 * reaches which milestone.
 */
#ifndef BENCH_SCRIPT_H
#define BENCH_SCRIPT_H

#include "tests/generator/random.h"

#include <stddef.h>
#include <stdint.h>

/* In the order of the records. */
enum milestone {
	MILESTONE_SYN,
	MILESTONE_SYNACK,
	MILESTONE_ESTABLISHED,
	MILESTONE_REQUEST,
	MILESTONE_OK,
	MILESTONE_BIND_REQUEST,
	MILESTONE_BIND_RESULT,
	MILESTONE_FIRST_DATA,
	MILESTONE_CLOSE,
	MILESTONES,
	MILESTONE_NONE = MILESTONES
};

enum plot {
	PLOT_MESSAGES,    /* X.400: bind, messages, orderly release */
	PLOT_PROBE,       /* CR, CC, one small data TPDU each way, FIN */
	PLOT_PROBE_RESET, /* the same, ended with a RST */
	PLOT_SYN_REFUSED, /* the failures, each with the outcome of its name */
	PLOT_SYN_UNANSWERED,
	PLOT_NO_REQUEST,
	PLOT_NO_OK,
	PLOT_CLOSED_AFTER_OK,
	PLOT_REFUSED,
	PLOT_OPEN_IDLE, /* stays open after the handshake */
	PLOT_OPEN_DATA, /* stays open in the middle of a message */
	PLOTS
};

enum side { CLIENT, SERVER };

struct step {
	int64_t after_us; /* the step before */
	uint32_t seq, ack;
	const uint8_t *payload;
	uint16_t length;
	uint8_t flags, side, reaches;
	bool bulk; /* data after the bind: may be sent again, or overtaken */
};

enum { STEPS_MAX = 512 };

struct script {
	struct step steps[STEPS_MAX];
	size_t count;
	uint32_t retransmissions[2];
	const char *outcome, *close_by, *close_how; /* the last two NULL: not closed */
};

/* Makes the PDUs that all scripts share. Call it once, first. */
void script_prepare(void);

/* pace_us: the mean pause between two messages. */
void script_write(struct script *script, enum plot plot, int64_t pace_us, struct chance *chance);

#endif
