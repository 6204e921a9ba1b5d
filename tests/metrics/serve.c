/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Serves metrics as live use does, confined, for so many seconds: prints the port, and counts while it runs. */
#include "confine/confine.h"
#include "metrics/server.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int argc, char **argv)
{
	static const struct metrics_interface interfaces[] = {{"eth0", true, 1000, 3, 1},
							      {"odd \"name\"\\\n\x01\xff", false, 0, 0, 0}};
	static struct metrics_named warnings[] = {{"early-close", 0}, {"drops", 1}};
	static const struct metrics_named let_go[] = {{"connections", 2}};
	static struct metrics metrics = {.last_packet = INT64_C(1014752599100200000),
					 .interfaces = interfaces,
					 .interface_count = 2,
					 .early_closes = 27,
					 .alive = 3,
					 .waiting = 2,
					 .events = 38,
					 .incidents = {[MATCH_CERTAIN] = 24},
					 .clock_offset_s = -17963.06,
					 .warnings = warnings,
					 .warning_count = 2,
					 .let_go = let_go,
					 .let_go_count = 1};
	const struct confine_plan plan = {.packets = true, .serves = true, .leaves_root = true};
	char says[CONFINE_SAYS];
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 10); /* NOLINT(cert-err34-c) */

	metrics.outcomes[OUTCOME_OK] = 116;
	metrics.outcomes[OUTCOME_NO_OK] = 27;
	metrics.origins[ORIGIN_SERVER_APPLICATION] = 27;
	metrics_ok(&metrics, 71000);
	metrics_ok(&metrics, 16800000);
	metrics_ok(&metrics, 300000000);
	struct metrics_server *server = metrics_server_open(&(struct endpoint){0}, &metrics);
	if (server == NULL) {
		perror("cannot listen");
		return 1;
	}
	printf("%u\n", metrics_server_port(server));
	fflush(stdout);
	if (confine(&plan, says) == CONFINED_NOT) {
		fprintf(stderr, "%s\n", says);
		return 1;
	}
	while (time(NULL) < end) {
		struct pollfd polled = {.fd = metrics_server_descriptor(server), .events = POLLIN};
		poll(&polled, 1, 200);
		metrics.packets++;
		metrics_server_run(server);
	}
	metrics_server_close(server);
	return 0;
}
