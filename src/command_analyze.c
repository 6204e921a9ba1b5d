/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analyze.h"
#include "base/memory.h"
#include "base/zone.h"
#include "command.h"
#include "command_input.h"
#include "command_output.h"
#include "command_redacted.h"
#include "evidence/excerpt.h"
#include "report/page.h"
#include "report/phrase.h"
#include "report/terminal.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	OPTION_OK = 256,
	OPTION_TZ,
	OPTION_CLOCK_OFFSET,
	OPTION_JSON,
	OPTION_HTML,
	OPTION_NO_CONTEXT,
	OPTION_REDACT,
	OPTION_REDACT_KEY,
	OPTION_VERSION
};

struct arguments {
	const char **captures;
	size_t capture_count, capture_capacity;
	const char **logs;
	size_t log_count, log_capacity;
	const char *filter;
	const char *json;
	const char *html;
	const char *excerpt; /* -w */
	struct exchange_wanted *wanted;
	size_t wanted_count, wanted_capacity;
	bool no_context;
	bool redact;
	const char *key;
	bool quiet;
	unsigned verbose;
	struct analysis_options analysis;
	size_t mta_capacity;
};

/* What was asked for, besides the work itself. */
enum parsed { PARSED_GO, PARSED_STOP, PARSED_WRONG };

static const char help[] =
    "usage: mtascope analyze [OPTIONS] CAPTURE…\n"
    "\n"
    "Says where an MTA's connection failures come from: times every connection from its SYN to the OK response, and\n"
    "lines up the events 4283 and 4258 of the MTA's log with the connections that they tell of. CAPTURE is a pcap or\n"
    "pcapng file, - standard input.\n"
    "\n"
    "  -r, --read FILE          a capture, as CAPTURE\n"
    "  -e, --events FILE        an event log of the MTA: EV0.LOG, .evt, .evtx, or an export; may be given again\n"
    "  -p, --port PORT|auto     a port that the MTA listens on, in the place of 102; may be given again; auto: every\n"
    "                           port that speaks RFC 1006\n"
    "  -m, --mta ADDRESS        the MTA that wrote the log: its incidents are of connections to this address\n"
    "  -f, --filter EXPRESSION  only packets that match the libpcap filter\n"
    "      --ok cc|session|bind what counts as the OK response: COTP's connection confirm (the default), the session\n"
    "                           ACCEPT, or the accepted P1 bind\n"
    "      --tz ZONE            the time zone of event logs in local time: America/New_York, -5, +05:30\n"
    "      --clock-offset S     event clock minus capture clock, in seconds or as [-]h:mm:ss\n"
    "      --html FILE          write the evidence as one page for a browser (- for standard output)\n"
    "      --json FILE          write the records as newline-delimited JSON (- for standard output)\n"
    "  -w, --write FILE         write the packets of the failed connections, with comments, as pcapng (- for standard\n"
    "                           output)\n"
    "  -c, --connection N[,N…]  with -w: of these instead, by id, client as ADDRESS:PORT, or Community ID\n"
    "      --no-context         with -w: only these, without what their verdicts rest on besides\n"
    "      --redact             pseudonyms for addresses and names, and zeros for contents, in all that is written\n"
    "      --redact-key KEY     the same with the pseudonyms that this key makes: a file, or any words\n"
    "  -q, --quiet              no report, only errors\n"
    "  -v, --verbose            a report that lists every failure\n"
    "      --version            the versions of the program and its libraries\n"
    "  -h, --help               this text\n"
    "\n"
    "Exit status: 0 done; 1 some input could not be read whole (the rest is in the report); 2 the command line is\n"
    "wrong.\n";

void print_version(void)
{
	printf("mtascope %s\n%s\nlibnids %s\n", MTASCOPE_VERSION, pcap_lib_version(), stream_nids_version());
}

static enum parsed wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

static enum parsed wrong(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("mtascope: ", stderr);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs("; `mtascope analyze --help` tells the options\n", stderr);
	return PARSED_WRONG;
}

static void add(const char ***list, size_t *count, size_t *capacity, const char *value)
{
	*list = memory_grow(*list, *count, capacity, sizeof(const char *));
	(*list)[(*count)++] = value;
}

static bool add_mta(struct arguments *arguments, const char *text)
{
	struct analysis_options *options = &arguments->analysis;
	struct address address;

	if (!address_parse(text, &address))
		return false;
	options->mtas = memory_grow(options->mtas, options->mta_count, &arguments->mta_capacity, sizeof *options->mtas);
	options->mtas[options->mta_count++] = address;
	return true;
}

