/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a capture file, and each of its first connections drawn packet by packet, with and without folds. What
 * is drawn are lines of printable characters, whatever stood in the packets.
 */
#include "report/exchange_draw.h"

#include <gcrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CONNECTIONS = 3, WIDTH = 80 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_rows(const struct exchange *exchange)
{
	require(exchange->row_count <= EXCHANGE_ROWS && exchange->pdu_count <= EXCHANGE_PDUS);
	for (size_t i = 0; i < exchange->row_count; i++)
		require(exchange->rows[i].kind <= ROW_FOLD && exchange->rows[i].direction < DIRECTIONS);
	for (size_t i = 0; i < exchange->pdu_count; i++) {
		const struct exchange_pdu *pdu = &exchange->pdus[i];
		require(pdu->name != NULL && pdu->layer < LAYERS && pdu->direction < DIRECTIONS);
		require(memchr(pdu->detail, '\0', EXCHANGE_DETAIL) != NULL);
	}
}

static void check_drawing(const struct exchange *exchange)
{
	struct text_form form = {.width = WIDTH, .utf8 = false};
	struct text text;
	char *drawn = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&drawn, &length);

	require(out != NULL);
	text_init(&text, out, &form);
	exchange_draw(&text, exchange, false);
	text_free(&text);
	fclose(out);
	for (size_t i = 0; i < length; i++)
		require(drawn[i] == '\n' || (drawn[i] >= ' ' && drawn[i] <= '~'));
	free(drawn);
}

/* Returns whether the capture has a connection of that id. */
static bool show(const char *path, const struct event_log *log, uint32_t id, bool verbose)
{
	const char *const paths[] = {path};
	struct analysis_options options = {.ports = {.list = {102}, .count = 1}};
	struct exchange_wanted wanted = {.id = id};
	struct exchange exchange;
	char *error = NULL;
	struct capture_set *captures = capture_set_open(paths, 1, NULL, &error);

	require(captures != NULL && error == NULL);
	exchange_init(&exchange, &wanted);
	options.observer = &exchange.observer;
	options.judged = exchange_judged;
	options.judged_user = &exchange;
	struct analysis *analysis = analyze(captures, log, &options);
	bool found = exchange.found;
	require(found == (id <= exchange.highest));
	if (found) {
		exchange_finish(&exchange, analysis, verbose);
		check_rows(&exchange);
		check_drawing(&exchange);
	}
	exchange_free(&exchange);
	analysis_free(analysis);
	capture_set_close(captures);
	return found;
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
	for (uint32_t id = 1; id <= CONNECTIONS; id++)
		if (!show(path, &log, id, false) || !show(path, &log, id, true))
			break;
	event_log_free(&log);
	return 0;
}
