/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/align.h"
#include "base/memory.h"
#include "base/progress.h"
#include "command.h"
#include "command_input.h"
#include "command_options.h"
#include "command_output.h"
#include "report/event_list.h"
#include "report/records.h"
#include "report/terminal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_LPI = OPTION_OWN };

struct arguments {
	const char **logs;
	size_t log_count, log_capacity;
	const char *json;
	struct event_choice choice;
	bool verbose;
};

static const char help[] =
    "usage: mtascope events [OPTIONS] LOG…\n"
    "\n"
    "Lists the events of an MTA's logs that tell of a connection, without any capture. LOG is the MTA's text log\n"
    "(EV0.LOG), .evt, .evtx, or an export; - standard input.\n"
    "\n"
    "  -e, --events FILE    a log, as LOG\n"
    "  -n, --number N       only events of this number: 4283\n"
    "      --lpi A-B-C      only events that name this LPI: 1-15-12\n"
    "      --json FILE      write the records as newline-delimited JSON (- for standard output)\n"
    "  -v, --verbose        each event's words too\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0 done; 1 some log could not be read whole (the rest is listed); 2 the command line is wrong.\n";

static bool parse_number(const char *text, int32_t *number)
{
	char *end;

	errno = 0;
	long value = strtol(text, &end, 10);
	*number = (int32_t)value;
	return errno == 0 && end != text && *end == '\0' && value >= 0 && value <= 65535;
}

static bool parse_lpi(const char *text, struct lpi *lpi)
{
	uint32_t parts[3];

	for (int i = 0; i < 3; i++) {
		char *end;
		errno = 0;
		unsigned long value = strtoul(text, &end, 10);
		if (text[0] < '0' || text[0] > '9' || errno != 0 || value > UINT32_MAX || *end != (i < 2 ? '-' : '\0'))
			return false;
		parts[i] = (uint32_t)value;
		text = end + 1;
	}
	*lpi = (struct lpi){parts[0], parts[1], parts[2]};
	return true;
}

static const struct option options[] = {
    {"events", required_argument, NULL, 'e'},
    {"number", required_argument, NULL, 'n'},
    {"lpi", required_argument, NULL, OPTION_LPI},
    {"json", required_argument, NULL, OPTION_JSON},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const struct command_line line = {"events", help, options};

static enum parsed take(void *user, int option, const char *value)
{
	struct arguments *arguments = user;

	switch (option) {
	case 'e':
		add_value(&arguments->logs, &arguments->log_count, &arguments->log_capacity, value);
		return PARSED_GO;
	case 'n':
		return option_taken(&line, value,
				    parse_number(value, &arguments->choice.number) ? NULL : "is no event's number");
	case OPTION_LPI:
		arguments->choice.has_lpi = true;
		return option_taken(&line, value,
				    parse_lpi(value, &arguments->choice.lpi) ? NULL : "is no LPI: 1-15-12 is one");
	case OPTION_JSON:
		arguments->json = value;
		return PARSED_GO;
	default:
		arguments->verbose = true;
		return PARSED_GO;
	}
}

static enum parsed parse(struct arguments *arguments, int argc, char **argv)
{
	enum parsed parsed = read_options(&line, argc, argv, take, arguments);

	if (parsed != PARSED_GO)
		return parsed;
	for (int i = optind; i < argc; i++)
		add_value(&arguments->logs, &arguments->log_count, &arguments->log_capacity, argv[i]);
	return arguments->log_count > 0 ? PARSED_GO : wrong_option(&line, "no log is given");
}

/* An incident is written when one of its events is. Without a capture no incident has a connection. */
static void write_records(struct json *json, const struct event_log *log, const struct event_choice *choice)
{
	const struct match none = {.confidence = MATCH_NONE, .score = NAN, .time = TIME_NONE, .lag_s = NAN};

	for (size_t i = 0; i < log->event_count; i++)
		if (event_chosen(&log->events[i], choice))
			record_event(json, log, &log->events[i]);
	for (size_t i = 0; i < log->incident_count; i++) {
		const struct incident *incident = &log->incidents[i];
		bool chosen = false;
		for (uint32_t k = 0; k < incident->event_count; k++)
			chosen = chosen || event_chosen(&log->events[incident->events[k] - 1], choice);
		if (chosen)
			record_incident(json, 6, incident, &none);
	}
	json_flush(json);
}

static int run(const struct arguments *arguments, int argc, char **argv)
{
	struct event_log log;

	if (!one_reads_stdin(NULL, 0, arguments->logs, arguments->log_count) ||
	    !outputs_spare_inputs(&arguments->json, 1, arguments->logs, arguments->log_count))
		return EXIT_USAGE;
	FILE *records = arguments->json == NULL ? NULL : open_output(arguments->json);

	if (arguments->json != NULL && records == NULL)
		return EXIT_USAGE;
	expect_reading(NULL, 0, 1, arguments->logs, arguments->log_count, false);
	if (!confine_to(NULL, 0, arguments->logs, arguments->log_count, arguments->verbose))
		return EXIT_USAGE;
	event_log_init(&log);
	bool whole = read_logs(arguments->logs, arguments->log_count, &log);
	progress_end();
	whole = report_problems(NULL, &log) && whole;
	if (records != NULL) {
		struct json json;
		begin_records(&json, records, argc, argv);
		write_records(&json, &log, &arguments->choice);
		whole = close_output(records, json.failed, arguments->json, "records") && whole;
		json_free(&json);
	}
	if (!is_stdout(arguments->json)) {
		struct text_form form = terminal_form(stdout);
		event_list_write(stdout, &log, &arguments->choice, &form, arguments->verbose);
	}
	event_log_free(&log);
	return whole ? EXIT_DONE : EXIT_INPUT;
}

int command_events(int argc, char **argv)
{
	struct arguments arguments = {.choice = {.number = EVENT_LACKS}};
	enum parsed parsed = parse(&arguments, argc, argv);
	int status = parsed == PARSED_GO ? run(&arguments, argc, argv) : parsed_status(parsed);

	free(arguments.logs);
	return status;
}
