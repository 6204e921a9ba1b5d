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
} articles[] = {
    {"Q145986", 0, 2}, {"Q146397", 0, 1}, {"Q152877", 4, 0}, {"Q152914", 0, 1}, {"Q153188", 0, 5}, {"Q155027", 0, 3},
    {"Q155302", 0, 8}, {"Q157701", 1, 2}, {"Q158309", 0, 1}, {"Q159303", 0, 1}, {"Q159566", 0, 2}, {"Q162384", 0, 2},
    {"Q163085", 0, 4}, {"Q163307", 0, 1}, {"Q163321", 0, 0}, {"Q163324", 0, 0}, {"Q163689", 0, 1}, {"Q164528", 0, 3},
    {"Q165017", 0, 1}, {"Q165111", 0, 0}, {"Q166308", 1, 0}, {"Q166519", 0, 1}, {"Q168906", 0, 0}, {"Q169113", 1, 0},
    {"Q169159", 0, 0}, {"Q169715", 0, 3}, {"Q169716", 5, 0}, {"Q169860", 0, 1}, {"Q170056", 2, 0}, {"Q171049", 0, 1},
    {"Q171113", 1, 0}, {"Q175354", 2, 0}, {"Q176396", 0, 1}, {"Q176952", 0, 3}, {"Q177328", 0, 2}, {"Q179837", 0, 4},
    {"Q181721", 2, 0}, {"Q186672", 0, 2}, {"Q188040", 2, 0}, {"Q189753", 1, 0}, {"Q193380", 3, 0}, {"Q194031", 2, 0},
    {"Q195742", 0, 1}, {"Q196852", 0, 1}, {"Q197058", 0, 3}, {"Q199971", 0, 2}, {"Q224987", 0, 2}, {"Q225206", 8, 1},
    {"Q229643", 1, 0}, {"Q231488", 0, 1}, {"Q231685", 0, 9}, {"Q232602", 4, 0}, {"Q234065", 0, 0}, {"Q235534", 0, 3},
    {"Q247133", 0, 0}, {"Q247419", 1, 0}, {"Q248253", 0, 2}, {"Q251016", 0, 2}, {"Q254818", 4, 1}, {"Q266383", 0, 1},
    {"Q266792", 1, 0}, {"Q274285", 0, 4}, {"Q306959", 6, 0}, {"Q319936", 2, 0}, {"Q323733", 2, 0},
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
		    whole != (articles[i].appended + articles[i].counted > 0)) {
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
