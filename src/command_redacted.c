/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command_redacted.h"

#include "base/memory.h"
#include "bundle_options.h"
#include "command.h"
#include "command_input.h"
#include "command_output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool inputs_can_be_read_again(const char *const *paths, size_t count, const char *const *outputs, size_t output_count,
			      const char *option)
{
	struct stat input, output;

	for (size_t i = 0; i < count; i++) {
		bool standard = strcmp(paths[i], "-") == 0;
		bool there = !standard && stat(paths[i], &input) == 0;
		if (standard || (there && !S_ISREG(input.st_mode))) {
			fprintf(stderr,
				"mtascope: %s reads its input more than once, and %s can be read only once: save it as "
				"a file "
				"first\n",
				option, standard ? "standard input" : paths[i]);
			return false;
		}
		for (size_t o = 0; o < output_count && there; o++) {
			if (outputs[o] == NULL || is_stdout(outputs[o]) || stat(outputs[o], &output) != 0 ||
			    input.st_dev != output.st_dev || input.st_ino != output.st_ino)
				continue;
			fprintf(stderr, "mtascope: %s would be written over: give the output another name\n", paths[i]);
			return false;
		}
	}
	return true;
}

static bool copy_out(const struct bag *bag, const char *name, const char *path)
{
	const struct bag_file *file = bag_find(bag, name);
	FILE *out = path == NULL ? NULL : open_output(path);
	char block[4096];
	size_t count;
	bool good = file != NULL;

	if (path == NULL)
		return true;
	if (out == NULL)
		return false;
	if (good)
		rewind(file->file);
	while (good && (count = fread(block, 1, sizeof block, file->file)) > 0)
		good = fwrite(block, 1, count, out) == count;
	return close_output(out, !good, path, name + strlen("data/"));
}

static bool read_inputs(struct bundle_input *inputs, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		inputs[i].path = paths[i];
		if (bundle_input_read(&inputs[i]))
			continue;
		fprintf(stderr, "mtascope: %s: cannot be read: %s\n", paths[i], strerror(errno));
		return false;
	}
	return true;
}

static bool write_outputs(const struct redacted_request *request, const struct bag *bag)
{
	bool on_stdout = is_stdout(request->json) || is_stdout(request->html) || is_stdout(request->excerpt_path);
	bool whole = copy_out(bag, "data/records.ndjson", request->json);

	whole = copy_out(bag, "data/page.html", request->html) && whole;
	whole = copy_out(bag, "data/excerpt.pcapng", request->excerpt_path) && whole;
	return copy_out(bag, "data/report.txt", request->quiet || on_stdout ? NULL : "-") && whole;
}

static int work(const struct redacted_request *request, struct bundle_job *job)
{
	struct event_log log;
	char *error = NULL;
	bool whole = true;
	struct capture_set *captures =
	    capture_set_open(request->captures, request->capture_count, request->filter, &error);

	if (captures == NULL) {
		fprintf(stderr, "mtascope: %s\n", error == NULL ? "the filter cannot be used" : error);
		free(error);
		return EXIT_USAGE;
	}
	event_log_init(&log);
	for (size_t i = 0; i < request->log_count; i++)
		whole = read_log_as(job->logs[i].path, job->logs[i].name, &log) && whole;
	event_log_group(&log);
	struct bag *bag = bag_new(BAG_FILES, NULL);
	bool made = bundle_make(job, captures, &log, bag, &error);
	whole = report_problems(captures, &log) && whole;
	if (made)
		whole = write_outputs(request, bag) && whole;
	else
		fprintf(stderr, "mtascope: %s\n", error == NULL ? "cannot be redacted" : error);
	free(error);
	bag_free(bag);
	event_log_free(&log);
	capture_set_close(captures);
	return made && whole ? EXIT_DONE : EXIT_INPUT;
}

int analyze_redacted(const struct redacted_request *request)
{
	static const char *const recorded[] = {"--redact"};
	const struct bundle_options options = {.redact = true, .key = request->key};
	struct bundle_job job = bundle_options_job(&options);
	bool good;
	int status = EXIT_INPUT;

	job.filter = request->filter;
	job.analysis = request->analysis;
	job.excerpt = request->excerpt;
	job.options = recorded;
	job.option_count = 1;
	job.redactor = bundle_options_redactor(&options, &good);
	job.captures = memory_get_zeroed(request->capture_count + 1, sizeof *job.captures);
	job.logs = memory_get_zeroed(request->log_count + 1, sizeof *job.logs);
	job.capture_count = request->capture_count;
	job.log_count = request->log_count;
	if (good && read_inputs(job.captures, request->captures, request->capture_count) &&
	    read_inputs(job.logs, request->logs, request->log_count))
		status = work(request, &job);
	redactor_free(job.redactor);
	free(job.captures);
	free(job.logs);
	return status;
}
