/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command_input.h"

#include "base/memory.h"
#include "base/progress.h"
#include "command.h"

#include <ctype.h>
#include <errno.h>
#include <gcrypt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LOG_SIZE_MAX = 1 << 30 };

void prepare_hashes(void)
{
	/* Only hashes are wanted: no secure memory, which would need privileges or print a warning. */
	gcry_check_version(NULL);
	gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
	gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
}

void add_value(const char ***list, size_t *count, size_t *capacity, const char *value)
{
	*list = memory_grow(*list, *count, capacity, sizeof(const char *));
	(*list)[(*count)++] = value;
}

bool add_address(struct address **list, size_t *count, size_t *capacity, const char *text)
{
	struct address address;

	if (!address_parse(text, &address))
		return false;
	*list = memory_grow(*list, *count, capacity, sizeof **list);
	(*list)[(*count)++] = address;
	return true;
}

bool add_wanted(struct exchange_wanted **list, size_t *count, size_t *capacity, const char *text)
{
	char *names = memory_text(text, strlen(text));
	char *rest = names;
	bool good = *text != '\0';

	for (char *name; good && (name = strsep(&rest, ",")) != NULL;) {
		struct exchange_wanted wanted;
		good = exchange_wanted_parse(name, &wanted);
		*list = memory_grow(*list, *count, capacity, sizeof **list);
		(*list)[(*count)++] = wanted;
	}
	free(names);
	return good;
}

bool parse_port(const char *text, struct watched_ports *ports)
{
	char *end;
	if (strcmp(text, "auto") == 0) {
		ports->any = true;
		return true;
	}
	errno = 0;
	unsigned long port = strtoul(text, &end, 10);

	if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || port == 0 || port > 65535 ||
	    ports->count == WATCHED_PORTS)
		return false;
	ports->list[ports->count++] = (uint16_t)port;
	return true;
}

/* U+2212, with which reports write it. */
#define MINUS "\xe2\x88\x92"

bool parse_clock_offset(const char *text, double *offset)
{
	bool minus = strncmp(text, MINUS, strlen(MINUS)) == 0;
	double sign = *text == '-' || minus ? -1 : 1;
	double parts[3];
	unsigned count = 0;

	text += minus ? strlen(MINUS) : *text == '-' || *text == '+';
	for (;;) {
		size_t digits = strspn(text, "0123456789");
		size_t fraction = text[digits] == '.' ? 1 + strspn(text + digits + 1, "0123456789") : 0;
		bool last = text[digits + fraction] == '\0';
		if (digits == 0 || count == 3 || (!last && (fraction > 0 || text[digits] != ':')))
			return false;
		parts[count++] = strtod(text, NULL);
		if (last)
			break;
		text += digits + 1;
	}
	if (count == 2 || (count == 3 && (parts[1] >= 60 || parts[2] >= 60)))
		return false;
	*offset = sign * (count == 1 ? parts[0] : parts[0] * 3600 + parts[1] * 60 + parts[2]);
	return *offset < 4e9 && *offset > -4e9;
}

bool parse_ok(const char *text, enum ok_kind *ok)
{
	static const char *const names[] = {[OK_CC] = "cc", [OK_SESSION] = "session", [OK_BIND] = "bind"};

	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(text, names[i]) == 0) {
			*ok = (enum ok_kind)i;
			return true;
		}
	}
	return false;
}

bool confine_as(const struct confine_plan *plan, bool verbose)
{
	char says[CONFINE_SAYS];
	enum confined confined = confine(plan, says);

	if (confined == CONFINED_NOT || (confined == CONFINED_PARTLY && verbose))
		fprintf(stderr, "mtascope: %s\n", says);
	return confined != CONFINED_NOT;
}

bool prepare_captures(const char *const *paths, size_t count, const char *filter,
		      struct capture_set *sets[CAPTURES_READ])
{
	char *error = NULL;

	for (unsigned i = 0; i < CAPTURES_READ; i++) {
		sets[i] = capture_set_prepare(paths, count, filter, &error);
		if (sets[i] != NULL)
			continue;
		while (i > 0)
			capture_set_close(sets[--i]);
		wrong_filter(error);
		return false;
	}
	return true;
}

bool confine_to(const char *const *captures, size_t capture_count, const char *const *logs, size_t log_count,
		bool verbose)
{
	const struct confine_plan plan = {
	    .files = captures, .file_count = capture_count, .more_files = logs, .more_file_count = log_count};

	return confine_as(&plan, verbose);
}

