/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch.h"

#include "base/memory.h"
#include "casebook.h"
#include "command.h"
#include "command_output.h"
#include "confine/confine.h"
#include "gauges.h"
#include "live/clock.h"
#include "live/folders.h"
#include "live/follower.h"
#include "live/outlet.h"
#include "live/rotate.h"
#include "live/signs.h"
#include "live/source.h"
#include "live/state.h"
#include "live/told.h"
#include "metrics/server.h"
#include "panel.h"
#include "report/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	WAIT_MS = 100,          /* at most, for packets; then what waits becomes older */
	PACKETS_AT_ONCE = 4096, /* before anything else is looked at */
	IDS_RESERVED = 1000,
	PER_CONNECTION = 2048, /* bytes of one that is alive, without what it has collected */
	PER_FAILURE = 4096,    /* bytes of one that is kept, with what belongs to it */
	FAILURES_MOST = 8192,  /* lining events up with more takes too long for a moment */
	SERVICES_MOST = 1024,
	SECONDS_MOST = 1 << 18,
	LOG_SHARE = 16,       /* of the memory: one part in so many for the logs' text, read twice as it grows */
	RING_SHARE = 4,       /* and for packets of connections that may fail */
	GIVEN_UP_AT_ONCE = 8, /* one in so many of what is alive, where memory is short */
};

enum { WATCHED_TEXT = 256 };

#define HISTORY     (24 * 3600 * NS_PER_S)
#define STATE_EVERY (10 * NS_PER_S)
#define CASE_EVERY  (10 * NS_PER_S)
#define EVERY       NS_PER_S /* what need not be looked at all the time */
#define TICK        (100 * NS_PER_MS)

/* What the records' file told. */
struct written {
	bool news, full;
	uint64_t lost;
	int error;
};

struct watch {
	const struct watch_options *options;
	int argc;
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
	bool log_is_new;
	int64_t next_line_up;
	struct ring_options ring_options;
	struct ring *ring;                      /* NULL: no packets are kept */
	uint32_t packet_of;                     /* the connection of the packet that is dealt with */
	uint32_t last_id, written_id, reserved; /* of the state: ids up to the last are not given again */
	char state_path[PATH_MAX];              /* empty: none */
	int64_t next_state;
	bool state_failed;
	struct warnings *warnings;
	struct signs *signs;
	struct rotated *rotated; /* NULL: records go to standard output, or nowhere */
	struct written written, ring_written;
	struct json json;
	bool has_json;
	struct casebook *casebook; /* NULL: no case is kept */
	int64_t next_case;
	bool case_failed;
	int journal;
	struct gauges gauges;
	struct metrics_server *server; /* NULL: metrics are not asked for */
	struct panel *panel;           /* NULL: nobody looks */
	char interfaces[WATCHED_TEXT]; /* for the panel */
	time_ns begun;
	struct packet_clock clock;
	int64_t next_tick, next_look;
	time_ns drops_from; /* when drops were asked for last */
	uint64_t warned_let_go;
	bool whole; /* nothing that was asked for failed */
};

static volatile sig_atomic_t told_to_stop, told_to_tell, told_to_reopen, told_to_redraw, told_to_pause;

static void on_signal(int number)
{
	switch (number) {
	case SIGUSR1:
		told_to_tell = 1;
		break;
	case SIGHUP:
		told_to_reopen = 1;
		break;
	case SIGWINCH:
	case SIGCONT:
		told_to_redraw = 1;
		break;
	case SIGTSTP:
		told_to_pause = 1;
		break;
	default:
		told_to_stop = 1;
	}
}

/* Signals come only while packets are waited for; mask is what holds then. The last three are those of a terminal. */
static void catch_signals(sigset_t *mask, bool terminal)
{
	static const int all[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGWINCH, SIGCONT, SIGTSTP};
	size_t count = sizeof all / sizeof all[0] - (terminal ? 0 : 3);
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < count; i++) {
		sigaction(all[i], &action, NULL);
		sigaddset(&held, all[i]);
	}
	sigprocmask(SIG_BLOCK, &held, mask);
	for (size_t i = 0; i < count; i++)
		sigdelset(mask, all[i]);
	signal(SIGPIPE, SIG_IGN);
}

