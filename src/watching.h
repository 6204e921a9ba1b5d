/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run of watch() from within: what its parts share. watch.c has the loop; watch_tells.c what the others say, and what
 * becomes of that; watch_shows.c the present, for who asks; watch_outputs.c the files and places that are written to,
 * and what goes on after a restart.
 */
#ifndef MTASCOPE_WATCHING_H
#define MTASCOPE_WATCHING_H

#include "watch.h"

#include "casebook.h"
#include "gauges.h"
#include "live/clock.h"
#include "live/follower.h"
#include "live/rotate.h"
#include "live/signs.h"
#include "live/source.h"
#include "live/told.h"
#include "metrics/server.h"
#include "panel.h"

#include <limits.h>

enum { WATCHED_TEXT = 256 };

/* What the records' file told. */
struct written {
	bool news, full;
	uint64_t lost;
	int error;
};

struct watch {
	const struct watch_options *options;
	char **argv;
	struct capture_set *captures;
	struct live_source *source;
	struct analysis_limits limits;
	struct analysis_options analysis_options;
	struct timeline_observer observer;
	struct desk *desk;
	struct event_log log;
	struct follower *follower; /* NULL: no log is followed */
	struct told *told;
	int64_t next_line_up;
	struct ring_options ring_options;
	struct ring *ring; /* NULL: no packets are kept */
	int64_t next_state;
	struct warnings *warnings;
	struct signs *signs;
	struct rotated *rotated; /* NULL: records go to standard output, or nowhere */
	struct written written, ring_written;
	struct json json;
	struct casebook *casebook; /* NULL: no case is kept */
	int64_t next_case;
	struct gauges gauges;
	struct metrics_server *server; /* NULL: metrics are not asked for */
	struct panel *panel;           /* NULL: nobody looks */
	time_ns begun;
	struct packet_clock clock;
	int64_t next_tick, next_look;
	time_ns drops_from; /* when drops were asked for last */
	uint64_t warned_let_go;
	int argc;
	int journal;
	uint32_t packet_of;                     /* the connection of the packet that is dealt with */
	uint32_t last_id, written_id, reserved; /* of the state: ids up to the last are not given again */
	char interfaces[WATCHED_TEXT];          /* for the panel */
	char state_path[PATH_MAX];              /* empty: none */
	bool has_json;
	bool log_is_new;
	bool state_failed, case_failed, turn_failed;
	bool whole; /* nothing that was asked for failed */
	bool ends;  /* there is nobody left to watch for */
};

/* By the packets' clock. */
time_ns watch_now(const struct watch *watch);

/* ---- What the others say; user is the struct watch ---- */

void watch_reached(void *user, const struct live *live, enum milestone milestone, const struct moment *moment);
void watch_refused(void *user, const struct live *live, const struct moment *moment);
void watch_segment(void *user, const struct tcp_connection *tcp, enum direction direction,
		   const struct segment *segment, unsigned marks);
void watch_finished(void *user, const struct connection *connection);
void watch_recorded(void *user, const struct connection *connection);
void watch_ring_told(void *user, bool full, uint64_t lost, int error);
void watch_log_told(void *user, const char *path, enum follow_news news, const char *says);
void watch_source_told(void *user, size_t interface, enum source_news news, uint64_t packets, const char *says);

/* Comes while records are being written: what is to be said of it must wait until they are. */
void watch_records_told(void *user, bool full, uint64_t lost, int error);

/* Then it is said; what is in path. */
void watch_tell_written(struct watch *watch, struct written *news, const char *path, const char *what);
void watch_tell_let_go(struct watch *watch, time_ns now);

/* A new interface, or one whose link type may have changed, for the files. */
void watch_describe_interface(struct watch *watch, size_t index);

/* ---- The present ---- */

void watch_tell_state(struct watch *watch); /* on standard error */
void watch_show(struct watch *watch);       /* on the panel, which there is */

/* ---- Outputs ---- */

/* Each opens what the options ask for, which may be nothing. False, with a message, where it cannot. */
bool watch_open_records(struct watch *watch);
bool watch_open_ring(struct watch *watch);
bool watch_open_metrics(struct watch *watch);
bool watch_open_panel(struct watch *watch);
void watch_open_outlets(struct watch *watch);

void watch_write_out(struct watch *watch); /* the records that wait */
void watch_reopen_files(struct watch *watch);

/* What waits for the case; is_last: at the end, when what cannot be written is lost. */
void watch_write_case(struct watch *watch, const struct analysis *analysis, bool is_last);

/* From here on there are lines again. */
void watch_end_panel(struct watch *watch);

/* Where the state of an earlier run is kept, what it says, and what this one says; over: nothing more comes. */
void watch_choose_state(struct watch *watch);
void watch_read_state(struct watch *watch);
void watch_write_state(struct watch *watch, bool over);

#endif
