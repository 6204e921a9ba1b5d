/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/memory.h"
#include "base/progress.h"
#include "bundle_options.h"
#include "command.h"
#include "command_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool hash_inputs(struct bundle_input *inputs, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		inputs[i].path = paths[i];
		if (!bundle_input_read(&inputs[i])) {
			fprintf(stderr, "mtascope: %s: cannot be read: %s; there is no bundle without an input\n",
				paths[i], strerror(errno));
			return false;
		}
	}
	return true;
}

static int make(const struct bundle_options *options, struct bundle_job *job, struct capture_set *captures,
		struct bag *bag)
{
	struct event_log log;
	char *error = NULL;
	bool whole = true;

	for (size_t i = 0; i < options->capture_count; i++)
		capture_set_call(captures, i, job->captures[i].name, job->captures[i].sha256);
	event_log_init(&log);
	for (size_t i = 0; i < options->log_count; i++)
		whole = read_log_as(job->logs[i].path, job->logs[i].name, &log) && whole;
	event_log_group(&log);
	bool made = bundle_make(job, captures, &log, bag, &error);
	progress_end();
	whole = report_problems(captures, &log) && whole;
	if (!made)
		fprintf(stderr, "mtascope: %s: %s\n", options->output,
			error != NULL            ? error
			: bag_error(bag) != NULL ? bag_error(bag)
						 : "could not be made");
	free(error);
	event_log_free(&log);
	return made && whole ? EXIT_DONE : EXIT_INPUT;
}

/* Nothing is made where an input is missing. */
static bool inputs_are_there(const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (access(paths[i], R_OK) == 0)
			continue;
		fprintf(stderr, "mtascope: %s: cannot be read: %s; there is no bundle without an input\n", paths[i],
			strerror(errno));
		return false;
	}
	return true;
}

/* Makes the bag's place, and confines the program to it and to the inputs before it reads the first of them. */
static bool make_ready(const struct bundle_options *options, struct bundle_job *job, struct bag *bag)
{
	bag_reserve(bag, bundle_files(options->log_count));
	if (bag_error(bag) != NULL) {
		fprintf(stderr, "mtascope: %s: %s\n", options->output, bag_error(bag));
		return false;
	}
	return confine_bundle(bag, options->captures, options->capture_count, options->logs, options->log_count,
			      bag_kind_of(options->output) == BAG_FOLDER) &&
	       hash_inputs(job->captures, options->captures, options->capture_count) &&
	       hash_inputs(job->logs, options->logs, options->log_count);
}

static int prepare_and_make(const struct bundle_options *options, struct bundle_job *job)
{
	struct capture_set *sets[CAPTURES_READ];
	char *error = NULL;
	int status = EXIT_INPUT;

	if (!inputs_are_there(options->captures, options->capture_count) ||
	    !inputs_are_there(options->logs, options->log_count))
		return EXIT_INPUT;
	if (!prepare_captures(options->captures, options->capture_count, options->filter, sets))
		return EXIT_USAGE;
	/* Everything is read once more for its hash. */
	progress_expect(options->logs, options->log_count, 1);
	expect_reading(options->captures, options->capture_count, CAPTURES_READ + 1, options->logs, options->log_count,
		       false);
	struct bag *bag = bag_new(bag_kind_of(options->output), options->output);
	bool ready = make_ready(options, job, bag);
	bool started = ready && capture_set_start(sets[0], &error);
	if (ready && !started) {
		status = wrong_filter(error);
	} else if (started) {
		job->again[0] = sets[1];
		job->again[1] = sets[2];
		status = make(options, job, sets[0], bag);
	}
	/* A set that could not be started is closed already. */
	if (started || !ready)
		capture_set_close(sets[0]);
	for (unsigned i = 1; !started && i < CAPTURES_READ; i++)
		capture_set_close(sets[i]);
	bag_free(bag);
	return status;
}

static int run(struct bundle_options *options)
{
	struct bundle_job job = bundle_options_job(options);
	bool good;
	int status = EXIT_INPUT;

	job.redactor = bundle_options_redactor(options, &good);
	if (job.redactor != NULL) {
		bundle_options_redact(options, job.redactor);
		job.options = (const char *const *)options->recorded;
		job.option_count = options->recorded_count;
	}
	job.captures = memory_get_zeroed(options->capture_count + 1, sizeof *job.captures);
	job.logs = memory_get_zeroed(options->log_count + 1, sizeof *job.logs);
	job.capture_count = options->capture_count;
	job.log_count = options->log_count;
	if (good)
		status = prepare_and_make(options, &job);
	redactor_free(job.redactor);
	free(job.captures);
	free(job.logs);
	return status;
}

int command_bundle(int argc, char **argv)
{
	struct bundle_options options = {0};
	enum bundle_parsed parsed = bundle_options_parse(&options, argc, argv);
	int status = parsed == BUNDLE_GO ? run(&options) : parsed == BUNDLE_STOP ? EXIT_DONE : EXIT_USAGE;

	bundle_options_free(&options);
	return status;
}
