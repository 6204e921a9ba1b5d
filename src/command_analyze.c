/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analyze.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/zone.h"
#include "case/case.h"
#include "command.h"
#include "command_input.h"
#include "command_options.h"
#include "command_output.h"
#include "command_redacted.h"
#include "evidence/excerpt.h"
#include "parts.h"
#include "report/lineup.h"
#include "report/page.h"
#include "report/phrase.h"
#include "report/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPTION_HTML = OPTION_OWN, OPTION_PARTS, OPTION_SHARD, OPTION_VERSION };

enum { JOBS = 64 };

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
	const char *case_path;
	char *mta_text; /* the values of --mta, with spaces between them */
	bool redact;
	const char *key;
	bool quiet;
	unsigned verbose;
	unsigned jobs;                   /* processes; 0: one */
	const struct command_line *line; /* of analyze, or of merge: captures are those of parts */
	const char *folder;              /* --parts */
	uint32_t shard, shards;
	struct parts parts;
	struct analysis_options analysis;
	size_t mta_capacity;
};

static const char help[] =
    "usage: mtascope analyze [OPTIONS] CAPTURE…\n"
    "       mtascope analyze [OPTIONS] --case FILE -e LOG\n"
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
    "      --case FILE          keep the records in an SQLite file, and line up what is in it already; without a\n"
    "                           CAPTURE, a log with the captures of the case, which are not read again\n"
    "  -w, --write FILE         write the packets of the failed connections, with comments, as pcapng (- for standard\n"
    "                           output)\n"
    "  -c, --connection N[,N…]  with -w: of these instead, by id, client as ADDRESS:PORT, or Community ID\n"
    "      --no-context         with -w: only these, without what their verdicts rest on besides\n"
    "      --redact             pseudonyms for addresses and names, and zeros for contents, in all that is written\n"
    "      --redact-key KEY     the same with the pseudonyms that this key makes: a file, or any words\n"
    "  -j, --jobs N             up to N processes: one follows the connections, the others read the captures\n"
    "      --parts DIR          also write a part of each capture into DIR, for `mtascope merge`; a capture whose "
    "part\n"
    "                           is there already, and fits, is not read again\n"
    "      --shard K/N          with --parts: only the packets of the K-th of N shares of the pairs of hosts\n"
    "  -q, --quiet              no report, only errors\n"
    "  -v, --verbose            a report that lists every failure\n"
    "      --version            the versions of the program and its libraries\n"
    "  -h, --help               this text\n"
    "\n"
    "Exit status: 0 done; 1 some input could not be read whole (the rest is in the report); 2 the command line is\n"
    "wrong.\n";

static const char merge_help[] =
    "usage: mtascope merge [OPTIONS] PART… [LOG…]\n"
    "\n"
    "Says what one `mtascope analyze` over all captures would say, out of the parts that several runs of it wrote "
    "with\n"
    "--parts, each over some of the captures or over a share of their packets, on whatever machine. What the parts "
    "were\n"
    "made with (--port, --filter) goes for the whole. Parts count in the order in which they are given, as captures "
    "do.\n"
    "\n"
    "  -e, --events FILE        an event log of the MTA, as LOG; may be given again\n"
    "  -m, --mta ADDRESS        the MTA that wrote the log: its incidents are of connections to this address\n"
    "      --ok cc|session|bind what counts as the OK response\n"
    "      --tz ZONE            the time zone of event logs in local time: America/New_York, -5, +05:30\n"
    "      --clock-offset S     event clock minus capture clock, in seconds or as [-]h:mm:ss\n"
    "      --html FILE          write the evidence as one page for a browser (- for standard output); without the\n"
    "                           captures it shows no packets\n"
    "      --json FILE          write the records as newline-delimited JSON (- for standard output)\n"
    "      --case FILE          keep the records in an SQLite file, and line up what is in it already\n"
    "  -w, --write FILE         write the packets of the failed connections, with comments, as pcapng (- for standard\n"
    "                           output); the captures must be where they were\n"
    "  -c, --connection N[,N…]  with -w: of these instead, by id, client as ADDRESS:PORT, or Community ID\n"
    "      --no-context         with -w: only these, without what their verdicts rest on besides\n"
    "  -j, --jobs N             up to N processes: one follows the connections, the others read the parts\n"
    "  -q, --quiet              no report, only errors\n"
    "  -v, --verbose            a report that lists every failure\n"
    "      --version            the versions of the program and its libraries\n"
    "  -h, --help               this text\n"
    "\n"
    "Exit status: 0 done; 1 some input could not be read whole (the rest is in the report); 2 the command line is\n"
    "wrong, or the parts do not go together.\n";

