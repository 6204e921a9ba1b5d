/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command_output.h"

#include "base/moment.h"
#include "report/records.h"
#include "tcp/stream.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <string.h>
#include <time.h>

bool is_stdout(const char *path)
{
	return path != NULL && strcmp(path, "-") == 0;
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