static bool add_wanted(struct arguments *arguments, const char *text)
{
	char *list = memory_text(text, strlen(text));
	bool good = *text != '\0';
	char *rest = list;

	for (char *name; good && (name = strsep(&rest, ",")) != NULL;) {
		struct exchange_wanted wanted;
		good = exchange_wanted_parse(name, &wanted);
		arguments->wanted = memory_grow(arguments->wanted, arguments->wanted_count, &arguments->wanted_capacity,
						sizeof *arguments->wanted);
		arguments->wanted[arguments->wanted_count++] = wanted;
	}
	free(list);
	return good;
}

static enum parsed parse_option(struct arguments *arguments, int option, const char *value)
{
	struct analysis_options *analysis = &arguments->analysis;
	int32_t zone;

	switch (option) {
	case 'r':
		add(&arguments->captures, &arguments->capture_count, &arguments->capture_capacity, value);
		return PARSED_GO;
	case 'e':
		add(&arguments->logs, &arguments->log_count, &arguments->log_capacity, value);
		return PARSED_GO;
	case 'p':
		return parse_port(value, &analysis->ports)
			   ? PARSED_GO
			   : wrong("'%s' is no port: give a number from 1 to 65535, or auto", value);
	case 'm':
		return add_mta(arguments, value) ? PARSED_GO : wrong("'%s' is no IPv4 or IPv6 address", value);
	case 'f':
		arguments->filter = value;
		return PARSED_GO;
	case OPTION_OK:
		return parse_ok(value, &analysis->ok) ? PARSED_GO
						      : wrong("--ok takes cc, session or bind, not '%s'", value);
	case OPTION_TZ:
		analysis->zone = value;
		return zone_offset(value, 0, &zone)
			   ? PARSED_GO
			   : wrong("'%s' is no time zone: give a name (America/New_York) or an offset (-5, +05:30)",
				   value);
	case OPTION_CLOCK_OFFSET:
		analysis->has_offset = true;
		return parse_clock_offset(value, &analysis->offset_s)
			   ? PARSED_GO
			   : wrong("'%s' is no clock offset: give seconds (-17963) or [-]h:mm:ss", value);
	case OPTION_JSON:
		arguments->json = value;
		return PARSED_GO;
	case OPTION_HTML:
		arguments->html = value;
		return PARSED_GO;
	case 'w':
		arguments->excerpt = value;
		return PARSED_GO;
	case 'c':
		return add_wanted(arguments, value)
			   ? PARSED_GO
			   : wrong(
				 "'%s' names no connections: give ids, clients as ADDRESS:PORT, or Community IDs, with "
				 "commas between them",
				 value);
	case OPTION_REDACT:
		arguments->redact = true;
		return PARSED_GO;
	case OPTION_REDACT_KEY:
		arguments->redact = true;
		arguments->key = value;
		return PARSED_GO;
	case OPTION_NO_CONTEXT:
		arguments->no_context = true;
		return PARSED_GO;
	case 'q':
		arguments->quiet = true;
		return PARSED_GO;
	case 'v':
		arguments->verbose++;
		return PARSED_GO;
	case OPTION_VERSION:
		print_version();
		return PARSED_STOP;
	case 'h':
		fputs(help, stdout);
		return PARSED_STOP;
	default:
		/* getopt_long has said what is wrong. */
		fputs("`mtascope analyze --help` tells the options\n", stderr);
		return PARSED_WRONG;
	}
}

/* For an excerpt and for redaction the inputs are read again, and must not be written over. */
static bool can_read_again(const struct arguments *arguments)
{
	const char *const outputs[] = {arguments->json, arguments->html, arguments->excerpt};
	const char *option = arguments->redact ? "--redact" : "--write";
	enum { OUTPUTS = sizeof outputs / sizeof outputs[0] };

	if (arguments->excerpt == NULL && !arguments->redact)
		return true;
	return inputs_can_be_read_again(arguments->captures, arguments->capture_count, outputs, OUTPUTS, option) &&
	       (!arguments->redact ||
		inputs_can_be_read_again(arguments->logs, arguments->log_count, outputs, OUTPUTS, option));
}