void print_version(void)
{
	printf("mtascope %s\n%s\nlibnids %s\n", MTASCOPE_VERSION, pcap_lib_version(), stream_nids_version());
}

static const struct option analyze_options[] = {
    {"read", required_argument, NULL, 'r'},
    {"events", required_argument, NULL, 'e'},
    {"port", required_argument, NULL, 'p'},
    {"mta", required_argument, NULL, 'm'},
    {"filter", required_argument, NULL, 'f'},
    {"ok", required_argument, NULL, OPTION_OK},
    {"tz", required_argument, NULL, OPTION_TZ},
    {"clock-offset", required_argument, NULL, OPTION_CLOCK_OFFSET},
    {"case", required_argument, NULL, OPTION_CASE},
    {"html", required_argument, NULL, OPTION_HTML},
    {"json", required_argument, NULL, OPTION_JSON},
    {"write", required_argument, NULL, 'w'},
    {"connection", required_argument, NULL, 'c'},
    {"no-context", no_argument, NULL, OPTION_NO_CONTEXT},
    {"redact", no_argument, NULL, OPTION_REDACT},
    {"redact-key", required_argument, NULL, OPTION_REDACT_KEY},
    {"jobs", required_argument, NULL, 'j'},
    {"parts", required_argument, NULL, OPTION_PARTS},
    {"shard", required_argument, NULL, OPTION_SHARD},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* Whatever decides what is in a part was decided when it was made. */
static const struct option merge_options[] = {
    {"events", required_argument, NULL, 'e'},
    {"mta", required_argument, NULL, 'm'},
    {"ok", required_argument, NULL, OPTION_OK},
    {"tz", required_argument, NULL, OPTION_TZ},
    {"clock-offset", required_argument, NULL, OPTION_CLOCK_OFFSET},
    {"case", required_argument, NULL, OPTION_CASE},
    {"html", required_argument, NULL, OPTION_HTML},
    {"json", required_argument, NULL, OPTION_JSON},
    {"write", required_argument, NULL, 'w'},
    {"connection", required_argument, NULL, 'c'},
    {"no-context", no_argument, NULL, OPTION_NO_CONTEXT},
    {"jobs", required_argument, NULL, 'j'},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const struct command_line analyze_line = {"analyze", help, analyze_options};
static const struct command_line merge_line = {"merge", merge_help, merge_options};

static bool merges(const struct arguments *arguments)
{
	return arguments->line == &merge_line;
}

/* As a case keeps them. */
static void note_mta_text(struct arguments *arguments, const char *text)
{
	char *longer = NULL;

	if (asprintf(&longer, "%s%s%s", arguments->mta_text == NULL ? "" : arguments->mta_text,
		     arguments->mta_text == NULL ? "" : " ", text) < 0)
		return;
	free(arguments->mta_text);
	arguments->mta_text = longer;
}

static const char *add_mta(struct arguments *arguments, const char *text)
{
	const char *problem = analysis_option(&arguments->analysis, &arguments->mta_capacity, 'm', text);

	if (problem == NULL)
		note_mta_text(arguments, text);
	return problem;
}

static bool parse_jobs(const char *text, unsigned *jobs)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	*jobs = (unsigned)number;
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && number >= 1 && number <= JOBS;
}

static enum parsed take(void *user, int option, const char *value)
{
	struct arguments *arguments = user;
	bool good;

	switch (option) {
	case 'r':
		add_value(&arguments->captures, &arguments->capture_count, &arguments->capture_capacity, value);
		return PARSED_GO;
	case 'e':
		add_value(&arguments->logs, &arguments->log_count, &arguments->log_capacity, value);
		return PARSED_GO;
	case 'm':
		return option_taken(arguments->line, value, add_mta(arguments, value));
	case 'f':
		arguments->filter = value;
		return PARSED_GO;
	case OPTION_JSON:
		arguments->json = value;
		return PARSED_GO;
	case OPTION_CASE:
		arguments->case_path = value;
		return PARSED_GO;
	case OPTION_HTML:
		arguments->html = value;
		return PARSED_GO;
	case 'w':
		arguments->excerpt = value;
		return PARSED_GO;
	case 'c':
		good = add_wanted(&arguments->wanted, &arguments->wanted_count, &arguments->wanted_capacity, value);
		return option_taken(arguments->line, value, good ? NULL : WANTED_NONE);
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
	case OPTION_PARTS:
		arguments->folder = value;
		return PARSED_GO;
	case OPTION_SHARD:
		good = parse_shard(value, &arguments->shard, &arguments->shards);
		return option_taken(arguments->line, value,
				    good ? NULL : "is no share: give which one, of how many: 2/4");
	case 'j':
		return parse_jobs(value, &arguments->jobs)
			   ? PARSED_GO
			   : wrong_option(arguments->line, "'%s' is no number of processes: give one from 1 to %d",
					  value, JOBS);
	case 'q':
		arguments->quiet = true;
		return PARSED_GO;
	case 'v':
		arguments->verbose++;
		return PARSED_GO;
	case OPTION_VERSION:
		print_version();
		return PARSED_STOP;
	default:
		return option_taken(arguments->line, value,
				    analysis_option(&arguments->analysis, &arguments->mta_capacity, option, value));
	}
}

/* No input may be written over, nor one output by another; for an excerpt and for redaction they must be such as can be
 * read again. */
static bool inputs_will_do(const struct arguments *arguments)
{
	const char *const outputs[] = {arguments->json, arguments->html, arguments->excerpt};
	const struct named_output named[] = {{"--json", arguments->json},
					     {"--html", arguments->html},
					     {"--write", arguments->excerpt},
					     {"--case", arguments->case_path}};
	const char *option = arguments->redact ? "--redact" : "--write";
	enum { OUTPUTS = sizeof outputs / sizeof outputs[0] };

	if (!one_reads_stdin(arguments->captures, arguments->capture_count, arguments->logs, arguments->log_count) ||
	    !outputs_differ(named, sizeof named / sizeof named[0]) ||
	    !outputs_spare_inputs(outputs, OUTPUTS, arguments->captures, arguments->capture_count) ||
	    !outputs_spare_inputs(outputs, OUTPUTS, arguments->logs, arguments->log_count))
		return false;
	for (size_t i = 0; i < arguments->parts.count; i++)
		if (!outputs_spare_inputs(outputs, OUTPUTS, arguments->parts.list[i].files,
					  arguments->parts.list[i].file_count))
			return false;
	if (arguments->excerpt == NULL && !arguments->redact)
		return true;
	return inputs_can_be_read_again(arguments->captures, arguments->capture_count, option) &&
	       (!arguments->redact || inputs_can_be_read_again(arguments->logs, arguments->log_count, option));
}

/* Of outputs and inputs: what does not go together, whatever the command. */
static enum parsed check_outputs(const struct arguments *arguments)
{
	if (is_stdout(arguments->json) + is_stdout(arguments->html) + is_stdout(arguments->excerpt) > 1)
		return wrong_option(arguments->line,
				    "only one of --json, --html and --write can go to standard output");
	if (arguments->excerpt == NULL && (arguments->wanted_count > 0 || arguments->no_context))
		return wrong_option(arguments->line, "%s is only for --write",
				    arguments->no_context ? "--no-context" : "--connection");
	return PARSED_GO;
}

static enum parsed check_captures(const struct arguments *arguments)
{
	if (arguments->capture_count == 0 && (arguments->case_path == NULL || arguments->log_count == 0))
		return wrong_option(arguments->line, arguments->case_path == NULL
							 ? "no capture is given"
							 : "neither a capture nor a log is given");
	const char *of_captures = arguments->json != NULL      ? "--json"
				  : arguments->html != NULL    ? "--html"
				  : arguments->excerpt != NULL ? "--write"
				  : arguments->folder != NULL  ? "--parts"
							       : NULL;
	if (arguments->capture_count == 0 && of_captures != NULL)
		return wrong_option(arguments->line,
				    "%s tells of captures, and none is given; the case has the records", of_captures);
	if (arguments->redact && arguments->case_path != NULL)
		return wrong_option(arguments->line,
				    "--case keeps what was found as it is, so it does not go with --redact");
	if (arguments->redact && arguments->jobs > 1)
		return wrong_option(arguments->line,
				    "--jobs does not go with --redact, which reads everything more than once");
	if (arguments->redact && arguments->folder != NULL)
		return wrong_option(arguments->line,
				    "--parts keeps packets as they are, so it does not go with --redact");
	if (arguments->shards > 0 && arguments->folder == NULL)
		return wrong_option(arguments->line, "--shard is only for --parts");
	return PARSED_GO;
}

/* The captures are those of the parts; what is no part is a log. */
static enum parsed collect(struct arguments *arguments, char **files, size_t count)
{
	struct parts *parts = &arguments->parts;
	struct watched_ports *ports = &arguments->analysis.ports;

	bool *taken = memory_get_zeroed(count + 1, sizeof *taken);
	bool good = parts_collect(parts, (const char *const *)files, count, taken);
	for (size_t i = 0; i < count && good; i++)
		if (!taken[i])
			add_value(&arguments->logs, &arguments->log_count, &arguments->log_capacity, files[i]);
	free(taken);
	if (!good)
		return PARSED_WRONG;
	const struct part_terms *terms = parts_terms(parts);
	if (parts->count == 0)
		return wrong_option(arguments->line, "no part is given");
	for (size_t i = 0; i < parts->count; i++)
		add_value(&arguments->captures, &arguments->capture_count, &arguments->capture_capacity,
			  parts->list[i].head.name);
	if (terms != NULL) {
		memcpy(ports->list, terms->ports, terms->port_count * sizeof *ports->list);
		ports->count = terms->port_count;
		ports->any = terms->any;
		arguments->filter = terms->filter;
	}
	const char *missing = parts_without_capture(parts);
	if (arguments->excerpt != NULL && missing != NULL)
		return wrong_option(
		    arguments->line,
		    "--write reads the captures again, and %s is not there as it was: run this where it is", missing);
	return PARSED_GO;
}

static enum parsed parse(struct arguments *arguments, int argc, char **argv)
{
	enum parsed parsed = read_options(arguments->line, argc, argv, take, arguments);

	if (parsed != PARSED_GO)
		return parsed;
	for (int i = optind; i < argc && !merges(arguments); i++)
		add_value(&arguments->captures, &arguments->capture_count, &arguments->capture_capacity, argv[i]);
	if (merges(arguments))
		parsed = collect(arguments, argv + optind, (size_t)(argc - optind));
	else
		parsed = check_captures(arguments);
	if (parsed == PARSED_GO)
		parsed = check_outputs(arguments);
	if (parsed == PARSED_GO && !inputs_will_do(arguments))
		parsed = PARSED_WRONG;
	watch_usual_port(&arguments->analysis);
	return parsed;
}

/* ---- The work ---- */

/* Files that were asked for; NULL: none was. */
struct outputs {
	FILE *records, *page, *excerpt;
	struct capture_set *again[2]; /* what the excerpt reads; it closes them */
	struct capture_set *for_page; /* what the page reads, where there is no excerpt; write_page closes it */
	struct case_file *kept;
};

/* ---- The case ---- */

/* Opens it, and takes over what earlier runs were told of the logs and this one was not. */
static bool open_case(struct outputs *outputs, struct arguments *arguments)
{
	struct analysis_options *analysis = &arguments->analysis;
	struct case_settings settings = {.zone = analysis->zone,
					 .has_offset = analysis->has_offset,
					 .offset_s = analysis->offset_s,
					 .mtas = arguments->mta_text};
	char *error;
	int32_t zone;

	outputs->kept = case_open(arguments->case_path, &settings, &error);
	if (outputs->kept == NULL) {
		fprintf(stderr, "mtascope: %s\n", error == NULL ? "the case cannot be opened" : error);
		free(error);
		return false;
	}
	if (analysis->zone == NULL && settings.zone != NULL && zone_offset(settings.zone, 0, &zone))
		analysis->zone = settings.zone;
	analysis->has_offset = settings.has_offset;
	analysis->offset_s = settings.offset_s;
	if (arguments->mta_text == NULL && settings.mtas != NULL) {
		char *mtas = memory_text(settings.mtas, strlen(settings.mtas));
		char *rest = mtas;
		for (char *mta; (mta = strsep(&rest, " ")) != NULL;)
			add_mta(arguments, mta);
		free(mtas);
	}
	return true;
}

static void take_case_along(struct case_file *kept, struct analysis_options *options, struct analysis_past *past)
{
	const struct case_past *known = case_past(kept);

	*past = (struct analysis_past){.next = case_next,
				       .user = kept,
				       .first = known->first,
				       .last = known->last,
				       .local_clock = known->local_clock,
				       .digits = known->digits};
	options->past = past;
	options->ids = known->last_connection;
	options->recorded = case_connection;
	options->recorded_user = kept;
}

/* Says what a log tells of captures that are not read again. */
static void report_log(const struct analysis *analysis, unsigned verbose)
{
	const struct text_form form = terminal_form(stdout);
	const struct view view = {.analysis = analysis};
	struct text text;

	text_init(&text, stdout, &form);
	lineup_draw(&text, &view, verbose > 0);
	text_free(&text);
}

/* *status is the run's, and becomes another where the case could not be kept. */
static void keep_case(const struct outputs *outputs, const struct arguments *arguments, const struct analysis *analysis,
		      int *status)
{
	bool is_there = false;
	const char *error =
	    outputs->kept == NULL ? NULL : case_keep(outputs->kept, analysis->first, analysis->last, &is_there);

	if (error == NULL)
		return;
	fprintf(stderr, is_there ? "mtascope: %s: %s\n" : "mtascope: %s: the case could not be written: %s\n",
		arguments->case_path, error);
	*status = is_there ? EXIT_USAGE : EXIT_INPUT;
}

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
			  const struct analysis *analysis, const struct exchanges *exchanges)
{
	const struct excerpt_input input = {arguments->captures,
					    arguments->capture_count,
					    arguments->filter,
					    {outputs->again[0], outputs->again[1]},
					    exchanges == NULL ? NULL : &exchanges->observer};
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
	if (arguments->capture_count == 0 && !arguments->quiet)
		report_log(analysis, arguments->verbose);
	else if (!arguments->quiet && !is_stdout(arguments->json) && !is_stdout(arguments->html) &&
		 !is_stdout(arguments->excerpt))
		report_terminal(stdout, analysis, arguments->verbose);
	return whole;
}

