/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bundle_run.h"

#include "base/memory.h"
#include "base/progress.h"
#include "bundle_options.h"
#include "command.h"
#include "command_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say(const struct bundle_run *run, const char *what)
{
	fprintf(stderr, "mtascope: %s%s%s\n", run->output == NULL ? "" : run->output, run->output == NULL ? "" : ": ",
		what);
}

static bool read_inputs(const struct bundle_run *run, struct bundle_input *inputs, const char *const *paths,
			size_t count)
{
	for (size_t i = 0; i < count; i++) {
		inputs[i].path = paths[i];
		if (bundle_input_read(&inputs[i]))
			continue;
		fprintf(stderr, "mtascope: %s: cannot be read: %s%s\n", paths[i], strerror(errno), run->without);
		return false;
	}
	return true;
}

static int make(const struct bundle_run *run, struct bundle_job *job, struct capture_set *captures, struct bag *bag)
{
	struct event_log log;
	char *error = NULL;
	bool whole = true;

	for (size_t i = 0; i < job->capture_count && run->output != NULL; i++)
		capture_set_call(captures, i, job->captures[i].name, job->captures[i].sha256);
	event_log_init(&log);
	for (size_t i = 0; i < job->log_count; i++)
		whole = read_log_as(job->logs[i].path, job->logs[i].name, &log) && whole;
	event_log_group(&log);
	bool made = bundle_make(job, captures, &log, bag, &error);
	progress_end();
	whole = report_problems(captures, &log) && whole;
	if (!made)
		say(run, error != NULL ? error : bag_error(bag) != NULL ? bag_error(bag) : "could not be made");
	else if (run->made != NULL)
		whole = run->made(run->user, bag) && whole;
	free(error);
	event_log_free(&log);
	return made && whole ? EXIT_DONE : EXIT_INPUT;
}

/* Makes the bag's place, and confines the program to it and to the inputs before it reads the first of them. */
static int make_ready(const struct bundle_run *run, struct bundle_job *job, struct bag *bag)
{
	bool is_folder = run->output != NULL && bag_kind_of(run->output) == BAG_FOLDER;

	bag_reserve(bag, bundle_files(run->log_count));
	if (bag_error(bag) != NULL) {
		say(run, bag_error(bag));
		return EXIT_INPUT;
	}
	if ((run->open != NULL && !run->open(run->user)) ||
	    !confine_bundle(bag, run->captures, run->capture_count, run->logs, run->log_count, is_folder))
		return EXIT_USAGE;
	return read_inputs(run, job->captures, run->captures, run->capture_count) &&
		       read_inputs(run, job->logs, run->logs, run->log_count)
		   ? EXIT_DONE
		   : EXIT_INPUT;
}

static int make_from(const struct bundle_run *run, struct bundle_job *job, struct capture_set *sets[CAPTURES_READ])
{
	enum bag_kind kind = run->output == NULL ? BAG_FILES : bag_kind_of(run->output);
	struct bag *bag = bag_new(kind, run->output, run->archive);
	char *error = NULL;
	int status = make_ready(run, job, bag);
	bool ready = status == EXIT_DONE;
	bool started = ready && capture_set_start(sets[0], &error);

	if (ready && !started) {
		status = wrong_filter(error);
	} else if (started) {
		job->again[0] = sets[1];
		job->again[1] = sets[2];
		status = make(run, job, sets[0], bag);
	}
	/* A set that could not be started is closed already. */
	if (started || !ready)
		capture_set_close(sets[0]);
	for (unsigned i = 1; !started && i < CAPTURES_READ; i++)
		capture_set_close(sets[i]);
	bag_free(bag);
	return status;
}

int bundle_run(const struct bundle_run *run, struct bundle_job *job)
{
	struct capture_set *sets[CAPTURES_READ];
	int status = EXIT_USAGE;

	job->captures = memory_get_zeroed(run->capture_count + 1, sizeof *job->captures);
	job->logs = memory_get_zeroed(run->log_count + 1, sizeof *job->logs);
	job->capture_count = run->capture_count;
	job->log_count = run->log_count;
	if (prepare_captures(run->captures, run->capture_count, job->filter, sets)) {
		/* Everything is read once more for its hash. */
		progress_expect(run->logs, run->log_count, 1);
		expect_reading(run->captures, run->capture_count, CAPTURES_READ + 1, run->logs, run->log_count,
			       run->quiet);
		status = make_from(run, job, sets);
	}
	free(job->captures);
	free(job->logs);
	return status;
}
