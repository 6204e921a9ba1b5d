/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analyze.h"
#include "base/memory.h"
#include "base/progress.h"
#include "command.h"
#include "command_input.h"
#include "command_options.h"
#include "report/exchange_draw.h"
#include "report/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
	const char **captures;
	size_t capture_count, capture_capacity;
	const char **logs;
	size_t log_count, log_capacity;
	const char *filter;
	const char *connection;
	struct exchange_wanted wanted;
	bool verbose;
	struct analysis_options analysis;
	size_t mta_capacity;
};

static const char help[] =
    "usage: mtascope show [OPTIONS] --connection N CAPTURE…\n"
    "\n"
    "Shows one connection packet by packet: times, the PDUs of each layer, what was repeated or is missing, and which\n"
    "packet was the request, the OK, the close. CAPTURE is a capture file, - standard input.\n"
    "\n"
    "  -c, --connection N       the connection: its id in the report and the records, its client as ADDRESS:PORT, or\n"
    "                           its Community ID\n"
    "  -r, --read FILE          a capture, as CAPTURE\n"
    "  -e, --events FILE        an event log of the MTA, whose incident is shown where it belongs; may be given again\n"
    "  -p, --port PORT|auto     as for analyze: ids are only the same with the same ports and filter\n"
    "  -f, --filter EXPRESSION  only packets that match the libpcap filter\n"
    "      --ok cc|session|bind what counts as the OK response\n"
    "      --tz ZONE            the time zone of event logs in local time: America/New_York, -5, +05:30\n"
    "      --clock-offset S     event clock minus capture clock, in seconds or as [-]h:mm:ss\n"
    "  -v, --verbose            every packet, also of long stretches of data, and every parameter\n"
    "  -h, --help               this text\n"
    "\n"
    "Exit status: 0 done; 1 some input could not be read whole; 2 the command line is wrong, or there is no such\n"
    "connection.\n";

static const struct option options[] = {
    {"connection", required_argument, NULL, 'c'},
    {"read", required_argument, NULL, 'r'},
    {"events", required_argument, NULL, 'e'},
    {"port", required_argument, NULL, 'p'},
    {"filter", required_argument, NULL, 'f'},
    {"ok", required_argument, NULL, OPTION_OK},
    {"tz", required_argument, NULL, OPTION_TZ},
    {"clock-offset", required_argument, NULL, OPTION_CLOCK_OFFSET},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const struct command_line line = {"show", help, options};

static enum parsed take(void *user, int option, const char *value)
{
	struct arguments *arguments = user;

	switch (option) {
	case 'c':
		arguments->connection = value;
		return option_taken(
		    &line, value,
		    exchange_wanted_parse(value, &arguments->wanted)
			? NULL
			: "names no connection: give its id, its client as ADDRESS:PORT, or its Community ID");
	case 'r':
		add_value(&arguments->captures, &arguments->capture_count, &arguments->capture_capacity, value);
		return PARSED_GO;
	case 'e':
		add_value(&arguments->logs, &arguments->log_count, &arguments->log_capacity, value);
		return PARSED_GO;
	case 'f':
		arguments->filter = value;
		return PARSED_GO;
	case 'v':
		arguments->verbose = true;
		return PARSED_GO;
	default:
		return option_taken(&line, value,
				    analysis_option(&arguments->analysis, &arguments->mta_capacity, option, value));
	}
}

static enum parsed parse(struct arguments *arguments, int argc, char **argv)
{
	enum parsed parsed = read_options(&line, argc, argv, take, arguments);

	if (parsed != PARSED_GO)
		return parsed;
	for (int i = optind; i < argc; i++)
		add_value(&arguments->captures, &arguments->capture_count, &arguments->capture_capacity, argv[i]);
	if (arguments->capture_count == 0)
		return wrong_option(&line, "no capture is given");
	if (arguments->connection == NULL)
		return wrong_option(
		    &line, "no connection is given: --connection N, the id that the report and the records tell");
	watch_usual_port(&arguments->analysis);
	return PARSED_GO;
}

static void say_missing(const struct arguments *arguments, const struct exchange *exchange)
{
	if (exchange->highest == 0)
		fprintf(stderr,
			"mtascope: there is no connection %s: the captures hold none to or from the port; -p tells "
			"another\n",
			arguments->connection);
	else
		fprintf(stderr,
			"mtascope: there is no connection %s: the captures hold %" PRIu32 ", from 1 to %" PRIu32 "\n",
			arguments->connection, exchange->highest, exchange->highest);
}

static int run(struct arguments *arguments)
{
	struct event_log log;
	struct exchange exchange;
	char *error = NULL;

	if (!one_reads_stdin(arguments->captures, arguments->capture_count, arguments->logs, arguments->log_count))
		return EXIT_USAGE;
	struct capture_set *captures =
	    capture_set_prepare(arguments->captures, arguments->capture_count, arguments->filter, &error);

	if (captures == NULL)
		return wrong_filter(error);
	expect_reading(arguments->captures, arguments->capture_count, 1, arguments->logs, arguments->log_count, false);
	if (!confine_to(arguments->captures, arguments->capture_count, arguments->logs, arguments->log_count,
			arguments->verbose)) {
		capture_set_close(captures);
		return EXIT_USAGE;
	}
	if (!capture_set_start(captures, &error))
		return wrong_filter(error);
	exchange_init(&exchange, &arguments->wanted);
	arguments->analysis.observer = &exchange.observer;
	arguments->analysis.judged = exchange_judged;
	arguments->analysis.judged_user = &exchange;
	event_log_init(&log);
	bool whole = read_logs(arguments->logs, arguments->log_count, &log);
	struct analysis *analysis = analyze(captures, &log, &arguments->analysis);
	progress_end();
	whole = report_problems(captures, &log) && whole;
	int status = whole ? EXIT_DONE : EXIT_INPUT;
	if (exchange.found) {
		struct text text;
		struct text_form form = terminal_form(stdout);
		exchange_finish(&exchange, analysis, arguments->verbose);
		text_init(&text, stdout, &form);
		exchange_draw(&text, &exchange, arguments->capture_count > 1);
		text_free(&text);
	} else {
		/* What could not be read has been said, and is why. */
		if (whole || exchange.highest > 0)
			say_missing(arguments, &exchange);
		status = whole ? EXIT_USAGE : EXIT_INPUT;
	}
	exchange_free(&exchange);
	analysis_free(analysis);
	event_log_free(&log);
	capture_set_close(captures);
	return status;
}

int command_show(int argc, char **argv)
{
	struct arguments arguments = {0};
	enum parsed parsed = parse(&arguments, argc, argv);
	int status = parsed == PARSED_GO ? run(&arguments) : parsed_status(parsed);

	free(arguments.captures);
	free(arguments.logs);
	return status;
}
