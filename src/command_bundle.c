/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bundle_options.h"
#include "bundle_run.h"
#include "command.h"
#include "evidence/bag_archive.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char without[] = "; there is no bundle without an input";

/* Nothing is made where an input is missing. */
static bool inputs_are_there(const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (access(paths[i], R_OK) == 0)
			continue;
		fprintf(stderr, "mtascope: %s: cannot be read: %s%s\n", paths[i], strerror(errno), without);
		return false;
	}
	return true;
}

static int run(struct bundle_options *options)
{
	const struct bundle_run run = {.captures = options->captures,
				       .capture_count = options->capture_count,
				       .logs = options->logs,
				       .log_count = options->log_count,
				       .output = options->output,
				       .archive = bag_archive_write,
				       .without = without};
	struct bundle_job job = bundle_options_job(options);
	bool good;

	job.redactor = bundle_options_redactor(options, &good);
	if (job.redactor != NULL) {
		bundle_options_redact(options, job.redactor);
		job.options = (const char *const *)options->recorded;
		job.option_count = options->recorded_count;
	}
	bool there = good && inputs_are_there(options->captures, options->capture_count) &&
		     inputs_are_there(options->logs, options->log_count);
	int status = there ? bundle_run(&run, &job) : EXIT_INPUT;
	redactor_free(job.redactor);
	return status;
}

int command_bundle(int argc, char **argv)
{
	struct bundle_options options = {0};
	enum parsed parsed = bundle_options_parse(&options, argc, argv);
	int status = parsed == PARSED_GO ? run(&options) : parsed_status(parsed);

	bundle_options_free(&options);
	return status;
}
