/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole way: any bytes as a capture file, to records. Twice, since the same input must give the same records. */
#include "analyze.h"
#include "report/terminal.h"

#include <gcrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* Records and report of the file at path; to be freed. */
static char *outputs_of(const char *path, const struct event_log *log)
{
	const char *const paths[] = {path};
	struct analysis_options options = {.ports = {.list = {102}, .count = 1}};
	struct json json;
	char *text = NULL;
	char *error = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	struct capture_set *captures = capture_set_open(paths, 1, NULL, &error);

	require(out != NULL && captures != NULL && error == NULL);
	json_init(&json, out);
	options.json = &json;
	options.style = (struct record_style){.several_captures = false, .captures = captures};
	struct analysis *analysis = analyze(captures, log, &options);
	const struct capture_info *info = capture_set_info(captures, 0);
	/* Nothing is wrong without a word about it. */
	require(info->complete == (info->problem_count == 0));
	require(analysis->summary.quality.packets == info->packets);
	json_flush(&json);
	report_terminal(out, analysis, 1);
	analysis_free(analysis);
	capture_set_close(captures);
	json_free(&json);
	fclose(out);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int file = -1;
	struct event_log log;
	char path[32];

	if (file < 0) {
		gcry_check_version(NULL);
		gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
		gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
		file = memfd_create("capture", 0);
	}
	require(file >= 0 && ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	event_log_init(&log);
	event_log_group(&log);
	char *first = outputs_of(path, &log);
	char *second = outputs_of(path, &log);
	require(strcmp(first, second) == 0);
	free(first);
	free(second);
	event_log_free(&log);
	return 0;
}
