/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bundle_options.h"

#include "base/memory.h"
#include "command_input.h"
#include "command_output.h"
#include "command_redacted.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 1 << 16 };

static const char help[] =
    "usage: mtascope bundle -o NAME [OPTIONS] CAPTURE…\n"
    "\n"
    "Analyses captures and event logs as `mtascope analyze` does, and puts everything that shows the failures into "
    "one\n"
    "bag (BagIt, RFC 8493): a page to look at, a report, the records, the packets with comments, the events, the\n"
    "method, and what was analysed with which options. Made twice, it is the same bytes.\n"
    "\n"
    "  -o, --output NAME        the bundle: a folder, or a file where NAME ends with .tar.zst, .tar.gz or .tar\n"
    "  -r, --read FILE          a capture, as CAPTURE\n"
    "  -e, --events FILE        an event log of the MTA; may be given again\n"
    "  -p, --port PORT|auto     a port that the MTA listens on, in the place of 102; may be given again\n"
    "  -m, --mta ADDRESS        the MTA that wrote the log\n"
    "  -f, --filter EXPRESSION  only packets that match the libpcap filter\n"
    "      --ok cc|session|bind what counts as the OK response\n"
    "      --tz ZONE            the time zone of event logs in local time\n"
    "      --clock-offset S     event clock minus capture clock, in seconds or as [-]h:mm:ss\n"
    "  -c, --connection N[,N…]  the packets of these connections in the place of those that failed\n"
    "      --no-context         only their packets, without what their verdicts rest on besides\n"
    "      --redact             pseudonyms for addresses and names, and zeros for contents\n"
    "      --redact-key KEY     the same with the pseudonyms that this key makes: a file, or any words\n"
    "  -h, --help               this text\n"
    "\n"
    "Exit status: 0 done; 1 some input could not be read whole, or the bundle not be written; 2 the command line is\n"
    "wrong.\n";

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"read", required_argument, NULL, 'r'},
    {"events", required_argument, NULL, 'e'},
    {"port", required_argument, NULL, 'p'},
    {"mta", required_argument, NULL, 'm'},
    {"filter", required_argument, NULL, 'f'},
    {"ok", required_argument, NULL, OPTION_OK},
    {"tz", required_argument, NULL, OPTION_TZ},
    {"clock-offset", required_argument, NULL, OPTION_CLOCK_OFFSET},
    {"connection", required_argument, NULL, 'c'},
    {"no-context", no_argument, NULL, OPTION_NO_CONTEXT},
    {"redact", no_argument, NULL, OPTION_REDACT},
    {"redact-key", required_argument, NULL, OPTION_REDACT_KEY},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const struct command_line command = {"bundle", help, long_options};

static void record(struct bundle_options *options, const char *name, const char *value)
{
	char *text;

	if (asprintf(&text, value == NULL ? "--%s" : "--%s=%s", name, value) < 0)
		return;
	options->recorded =
	    memory_grow(options->recorded, options->recorded_count, &options->recorded_capacity, sizeof(char *));
	options->recorded[options->recorded_count++] = text;
}

/* An option that the result depends on. Returns NULL, or what is wrong with its value, or with its having one. */
static const char *take_recorded(struct bundle_options *options, int option, const char *value)
{
	options->no_context |= option == OPTION_NO_CONTEXT;
	if (option == OPTION_NO_CONTEXT || value == NULL)
		return option == OPTION_NO_CONTEXT ? NULL : "is no value";
	switch (option) {
	case 'f':
		options->filter = value;
		return NULL;
	case 'c':
		return add_wanted(&options->wanted, &options->wanted_count, &options->wanted_capacity, value)
			   ? NULL
			   : WANTED_NONE;
	default:
		return analysis_option(&options->analysis, &options->mta_capacity, option, value);
	}
}

static const char *name_of(int option)
{
	for (size_t i = 0; long_options[i].name != NULL; i++)
		if (long_options[i].val == option)
			return long_options[i].name;
	return "?";
}

static enum parsed take(void *user, int option, const char *value)
{
	struct bundle_options *options = user;

	switch (option) {
	case 'o':
		options->output = value;
		return PARSED_GO;
	case 'r':
		add_value(&options->captures, &options->capture_count, &options->capture_capacity, value);
		return PARSED_GO;
	case 'e':
		add_value(&options->logs, &options->log_count, &options->log_capacity, value);
		return PARSED_GO;
	case OPTION_REDACT:
		options->redact = true;
		return PARSED_GO;
	case OPTION_REDACT_KEY:
		options->key = value;
		options->redact = true;
		return PARSED_GO;
	default:
		break;
	}
	if (value != NULL && strpbrk(value, "\r\n") != NULL)
		return wrong_option(&command, "--%s has a value of more than one line", name_of(option));
	const char *problem = take_recorded(options, option, value);
	if (problem == NULL)
		record(options, name_of(option), value);
	return option_taken(&command, value, problem);
}

enum parsed bundle_options_parse(struct bundle_options *options, int argc, char **argv)
{
	enum parsed parsed = read_options(&command, argc, argv, take, options);

