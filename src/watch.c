/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watching.h"

#include "base/memory.h"
#include "command.h"
#include "command_output.h"
#include "confine/confine.h"
#include "live/folders.h"
#include "live/ready.h"
#include "report/terminal.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	WAIT_MS = 100,          /* at most, for packets; then what waits becomes older */
	PACKETS_AT_ONCE = 4096, /* before anything else is looked at */
	PER_CONNECTION = 2048,  /* bytes of one that is alive, without what it has collected */
	PER_FAILURE = 4096,     /* bytes of one that is kept, with what belongs to it */
	FAILURES_MOST = 8192,   /* lining events up with more takes too long for a moment */
	SERVICES_MOST = 1024,
	SECONDS_MOST = 1 << 18,
	LOG_SHARE = 16,       /* of the memory: one part in so many for the logs' text, read twice as it grows */
	GIVEN_UP_AT_ONCE = 8, /* one in so many of what is alive, where memory is short */
};

#define HISTORY     (24 * 3600 * NS_PER_S)
#define STATE_EVERY (10 * NS_PER_S)
#define CASE_EVERY  (10 * NS_PER_S)
#define EVERY       NS_PER_S /* what need not be looked at all the time */
#define TICK        (100 * NS_PER_MS)

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

time_ns watch_now(const struct watch *watch)
{
	return clock_now(&watch->clock, steady_now());
}

/* Packets are stamped by the wall clock, so that a wait across its being set is wrong by as much. */
static void look_at_clock(struct watch *watch)
{
	time_ns before = watch_now(watch);
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
	gauges_lined_up(&watch->gauges, analysis, &watch->log, watch_now(watch));
	told_incidents(watch->told, &now, 9, watch->has_json ? &watch->json : NULL, watch->warnings, watch_now(watch));
	int64_t ended = steady_now();
	watch->next_line_up = ended + EVERY + LINE_UP_SHARE * (ended - begun);
}

static void look_at_log(struct watch *watch)
{
	if (watch->follower == NULL)
		return;
	if (follower_take(watch->follower, &watch->log, watch_log_told, watch))
		watch->log_is_new = true;
	line_up(watch);
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
		watch_show(watch);
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
	watch_tell_let_go(watch, now);
	watch_tell_written(watch, &watch->written, watch->options->json, "records");
	watch_tell_written(watch, &watch->ring_written, watch->options->ring.folder, "packets");
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

	while (!told_to_stop && !watch->ends && steady_now() < end) {
		live_source_wait(watch->source, descriptor, WAIT_MS, mask);
		take_packets(watch, PACKETS_AT_ONCE);
		if (is_due(&watch->next_tick, TICK)) {
			look_at_clock(watch);
			analysis_time(watch->desk, watch_now(watch));
			signs_time(watch->signs, watch_now(watch));
			keep_memory(watch);
		}
		if (is_due(&watch->next_look, EVERY))
			look_around(watch, watch_now(watch));
		if (is_due(&watch->next_state, STATE_EVERY) || watch->last_id > watch->reserved)
			watch_write_state(watch, false);
		if (told_to_reopen)
			watch_reopen_files(watch);
		if (told_to_tell && (watch->panel == NULL || isatty(STDERR_FILENO) != 1))
			watch_tell_state(watch);
		mind_terminal(watch);
		told_to_reopen = 0;
		told_to_tell = 0;
		watch_write_out(watch);
		if (watch->casebook != NULL && (is_due(&watch->next_case, CASE_EVERY) ||
						(casebook_is_full(watch->casebook) && !watch->case_failed)))
			watch_write_case(watch, analysis_so_far(watch->desk), false);
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
	watch_write_state(watch, true);
	struct analysis *analysis = analysis_finish(watch->desk, &watch->log);
	if (watch->has_json)
		json_flush(&watch->json);
	watch_write_case(watch, analysis, true);
	if (!options->quiet && !is_stdout(options->json))
		report_terminal(stdout, analysis, options->verbose);
	analysis_free(analysis);
}

/*
 * Gives up what is not needed any more, before the first packet is read. Interfaces can still be opened, logs be read,
 * and files be made in the folders of the outputs.
 */
static bool give_up_privileges(const struct watch *watch, bool sends)
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
				    .sends = sends || options->syslog || options->journal,
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
	watch->analysis_options.reached = watch_reached;
	watch->analysis_options.refused = watch_refused;
	watch->analysis_options.reached_user = watch;
	watch->analysis_options.limits = &watch->limits;
	if (watch->ring != NULL) {
		watch->analysis_options.observer = &watch->observer;
		watch->analysis_options.finished = watch_finished;
		watch->analysis_options.finished_user = watch;
	}
	if (watch->panel != NULL || watch->casebook != NULL) {
		watch->analysis_options.recorded = watch_recorded;
		watch->analysis_options.recorded_user = watch;
	}
	watch_choose_state(watch);
	watch_read_state(watch);
	watch->source = live_source_open(options->interfaces, options->interface_count, &options->interface,
					 watch->captures, watch_source_told, watch, &error);
	if (watch->source == NULL) {
		fprintf(stderr, "mtascope: %s\n", error == NULL ? "no interface can be opened" : error);
		free(error);
		abandon(watch);
		return false;
	}
	int ready = ready_open();
	if (!give_up_privileges(watch, ready >= 0)) {
		if (ready >= 0)
			close(ready);
		abandon(watch);
		return false;
	}
	for (size_t i = 0; i < options->interface_count; i++)
		watch_describe_interface(watch, i);
	if (options->log_count > 0)
		watch->follower =
		    follower_start((const char *const *)options->logs, options->log_count, options->memory / LOG_SHARE);
	if (options->log_count > 0 && watch->follower == NULL)
		fprintf(stderr, "mtascope: the event logs cannot be followed: %s\n", strerror(errno));
	if (watch->panel != NULL)
		panel_begin(watch->panel);
	ready_tell(ready);
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
	watch.observer = (struct timeline_observer){.user = &watch, .segment = watch_segment};
	gauges_init(&watch.gauges, options->interfaces, options->interface_count);
	if (watch_open_panel(&watch) && watch_open_records(&watch) && watch_open_ring(&watch) &&
	    watch_open_metrics(&watch)) {
		watch_open_outlets(&watch);
		catch_signals(&mask, options->view);
		watch.drops_from = watch_now(&watch);
		watch.begun = watch.drops_from;
		if (begin(&watch)) {
			go_on(&watch, &mask);
			watch_end_panel(&watch);
			finish(&watch);
			status = watch.whole ? EXIT_DONE : EXIT_INPUT;
		}
	}
	watch_free(&watch);
	return status;
}
