/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watching.h"

#include "command_output.h"
#include "live/outlet.h"
#include "live/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	IDS_RESERVED = 1000,
	RING_SHARE = 4, /* of the memory: one part in so many for packets of connections that may fail */
};

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

/* It is tried again with the next records; what came of it is told when that changes. */
static void turn_records(struct watch *watch)
{
	bool turned = rotated_turn(watch->rotated);

	if (turned)
		begin_piece(watch);
	else if (!watch->turn_failed)
		warn_about(watch->warnings, WARNING_DISK, watch_now(watch), 0,
			   "%s cannot be begun anew: %s; the old file is written on", watch->options->json,
			   strerror(errno));
	if (turned && watch->turn_failed)
		warn_good(watch->warnings, WARNING_DISK, watch_now(watch), "%s is begun anew", watch->options->json);
	watch->turn_failed = !turned;
}

void watch_write_out(struct watch *watch)
{
	if (!watch->has_json || watch->json.length == 0)
		return;
	json_flush(&watch->json);
	if (watch->rotated == NULL && watch->options->json != NULL && watch->json.failed) {
		fprintf(stderr, "mtascope: standard output takes no more records\n");
		watch->whole = false;
		watch->ends = true;
	}
	if (watch->rotated == NULL || !rotated_is_due(watch->rotated))
		return;
	turn_records(watch);
}

void watch_reopen_files(struct watch *watch)
{
	if (watch->ring != NULL)
		ring_turn(watch->ring);
	if (watch->rotated == NULL)
		return;
	json_flush(&watch->json);
	if (rotated_reopen(watch->rotated))
		begin_piece(watch);
	else
		warn_about(watch->warnings, WARNING_DISK, watch_now(watch), 0,
			   "%s cannot be opened again: %s; the old file is written on", watch->options->json,
			   strerror(errno));
}

void watch_write_case(struct watch *watch, const struct analysis *analysis, bool is_last)
{
	if (watch->casebook == NULL)
		return;
	const char *why = casebook_write(watch->casebook, analysis->first, analysis->last, is_last);
	if (why != NULL && !watch->case_failed)
		warn_about(watch->warnings, WARNING_DISK, watch_now(watch), 0, "%s cannot be written: %s",
			   watch->options->case_path, why);
	else if (why == NULL && watch->case_failed)
		warn_good(watch->warnings, WARNING_DISK, watch_now(watch),
			  "%s can be written again; %" PRIu64 " records were lost", watch->options->case_path,
			  casebook_lost(watch->casebook));
	/* What waits is not lost yet. */
	if (is_last && (why != NULL || casebook_lost(watch->casebook) > 0))
		watch->whole = false;
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

/* Whether records may be added to it: to a file that is not there, is empty, is none (a pipe), or holds records. */
static bool takes_records(const char *path)
{
	static const char begins[] = "{\"record\":";
	char found[sizeof begins - 1];
	struct stat about;

	if (stat(path, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size == 0)
		return true;
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return true; /* opening it for writing will tell */
	bool is = fread(found, 1, sizeof found, file) == sizeof found && memcmp(found, begins, sizeof found) == 0;
	fclose(file);
	return is;
}

bool watch_open_records(struct watch *watch)
{
	const struct watch_options *options = watch->options;

	if (!open_case(watch))
		return false;
	if (options->json == NULL && watch->casebook == NULL)
		return true;
	if (options->json != NULL && !is_stdout(options->json)) {
		if (!takes_records(options->json)) {
			fprintf(stderr,
				"mtascope: %s: is no file of records, and nothing is added to it: give --json another "
				"name\n",
				options->json);
			return false;
		}
		watch->rotated =
		    rotated_open(options->json, options->json_size, options->json_pieces, watch_records_told, watch);
		if (watch->rotated == NULL) {
			fprintf(stderr, "mtascope: %s: cannot be written: %s\n", options->json, strerror(errno));
			return false;
		}
	}
	watch->has_json = true;
	begin_piece(watch);
	return true;
}

bool watch_open_ring(struct watch *watch)
{
	const struct watch_options *options = watch->options;

	if (options->ring.folder == NULL)
		return true;
	watch->ring_options = options->ring;
	watch->ring_options.held_bytes = options->memory / RING_SHARE;
	watch->ring = ring_open(&watch->ring_options, watch_ring_told, watch);
	if (watch->ring == NULL)
		fprintf(stderr, "mtascope: %s: packets cannot be kept there: %s\n", options->ring.folder,
			strerror(errno));
	return watch->ring != NULL;
}

bool watch_open_metrics(struct watch *watch)
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

bool watch_open_panel(struct watch *watch)
{
	const char *why = NULL;

	if (!watch->options->view)
		return true;
	watch->panel = panel_open(&why);
	if (watch->panel == NULL)
		fprintf(stderr, "mtascope: --view cannot be shown: %s; without it warnings are told in lines\n", why);
	return watch->panel != NULL;
}

void watch_end_panel(struct watch *watch)
{
	if (watch->panel == NULL)
		return;
	panel_end(watch->panel);
	if (!watch->options->quiet && isatty(STDERR_FILENO) == 1)
		warnings_to(watch->warnings, outlet_person, stderr);
}

void watch_open_outlets(struct watch *watch)
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

/* ---- What goes on after a restart ---- */

void watch_read_state(struct watch *watch)
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

void watch_write_state(struct watch *watch, bool over)
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
		warn_about(watch->warnings, WARNING_DISK, watch_now(watch), 0,
			   "%s cannot be written: %s; after a restart numbers would begin anew", watch->state_path,
			   strerror(errno));
	watch->state_failed = !written;
	state_free(&state);
}

/* Unless that was said. */
void watch_choose_state(struct watch *watch)
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
