/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole report: as wide as it may be, in what the terminal can show, and harmless. */
#include "made_analysis.h"

#include "report/terminal.h"

static char *report(const struct made *made, unsigned width, bool colour, bool utf8, unsigned verbose)
{
	struct text_form form = {.width = width, .colour = colour, .utf8 = utf8};
	char *stream = NULL;
	size_t length;
	FILE *out = open_memstream(&stream, &length);

	report_text(out, &made->analysis, &form, verbose);
	fclose(out);
	char *text = memory_text(stream, length);
	free(stream);
	return text;
}

/* All that can be in a report: many failures on several days, IPv6, repeats, ambiguous events. */
static struct made *full(const char *capture)
{
	struct made *made = made_new(capture);

	for (unsigned i = 0; i < 40; i++) {
		struct connection *connection = made_failure(made, 7000 * i + (i > 30 ? 86400000 : 0), 30000 + 10 * i);
		if (i % 3 == 1) {
			connection->client = made_endpoint("2001:db8:1111:2222:3333:4444:5555:6666", 65000);
			connection->server = made_endpoint("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", 102);
			connection->outcome = OUTCOME_LATE_OK;
			connection->milestones[MILESTONE_OK] = made_at(7000 * i + 40000, 10 * i + 9);
		}
		if (i % 5 == 2) {
			connection->outcome = OUTCOME_HANDSHAKE_UNFINISHED;
			connection->origin = ORIGIN_UNDETERMINED;
			connection->cause = "peer-or-path-down";
			connection->facts.syn_attempts = 4;
			connection->facts.syn_at_ms[0] = 3000;
			connection->facts.syn_at_ms[1] = 9000;
			connection->facts.syn_at_ms[2] = 21000;
		}
	}
	for (uint32_t i = 1; i < 30; i++)
		made_incident(made, i, (enum match_confidence)(i % 4));
	made_clock(made);
	made->analysis.summary.quality.gap_bytes = 12345;
	made->analysis.summary.quality.cut_packets = 1;
	made->analysis.summary.quality.mirrored = 2;
	made->analysis.summary.outcomes[OUTCOME_PARTIAL] = 4;
	made_sum_up(made, 60);
	return made;
}

/* Counts as a terminal would: two columns for what is wide in East Asian scripts. */
static unsigned widest_line(const char *text)
{
	unsigned widest = 0;
	unsigned columns = 0;

	for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
		if (*at == '\n')
			columns = 0;
		else if ((*at & 0xc0) != 0x80)
			columns += *at >= 0xe3 && *at <= 0xed ? 2 : 1;
		widest = columns > widest ? columns : widest;
	}
	return widest;
}

static void test_width(void **state)
{
	static const unsigned widths[] = {40, 41, 60, 72, 80, 100, 120, 160};
	(void)state;
	struct made *made = full("東京-a-rather-long-name-of-a-capture-file-without-any-place-to-break-it.pcap");

	for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
		for (unsigned verbose = 0; verbose < 2; verbose++) {
			char *text = report(made, widths[i], false, true, verbose);
			assert_true(widest_line(text) <= widths[i]);
			free(text);
		}
	}
	made_free(made);
}

static void test_bounds_of_width(void **state)
{
	(void)state;
	struct made *made = full("none.pcap");
	char *text = report(made, 5, false, true, 0);

	assert_true(widest_line(text) <= TEXT_WIDTH_MIN);
	free(text);
	text = report(made, 5000, false, true, 1);
	assert_true(widest_line(text) <= TEXT_WIDTH_MAX);
	free(text);
	made_free(made);
}

static void test_plain(void **state)
{
	(void)state;
	struct made *made = full("none.pcap");
	char *text = report(made, 80, false, false, 1);

	for (const char *at = text; *at != '\0'; at++)
		assert_true(*at == '\n' || (*at >= 0x20 && *at < 0x7f));
	free(text);
	text = report(made, 80, true, true, 0);
	assert_non_null(strstr(text, "\033["));
	free(text);
	made_free(made);
}

static void test_hostile_name(void **state)
{
	(void)state;
	struct made *made = full("\033]0;owned\007\u202E\nX'$(reboot).pcap");
	char *text = report(made, 80, false, true, 1);

	assert_null(strchr(text, '\033'));
	assert_null(strchr(text, '\007'));
	assert_null(strstr(text, "\u202E"));
	assert_null(strstr(text, "\nX'"));
	/* Nobody is invited to paste it into a shell. */
	assert_null(strstr(text, "tshark"));
	free(text);
	made_free(made);
}

static size_t lines_of(const char *text)
{
	size_t lines = 0;

	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

static void test_short_when_healthy(void **state)
{
	(void)state;
	struct made *made = made_new("none.pcap");

	made_sum_up(made, 9);
	char *text = report(made, 80, false, true, 0);
	assert_true(lines_of(text) <= 13);
	free(text);
	made_free(made);
}

static void test_order(void **state)
{
	static const char *const headings[] = {
	    "FAILURES: ",     "What proves it", "Timeline",  "Failed connections",
	    "Other findings", "Load",           "Event log", "What these inputs cannot tell",
	    "Read: "};
	(void)state;
	struct made *made = full("none.pcap");
	char *text = report(made, 80, false, true, 0);
	const char *at = text;

	for (size_t i = 0; i < sizeof headings / sizeof headings[0]; i++) {
		at = strstr(at, headings[i]);
		assert_non_null(at);
	}
	free(text);
	made_free(made);
}

/* -v leaves nothing out: each failure has its row and its lane. */
static void test_verbose(void **state)
{
	(void)state;
	struct made *made = full("none.pcap");
	char *text = report(made, 100, false, true, 1);

	assert_null(strstr(text, "-v "));
	for (uint32_t id = 1; id <= 40; id++) {
		char row[16];
		unsigned found = 0;
		snprintf(row, sizeof row, "\n#%u ", id);
		for (const char *at = strstr(text, row); at != NULL; at = strstr(at + 1, row))
			found++;
		assert_true(found >= 2);
	}
	free(text);
	made_free(made);
}

/* A lane: its marks in order, the line that says what is waited for, and the event after the close. */
static void test_lane(void **state)
{
	(void)state;
	struct made *made = made_new("none.pcap");

	made_failure(made, 0, 30000);
	made_incident(made, 1, MATCH_CERTAIN);
	made_clock(made);
	made_sum_up(made, 4);
	char *text = report(made, 80, false, false, 0);
	const char *lane = strstr(text, "\n#1     10.20.1.9       SeR=====");
	assert_non_null(lane);
	const char *end = strchr(lane + 1, '\n');
	assert_non_null(end);
	assert_true(strstr(lane, "=x") != NULL && strstr(lane, "=x") < end);
	assert_int_equal(end[-1], 'v');
	assert_non_null(strstr(text, "== waits for the OK"));
	assert_non_null(strstr(text, "events 4283"));
	assert_non_null(strstr(text, "certainly this connection's"));
	free(text);
	made_free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_width),
	    cmocka_unit_test(test_bounds_of_width),
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_hostile_name),
	    cmocka_unit_test(test_short_when_healthy),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_verbose),
	    cmocka_unit_test(test_lane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
