/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/memory.h"
#include "bundle_options.h"
#include "command.h"
#include "command_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static int make(const struct bundle_options *options, struct bundle_job *job)
{
	struct event_log log;
	char *error = NULL;
	bool whole = true;
	struct capture_set *captures =
	    capture_set_open(options->captures, options->capture_count, options->filter, &error);

	if (captures == NULL) {
		fprintf(stderr, "mtascope: %s\n", error == NULL ? "the filter cannot be used" : error);
		free(error);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < options->capture_count; i++)
		capture_set_call(captures, i, job->captures[i].name, job->captures[i].sha256);
	event_log_init(&log);
	for (size_t i = 0; i < options->log_count; i++)
		whole = read_log_as(job->logs[i].path, job->logs[i].name, &log) && whole;
	event_log_group(&log);
	struct bag *bag = bag_new(bag_kind_of(options->output), options->output);
	bool made = bag_error(bag) == NULL && bundle_make(job, captures, &log, bag, &error);
	whole = report_problems(captures, &log) && whole;
	if (!made)
		fprintf(stderr, "mtascope: %s: %s\n", options->output,
			error != NULL            ? error
			: bag_error(bag) != NULL ? bag_error(bag)
						 : "could not be made");
	free(error);
	bag_free(bag);
	event_log_free(&log);
	capture_set_close(captures);
	return made && whole ? EXIT_DONE : EXIT_INPUT;
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
	if (good && hash_inputs(job.captures, options->captures, options->capture_count) &&
	    hash_inputs(job.logs, options->logs, options->log_count))
		status = make(options, &job);
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