/* The page reads the captures again for its packets, unless the excerpt did so for it. */
static bool write_page(const struct outputs *outputs, struct exchanges *exchanges, const struct arguments *arguments,
		       const struct analysis *analysis)
{
	char *error = NULL;

	if (outputs->for_page != NULL) {
		if (capture_set_start(outputs->for_page, &error)) {
			exchanges_read(exchanges, outputs->for_page);
			capture_set_close(outputs->for_page);
		} else {
			exchanges_unopened(exchanges);
		}
		free(error);
	} else if (outputs->excerpt == NULL) {
		const char *why = why_read_once(arguments->captures, arguments->capture_count);
		exchanges_lack(exchanges, why != NULL ? why : "a part, without its capture,");
	}
	exchanges_finish(exchanges);
	return close_output(outputs->page, !page_write(outputs->page, analysis, exchanges), arguments->html, "page");
}

static int work(const struct arguments *arguments, struct capture_set *captures, const struct outputs *outputs,
		int argc, char **argv)
{
	struct analysis_options options = arguments->analysis;
	const struct excerpt_options excerpt_options = {.wanted = arguments->wanted,
							.wanted_count = arguments->wanted_count,
							.ok = arguments->analysis.ok,
							.context = !arguments->no_context};
	struct excerpt *excerpt = outputs->excerpt == NULL ? NULL : excerpt_new(&excerpt_options);
	struct analysis_past past;
	struct event_log log;
	struct json json;

	begin_records_for(&json, outputs->records, outputs->kept == NULL ? NULL : case_line, outputs->kept, argc, argv);
	options.json = outputs->records == NULL && outputs->kept == NULL ? NULL : &json;
	if (outputs->kept != NULL)
		take_case_along(outputs->kept, &options, &past);
	options.style = (struct record_style){.several_captures = arguments->capture_count > 1, .captures = captures};
	if (excerpt != NULL) {
		options.judged = excerpt_judged;
		options.judged_user = excerpt;
	}
	event_log_init(&log);
	if (outputs->kept != NULL)
		case_restore_events(outputs->kept, &log);
	bool whole = read_logs(arguments->logs, arguments->log_count, &log);
	if (outputs->kept != NULL)
		case_keep_events(outputs->kept, &log);
	struct analysis *analysis = analyze(captures, &log, &options);
	whole = report_problems(captures, &log) && whole;
	whole = parts_written(&arguments->parts) && whole;
	whole = write_outputs(outputs, &json, arguments, analysis) && whole;
	struct exchanges *exchanges = outputs->page == NULL ? NULL : exchanges_new(analysis);
	if (excerpt != NULL)
		whole = write_excerpt(outputs, excerpt, arguments, analysis, exchanges) && whole;
	if (exchanges != NULL)
		whole = write_page(outputs, exchanges, arguments, analysis) && whole;
	progress_end();
	exchanges_free(exchanges);
	excerpt_free(excerpt);
	int status = whole ? EXIT_DONE : EXIT_INPUT;
	keep_case(outputs, arguments, analysis, &status);
	analysis_free(analysis);
	json_free(&json);
	event_log_free(&log);
	return status;
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

/*
 * To what the set reads and writes, and the logs; and to the captures, where outputs read them again and the set has
 * their parts.
 */
static bool confine_set(const struct capture_set *captures, const char *const *more, size_t more_count, bool verbose)
{
	size_t count;
	const char **files = capture_set_files(captures, &count);
	const char *folder = capture_set_folder(captures);
	const struct confine_plan plan = {.files = files,
					  .file_count = count,
					  .more_files = more,
					  .more_file_count = more_count,
					  .write_folders = &folder,
					  .write_folder_count = folder != NULL};
	bool confined = confine_as(&plan, verbose);

	free((void *)files);
	return confined;
}

static bool confine_run(const struct arguments *arguments, const struct capture_set *captures)
{
	const char **more = NULL;
	size_t count = 0, capacity = 0;

	for (size_t i = 0; i < arguments->log_count; i++)
		add_value(&more, &count, &capacity, arguments->logs[i]);
	for (size_t i = 0; i < arguments->capture_count; i++)
		add_value(&more, &count, &capacity, arguments->captures[i]);
	bool confined = confine_set(captures, more, count, arguments->verbose > 0);
	free((void *)more);
	return confined;
}

/* A process that only reads says nothing: what the kernel lacks, it lacks for all of them. */
static bool confine_reader(const struct capture_set *captures)
{
	return confine_set(captures, NULL, 0, false);
}

static bool reads_for_page(const struct arguments *arguments)
{
	return arguments->html != NULL && arguments->excerpt == NULL &&
	       why_read_once(arguments->captures, arguments->capture_count) == NULL &&
	       (!merges(arguments) || parts_without_capture(&arguments->parts) == NULL);
}

/* What can be opened only now. Returns false, with a message, where something can't be. */
static bool open_rest(struct outputs *outputs, struct arguments *arguments, const struct capture_set *captures)
{
	char *error = NULL;

	for (unsigned i = 0; outputs->excerpt != NULL && i < 2; i++) {
		outputs->again[i] =
		    capture_set_prepare(arguments->captures, arguments->capture_count, arguments->filter, &error);
		if (outputs->again[i] == NULL) {
			wrong_filter(error);
			return false;
		}
	}
	if (reads_for_page(arguments)) {
		outputs->for_page =
		    capture_set_prepare(arguments->captures, arguments->capture_count, arguments->filter, &error);
		if (outputs->for_page == NULL) {
			wrong_filter(error);
			return false;
		}
	}
	if (arguments->case_path != NULL && !open_case(outputs, arguments))
		return false;
	return confine_run(arguments, captures);
}

/* Others read the captures, where that was asked for: before anything is open that is not theirs. */
static bool spread(const struct arguments *arguments, struct capture_set *captures)
{
	if (arguments->jobs < 2 || arguments->capture_count == 0 ||
	    capture_set_spread(captures, arguments->filter, &arguments->analysis.ports, arguments->jobs - 1,
			       confine_reader))
		return true;
	fprintf(stderr, "mtascope: no process can be made to read the captures: %s; try without --jobs\n",
		strerror(errno));
	return false;
}

/* How much is going to be read: what the set has, and the captures once more for each output that asks for them. */
static void expect(const struct arguments *arguments, const struct capture_set *captures)
{
	size_t count;
	const char **files = capture_set_files(captures, &count);
	unsigned again = arguments->excerpt != NULL ? CAPTURES_READ - 1 : reads_for_page(arguments) ? 1 : 0;

	if (again > 0)
		progress_expect(arguments->captures, arguments->capture_count, again);
	expect_reading(files, count, 1, arguments->logs, arguments->log_count, arguments->quiet);
	free((void *)files);
}

static bool plan_parts(struct arguments *arguments)
{
	const struct parts_request request = {.folder = arguments->folder,
					      .shard = arguments->shards > 0 ? arguments->shard : 1,
					      .shards = arguments->shards > 0 ? arguments->shards : 1,
					      .captures = arguments->captures,
					      .count = arguments->capture_count,
					      .ports = &arguments->analysis.ports,
					      .filter = arguments->filter};

	return arguments->folder == NULL || parts_plan(&arguments->parts, &request);
}

static void on_interrupt(int number)
{
	(void)number;
}

/*
 * Ctrl-C also reaches the program that captures into the pipe, and ends the capture: what came until then is reported.
 * A second one ends this program too.
 */
static void spare_first_interrupt(const struct arguments *arguments)
{
	struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART | (int)SA_RESETHAND};
	struct stat about;

	if (fstat(STDIN_FILENO, &about) != 0 || !S_ISFIFO(about.st_mode))
		return;
	for (size_t i = 0; i < arguments->capture_count; i++)
		if (strcmp(arguments->captures[i], "-") == 0)
			sigaction(SIGINT, &action, NULL);
}

