/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/memory.h"
#include "command.h"
#include "command_input.h"
#include "command_options.h"
#include "command_output.h"
#include "watch.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPTION_ROTATE = OPTION_OWN,
	OPTION_ROTATE_FILES,
	OPTION_SYSLOG,
	OPTION_JOURNAL,
	OPTION_MEMORY,
	OPTION_DURATION,
	OPTION_RING_SIZE,
	OPTION_RING_AGE,
	OPTION_RING_FILES,
	OPTION_ALL_PACKETS,
	OPTION_STATE,
	OPTION_USER,
	OPTION_METRICS,
	OPTION_VIEW,
	OPTION_NO_PROMISCUOUS
};

enum {
	MEMORY_LEAST_MIB = 64,
	MEMORY_MIB = 256,
	BUFFER_MIB = 16,
	BUFFER_MOST_MIB = 2047,
	SNAP_LENGTH = 1 << 18,
	PIECES = 9,
	RING_MIB = 100,
	RING_FILES = 100
};

#define MIB (UINT64_C(1) << 20)

struct arguments {
	struct watch_options watch;
	size_t interface_capacity, log_capacity, mta_capacity;
};

static const char help[] =
    "usage: mtascope live -i INTERFACE [OPTIONS]\n"
    "\n"
    "Captures an MTA's connections and analyses them as they come, with the MTA's log as it grows. Warns of an early\n"
    "close, a timer that fires again and again, OK responses that take ever longer, and incidents that are a\n"
    "connection; a signal ends it with the report of mtascope analyze.\n"
    "\n"
    "  -i, --interface NAME     an interface to capture on; may be given again\n"
    "  -e, --events FILE        an event log of the MTA, followed as it grows or is replaced; may be given again\n"
    "  -p, --port PORT|auto     a port that the MTA listens on, in the place of 102; may be given again\n"
    "  -m, --mta ADDRESS        the MTA that writes the log: its incidents are of connections to this address\n"
    "  -f, --filter EXPRESSION  only packets that match the libpcap filter too\n"
    "      --ok cc|session|bind what counts as the OK response\n"
    "      --tz ZONE            the time zone of event logs in local time: America/New_York, -5, +05:30\n"
    "      --clock-offset S     event clock minus this machine's clock, in seconds or as [-]h:mm:ss\n"
    "  -s, --snaplen BYTES      bytes of each packet (262144)\n"
    "  -B, --buffer MIB         room in the kernel for packets of each interface (16)\n"
    "      --no-promiscuous     only packets that the interface takes anyway\n"
    "      --json FILE          write the records as newline-delimited JSON (- for standard output)\n"
    "      --case FILE          keep the records of connections in a case, for the logs of mtascope analyze --case\n"
    "      --rotate SIZE        begin the records' file anew at this size (64M; 0: never); FILE.1 is the one before\n"
    "      --rotate-files N     such files that are kept (9)\n"
    "  -w, --write DIR          keep the packets of connections that fail, from their first SYN on, in pcapng files\n"
    "      --all-packets        keep all packets of the watched ports\n"
    "      --ring-size SIZE     begin the next file at this size (100M; 0: never)\n"
    "      --ring-age SECONDS   and after so long (3600; 0: never)\n"
    "      --ring-files N       such files that are kept, the oldest is removed (100; 0: all)\n"
    "      --state FILE         what a restart goes on with (DIR/mtascope.state, or beside the records)\n"
    "      --syslog             warnings to syslog too\n"
    "      --journal            warnings to systemd's journal too\n"
    "      --metrics [ADDRESS:]PORT\n"
    "                           answer Prometheus there, on 127.0.0.1 unless an address is given (0: a free port)\n"
    "      --view               show the present on this terminal, in the place of lines\n"
    "      --user NAME          become this user once the interfaces are open, when started as root\n"
    "      --memory MIB         memory for what is kept (256); what is given up for it is counted and told\n"
    "      --duration SECONDS   end after so long\n"
    "  -q, --quiet              no warnings on standard error, and no report\n"
    "  -v, --verbose            a report that lists every failure\n"
    "  -h, --help               this text\n"
    "\n"
    "SIGINT and SIGTERM end it, SIGHUP opens the files anew, SIGUSR1 tells the state on standard error.\n"
    "Exit status: 0 done; 1 something could not be written; 2 the command line is wrong, or an interface cannot be\n"
    "opened.\n";

