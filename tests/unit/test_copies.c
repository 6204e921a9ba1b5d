/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcp/copies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct segment segment_at(time_ns time)
{
	return (struct segment){.moment = {time, 1, 1},
				.hop_limit = 64,
				.has_ip_id = true,
				.ip_id = 700,
				.seq = 1000,
				.ack = 2000,
				.flags = TCP_ACK,
				.checksum = 0xabcd,
				.payload_length = 30};
}

static void the_same_at_once_is_a_copy(void **state)
{
	struct copies copies = {0};
	struct segment segment = segment_at(0);

	(void)state;
	assert_false(copies_has(&copies, &segment));
	segment.moment.time = NS_PER_MS;
	assert_true(copies_has(&copies, &segment));
	segment.moment.time = 3 * NS_PER_S;
	assert_false(copies_has(&copies, &segment));
}

/* A host that captures its own packets sees them before and after its card has filled in the checksum. */
static void a_number_makes_up_for_an_offloaded_checksum(void **state)
{
	struct copies copies = {0};
	struct segment segment = segment_at(0);

	(void)state;
	assert_false(copies_has(&copies, &segment));
	segment.checksum++;
	segment.moment.time = 15 * NS_PER_US;
	assert_true(copies_has(&copies, &segment));
	/* Later it is another payload in the same place. */
	segment.moment.time = 400 * NS_PER_US;
	assert_false(copies_has(&copies, &segment));
	segment = segment_at(0);
	segment.ip_id = 0;
	assert_false(copies_has(&copies, &segment));
	segment.checksum++;
	assert_false(copies_has(&copies, &segment));
}

static void with_another_number_it_is_a_repeat(void **state)
{
	struct copies copies = {0};
	struct segment segment = segment_at(0);

	(void)state;
	assert_false(copies_has(&copies, &segment));
	segment.ip_id++;
	assert_false(copies_has(&copies, &segment));
}

/* On both sides of a routed hop; the copies of several packets may come after them all. */
static void behind_a_hop_it_is_a_copy_even_later(void **state)
{
	struct copies copies = {0};

	(void)state;
	for (unsigned i = 0; i < COPIES_KEPT; i++) {
		struct segment segment = segment_at((time_ns)i * NS_PER_MS);
		segment.seq += i * 30;
		segment.ip_id = (uint16_t)(700 + i);
		assert_false(copies_has(&copies, &segment));
	}
	for (unsigned i = 0; i < COPIES_KEPT; i++) {
		struct segment segment = segment_at(300 * NS_PER_MS + (time_ns)i * NS_PER_MS);
		segment.seq += i * 30;
		segment.ip_id = (uint16_t)(700 + i);
		segment.hop_limit--;
		assert_true(copies_has(&copies, &segment));
	}
}

static void in_another_capture_it_is_a_copy_even_later(void **state)
{
	struct copies copies = {0};
	struct segment segment = segment_at(0);

	(void)state;
	assert_false(copies_has(&copies, &segment));
	segment.moment.capture = 2;
	segment.moment.time = 80 * NS_PER_MS;
	assert_true(copies_has(&copies, &segment));
}

/* A Linux host resets with IP ID 0 and says the same to every segment. */
static void resets_without_a_number_are_alike_and_no_copies(void **state)
{
	struct copies copies = {0};
	struct segment segment = segment_at(0);

	(void)state;
	segment.flags = TCP_RST;
	segment.ip_id = 0;
	segment.payload_length = 0;
	assert_false(copies_has(&copies, &segment));
	segment.moment.time = 10 * NS_PER_US;
	assert_false(copies_has(&copies, &segment));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_at_once_is_a_copy),
	    cmocka_unit_test(a_number_makes_up_for_an_offloaded_checksum),
	    cmocka_unit_test(with_another_number_it_is_a_repeat),
	    cmocka_unit_test(behind_a_hop_it_is_a_copy_even_later),
	    cmocka_unit_test(in_another_capture_it_is_a_copy_even_later),
	    cmocka_unit_test(resets_without_a_number_are_alike_and_no_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
