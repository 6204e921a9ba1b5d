/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way through the house for packets as they come, and logs as they grow: until a signal ends it. */
#ifndef MTASCOPE_WATCH_H
#define MTASCOPE_WATCH_H

#include "analyze.h"
#include "live/interface.h"
#include "live/ring.h"

struct watch_options {
	const char **interfaces;
	size_t interface_count;
	struct interface_options interface;
	struct analysis_options analysis;
	const char **logs;
	size_t log_count;
	const char *json; /* -: standard output; NULL: no records */
	uint64_t json_size;
	unsigned json_pieces;
	const char *case_path;    /* NULL: none */
	struct ring_options ring; /* folder NULL: no packets are kept */
	const char *state;        /* NULL: in the ring's folder, or beside the records, or none */
	const char *user; /* who root becomes once all is open; NULL: stays root, without what it does not need */
	bool syslog, journal, quiet;
	bool serves;             /* answers who asks for metrics */
	struct endpoint metrics; /* there; family 0: on the loopback address */
	bool view;               /* shows the present on standard output, which must be a terminal */
	unsigned verbose;
	uint64_t memory;  /* bytes */
	time_ns duration; /* 0: until a signal */
};

/* Watches. Says what goes wrong on stderr. argv is for the run record. Returns an exit status (command.h). */
int watch(const struct watch_options *options, int argc, char **argv);

#endif
