/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/path.h"

static void test_name_and_folder(void **state)
{
	static const struct {
		const char *path, *folder, *name;
	} paths[] = {
	    {"trace.pcap", ".", "trace.pcap"},
	    {"a/trace.pcap", "a", "trace.pcap"},
	    {"/trace.pcap", "/", "trace.pcap"},
	    {"/a/b/trace.pcap", "/a/b", "trace.pcap"},
	    {"../trace.pcap", "..", "trace.pcap"},
	    {"a/", "a", ""},
	    {"/", "/", ""},
	    {"", ".", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		char *folder = path_folder(paths[i].path);
		assert_string_equal(folder, paths[i].folder);
		assert_string_equal(path_name(paths[i].path), paths[i].name);
		free(folder);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_name_and_folder)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
