/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the summary says of the capture itself. */
#include "analyze.h"
#include "capture_build.h"

#include <gcrypt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The steps back that are counted in a pcap file whose packets, empty ones, have these times. */
static uint64_t steps_in(const uint32_t (*times)[2], size_t count)
{
	struct built built = {.length = 0};
	struct analysis_options options = {.ports = {.list = {102}, .count = 1}};
	struct event_log log;
	char *error = NULL;

	put32(&built, 0xa1b2c3d4);
	put16(&built, 2);
	put16(&built, 4);
	put64(&built, 0);
	put32(&built, 65535);
	put32(&built, 1); /* Ethernet */
	for (size_t i = 0; i < count; i++) {
		put32(&built, times[i][0]);
		put32(&built, times[i][1]); /* microseconds */
		put32(&built, 14);
		put32(&built, 14);
		for (size_t byte = 0; byte < 14; byte++)
			put(&built, "", 1);
	}
	struct made_file made = make_file(built.bytes, built.length);
	const char *const paths[] = {made.path};
	struct capture_set *captures = capture_set_open(paths, 1, NULL, &error);

	assert_non_null(captures);
	event_log_init(&log);
	event_log_group(&log);
	struct analysis *analysis = analyze(captures, &log, &options);
	uint64_t steps = analysis->summary.quality.clock_steps;
	assert_int_equal(analysis->summary.quality.packets, count);
	analysis_free(analysis);
	event_log_free(&log);
	capture_set_close(captures);
	close(made.descriptor);
	return steps;
}

static void a_clock_set_back_is_counted_once(void **state)
{
	static const uint32_t times[][2] = {{1000, 0}, {1001, 0}, {996, 0}, {997, 0}, {1002, 0}};

	(void)state;
	assert_int_equal(steps_in(times, 5), 1);
}

static void packets_out_of_order_are_no_step(void **state)
{
	static const uint32_t times[][2] = {{1000, 300000}, {1000, 0}, {1001, 0}, {1000, 400000}, {1900, 0}};

	(void)state;
	assert_int_equal(steps_in(times, 5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_clock_set_back_is_counted_once),
	    cmocka_unit_test(packets_out_of_order_are_no_step),
	};

	gcry_check_version(NULL);
	gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
	gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