int wrong_filter(char *error)
{
	fprintf(stderr, "mtascope: %s\n", error == NULL ? "the filter cannot be used" : error);
	free(error);
	return EXIT_USAGE;
}

void expect_reading(const char *const *captures, size_t capture_count, unsigned times, const char *const *logs,
		    size_t log_count, bool quiet)
{
	progress_expect(captures, capture_count, times);
	progress_expect(logs, log_count, 1);
	if (!quiet)
		progress_begin();
}

bool one_reads_stdin(const char *const *captures, size_t capture_count, const char *const *logs, size_t log_count)
{
	size_t readers = 0;

	for (size_t i = 0; i < capture_count + log_count; i++)
		readers += strcmp(i < capture_count ? captures[i] : logs[i - capture_count], "-") == 0;
	if (readers > 1)
		fprintf(stderr, "mtascope: standard input is given %zu times, and can be read once\n", readers);
	return readers <= 1;
}

const char *why_read_once(const char *const *paths, size_t count)
{
	struct stat about;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(paths[i], "-") == 0)
			return "standard input";
		if (stat(paths[i], &about) == 0 && !S_ISREG(about.st_mode))
			return "a pipe or device";
	}
	return NULL;
}

static uint8_t *read_file(const char *path, size_t *length, int *error)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	uint8_t *data = NULL;
	size_t capacity = 0;

	*length = 0;
	*error = 0;
	if (file == NULL) {
		*error = errno;
		return NULL;
	}
	while (!feof(file) && !ferror(file) && *length < LOG_SIZE_MAX) {
		if (*length == capacity) {
			capacity = capacity == 0 ? 1 << 16 : capacity * 2;
			data = memory_resize(data, capacity);
		}
		size_t count = fread(data + *length, 1, capacity - *length, file);
		*length += count;
		progress_read(count);
	}
	if (ferror(file))
		*error = errno;
	else if (*length >= LOG_SIZE_MAX)
		*error = EFBIG;
	if (file != stdin)
		fclose(file);
	return data;
}

bool read_log_as(const char *path, const char *name, struct event_log *log)
{
	size_t length;
	int error;
	uint8_t *data = read_file(path, &length, &error);
	bool whole = error == 0;

	if (error != 0) {
		progress_clear();
		fprintf(stderr, "mtascope: %s: cannot be read: %s; check the name and the permissions\n", path,
			strerror(error));
	}
	if (data != NULL && (error == 0 || length > 0))
		whole = event_log_read(log, name, data, length) && whole;
	else
		event_log_unread(log, name, strerror(error));
	free(data);
	return whole;
}

bool read_logs(const char *const *logs, size_t count, struct event_log *log)
{
	bool whole = true;

	for (size_t i = 0; i < count; i++)
		whole = read_log_as(logs[i], logs[i], log) && whole;
	event_log_group(log);
	return whole;
}

bool report_problems(const struct capture_set *captures, const struct event_log *log)
{
	bool whole = true;

	progress_clear();
	for (size_t i = 0; captures != NULL && i < capture_set_count(captures); i++) {
		const struct capture_info *info = capture_set_info(captures, i);
		for (size_t p = 0; p < info->problem_count; p++) {
			if (info->problems[p].has_offset)
				fprintf(stderr, "mtascope: %s: offset %" PRIu64 ": %s\n", info->file,
					info->problems[p].offset, info->problems[p].says);
			else
				fprintf(stderr, "mtascope: %s: %s\n", info->file, info->problems[p].says);
		}
		if (info->problems_left_off > 0)
			fprintf(stderr, "mtascope: %s: and %" PRIu64 " more places that could not be read\n",
				info->file, info->problems_left_off);
		whole = whole && info->complete;
	}
	for (size_t i = 0; i < log->problem_count; i++) {
		const struct event_problem *problem = &log->problems[i];
		if (problem->line > 0)
			fprintf(stderr, "mtascope: %s:%" PRId64 ": %s\n", log->sources[problem->source], problem->line,
				problem->says);
		else
			fprintf(stderr, "mtascope: %s: offset %" PRIu64 ": %s\n", log->sources[problem->source],
				problem->offset, problem->says);
	}
	if (log->problems_left_off > 0)
		fprintf(stderr, "mtascope: and %zu more places in the event logs that could not be read\n",
			log->problems_left_off);
	return whole && log->problem_count == 0;
}