static enum parsed parse(struct arguments *arguments, int argc, char **argv)
{
	static const struct option options[] = {
	    {"read", required_argument, NULL, 'r'},
	    {"events", required_argument, NULL, 'e'},
	    {"port", required_argument, NULL, 'p'},
	    {"mta", required_argument, NULL, 'm'},
	    {"filter", required_argument, NULL, 'f'},
	    {"ok", required_argument, NULL, OPTION_OK},
	    {"tz", required_argument, NULL, OPTION_TZ},
	    {"clock-offset", required_argument, NULL, OPTION_CLOCK_OFFSET},
	    {"html", required_argument, NULL, OPTION_HTML},
	    {"json", required_argument, NULL, OPTION_JSON},
	    {"write", required_argument, NULL, 'w'},
	    {"connection", required_argument, NULL, 'c'},
	    {"no-context", no_argument, NULL, OPTION_NO_CONTEXT},
	    {"redact", no_argument, NULL, OPTION_REDACT},
	    {"redact-key", required_argument, NULL, OPTION_REDACT_KEY},
	    {"quiet", no_argument, NULL, 'q'},
	    {"verbose", no_argument, NULL, 'v'},
	    {"version", no_argument, NULL, OPTION_VERSION},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	argv[0] = "mtascope";
	while ((option = getopt_long(argc, argv, "r:e:p:m:f:w:c:qvh", options, NULL)) != -1) {
		enum parsed parsed = parse_option(arguments, option, optarg);
		if (parsed != PARSED_GO)
			return parsed;
	}
	for (int i = optind; i < argc; i++)
		add(&arguments->captures, &arguments->capture_count, &arguments->capture_capacity, argv[i]);
	if (arguments->capture_count == 0)
		return wrong("no capture is given");
	if (is_stdout(arguments->json) + is_stdout(arguments->html) + is_stdout(arguments->excerpt) > 1)
		return wrong("only one of --json, --html and --write can go to standard output");
	if (arguments->excerpt == NULL && (arguments->wanted_count > 0 || arguments->no_context))
		return wrong("%s is only for --write", arguments->no_context ? "--no-context" : "--connection");
	if (!can_read_again(arguments))
		return PARSED_WRONG;
	if (arguments->analysis.ports.count == 0)
		arguments->analysis.ports.list[arguments->analysis.ports.count++] = 102;
	return PARSED_GO;
}

/* ---- Progress, only for somebody who watches ---- */

static void show_progress(void *user)
{
	const struct capture_set *captures = user;
	uint64_t packets = 0;

	for (size_t i = 0; i < capture_set_count(captures); i++)
		packets += capture_set_info(captures, i)->packets;
	fprintf(stderr, "\r%" PRIu64 " packets read ", packets);
	fflush(stderr);
}

static void clear_progress(bool shown)
{
	if (shown)
		fputs("\r\033[K", stderr);
}

/* ---- The work ---- */

/* Files that were asked for; NULL: none was. */
struct outputs {
	FILE *records, *page, *excerpt;
};

static bool open_outputs(struct outputs *outputs, const struct arguments *arguments)
{
	*outputs = (struct outputs){0};
	if (arguments->json != NULL && (outputs->records = open_output(arguments->json)) == NULL)
		return false;
	if ((arguments->html == NULL || (outputs->page = open_output(arguments->html)) != NULL) &&
	    (arguments->excerpt == NULL || (outputs->excerpt = open_output(arguments->excerpt)) != NULL))
		return true;
	if (outputs->records != NULL && outputs->records != stdout)
		fclose(outputs->records);
	if (outputs->page != NULL && outputs->page != stdout)
		fclose(outputs->page);
	return false;
}

/* Whether a connection that was asked for is none; says so. */
static bool lacks_connection(const struct excerpt *excerpt, const struct analysis *analysis)
{
	const struct exchange_wanted *missing = excerpt_missing(excerpt);
	char client[PHRASE_SIZE];

	if (missing == NULL)
		return false;
	if (missing->id != 0)
		fprintf(stderr,
			"mtascope: there is no connection %" PRIu32 ": the captures hold %" PRIu64
			" that were told of\n",
			missing->id, analysis->summary.connections);
	else
		fprintf(stderr, "mtascope: there is no connection %s\n",
			missing->client.ip.family != 0 ? phrase_endpoint(&missing->client, client)
						       : missing->community);
	return true;
}

static bool write_excerpt(const struct outputs *outputs, struct excerpt *excerpt, const struct arguments *arguments,
			  const struct analysis *analysis)
{
	const struct excerpt_input input = {arguments->captures, arguments->capture_count, arguments->filter};
	char *error = NULL;
	bool lacks = lacks_connection(excerpt, analysis);
	bool good = excerpt_write(excerpt, analysis, &input, pcapng_to_file, outputs->excerpt, &error);

	if (!good)
		fprintf(stderr, "mtascope: %s: %s\n", arguments->excerpt, error == NULL ? "cannot be written" : error);
	free(error);
	return close_output(outputs->excerpt, false, arguments->excerpt, "excerpt") && good && !lacks;
}

static bool write_outputs(const struct outputs *outputs, struct json *json, const struct arguments *arguments,
			  const struct analysis *analysis)
{
	bool whole = true;

	if (outputs->records != NULL) {
		json_flush(json);
		whole = close_output(outputs->records, json->failed, arguments->json, "records");
	}
	if (outputs->page != NULL)
		whole =
		    close_output(outputs->page, !page_write(outputs->page, analysis), arguments->html, "page") && whole;
	if (!arguments->quiet && !is_stdout(arguments->json) && !is_stdout(arguments->html) &&
	    !is_stdout(arguments->excerpt))
		report_terminal(stdout, analysis, arguments->verbose);
	return whole;
}

static bool work(const struct arguments *arguments, struct capture_set *captures, const struct outputs *outputs,
		 int argc, char **argv)
{
	struct analysis_options options = arguments->analysis;
	bool watched = isatty(STDERR_FILENO) && !arguments->quiet;
	const struct excerpt_options excerpt_options = {.wanted = arguments->wanted,
							.wanted_count = arguments->wanted_count,
							.ok = arguments->analysis.ok,
							.context = !arguments->no_context};
	struct excerpt *excerpt = outputs->excerpt == NULL ? NULL : excerpt_new(&excerpt_options);
	struct event_log log;
	struct json json;

	begin_records(&json, outputs->records, argc, argv);
	options.json = outputs->records == NULL ? NULL : &json;
	options.style = (struct record_style){.several_captures = arguments->capture_count > 1, .captures = captures};
	if (watched) {
		options.progress = show_progress;
		options.progress_user = captures;
	}
	if (excerpt != NULL) {
		options.judged = excerpt_judged;
		options.judged_user = excerpt;
	}
	event_log_init(&log);
	bool whole = read_logs(arguments->logs, arguments->log_count, &log);
	struct analysis *analysis = analyze(captures, &log, &options);
	clear_progress(watched);
	whole = report_problems(captures, &log) && whole;
	whole = write_outputs(outputs, &json, arguments, analysis) && whole;
	if (excerpt != NULL)
		whole = write_excerpt(outputs, excerpt, arguments, analysis) && whole;
	excerpt_free(excerpt);
	analysis_free(analysis);
	json_free(&json);
	event_log_free(&log);
	return whole;
}

static int run_redacted(const struct arguments *arguments)
{
	const struct redacted_request request = {.captures = arguments->captures,
						 .capture_count = arguments->capture_count,
						 .logs = arguments->logs,
						 .log_count = arguments->log_count,
						 .filter = arguments->filter,
						 .analysis = arguments->analysis,
						 .excerpt = {.wanted = arguments->wanted,
							     .wanted_count = arguments->wanted_count,
							     .ok = arguments->analysis.ok,
							     .context = !arguments->no_context},
						 .key = arguments->key,
						 .json = arguments->json,
						 .html = arguments->html,
						 .excerpt_path = arguments->excerpt,
						 .quiet = arguments->quiet};

	return analyze_redacted(&request);
}

static int run(const struct arguments *arguments, int argc, char **argv)
{
	struct outputs outputs;
	char *error = NULL;
	struct capture_set *captures =
	    capture_set_open(arguments->captures, arguments->capture_count, arguments->filter, &error);

	if (captures == NULL) {
		fprintf(stderr, "mtascope: %s\n", error == NULL ? "the filter cannot be used" : error);
		free(error);
		return EXIT_USAGE;
	}
	bool opened = open_outputs(&outputs, arguments);
	bool whole = opened && work(arguments, captures, &outputs, argc, argv);
	capture_set_close(captures);
	return !opened ? EXIT_USAGE : whole ? EXIT_DONE : EXIT_INPUT;
}

int command_analyze(int argc, char **argv)
{
	struct arguments arguments = {0};
	enum parsed parsed = parse(&arguments, argc, argv);
	int status = parsed == PARSED_STOP ? EXIT_DONE : EXIT_USAGE;

	if (parsed == PARSED_GO)
		status = arguments.redact ? run_redacted(&arguments) : run(&arguments, argc, argv);

	free(arguments.captures);
	free(arguments.logs);
	free(arguments.wanted);
	free(arguments.analysis.mtas);
	return status;
}
