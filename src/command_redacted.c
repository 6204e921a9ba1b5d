/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command_redacted.h"

#include "bundle_options.h"
#include "bundle_run.h"
#include "command.h"
#include "command_input.h"
#include "command_output.h"

#include <stdio.h>
#include <string.h>

bool inputs_can_be_read_again(const char *const *paths, size_t count, const char *option)
{
	for (size_t i = 0; i < count; i++) {
		const char *what = why_read_once(&paths[i], 1);
		if (what == NULL)
			continue;
		fprintf(stderr,
			"mtascope: %s reads its input more than once, and %s can be read only once: save it as a file "
			"first\n",
			option, is_stdout(paths[i]) ? what : paths[i]);
		return false;
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

/* Opened while that is allowed. */
struct redacted_outputs {
	const struct redacted_request *request;
	FILE *json, *html, *excerpt; /* NULL: not wanted */
};

static bool open_one(FILE **out, const char *path)
{
	*out = path == NULL ? NULL : open_output(path);
	return path == NULL || *out != NULL;
}

static bool open_outputs(void *user)
{
	struct redacted_outputs *outputs = user;
	const struct redacted_request *request = outputs->request;

	return open_one(&outputs->json, request->json) && open_one(&outputs->html, request->html) &&
	       open_one(&outputs->excerpt, request->excerpt_path);
}

static bool write_outputs(void *user, const struct bag *bag)
{
	const struct redacted_outputs *outputs = user;
	const struct redacted_request *request = outputs->request;
	bool on_stdout = is_stdout(request->json) || is_stdout(request->html) || is_stdout(request->excerpt_path);
	bool whole = copy_out(bag, "data/records.ndjson", request->json, outputs->json);

	whole = copy_out(bag, "data/page.html", request->html, outputs->html) && whole;
	whole = copy_out(bag, "data/excerpt.pcapng", request->excerpt_path, outputs->excerpt) && whole;
	return copy_out(bag, "data/report.txt", request->quiet || on_stdout ? NULL : "-", stdout) && whole;
}

int analyze_redacted(const struct redacted_request *request)
{
	static const char *const recorded[] = {"--redact"};
	const struct bundle_options options = {.redact = true, .key = request->key};
	struct redacted_outputs outputs = {.request = request};
	const struct bundle_run run = {.captures = request->captures,
				       .capture_count = request->capture_count,
				       .logs = request->logs,
				       .log_count = request->log_count,
				       .without = "",
				       .quiet = request->quiet,
				       .open = open_outputs,
				       .made = write_outputs,
				       .user = &outputs};
	struct bundle_job job = bundle_options_job(&options);
	bool good;

	job.filter = request->filter;
	job.analysis = request->analysis;
	job.excerpt = request->excerpt;
	job.options = recorded;
	job.option_count = 1;
	job.redactor = bundle_options_redactor(&options, &good);
	int status = good ? bundle_run(&run, &job) : EXIT_INPUT;
	redactor_free(job.redactor);
	return status;
}
