/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command_options.h"

#include "base/zone.h"
#include "command.h"
#include "command_input.h"

#include <stdarg.h>
#include <stdio.h>

enum { LETTERS = 128, PORT_RFC1006 = 102 };

/* As getopt takes them: those of the options that have one. */
static void letters_of(const struct option *options, char *letters)
{
	size_t length = 0;

	for (; options->name != NULL && length + 3 < LETTERS; options++) {
		if (options->val >= OPTION_OK)
			continue;
		letters[length++] = (char)options->val;
		if (options->has_arg == required_argument)
			letters[length++] = ':';
	}
	letters[length] = '\0';
}

static void say_help(const struct command_line *line)
{
	fprintf(stderr, "`mtascope %s --help` tells the options\n", line->command);
}

enum parsed read_options(const struct command_line *line, int argc, char **argv, take_option *take, void *user)
{
	enum parsed parsed = PARSED_GO;
	char letters[LETTERS];
	int option;

	/* It begins what getopt_long says. */
	argv[0] = "mtascope";
	letters_of(line->options, letters);
	while (parsed == PARSED_GO && (option = getopt_long(argc, argv, letters, line->options, NULL)) != -1) {
		if (option == 'h') {
			fputs(line->help, stdout);
			return PARSED_STOP;
		}
		if (option == '?') {
			say_help(line);
			return PARSED_WRONG;
		}
		parsed = take(user, option, optarg);
	}
	return parsed;
}

enum parsed wrong_option(const struct command_line *line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("mtascope: ", stderr);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs("; ", stderr);
	say_help(line);
	return PARSED_WRONG;
}

enum parsed option_taken(const struct command_line *line, const char *value, const char *problem)
{
	return problem == NULL ? PARSED_GO : wrong_option(line, "'%s' %s", value, problem);
}

int parsed_status(enum parsed parsed)
{
	return parsed == PARSED_WRONG ? EXIT_USAGE : EXIT_DONE;
}

const char *analysis_option(struct analysis_options *analysis, size_t *mta_capacity, int option, const char *value)
{
	int32_t zone;

	switch (option) {
	case 'p':
		return parse_port(value, &analysis->ports) ? NULL
							   : "is no port: give a number from 1 to 65535, or auto";
	case 'm':
		return add_address(&analysis->mtas, &analysis->mta_count, mta_capacity, value)
			   ? NULL
			   : "is no IPv4 or IPv6 address";
	case OPTION_OK:
		return parse_ok(value, &analysis->ok) ? NULL : "is no --ok: give cc, session or bind";
	case OPTION_TZ:
		analysis->zone = value;
		return *value != '\0' && zone_offset(value, 0, &zone)
			   ? NULL
			   : "is no time zone: give a name (America/New_York) or an offset (-5, +05:30)";
	case OPTION_CLOCK_OFFSET:
		analysis->has_offset = true;
		return parse_clock_offset(value, &analysis->offset_s)
			   ? NULL
			   : "is no clock offset: give seconds (-17963) or [-]h:mm:ss";
	default:
		return "belongs to another option";
	}
}

void watch_usual_port(struct analysis_options *analysis)
{
	if (analysis->ports.count == 0)
		analysis->ports.list[analysis->ports.count++] = PORT_RFC1006;
}
