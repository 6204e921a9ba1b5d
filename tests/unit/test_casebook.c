/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records on their way into a case that somebody else may hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <time.h>
#include <unistd.h>

#include "base/moment.h"
#include "casebook.h"

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void run_sql(sqlite3 *database, const char *sql)
{
	assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
}

static int count_findings(sqlite3 *database)
{
	sqlite3_stmt *statement;

	assert_int_equal(sqlite3_prepare_v2(database, "SELECT count(*) FROM finding", -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int count = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return count;
}

/* Packets go on while somebody else looks into the case: it is tried again later, and nothing is lost. */
static void a_case_that_is_locked_is_not_waited_for(void **state)
{
	static const char record[] = "{\"record\":\"finding\",\"cause\":null,\"connections\":[]}";
	char folder[] = "/tmp/casebook-XXXXXX";
	char path[sizeof folder + 16];
	char *error;
	sqlite3 *other;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/case", folder);
	struct casebook *casebook = casebook_open(path, &error);
	assert_non_null(casebook);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	run_sql(other, "BEGIN EXCLUSIVE");
	casebook_line(casebook, record, strlen(record));
	int64_t begun = milliseconds();
	assert_non_null(casebook_write(casebook, TIME_NONE, TIME_NONE, false));
	assert_true(milliseconds() - begun < 1000);
	run_sql(other, "COMMIT");
	assert_int_equal(count_findings(other), 0);
	assert_null(casebook_write(casebook, TIME_NONE, TIME_NONE, false));
	assert_int_equal(count_findings(other), 1);
	assert_int_equal(casebook_lost(casebook), 0);
	/* What cannot be written at the end is lost: then it is waited for. */
	run_sql(other, "BEGIN EXCLUSIVE");
	casebook_line(casebook, record, strlen(record));
	begun = milliseconds();
	assert_non_null(casebook_write(casebook, TIME_NONE, TIME_NONE, true));
	assert_true(milliseconds() - begun > 1000);
	sqlite3_close(other);
	casebook_free(casebook);
	unlink(path);
	strcat(path, "-journal");
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_case_that_is_locked_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
