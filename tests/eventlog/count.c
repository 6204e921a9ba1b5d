/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many entries the reader finds in an event log: those that the log holds, those that it had dropped, and, of both,
 * the MTA's that tell of connections and the MTA's others.
 */
#include "events/event.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct event_log log;
	uint8_t *data = NULL;
	size_t size = 0;
	size_t capacity = 0;
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;

	if (file == NULL) {
		fprintf(stderr, "usage: count LOG\n");
		return 2;
	}
	for (int byte = fgetc(file); byte != EOF; byte = fgetc(file)) {
		data = memory_grow(data, size, &capacity, 1);
		data[size++] = (uint8_t)byte;
	}
	fclose(file);
	event_log_init(&log);
	event_log_read(&log, argv[1], data, size);
	size_t all = log.event_count + log.other_event_count + log.foreign_count;
	printf("%zu %zu %zu %zu\n", all - log.recovered_count, log.recovered_count, log.event_count,
	       log.other_event_count);
	event_log_free(&log);
	free(data);
	return 0;
}