static const struct option options[] = {
    {"interface", required_argument, NULL, 'i'},
    {"events", required_argument, NULL, 'e'},
    {"port", required_argument, NULL, 'p'},
    {"mta", required_argument, NULL, 'm'},
    {"filter", required_argument, NULL, 'f'},
    {"ok", required_argument, NULL, OPTION_OK},
    {"tz", required_argument, NULL, OPTION_TZ},
    {"clock-offset", required_argument, NULL, OPTION_CLOCK_OFFSET},
    {"snaplen", required_argument, NULL, 's'},
    {"buffer", required_argument, NULL, 'B'},
    {"no-promiscuous", no_argument, NULL, OPTION_NO_PROMISCUOUS},
    {"json", required_argument, NULL, OPTION_JSON},
    {"rotate", required_argument, NULL, OPTION_ROTATE},
    {"rotate-files", required_argument, NULL, OPTION_ROTATE_FILES},
    {"write", required_argument, NULL, 'w'},
    {"all-packets", no_argument, NULL, OPTION_ALL_PACKETS},
    {"ring-size", required_argument, NULL, OPTION_RING_SIZE},
    {"ring-age", required_argument, NULL, OPTION_RING_AGE},
    {"ring-files", required_argument, NULL, OPTION_RING_FILES},
    {"state", required_argument, NULL, OPTION_STATE},
    {"user", required_argument, NULL, OPTION_USER},
    {"syslog", no_argument, NULL, OPTION_SYSLOG},
    {"journal", no_argument, NULL, OPTION_JOURNAL},
    {"metrics", required_argument, NULL, OPTION_METRICS},
    {"case", required_argument, NULL, OPTION_CASE},
    {"view", no_argument, NULL, OPTION_VIEW},
    {"memory", required_argument, NULL, OPTION_MEMORY},
    {"duration", required_argument, NULL, OPTION_DURATION},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const struct command_line line = {"live", help, options};

/* A whole number from least to most. */
static bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0 && *number >= least && *number <= most;
}

/* Bytes, or with K, M or G behind it as many KiB, MiB or GiB. */
static bool parse_size(const char *text, uint64_t *size)
{
	static const char units[] = "KMG";
	char *end;

	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	const char *unit = *end == '\0' ? NULL : strchr(units, toupper((unsigned char)*end));
	unsigned shift = unit == NULL ? 0 : (unsigned)(unit - units + 1) * 10;
	if (!isdigit((unsigned char)text[0]) || errno != 0 || number > UINT64_MAX >> 31 ||
	    (*end != '\0' && (unit == NULL || end[1] != '\0')))
		return false;
	*size = number << shift;
	return true;
}

/* A port, or with an address before it; an IPv6 address stands in brackets, so that its end can be seen. */
static bool parse_listening(const char *text, struct endpoint *at)
{
	const char *colon = strrchr(text, ':');
	char address[ADDRESS_TEXT_SIZE + 2];
	uint64_t port;

	*at = (struct endpoint){0};
	if (!parse_number(colon == NULL ? text : colon + 1, 0, UINT16_MAX, &port))
		return false;
	at->port = (uint16_t)port;
	if (colon == NULL)
		return true;
	size_t length = (size_t)(colon - text);
	bool brackets = length >= 2 && text[0] == '[' && colon[-1] == ']';
	if (length >= sizeof address)
		return false;
	snprintf(address, sizeof address, "%.*s", (int)(brackets ? length - 2 : length), brackets ? text + 1 : text);
	return address_parse(address, &at->ip) && brackets == (at->ip.family == 6);
}

static enum parsed parse_numbers(struct watch_options *watch, int option, const char *value)
{
	uint64_t number = 0;
	bool good = false;

	switch (option) {
	case 's':
		good = parse_number(value, 64, SNAP_LENGTH, &number);
		watch->interface.snap_length = (uint32_t)number;
		break;
	case 'B':
		good = parse_number(value, 1, BUFFER_MOST_MIB, &number);
		watch->interface.buffer = (uint32_t)(number * MIB);
		break;
	case OPTION_ROTATE_FILES:
		good = parse_number(value, 0, 9999, &number);
		watch->json_pieces = (unsigned)number;
		break;
	case OPTION_RING_SIZE:
		good = parse_size(value, &watch->ring.size);
		break;
	case OPTION_RING_AGE:
		good = parse_number(value, 0, UINT32_MAX, &number);
		watch->ring.age = (time_ns)number * NS_PER_S;
		break;
	case OPTION_RING_FILES:
		good = parse_number(value, 0, 1000000, &number);
		watch->ring.files = (unsigned)number;
		break;
	case OPTION_MEMORY:
		good = parse_number(value, MEMORY_LEAST_MIB, UINT64_C(1) << 20, &number);
		watch->memory = number * MIB;
		break;
	case OPTION_DURATION:
		good = parse_number(value, 1, UINT32_MAX, &number);
		watch->duration = (time_ns)number * NS_PER_S;
		break;
	default:
		good = parse_size(value, &watch->json_size);
		break;
	}
	return good ? PARSED_GO : wrong_option(&line, "'%s' is no such number, or out of bounds", value);
}

