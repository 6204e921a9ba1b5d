/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static void assert_schedule(const uint32_t *at_ms, size_t count, const char *system)
{
	const char *found = schedule_of(at_ms, count);

	assert_non_null(found);
	assert_non_null(strstr(found, system));
}

static void known_schedules_are_named(void **state)
{
	(void)state;
	assert_schedule((const uint32_t[]){2998, 9010}, 2, "Windows 2000");
	assert_schedule((const uint32_t[]){3001, 9000, 21002}, 3, "Windows NT");
	assert_schedule((const uint32_t[]){3001, 9000, 21002, 45000}, 4, "Linux before 3.1");
	assert_schedule((const uint32_t[]){1010, 3020, 7100}, 3, "Linux 3.1");
	assert_schedule((const uint32_t[]){1000, 2000, 3000, 4000, 6000}, 5, "Linux 6.5");
	/* The first tick of a clock of half seconds comes early. */
	assert_schedule((const uint32_t[]){5520, 29520}, 2, "BSD");
}

static void what_fits_nothing_is_not_named(void **state)
{
	(void)state;
	assert_null(schedule_of((const uint32_t[]){3000}, 1));
	assert_null(schedule_of((const uint32_t[]){500, 1000, 1500}, 3));
	assert_null(schedule_of((const uint32_t[]){3000, 9000, 21000, 45000, 93000, 189000}, 6));
	assert_null(schedule_of(NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_schedules_are_named),
	    cmocka_unit_test(what_fits_nothing_is_not_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
