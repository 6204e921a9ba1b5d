/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each of very many services did, whoever chose their addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "colliding.h"
#include "origin/service.h"

/* So often that to seek each among all takes longer than a test may. */
enum { SERVICES = 1 << 16, TIMES = 100, PORT = 102 };

static struct endpoint server_of(uint32_t i)
{
	return (struct endpoint){.ip = colliding_address(i, PORT), .port = PORT};
}

static void many_are_told_apart(void **state)
{
	struct services *services = services_new();
	struct endpoint server;

	(void)state;
	for (unsigned time = 0; time < TIMES; time++)
		for (uint32_t i = 0; i < SERVICES; i++) {
			server = server_of(i);
			services_note(services, &server, i % 2 == 0 ? SERVICE_ANSWERED_SYN : SERVICE_REFUSED_SYN, i, 0);
		}
	for (uint32_t i = 0; i < SERVICES; i++) {
		server = server_of(i);
		assert_true(services_did(services, &server, SERVICE_ANSWERED_SYN, 0, 0, NS_PER_S) ==
			    (i % 2 == 0 && i > 0));
		assert_true(services_did(services, &server, SERVICE_REFUSED_SYN, 0, 0, NS_PER_S) == (i % 2 == 1));
	}
	assert_int_equal(services_left_out(services), 0);
	server = server_of(SERVICES);
	services_note(services, &server, SERVICE_ANSWERED_SYN, 1, 0);
	assert_int_equal(services_left_out(services), 1);
	assert_false(services_did(services, &server, SERVICE_ANSWERED_SYN, 0, 0, NS_PER_S));
	services_free(services);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(many_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