	if (parsed != PARSED_GO)
		return parsed;
	for (int i = optind; i < argc; i++)
		add_value(&options->captures, &options->capture_count, &options->capture_capacity, argv[i]);
	if (options->capture_count == 0)
		return wrong_option(&command, "no capture is given");
	if (options->output == NULL || *options->output == '\0')
		return wrong_option(&command, "no bundle is given: -o NAME.tar.zst, or -o NAME for a folder");
	if (!inputs_can_be_read_again(options->captures, options->capture_count, "a bundle") ||
	    !inputs_can_be_read_again(options->logs, options->log_count, "a bundle") ||
	    !outputs_spare_inputs(&options->output, 1, options->captures, options->capture_count) ||
	    !outputs_spare_inputs(&options->output, 1, options->logs, options->log_count))
		return PARSED_WRONG;
	for (size_t i = 0; i < options->wanted_count && options->redact; i++)
		if (options->wanted[i].id == 0)
			return wrong_option(
			    &command,
			    "with --redact, --connection takes the ids of the report: another name tells the address");
	/* A filter may name an address, and so may these. */
	if (options->redact && options->filter != NULL)
		return wrong_option(
		    &command,
		    "--filter cannot be recorded in a bundle that is redacted: filter the capture before "
		    "(`tcpdump -r FILE -w FILTERED %s`)",
		    options->filter);
	return parsed;
}

bool bundle_options_recorded(struct bundle_options *options, const char *text)
{
	char *copy = memory_text(text, strlen(text));
	char *rest = copy;
	bool good = true;

	for (char *line; good && (line = strsep(&rest, "\n")) != NULL;) {
		char *value = strchr(line, '=');
		if (*line == '\0')
			continue;
		if (value != NULL)
			*value++ = '\0';
		good = false;
		for (size_t i = 0; long_options[i].name != NULL && strncmp(line, "--", 2) == 0; i++) {
			bool valued = long_options[i].has_arg == required_argument;
			if (strcmp(line + 2, long_options[i].name) != 0 || valued != (value != NULL))
				continue;
			/* The options keep their values: what was recorded of them is owned by them. */
			if (long_options[i].val == OPTION_REDACT) {
				options->redact = good = true;
				continue;
			}
			record(options, line + 2, value);
			char *kept = options->recorded[options->recorded_count - 1];
			good = take_recorded(options, long_options[i].val,
					     value == NULL ? NULL : strchr(kept, '=') + 1) == NULL;
		}
	}
	free(copy);
	return good;
}

struct bundle_job bundle_options_job(const struct bundle_options *options)
{
	struct bundle_job job = {.filter = options->filter,
				 .analysis = options->analysis,
				 .options = (const char *const *)options->recorded,
				 .option_count = options->recorded_count,
				 .libpcap = pcap_lib_version(),
				 .libnids = stream_nids_version()};

	watch_usual_port(&job.analysis);
	job.excerpt = (struct excerpt_options){.wanted = options->wanted,
					       .wanted_count = options->wanted_count,
					       .ok = options->analysis.ok,
					       .context = !options->no_context};
	return job;
}

struct redactor *bundle_options_redactor(const struct bundle_options *options, bool *good)
{
	*good = true;
	if (!options->redact)
		return NULL;
	if (options->key == NULL)
		return redactor_new(NULL, 0);
	FILE *file = fopen(options->key, "rb");
	if (file == NULL)
		return redactor_new(options->key, strlen(options->key));
	char *key = memory_get(KEY_MAX);
	size_t length = fread(key, 1, KEY_MAX, file);
	*good = ferror(file) == 0 && length > 0;
	fclose(file);
	struct redactor *redactor = *good ? redactor_new(key, length) : NULL;
	if (!*good)
		fprintf(stderr, "mtascope: %s: no key can be read from it\n", options->key);
	free(key);
	return redactor;
}

void bundle_options_redact(struct bundle_options *options, const struct redactor *redactor)
{
	size_t mta = 0;

	for (size_t i = 0; i < options->recorded_count; i++) {
		char text[ADDRESS_TEXT_SIZE];
		if (strncmp(options->recorded[i], "--mta=", strlen("--mta=")) != 0)
			continue;
		struct address address = options->analysis.mtas[mta++];
		redact_address(redactor, &address);
		address_format(&address, text);
		free(options->recorded[i]);
		if (asprintf(&options->recorded[i], "--mta=%s", text) < 0)
			options->recorded[i] = memory_text("", 0);
	}
	record(options, "redact", NULL);
}

void bundle_options_restore(struct bundle_options *options, const struct redactor *redactor, struct bundle_job *job)
{
	for (size_t i = 0; i < options->analysis.mta_count; i++)
		redact_address_back(redactor, &options->analysis.mtas[i]);
	record(options, "redact", NULL);
	job->options = (const char *const *)options->recorded;
	job->option_count = options->recorded_count;
}

void bundle_options_free(struct bundle_options *options)
{
	for (size_t i = 0; i < options->recorded_count; i++)
		free(options->recorded[i]);
	free(options->recorded);
	free(options->captures);
	free(options->logs);
	free(options->analysis.mtas);
	free(options->wanted);
}

size_t bundle_files(size_t logs)
{
	enum { WITHOUT_LOGS = 14 };

	return logs + WITHOUT_LOGS;
}

bool confine_bundle(const struct bag *bag, const char *const *captures, size_t capture_count, const char *const *logs,
		    size_t log_count, bool is_folder)
{
	size_t reserved;
	const char *const *paths = bag_reserved(bag, &reserved);
	const char *folder = bag_path(bag);
	const char **files = memory_get((capture_count + reserved + 1) * sizeof *files);

	for (size_t i = 0; i < capture_count; i++)
		files[i] = captures[i];
	for (size_t i = 0; i < reserved; i++)
		files[capture_count + i] = paths[i];
	const struct confine_plan plan = {.files = files,
					  .file_count = capture_count + reserved,
					  .more_files = logs,
					  .more_file_count = log_count,
					  .write_folders = &folder,
					  .write_folder_count = is_folder};
	bool confined = confine_as(&plan, false);
	free((void *)files);
	return confined;
}