static int run(struct arguments *arguments, int argc, char **argv)
{
	struct outputs outputs = {0};
	char *error = NULL;

	if (!plan_parts(arguments))
		return EXIT_USAGE;
	spare_first_interrupt(arguments);
	struct capture_set *captures =
	    capture_set_prepare(arguments->captures, arguments->capture_count, arguments->filter, &error);

	if (captures == NULL)
		return wrong_filter(error);
	capture_set_parts(captures, arguments->parts.list);
	bool spread_out = spread(arguments, captures);
	expect(arguments, captures);
	bool ready = spread_out && open_outputs(&outputs, arguments) && open_rest(&outputs, arguments, captures);
	bool started = ready && capture_set_start(captures, &error);
	int status = started ? work(arguments, captures, &outputs, argc, argv)
		     : ready ? wrong_filter(error)
			     : EXIT_USAGE;
	for (unsigned i = 0; !started && i < 2; i++)
		capture_set_close(outputs.again[i]);
	if (!started)
		capture_set_close(outputs.for_page);
	case_close(outputs.kept);
	/* A set that could not be started is closed already. */
	if (started || !ready)
		capture_set_close(captures);
	return status;
}

static int command(const struct command_line *line, int argc, char **argv)
{
	struct arguments arguments = {.line = line};
	enum parsed parsed = parse(&arguments, argc, argv);
	int status = parsed_status(parsed);

	if (parsed == PARSED_GO)
		status = arguments.redact ? run_redacted(&arguments) : run(&arguments, argc, argv);

	parts_free(&arguments.parts);
	free(arguments.captures);
	free(arguments.logs);
	free(arguments.wanted);
	free(arguments.analysis.mtas);
	free(arguments.mta_text);
	return status;
}

int command_analyze(int argc, char **argv)
{
	return command(&analyze_line, argc, argv);
}

int command_merge(int argc, char **argv)
{
	return command(&merge_line, argc, argv);
}