static enum parsed take(void *user, int option, const char *value)
{
	struct arguments *arguments = user;
	struct watch_options *watch = &arguments->watch;

	switch (option) {
	case 'i':
		add_value(&watch->interfaces, &watch->interface_count, &arguments->interface_capacity, value);
		return PARSED_GO;
	case 'e':
		add_value(&watch->logs, &watch->log_count, &arguments->log_capacity, value);
		return PARSED_GO;
	case 'f':
		watch->interface.filter = value;
		return PARSED_GO;
	case 's':
	case 'B':
	case OPTION_ROTATE:
	case OPTION_ROTATE_FILES:
	case OPTION_MEMORY:
	case OPTION_DURATION:
	case OPTION_RING_SIZE:
	case OPTION_RING_AGE:
	case OPTION_RING_FILES:
		return parse_numbers(watch, option, value);
	case OPTION_NO_PROMISCUOUS:
		watch->interface.promiscuous = false;
		return PARSED_GO;
	case OPTION_JSON:
		watch->json = value;
		return PARSED_GO;
	case 'w':
		watch->ring.folder = value;
		return PARSED_GO;
	case OPTION_ALL_PACKETS:
		watch->ring.all = true;
		return PARSED_GO;
	case OPTION_STATE:
		watch->state = value;
		return PARSED_GO;
	case OPTION_USER:
		watch->user = value;
		return PARSED_GO;
	case OPTION_METRICS:
		watch->serves = true;
		return parse_listening(value, &watch->metrics)
			   ? PARSED_GO
			   : wrong_option(&line, "--metrics takes a port, or ADDRESS:PORT or [IPV6]:PORT, not '%s'",
					  value);
	case OPTION_SYSLOG:
		watch->syslog = true;
		return PARSED_GO;
	case OPTION_JOURNAL:
		watch->journal = true;
		return PARSED_GO;
	case OPTION_CASE:
		watch->case_path = value;
		return PARSED_GO;
	case OPTION_VIEW:
		watch->view = true;
		return PARSED_GO;
	case 'q':
		watch->quiet = true;
		return PARSED_GO;
	case 'v':
		watch->verbose++;
		return PARSED_GO;
	default:
		return option_taken(&line, value,
				    analysis_option(&watch->analysis, &arguments->mta_capacity, option, value));
	}
}

static enum parsed parse(struct arguments *arguments, int argc, char **argv)
{
	enum parsed parsed = read_options(&line, argc, argv, take, arguments);

	if (parsed != PARSED_GO)
		return parsed;
	if (optind < argc)
		return wrong_option(&line, "'%s' is no option; a capture file is for mtascope analyze", argv[optind]);
	if (arguments->watch.interface_count == 0)
		return wrong_option(&line, "no interface is given (-i)");
	const char *const outputs[] = {arguments->watch.json, arguments->watch.state};
	const struct named_output named[] = {{"--json", arguments->watch.json},
					     {"--state", arguments->watch.state},
					     {"--case", arguments->watch.case_path}};
	if (!outputs_differ(named, sizeof named / sizeof named[0]) ||
	    !outputs_spare_inputs(outputs, sizeof outputs / sizeof outputs[0], arguments->watch.logs,
				  arguments->watch.log_count))
		return PARSED_WRONG;
	if (arguments->watch.view && is_stdout(arguments->watch.json))
		return wrong_option(&line, "standard output cannot show the view (--view) and take records (--json -)");
	watch_usual_port(&arguments->watch.analysis);
	arguments->watch.interface.ports = arguments->watch.analysis.ports;
	return PARSED_GO;
}

int command_live(int argc, char **argv)
{
	struct arguments arguments = {
	    .watch = {.interface = {.snap_length = SNAP_LENGTH, .buffer = BUFFER_MIB * MIB, .promiscuous = true},
		      .json_size = 64 * MIB,
		      .json_pieces = PIECES,
		      .ring = {.size = RING_MIB * MIB, .age = 3600 * NS_PER_S, .files = RING_FILES},
		      .memory = MEMORY_MIB * MIB}};
	enum parsed parsed = parse(&arguments, argc, argv);
	int status = parsed == PARSED_GO ? watch(&arguments.watch, argc, argv) : parsed_status(parsed);

	free(arguments.watch.interfaces);
	free(arguments.watch.logs);
	free(arguments.watch.analysis.mtas);
	return status;
}
