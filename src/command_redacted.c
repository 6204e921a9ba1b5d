/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command_redacted.h"

#include "base/memory.h"
#include "base/progress.h"
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

static bool copy_out(const struct bag *bag, const char *name, const char *path, FILE *out)
{
	const struct bag_file *file = bag_find(bag, name);
	char block[4096];
	size_t count;
	bool good = file != NULL;

	if (path == NULL)
		return true;
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

/* Opened while that is allowed. */
struct redacted_outputs {
	FILE *json, *html, *excerpt; /* NULL: not wanted */
};

static bool open_one(FILE **out, const char *path)
{
	*out = path == NULL ? NULL : open_output(path);
	return path == NULL || *out != NULL;
}

static bool open_outputs(struct redacted_outputs *outputs, const struct redacted_request *request)
{
	return open_one(&outputs->json, request->json) && open_one(&outputs->html, request->html) &&
	       open_one(&outputs->excerpt, request->excerpt_path);
}

static bool write_outputs(const struct redacted_request *request, const struct redacted_outputs *outputs,
			  const struct bag *bag)
{
	bool on_stdout = is_stdout(request->json) || is_stdout(request->html) || is_stdout(request->excerpt_path);
	bool whole = copy_out(bag, "data/records.ndjson", request->json, outputs->json);

	whole = copy_out(bag, "data/page.html", request->html, outputs->html) && whole;
	whole = copy_out(bag, "data/excerpt.pcapng", request->excerpt_path, outputs->excerpt) && whole;
	return copy_out(bag, "data/report.txt", request->quiet || on_stdout ? NULL : "-", stdout) && whole;
}

static int work(const struct redacted_request *request, const struct redacted_outputs *outputs, struct bundle_job *job,
		struct capture_set *captures, struct bag *bag)
{
	struct event_log log;
	char *error = NULL;
	bool whole = true;

	event_log_init(&log);
	for (size_t i = 0; i < request->log_count; i++)
		whole = read_log_as(job->logs[i].path, job->logs[i].name, &log) && whole;
	event_log_group(&log);
	bool made = bag_error(bag) == NULL && bundle_make(job, captures, &log, bag, &error);
	progress_end();
	whole = report_problems(captures, &log) && whole;
	if (made)
		whole = write_outputs(request, outputs, bag) && whole;
	else
		fprintf(stderr, "mtascope: %s\n",
			error != NULL            ? error
			: bag_error(bag) != NULL ? bag_error(bag)
						 : "cannot be redacted");
	free(error);
	event_log_free(&log);
	return made && whole ? EXIT_DONE : EXIT_INPUT;
}

/* Opens what must be open, and confines the program before it reads the first input. */
static int run(const struct redacted_request *request, struct bundle_job *job)
{
	struct capture_set *sets[CAPTURES_READ];
	struct redacted_outputs outputs = {0};
	char *error = NULL;
	int status = EXIT_USAGE;

	if (!prepare_captures(request->captures, request->capture_count, request->filter, sets))
		return EXIT_USAGE;
	progress_expect(request->logs, request->log_count, 1);
	expect_reading(request->captures, request->capture_count, CAPTURES_READ + 1, request->logs, request->log_count,
		       request->quiet);
	struct bag *bag = bag_new(BAG_FILES, NULL);
	bag_reserve(bag, bundle_files(request->log_count));
	bool ready = open_outputs(&outputs, request) && confine_bundle(bag, request->captures, request->capture_count,
								       request->logs, request->log_count, false);
	if (ready && !(read_inputs(job->captures, request->captures, request->capture_count) &&
		       read_inputs(job->logs, request->logs, request->log_count))) {
		status = EXIT_INPUT;
		ready = false;
	}
	bool started = ready && capture_set_start(sets[0], &error);
	if (ready && !started) {
		status = wrong_filter(error);
	} else if (started) {
		job->again[0] = sets[1];
		job->again[1] = sets[2];
		status = work(request, &outputs, job, sets[0], bag);
	}
	if (started || !ready)
		capture_set_close(sets[0]);
	for (unsigned i = 1; !started && i < CAPTURES_READ; i++)
		capture_set_close(sets[i]);
	bag_free(bag);
	return status;
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
	if (good)
		status = run(request, &job);
	redactor_free(job.redactor);
	free(job.captures);
	free(job.logs);
	return status;
}