/* ---- Time ---- */

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t steady_now(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

static time_ns packet_now(const struct watch *watch)
{
	return clock_now(&watch->clock, steady_now());
}

/* Packets are stamped by the wall clock, so that a wait across its being set is wrong by as much. */
static void look_at_clock(struct watch *watch)
{
	time_ns before = packet_now(watch);
	int64_t by = clock_look(&watch->clock, read_clock(CLOCK_REALTIME), steady_now());

	if (by == 0)
		return;
	warn_about(watch->warnings, WARNING_CLOCK, before, 0,
		   "the clock was set %s by %.1f s: waits across that are wrong by as much",
		   by > 0 ? "forward" : "back", (double)llabs(by) / 1e9);
	/* So that a file is of one clock, and its packets can be put in order. */
	if (watch->ring != NULL)
		ring_turn(watch->ring);
	time_ns after = before + by;
	analysis_doubt(watch->desk, before < after ? before : after, before < after ? after : before,
		       "the clock was set while this connection was alive");
}

/* ---- What others tell ---- */

static void on_reached(void *user, const struct live *live, enum milestone milestone, const struct moment *moment)
{
	struct watch *watch = user;

	signs_reached(watch->signs, live, milestone, moment);
	if (watch->panel != NULL)
		recent_reached(panel_recent(watch->panel), live, milestone, moment);
	if (milestone == MILESTONE_OK)
		gauges_ok(&watch->gauges, live, moment);
	if (live->id > watch->last_id)
		watch->last_id = live->id;
	if (watch->ring == NULL)
		return;
	if (milestone == MILESTONE_OK && !moment_seen(&live->close))
		ring_well(watch->ring, live->id);
	else if (milestone == MILESTONE_CLOSE && !moment_seen(&live->ok))
		ring_keep(watch->ring, live->id);
}

static void on_segment(void *user, const struct tcp_connection *tcp, enum direction direction,
		       const struct segment *segment, unsigned marks)
{
	struct watch *watch = user;

	(void)direction;
	(void)segment;
	(void)marks;
	watch->packet_of = tcp->id;
}

static void on_finished(void *user, const struct connection *connection)
{
	struct watch *watch = user;

	if (connection->outcome != OUTCOME_OK && connection->outcome != OUTCOME_PARTIAL &&
	    connection->outcome != OUTCOME_PENDING && !connection->facts.given_up)
		ring_keep(watch->ring, connection->id);
	ring_drop(watch->ring, connection->id);
}

static void on_recorded(void *user, const struct connection *connection)
{
	struct watch *watch = user;

	if (watch->panel != NULL)
		recent_judged(panel_recent(watch->panel), connection);
	if (watch->casebook != NULL)
		casebook_connection(watch->casebook, connection);
}

static void on_ring(void *user, bool full, uint64_t lost, int error)
{
	struct watch *watch = user;

	watch->ring_written = (struct written){.news = true, .full = full, .lost = lost, .error = error};
	watch->whole = false;
}

static void on_log(void *user, const char *path, enum follow_news news, const char *says)
{
	struct watch *watch = user;
	time_ns now = packet_now(watch);

	switch (news) {
	case FOLLOW_GONE:
		warn_about(watch->warnings, WARNING_LOG, now, 0, "%s cannot be read: %s; waiting for it", path, says);
		break;
	case FOLLOW_BACK:
		warn_good(watch->warnings, WARNING_LOG, now, "%s is read again", path);
		break;
	case FOLLOW_REPLACED:
		warn_good(watch->warnings, WARNING_LOG, now, "%s begins anew; what it held is kept", path);
		break;
	case FOLLOW_LET_GO:
		warn_about(watch->warnings, WARNING_LIMIT, now, 0,
			   "for the limit of memory %s is no longer known: %s; --memory gives more", path, says);
		break;
	}
}

/* A new interface, or one whose link type may have changed, for the files. */
static void describe_interface(struct watch *watch, size_t index)
{
	struct ring_interface is = {.name = watch->options->interfaces[index],
				    .filter = live_source_filter(watch->source, index),
				    .link_type = live_source_link_type(watch->source, index),
				    .snap_length = watch->options->interface.snap_length};

	if (watch->ring != NULL)
		ring_interface(watch->ring, index, &is);
}

static void on_source(void *user, size_t interface, enum source_news news, uint64_t packets, const char *says)
{
	struct watch *watch = user;
	const char *name = watch->options->interfaces[interface];
	time_ns now = packet_now(watch);

	switch (news) {
	case SOURCE_DOWN:
		warn_about(watch->warnings, WARNING_INTERFACE, now, 0, "%s: %s; waiting for it", name, says);
		break;
	case SOURCE_UP:
		warn_good(watch->warnings, WARNING_INTERFACE, now, "%s is captured from again", name);
		describe_interface(watch, interface);
		break;
	case SOURCE_DROPS:
		warn_about(watch->warnings, WARNING_DROPS, now, 0,
			   "%s: %" PRIu64 " packet%s lost by the capture; a larger buffer (-B) keeps more", name,
			   packets, packets == 1 ? " was" : "s were");
		analysis_doubt(watch->desk, watch->drops_from, now,
			       "the capture lost packets while this connection was alive");
		break;
	}
}

/* Comes while records are being written: what is to be said of it must wait until they are. */
static void on_written(void *user, bool full, uint64_t lost, int error)
{
	struct watch *watch = user;

	watch->written = (struct written){.news = true, .full = full, .lost = lost, .error = error};
	watch->whole = false;
}

static void tell_written(struct watch *watch, struct written *news, const char *path, const char *what)
{
	struct written written = *news;
	time_ns now = packet_now(watch);

	news->news = false;
	if (written.news && written.full)
		warn_about(watch->warnings, WARNING_DISK, now, 0,
			   "%s cannot be written, and %s are lost until it can: %s; the analysis goes on", path, what,
			   strerror(written.error));
	else if (written.news)
		warn_good(watch->warnings, WARNING_DISK, now, "%s can be written again; %" PRIu64 " %s were lost", path,
			  written.lost, what);
}

/* ---- Limits ---- */

static struct analysis_limits limits_of(uint64_t memory)
{
	uint64_t failures = memory / 8 / PER_FAILURE;

	return (struct analysis_limits){.connections = memory / 4 / PER_CONNECTION,
					.failures = failures > FAILURES_MOST ? FAILURES_MOST : failures,
					.services = SERVICES_MOST,
					.seconds = SECONDS_MOST,
					.history = HISTORY};
}

/* Where what connections have collected grows beyond the limit, those that are worth least go. */
static void keep_memory(struct watch *watch)
{
	size_t most = analysis_alive(watch->desk) / GIVEN_UP_AT_ONCE + 1;

	for (size_t i = 0; i < most; i++) {
		/* What is free in the allocator's lists is not in use; asking costs, so not for each. */
		if (i % 64 == 0 && mallinfo2().uordblks + mallinfo2().hblkhd <= watch->options->memory)
			return;
		if (!analysis_give_up(watch->desk))
			return;
	}
}

static void tell_let_go(struct watch *watch, time_ns now)
{
	const struct let_go *let_go = &analysis_so_far(watch->desk)->summary.let_go;
	uint64_t all = let_go->half_open + let_go->open;

	if (all > watch->warned_let_go)
		warn_about(watch->warnings, WARNING_LIMIT, now, 0,
			   "for the limit of memory %" PRIu64 " half-open and %" PRIu64
			   " open connections are followed no further so far; --memory gives more",
			   let_go->half_open, let_go->open);
	/* Told of again when there are twice as many. */
	if (all > watch->warned_let_go)
		watch->warned_let_go = all * 2;
}

/* ---- The state, for who asks ---- */

static void tell_state(struct watch *watch)
{
	const struct analysis *analysis = analysis_so_far(watch->desk);
	const struct summary *summary = &analysis->summary;
	char time[TIME_TEXT_SIZE];
	struct mallinfo2 memory = mallinfo2();

	time_format(packet_now(watch), 0, time);
	fprintf(stderr, "mtascope: state at %s\n", time);
	for (size_t i = 0; i < watch->options->interface_count; i++) {
		const struct capture_info *info = capture_set_info(watch->captures, i);
		fprintf(stderr, "  %s: %" PRIu64 " packets, %" PRIu64 " dropped, %" PRIu64 " cut\n", info->file,
			info->packets, info->drops, info->cut_packets);
	}
	fprintf(stderr,
		"  connections: %zu alive, %" PRIu64 " final, %zu failures kept, %" PRIu64 " closed without an OK\n",
		analysis_alive(watch->desk), summary->connections, analysis->failure_count,
		signs_early_closes(watch->signs));
	fprintf(stderr,
		"  let go: %" PRIu64 " half-open, %" PRIu64 " open, %" PRIu64 " failures, %" PRIu64
		" candidates, %" PRIu64 " seconds and OKs, %" PRIu64 " acts of services\n",
		summary->let_go.half_open, summary->let_go.open, summary->let_go.failures, summary->let_go.candidates,
		summary->let_go.seconds, summary->let_go.services);
	if (watch->ring != NULL) {
		struct ring_counts kept = ring_counts(watch->ring);
		fprintf(stderr,
			"  packets: %" PRIu64 " written to %" PRIu64 " files, %zu KiB held, %" PRIu64
			" let go, %" PRIu64 " lost\n",
			kept.written, kept.files, kept.held_bytes / 1024, kept.let_go, kept.lost);
	}
	if (watch->follower != NULL)
		fprintf(stderr, "  log: %zu events, %zu incidents\n", watch->log.event_count,
			watch->log.incident_count);
	fprintf(stderr, "  memory: %zu KiB of %" PRIu64 " KiB\n  warnings:", (memory.uordblks + memory.hblkhd) / 1024,
		watch->options->memory / 1024);
	for (unsigned kind = 0; kind < WARNING_KINDS; kind++)
		fprintf(stderr, " %s %" PRIu64, warning_kind_name((enum warning_kind)kind),
			warnings_count(watch->warnings, (enum warning_kind)kind));
	fputc('\n', stderr);
}

/* ---- The view ---- */

static void name_interfaces(struct watch *watch)
{
	size_t length = 0;

	watch->interfaces[0] = '\0';
	for (size_t i = 0; i < watch->options->interface_count && length < sizeof watch->interfaces; i++)
		length += (size_t)snprintf(watch->interfaces + length, sizeof watch->interfaces - length, "%s%s%s",
					   i == 0 ? "" : ", ", watch->options->interfaces[i],
					   live_source_is_up(watch->source, i) ? "" : " (down)");
}

static void show(struct watch *watch)
{
	const struct analysis *analysis = analysis_so_far(watch->desk);
	const struct metrics *metrics = &watch->gauges.metrics;
	struct mallinfo2 memory = mallinfo2();
	time_ns now = packet_now(watch);

	name_interfaces(watch);
	struct board board = {.now = now,
			      .since = watch->begun,
			      .interfaces = watch->interfaces,
			      .waiting = load_waiting_now(analysis->load),
			      .longest = signs_longest(watch->signs, now),
			      .alive = analysis_alive(watch->desk),
			      .final = analysis->summary.connections,
			      .early_closes = signs_early_closes(watch->signs),
			      .origins = analysis->summary.origins,
			      .let_go = &analysis->summary.let_go,
			      .memory = memory.uordblks + memory.hblkhd,
			      .memory_limit = watch->options->memory,
			      .ring_folder = watch->options->ring.folder,
			      .records_lost = watch->rotated == NULL ? 0 : rotated_lost(watch->rotated),
			      .has_log = watch->follower != NULL,
			      .events = metrics->events,
			      .incidents = watch->log.incident_count,
			      .matched = metrics->incidents[MATCH_PROBABLE] + metrics->incidents[MATCH_CERTAIN],
			      .clock_offset_s = metrics->clock_offset_s};
	for (size_t i = 0; i < watch->options->interface_count; i++) {
		const struct capture_info *info = capture_set_info(watch->captures, i);
		board.packets += info->packets;
		board.dropped += info->drops;
		board.cut += info->cut_packets;
	}
	if (watch->ring != NULL)
		board.ring = ring_counts(watch->ring);
	panel_show(watch->panel, &board);
}

/* Whoever looks may go away with the terminal: then there is nobody to watch for. */
static void mind_terminal(struct watch *watch)
{
	if (watch->panel == NULL)
		return;
	if (told_to_reopen && panel_is_gone(watch->panel))
		told_to_stop = 1;
	if (told_to_pause)
		panel_stop(watch->panel);
	if (told_to_redraw || told_to_tell || told_to_reopen)
		panel_redraw(watch->panel);
	told_to_pause = 0;
	told_to_redraw = 0;
	if (panel_is_due(watch->panel, steady_now()))
		show(watch);
}

/* ---- Files ---- */

static void begin_piece(struct watch *watch)
{
	bool failed = watch->json.failed;

	json_free(&watch->json);
	begin_records_for(&watch->json,
			  watch->rotated != NULL         ? rotated_stream(watch->rotated)
			  : watch->options->json == NULL ? NULL
							 : stdout,
			  watch->casebook == NULL ? NULL : casebook_line, watch->casebook, watch->argc, watch->argv);
	watch->json.failed = failed;
}

static void write_out(struct watch *watch)
{
	if (!watch->has_json || watch->json.length == 0)
		return;
	json_flush(&watch->json);
	if (watch->rotated == NULL && watch->options->json != NULL && watch->json.failed) {
		fprintf(stderr, "mtascope: standard output takes no more records\n");
		watch->whole = false;
		told_to_stop = 1;
	}
	if (watch->rotated == NULL || !rotated_is_due(watch->rotated))
		return;
	if (rotated_turn(watch->rotated))
		begin_piece(watch);
}

static void reopen_files(struct watch *watch)
{
	if (watch->ring != NULL)
		ring_turn(watch->ring);
	if (watch->rotated == NULL)
		return;
	json_flush(&watch->json);
	if (rotated_reopen(watch->rotated))
		begin_piece(watch);
	else
		warn_about(watch->warnings, WARNING_DISK, packet_now(watch), 0,
			   "%s cannot be opened again: %s; the old file is written on", watch->options->json,
			   strerror(errno));
}

/* What waits for the case, or all of it at the end. */
static void write_case(struct watch *watch, const struct analysis *analysis)
{
	if (watch->casebook == NULL)
		return;
	const char *why = casebook_write(watch->casebook, analysis->first, analysis->last);
	if (why != NULL && !watch->case_failed)
		warn_about(watch->warnings, WARNING_DISK, packet_now(watch), 0, "%s cannot be written: %s",
			   watch->options->case_path, why);
	else if (why == NULL && watch->case_failed)
		warn_good(watch->warnings, WARNING_DISK, packet_now(watch),
			  "%s can be written again; %" PRIu64 " records were lost", watch->options->case_path,
			  casebook_lost(watch->casebook));
	watch->whole = watch->whole && why == NULL;
	watch->case_failed = why != NULL;
}

static bool open_case(struct watch *watch)
{
	char *error = NULL;

	if (watch->options->case_path == NULL)
		return true;
	watch->casebook = casebook_open(watch->options->case_path, &error);
	if (watch->casebook == NULL)
		fprintf(stderr, "mtascope: %s\n", error == NULL ? "the case cannot be opened" : error);
	free(error);
	return watch->casebook != NULL;
}

static bool open_records(struct watch *watch)
{
	const struct watch_options *options = watch->options;

	if (!open_case(watch))
		return false;
	if (options->json == NULL && watch->casebook == NULL)
		return true;
	if (options->json != NULL && !is_stdout(options->json)) {
		watch->rotated =
		    rotated_open(options->json, options->json_size, options->json_pieces, on_written, watch);
		if (watch->rotated == NULL) {
			fprintf(stderr, "mtascope: %s: cannot be written: %s\n", options->json, strerror(errno));
			return false;
		}
	}
	watch->has_json = true;
	begin_piece(watch);
	return true;
}

static bool open_ring(struct watch *watch)
{
	const struct watch_options *options = watch->options;

	if (options->ring.folder == NULL)
		return true;
	watch->ring_options = options->ring;
	watch->ring_options.held_bytes = options->memory / RING_SHARE;
	watch->ring = ring_open(&watch->ring_options, on_ring, watch);
	if (watch->ring == NULL)
		fprintf(stderr, "mtascope: %s: packets cannot be kept there: %s\n", options->ring.folder,
			strerror(errno));
	return watch->ring != NULL;
}

static bool open_metrics(struct watch *watch)
{
	const struct endpoint *at = &watch->options->metrics;
	char address[ADDRESS_TEXT_SIZE] = "127.0.0.1";

	if (!watch->options->serves)
		return true;
	if (at->ip.family != 0)
		address_format(&at->ip, address);
	const char *left = at->ip.family == 6 ? "[" : "";
	const char *right = at->ip.family == 6 ? "]" : "";
	watch->server = metrics_server_open(at, &watch->gauges.metrics);
	if (watch->server == NULL)
		fprintf(stderr, "mtascope: metrics cannot be answered on %s%s%s:%u: %s; --metrics takes another port\n",
			left, address, right, at->port, strerror(errno));
	else if (!watch->options->quiet)
		fprintf(stderr, "mtascope: metrics are at http://%s%s%s:%u/metrics\n", left, address, right,
			metrics_server_port(watch->server));
	return watch->server != NULL;
}

static bool open_panel(struct watch *watch)
{
	const char *why = NULL;

	if (!watch->options->view)
		return true;
	watch->panel = panel_open(&why);
	if (watch->panel == NULL)
		fprintf(stderr, "mtascope: --view cannot be shown: %s; without it warnings are told in lines\n", why);
	return watch->panel != NULL;
}

/* From here on there are lines again. */
static void end_panel(struct watch *watch)
{
	if (watch->panel == NULL)
		return;
	panel_end(watch->panel);
	if (!watch->options->quiet && isatty(STDERR_FILENO) == 1)
		warnings_to(watch->warnings, outlet_person, stderr);
}

static void open_outlets(struct watch *watch)
{
	const struct watch_options *options = watch->options;

	if (watch->panel != NULL)
		warnings_to(watch->warnings, panel_warning, watch->panel);
	if (!options->quiet && (watch->panel == NULL || isatty(STDERR_FILENO) != 1))
		warnings_to(watch->warnings, outlet_person, stderr);
	if (options->syslog)
		outlet_syslog_open();
	if (options->syslog)
		warnings_to(watch->warnings, outlet_syslog, NULL);
	if (options->journal && (watch->journal = outlet_journal_open(NULL)) >= 0)
		warnings_to(watch->warnings, outlet_journal, &watch->journal);
	else if (options->journal)
		fprintf(stderr, "mtascope: the journal does not answer: %s; --syslog may\n", strerror(errno));
	if (watch->has_json)
		warnings_to(watch->warnings, outlet_record, &watch->json);
}

/* ---- The log ---- */

/* Lining up takes the longer, the more there is: packets must not wait for it. */
enum { LINE_UP_SHARE = 10 };

static void line_up(struct watch *watch)
{
	int64_t begun = steady_now();

	if (begun < watch->next_line_up || (!watch->log_is_new && !told_lacks(watch->told)))
		return;
	watch->log_is_new = false;
	analysis_line_up(watch->desk, &watch->log);
	const struct analysis *analysis = analysis_so_far(watch->desk);
	struct lined_up now = {
	    .log = &watch->log, .clock = &analysis->clock, .clocks = analysis->clocks, .matches = analysis->matches};
	gauges_lined_up(&watch->gauges, analysis, &watch->log, packet_now(watch));
	told_incidents(watch->told, &now, 9, watch->has_json ? &watch->json : NULL, watch->warnings, packet_now(watch));
	int64_t ended = steady_now();
	watch->next_line_up = ended + EVERY + LINE_UP_SHARE * (ended - begun);
}

static void look_at_log(struct watch *watch)
{
	if (watch->follower == NULL)
		return;
	if (follower_take(watch->follower, &watch->log, on_log, watch))
		watch->log_is_new = true;
	line_up(watch);
}

/* ---- What goes on after a restart ---- */

static void read_state(struct watch *watch)
{
	struct state state = {0};
	uint32_t of_case = watch->casebook == NULL ? 0 : casebook_last_connection(watch->casebook);

	if (watch->state_path[0] != '\0' && !state_read(&state, watch->state_path))
		fprintf(stderr,
			"mtascope: %s: the state of an earlier run is damaged; what could be read of it is used\n",
			watch->state_path);
	watch->last_id = state.connections > of_case ? state.connections : of_case;
	watch->written_id = watch->last_id;
	watch->analysis_options.ids = watch->last_id;
	for (size_t i = 0; i < state.told_count; i++)
		told_before(watch->told, state.told[i]);
	watch->desk = analysis_begin(watch->captures, NULL, &watch->analysis_options);
	for (size_t i = 0; i < state.candidate_count && i < watch->limits.failures / 2; i++)
		analysis_remember(watch->desk, &state.candidates[i]);
	state_free(&state);
}

/* Ids of the state: so many as may be given until it is written again, for a kill leaves no time to tell. */
static void reserve_ids(struct watch *watch, bool over)
{
	uint64_t since = watch->last_id - watch->written_id;
	uint64_t reserved = watch->last_id + (over ? 0 : IDS_RESERVED + 2 * since);

	watch->reserved = reserved > UINT32_MAX ? UINT32_MAX : (uint32_t)reserved;
	watch->written_id = watch->last_id;
}

/* over: nothing more comes. */
static void write_state(struct watch *watch, bool over)
{
	struct state state;
	struct align_connection candidate;

	if (watch->state_path[0] == '\0')
		return;
	reserve_ids(watch, over);
	state = (struct state){.connections = watch->reserved};
	for (size_t i = 0; i < told_count(watch->told); i++)
		state_add_told(&state, told_key(watch->told, i));
	for (size_t i = 0; analysis_candidate(watch->desk, i, &candidate); i++)
		state_add_candidate(&state, &candidate);
	bool written = state_write(&state, watch->state_path);
	if (!written && !watch->state_failed)
		warn_about(watch->warnings, WARNING_DISK, packet_now(watch), 0,
			   "%s cannot be written: %s; after a restart numbers would begin anew", watch->state_path,
			   strerror(errno));
	watch->state_failed = !written;
	state_free(&state);
}

/* Where the state is kept, unless that was said. */
static void choose_state(struct watch *watch)
{
	const struct watch_options *options = watch->options;

	if (options->state != NULL)
		snprintf(watch->state_path, sizeof watch->state_path, "%s", options->state);
	else if (options->ring.folder != NULL)
		snprintf(watch->state_path, sizeof watch->state_path, "%s/mtascope.state", options->ring.folder);
	else if (options->json != NULL && !is_stdout(options->json) && watch->rotated != NULL &&
		 rotated_is_file(watch->rotated))
		snprintf(watch->state_path, sizeof watch->state_path, "%s.state", options->json);
}

/* ---- The loop ---- */

static void take_packets(struct watch *watch, unsigned most)
{
	struct packet packet;

	for (unsigned i = 0; i < most && live_source_next(watch->source, steady_now(), &packet); i++) {
		clock_packet(&watch->clock, packet.moment.time, steady_now());
		watch->packet_of = RING_NO_CONNECTION;
		enum decoded held = analysis_packet(watch->desk, &packet);
		if (watch->ring != NULL)
			ring_packet(watch->ring, &packet, watch->packet_of,
				    held == DECODED_FRAGMENT || held == DECODED_ICMP);
	}
}

static void look_around(struct watch *watch, time_ns now)
{
	live_source_check(watch->source);
	watch->drops_from = now;
	look_at_log(watch);
	for (size_t i = 0; watch->ring != NULL && i < watch->options->interface_count; i++) {
		const struct capture_info *info = capture_set_info(watch->captures, i);
		ring_lost(watch->ring, i, now, info->packets + info->drops, info->drops);
	}
	if (watch->ring != NULL)
		ring_flush(watch->ring, now);
	tell_let_go(watch, now);
	tell_written(watch, &watch->written, watch->options->json, "records");
	tell_written(watch, &watch->ring_written, watch->options->ring.folder, "packets");
	warnings_time(watch->warnings, now);
}

/* Whether time has come to go on with what is not a packet's doing. */
static bool is_due(int64_t *next, int64_t every)
{
	int64_t now = steady_now();

	if (now < *next)
		return false;
	*next = now + every;
	return true;
}

/* Who asks is answered as of now. */
static void answer_metrics(struct watch *watch)
{
	struct metrics *metrics = &watch->gauges.metrics;

	if (watch->server == NULL)
		return;
	gauges_read(&watch->gauges, analysis_so_far(watch->desk), watch->source, watch->warnings);
	metrics->early_closes = signs_early_closes(watch->signs);
	metrics->alive = analysis_alive(watch->desk);
	if (watch->rotated != NULL)
		metrics->records_lost = rotated_lost(watch->rotated);
	if (watch->ring != NULL)
		metrics->packets_lost = ring_counts(watch->ring).lost;
	metrics_server_run(watch->server);
}

static void go_on(struct watch *watch, const sigset_t *mask)
{
	int descriptor = watch->server == NULL ? -1 : metrics_server_descriptor(watch->server);
	int64_t end = watch->options->duration == 0 ? INT64_MAX : steady_now() + watch->options->duration;

	while (!told_to_stop && steady_now() < end) {
		live_source_wait(watch->source, descriptor, WAIT_MS, mask);
		take_packets(watch, PACKETS_AT_ONCE);
		if (is_due(&watch->next_tick, TICK)) {
			look_at_clock(watch);
			analysis_time(watch->desk, packet_now(watch));
			signs_time(watch->signs, packet_now(watch));
			keep_memory(watch);
		}
		if (is_due(&watch->next_look, EVERY))
			look_around(watch, packet_now(watch));
		if (is_due(&watch->next_state, STATE_EVERY) || watch->last_id > watch->reserved)
			write_state(watch, false);
		if (told_to_reopen)
			reopen_files(watch);
		if (told_to_tell && (watch->panel == NULL || isatty(STDERR_FILENO) != 1))
			tell_state(watch);
		mind_terminal(watch);
		told_to_reopen = 0;
		told_to_tell = 0;
		write_out(watch);
		if (watch->casebook != NULL &&
		    (is_due(&watch->next_case, CASE_EVERY) || casebook_is_full(watch->casebook)))
			write_case(watch, analysis_so_far(watch->desk));
		answer_metrics(watch);
	}
}

static void finish(struct watch *watch)
{
	const struct watch_options *options = watch->options;

	live_source_end(watch->source);
	take_packets(watch, UINT_MAX);
	live_source_check(watch->source);
	if (watch->follower != NULL) {
		follower_stop(watch->follower);
		look_at_log(watch);
	}
	write_state(watch, true);
	struct analysis *analysis = analysis_finish(watch->desk, &watch->log);
	if (watch->has_json)
		json_flush(&watch->json);
	write_case(watch, analysis);
	if (!options->quiet && !is_stdout(options->json))
		report_terminal(stdout, analysis, options->verbose);
	analysis_free(analysis);
}

/*
 * Gives up what is not needed any more, before the first packet is read. Interfaces can still be opened, logs be read,
 * and files be made in the folders of the outputs.
 */
static bool give_up_privileges(const struct watch *watch)
{
	const struct watch_options *options = watch->options;
	struct folders read = {0};
	struct folders written = {0};
	char says[CONFINE_SAYS];

	for (size_t i = 0; i < options->log_count; i++)
		folders_add_of_share(&read, options->logs[i]);
	if (watch->rotated != NULL && rotated_is_file(watch->rotated))
		folders_add_of(&written, options->json);
	if (options->ring.folder != NULL)
		folders_add(&written, options->ring.folder);
	if (watch->state_path[0] != '\0')
		folders_add_of(&written, watch->state_path);
	if (options->case_path != NULL)
		folders_add_of(&written, options->case_path);
	struct confine_plan plan = {.read_folders = (const char *const *)read.list,
				    .read_folder_count = read.count,
				    .write_folders = (const char *const *)written.list,
				    .write_folder_count = written.count,
				    .packets = true,
				    .interfaces = true,
				    .sends = options->syslog || options->journal,
				    .threads = options->log_count > 0,
				    .serves = watch->server != NULL,
				    .terminal = watch->panel != NULL,
				    .leaves_root = options->user != NULL,
				    .user = options->user};
	enum confined confined = confine(&plan, says);
	if (confined == CONFINED_NOT || (confined == CONFINED_PARTLY && options->verbose > 0))
		fprintf(stderr, "mtascope: %s\n", says);
	folders_free(&read);
	folders_free(&written);
	return confined != CONFINED_NOT;
}

/* Whatever was begun of an analysis that will not be. */
static void abandon(struct watch *watch)
{
	watch->analysis_options.json = NULL;
	analysis_free(analysis_finish(watch->desk, &watch->log));
	watch->desk = NULL;
}

static bool begin(struct watch *watch)
{
	const struct watch_options *options = watch->options;
	char *error = NULL;

	watch->analysis_options = options->analysis;
	watch->analysis_options.json = watch->has_json ? &watch->json : NULL;
	watch->analysis_options.style =
	    (struct record_style){.several_captures = options->interface_count > 1, .captures = watch->captures};
	watch->analysis_options.reached = on_reached;
	watch->analysis_options.reached_user = watch;
	watch->analysis_options.limits = &watch->limits;
	if (watch->ring != NULL) {
		watch->analysis_options.observer = &watch->observer;
		watch->analysis_options.finished = on_finished;
		watch->analysis_options.finished_user = watch;
	}
	if (watch->panel != NULL || watch->casebook != NULL) {
		watch->analysis_options.recorded = on_recorded;
		watch->analysis_options.recorded_user = watch;
	}
	choose_state(watch);
	read_state(watch);
	watch->source = live_source_open(options->interfaces, options->interface_count, &options->interface,
					 watch->captures, on_source, watch, &error);
	if (watch->source == NULL) {
		fprintf(stderr, "mtascope: %s\n", error == NULL ? "no interface can be opened" : error);
		free(error);
		abandon(watch);
		return false;
	}
	if (!give_up_privileges(watch)) {
		abandon(watch);
		return false;
	}
	for (size_t i = 0; i < options->interface_count; i++)
		describe_interface(watch, i);
	if (options->log_count > 0)
		watch->follower =
		    follower_start((const char *const *)options->logs, options->log_count, options->memory / LOG_SHARE);
	if (options->log_count > 0 && watch->follower == NULL)
		fprintf(stderr, "mtascope: the event logs cannot be followed: %s\n", strerror(errno));
	if (watch->panel != NULL)
		panel_begin(watch->panel);
	return true;
}

static void watch_free(struct watch *watch)
{
	panel_close(watch->panel);
	metrics_server_close(watch->server);
	gauges_free(&watch->gauges);
	live_source_close(watch->source);
	follower_free(watch->follower);
	told_free(watch->told);
	ring_close(watch->ring);
	signs_free(watch->signs);
	warnings_free(watch->warnings);
	json_free(&watch->json);
	casebook_free(watch->casebook);
	rotated_close(watch->rotated);
	event_log_free(&watch->log);
	capture_set_close(watch->captures);
	if (watch->journal >= 0)
		close(watch->journal);
}

int watch(const struct watch_options *options, int argc, char **argv)
{
	struct watch watch = {.options = options,
			      .argc = argc,
			      .argv = argv,
			      .captures = capture_set_live(options->interfaces, options->interface_count),
			      .limits = limits_of(options->memory),
			      .warnings = warnings_new(),
			      .told = told_new(),
			      .journal = -1,
			      .whole = true};
	sigset_t mask;
	int status = EXIT_USAGE;

	clock_begin(&watch.clock, read_clock(CLOCK_REALTIME), steady_now());
	event_log_init(&watch.log);
	watch.signs = signs_new(watch.warnings, options->analysis.ports.any);
	watch.observer = (struct timeline_observer){.user = &watch, .segment = on_segment};
	gauges_init(&watch.gauges, options->interfaces, options->interface_count);
	if (open_panel(&watch) && open_records(&watch) && open_ring(&watch) && open_metrics(&watch)) {
		open_outlets(&watch);
		catch_signals(&mask, options->view);
		watch.drops_from = packet_now(&watch);
		watch.begun = watch.drops_from;
		if (begin(&watch)) {
			go_on(&watch, &mask);
			end_panel(&watch);
			finish(&watch);
			status = watch.whole ? EXIT_DONE : EXIT_INPUT;
		}
	}
	watch_free(&watch);
	return status;
}
