/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every event that the Knowledge Base articles quote. The articles are not part of this project: their folder is found
 * through MTASCOPE_CAPTURES. The counts were made by reading the articles, not by running the reader.
 */
#include "events_log.h"

#include <stdio.h>

static const struct {
	const char *article;
	size_t appended; /* events about connections */
	size_t counted;  /* other events of the MTA */
	bool assumed;    /* its one date does not tell whether day or month comes first */
} articles[] = {
    {"Q145986", 0, 2, false}, {"Q146397", 0, 1, false}, {"Q152877", 4, 0, false}, {"Q152914", 0, 1, false},
    {"Q153188", 0, 5, false}, {"Q155027", 0, 3, false}, {"Q155302", 0, 8, false}, {"Q157701", 1, 2, false},
    {"Q158309", 0, 1, false}, {"Q159303", 0, 1, false}, {"Q159566", 0, 2, false}, {"Q162384", 0, 2, false},
    {"Q163085", 0, 4, false}, {"Q163307", 0, 1, false}, {"Q163321", 0, 0, false}, {"Q163324", 0, 0, false},
    {"Q163689", 0, 1, false}, {"Q164528", 0, 3, false}, {"Q165017", 0, 1, false}, {"Q165111", 0, 0, false},
    {"Q166308", 1, 0, true},  {"Q166519", 0, 1, false}, {"Q168906", 0, 0, false}, {"Q169113", 1, 0, false},
    {"Q169159", 0, 0, false}, {"Q169715", 0, 3, false}, {"Q169716", 5, 0, false}, {"Q169860", 0, 1, false},
    {"Q170056", 2, 0, false}, {"Q171049", 0, 1, false}, {"Q171113", 1, 0, false}, {"Q175354", 2, 0, false},
    {"Q176396", 0, 1, false}, {"Q176952", 0, 3, false}, {"Q177328", 0, 2, false}, {"Q179837", 0, 4, false},
    {"Q181721", 2, 0, false}, {"Q186672", 0, 2, false}, {"Q188040", 2, 0, false}, {"Q189753", 1, 0, false},
    {"Q193380", 3, 0, false}, {"Q194031", 2, 0, false}, {"Q195742", 0, 1, false}, {"Q196852", 0, 1, false},
    {"Q197058", 0, 3, false}, {"Q199971", 0, 2, false}, {"Q224987", 0, 2, false}, {"Q225206", 8, 1, false},
    {"Q229643", 1, 0, false}, {"Q231488", 0, 1, false}, {"Q231685", 0, 9, false}, {"Q232602", 4, 0, false},
    {"Q234065", 0, 0, false}, {"Q235534", 0, 3, false}, {"Q247133", 0, 0, false}, {"Q247419", 1, 0, false},
    {"Q248253", 0, 2, false}, {"Q251016", 0, 2, false}, {"Q254818", 4, 1, false}, {"Q266383", 0, 1, false},
    {"Q266792", 1, 0, false}, {"Q274285", 0, 4, false}, {"Q306959", 6, 0, false}, {"Q319936", 2, 0, false},
    {"Q323733", 2, 0, false},
};

static char *read_file(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");

	if (file == NULL)
		return NULL;
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	*length = (size_t)ftell(file);
	rewind(file);
	char *data = malloc(*length + 1);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, *length, file), *length);
	fclose(file);
	return data;
}

static void test_articles(void **state)
{
	const char *captures = getenv("MTASCOPE_CAPTURES");
	size_t wrong = 0;
	size_t events = 0;
	(void)state;

	if (captures == NULL) {
		print_message("skipped: MTASCOPE_CAPTURES does not name the folder with the articles\n");
		skip();
	}
	for (size_t i = 0; i < sizeof(articles) / sizeof(articles[0]); i++) {
		char path[4096];
		size_t length = 0;
		struct event_log log;
		snprintf(path, sizeof(path), "%s/mta-text/%s.TXT", captures, articles[i].article);
		char *data = read_file(path, &length);
		assert_non_null(data);
		event_log_init(&log);
		bool whole = event_log_read(&log, path, (const uint8_t *)data, length);
		/* No quoted event is damaged, so there is a problem only where there is no event at all. */
		if (log.event_count != articles[i].appended || log.other_event_count != articles[i].counted ||
		    whole != (articles[i].appended + articles[i].counted > 0 && !articles[i].assumed)) {
			print_error("%s: %zu and %zu events, not %zu and %zu\n", articles[i].article, log.event_count,
				    log.other_event_count, articles[i].appended, articles[i].counted);
			wrong++;
		}
		events += log.event_count + log.other_event_count;
		event_log_free(&log);
		free(data);
	}
	print_message("%zu events in %zu articles\n", events, sizeof(articles) / sizeof(articles[0]));
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_articles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
