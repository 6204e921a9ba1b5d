/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command_output.h"

#include "base/memory.h"
#include "base/moment.h"
#include "base/path.h"
#include "command.h"
#include "report/records.h"
#include "tcp/stream.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

bool is_stdout(const char *path)
{
	return path != NULL && strcmp(path, "-") == 0;
}

bool outputs_spare_inputs(const char *const *outputs, size_t output_count, const char *const *inputs,
			  size_t input_count)
{
	struct stat input, output;

	for (size_t i = 0; i < input_count; i++) {
		if (is_stdout(inputs[i]) || stat(inputs[i], &input) != 0 || !S_ISREG(input.st_mode))
			continue;
		for (size_t o = 0; o < output_count; o++) {
			if (outputs[o] == NULL || is_stdout(outputs[o]) || stat(outputs[o], &output) != 0 ||
			    input.st_dev != output.st_dev || input.st_ino != output.st_ino)
				continue;
			fprintf(stderr, "mtascope: %s would be written over: give the output another name\n",
				inputs[i]);
			return false;
		}
	}
	return true;
}

/* Of a path that nothing has yet: the folder in which it would be made. */
static bool stat_folder(const char *path, struct stat *folder)
{
	char *name = path_folder(path);
	bool found = stat(name, folder) == 0;

	free(name);
	return found;
}

static bool is_one_file(const char *path, const char *other)
{
	struct stat stats[2];
	bool is_there = stat(path, &stats[0]) == 0;

	if (is_there != (stat(other, &stats[1]) == 0))
		return false;
	if (is_there && !S_ISREG(stats[0].st_mode))
		return false;
	if (!is_there) {
		if (strcmp(path_name(path), path_name(other)) != 0 || !stat_folder(path, &stats[0]) ||
		    !stat_folder(other, &stats[1]))
			return false;
	}
	return stats[0].st_dev == stats[1].st_dev && stats[0].st_ino == stats[1].st_ino;
}

bool outputs_differ(const struct named_output *outputs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t o = 0; o < i; o++) {
			if (outputs[o].path == NULL || outputs[i].path == NULL || is_stdout(outputs[o].path) ||
			    is_stdout(outputs[i].path) || !is_one_file(outputs[o].path, outputs[i].path))
				continue;
			fprintf(stderr, "mtascope: %s is given to %s and %s: give each of them a file of its own\n",
				outputs[i].path, outputs[o].option, outputs[i].option);
			return false;
		}
	}
	return true;
}

FILE *open_output(const char *path)
{
	FILE *out = is_stdout(path) ? stdout : fopen(path, "wb");

	if (out == NULL)
		fprintf(stderr, "mtascope: %s: cannot be written: %s\n", path, strerror(errno));
	return out;
}

bool close_output(FILE *out, bool failed, const char *path, const char *what)
{
	failed = fflush(out) != 0 || failed;
	if (out != stdout)
		failed = fclose(out) != 0 || failed;
	if (failed)
		fprintf(stderr, "mtascope: %s: the %s could not be written whole: %s\n", path, what, strerror(errno));
	return !failed;
}

int end_output(int status)
{
	if ((fflush(stdout) == 0 && ferror(stdout) == 0) || status != EXIT_DONE)
		return status;
	fprintf(stderr, "mtascope: standard output could not be written whole: %s\n", strerror(errno));
	return EXIT_INPUT;
}

static time_ns wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (time_ns)now.tv_sec * NS_PER_S + now.tv_nsec;
}

void begin_records(struct json *json, FILE *out, int argc, char **argv)
{
	begin_records_for(json, out, NULL, NULL, argc, argv);
}

void begin_records_for(struct json *json, FILE *out, json_hand_on *hand_on, void *user, int argc, char **argv)
{
	struct run_record record = {.options = (const char *const *)argv + 1,
				    .option_count = (size_t)argc - 1,
				    .started = wall_clock(),
				    .libpcap = pcap_lib_version(),
				    .libnids = stream_nids_version()};

	json_init(json, out);
	json->hand_on = hand_on;
	json->user = user;
	if (out != NULL || hand_on != NULL)
		record_run(json, &record);
}
