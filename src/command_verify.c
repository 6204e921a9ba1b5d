/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/memory.h"
#include "base/progress.h"
#include "base/zone.h"
#include "bundle_options.h"
#include "command.h"
#include "command_input.h"
#include "evidence/bag_read.h"
#include "report/terminal.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INPUTS_MAX = 10000, LINES_SHOWN = 5, AROUND = 40, LINE_SHOWN = 120 };

/* Records beyond are compared by their hash alone. */
#define RECORDS_MAX (UINT64_C(4) << 30)

static const char help[] =
    "usage: mtascope verify [--redact-key KEY] BUNDLE [INPUT…]\n"
    "\n"
    "Checks a bundle that `mtascope bundle` made: whether each file is there, and what it was. With the captures and\n"
    "logs that it was made of, in any order and under any name, analyses them again and says what comes out "
    "otherwise.\n"
    "\n"
    "      --redact-key KEY     the key that a redacted bundle was made with\n"
    "  -h, --help               this text\n"
    "\n"
    "Exit status: 0 everything is as it was, or comes out again; 1 something is not; 2 the command line is wrong.\n";

/* One row of inputs.tsv, and the file that was given for it. */
struct expected {
	bool is_log;
	char sha256[SHA256_TEXT_SIZE];
	char *name;
	const struct bundle_input *given; /* NULL: none */
};

struct verification {
	const char *path;
	struct bag_found found;
	struct text text;
	struct expected *expected;
	size_t expected_count;
	struct bundle_input *inputs;
	size_t input_count;
	struct bundle_options options;
	const char *key;
	bool good;
};

/* What a bundle says of itself goes to the terminal through struct text alone. */
static void say(struct verification *verification, bool bad, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct verification *verification, bool bad, const char *format, ...)
{
	va_list arguments;
	char *words;

	va_start(arguments, format);
	int length = vasprintf(&words, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	progress_clear();
	text_add(&verification->text, bad ? STYLE_BAD : STYLE_PLAIN, words);
	text_paragraph(&verification->text, 2);
	free(words);
	verification->good = verification->good && !bad;
}

/* ---- The bundle by itself ---- */

static bool check_bag(struct verification *verification)
{
	bool read = bag_read(verification->path, &verification->found);
	const struct bag_found *found = &verification->found;

	for (size_t i = 0; i < found->problem_count; i++)
		say(verification, true, "%s", found->problems[i]);
	if (found->problems_left_off > 0)
		say(verification, true, "and %llu more", (unsigned long long)found->problems_left_off);
	if (read && found->problem_count == 0)
		say(verification, false,
		    "The bundle is what it was: each of its %zu files has the SHA-256 that its manifests "
		    "tell.",
		    found->count);
	return read;
}

/* ---- Its inputs ---- */

static void undo_percent(char *name)
{
	char *to = name;

	for (const char *from = name; *from != '\0'; from++) {
		bool coded = from[0] == '%' && isxdigit((unsigned char)from[1]) && isxdigit((unsigned char)from[2]);
		const char digits[] = {coded ? from[1] : '0', coded ? from[2] : '0', '\0'};
		unsigned long byte = strtoul(digits, NULL, 16);
		*to++ = byte != 0 && byte < 0x80 ? (char)byte : *from;
		from += byte != 0 && byte < 0x80 ? 2 : 0;
	}
	*to = '\0';
}

static void read_expected(struct verification *verification, char *line)
{
	const char *kind = strsep(&line, "\t");
	const char *hash = line == NULL ? NULL : strsep(&line, "\t");
	const char *length = line == NULL ? NULL : strsep(&line, "\t");
	const char *name = line == NULL ? NULL : strsep(&line, "\t");
	bool is_log = kind != NULL && strcmp(kind, "log") == 0;

	if (name == NULL || length == NULL || strlen(hash) != SHA256_TEXT_SIZE - 1 ||
	    (!is_log && strcmp(kind, "capture") != 0) || verification->expected_count == INPUTS_MAX)
		return;
	verification->expected =
	    memory_resize(verification->expected, (verification->expected_count + 1) * sizeof *verification->expected);
	struct expected *expected = &verification->expected[verification->expected_count++];
	*expected = (struct expected){.is_log = is_log, .name = memory_text(name, strlen(name))};
	memcpy(expected->sha256, hash, SHA256_TEXT_SIZE);
	undo_percent(expected->name);
}

static bool find_inputs(struct verification *verification, char *const *paths, size_t count)
{
	const struct bag_entry *table = bag_found_file(&verification->found, "data/inputs.tsv");
	bool all = table != NULL && table->kept != NULL;

	if (!all) {
		say(verification, true, "data/inputs.tsv: is missing: nothing tells which inputs it was made of");
		return false;
	}
	char *text = memory_text(table->kept, strlen(table->kept));
	char *rest = text;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		read_expected(verification, line);
	free(text);
	verification->inputs = memory_get_zeroed(count + 1, sizeof *verification->inputs);
	for (verification->input_count = 0; verification->input_count < count; verification->input_count++) {
		struct bundle_input *input = &verification->inputs[verification->input_count];
		input->path = paths[verification->input_count];
		if (!bundle_input_read(input)) {
			say(verification, true, "%s: cannot be read: %s", input->path, strerror(errno));
			all = false;
		}
	}
	for (size_t i = 0; i < count; i++) {
		bool used = false;
		for (size_t e = 0; e < verification->expected_count; e++) {
			struct expected *expected = &verification->expected[e];
			if (strcmp(expected->sha256, verification->inputs[i].sha256) != 0)
				continue;
			expected->given = &verification->inputs[i];
			used = true;
		}
		if (!used)
			say(verification, true, "%s: is none of the files that the bundle was made of, or was changed",
			    paths[i]);
	}
	for (size_t e = 0; e < verification->expected_count; e++) {
		const struct expected *expected = &verification->expected[e];
		if (expected->given == NULL)
			say(verification, true, "%s %s is not among the files given (SHA-256 %s)",
			    expected->is_log ? "log" : "capture", expected->name, expected->sha256);
		all = all && expected->given != NULL;
	}
	return all && verification->expected_count > 0;
}

/* ---- What comes out of them ---- */

/* The records, line by line. */
struct lines {
	FILE *file;
	char *line;
	size_t size;
};

static const char *next_line(struct lines *lines)
{
	ssize_t length = getline(&lines->line, &lines->size, lines->file);

	if (length < 0)
		return NULL;
	lines->line[strcspn(lines->line, "\n")] = '\0';
	return lines->line;
}

static void say_line(struct verification *verification, size_t number, const char *was, const char *is)
{
	size_t at = 0;

	if (was == NULL || is == NULL) {
		say(verification, true, "  line %zu: is %s: %.*s", number, was == NULL ? "new" : "no longer there",
		    LINE_SHOWN, was == NULL ? is : was);
		return;
	}
	while (was[at] != '\0' && was[at] == is[at])
		at++;
	size_t from = at < AROUND ? 0 : at - AROUND;
	say(verification, true, "  line %zu, %.*s…: was …%.*s…, is now …%.*s…", number, AROUND, was, 2 * AROUND,
	    was + from, 2 * AROUND, is + from);
}

static void compare_records(struct verification *verification, const struct bag_file *made)
{
	struct lines before = {bag_open_file(verification->path, made->name, RECORDS_MAX), NULL, 0};
	struct lines after = {made->file, NULL, 0};
	size_t number = 0, shown = 0;

	rewind(made->file);
	while (before.file != NULL && shown < LINES_SHOWN) {
		const char *was = next_line(&before), *is = next_line(&after);
		number++;
		if (was == NULL && is == NULL)
			break;
		if (was != NULL && is != NULL && strcmp(was, is) == 0)
			continue;
		say_line(verification, number, was, is);
		shown++;
	}
	if (before.file != NULL)
		fclose(before.file);
	free(before.line);
	free(after.line);
}

static void compare(struct verification *verification, const struct bag *bag)
{
	size_t count, differing = 0;
	const struct bag_file *files = bag_files(bag, &count);

	for (size_t i = 0; i < count; i++) {
		const struct bag_entry *entry = bag_found_file(&verification->found, files[i].name);
		/* Manifests differ where files do. */
		if (strncmp(files[i].name, "data/", 5) != 0 ||
		    (entry != NULL && strcmp(entry->sha256, files[i].sha256) == 0))
			continue;
		differing++;
		say(verification, true, "%s: %s", files[i].name,
		    entry == NULL ? "the bundle lacks it" : "comes out otherwise");
		if (entry != NULL && strcmp(files[i].name, "data/records.ndjson") == 0)
			compare_records(verification, &files[i]);
	}
	if (differing == 0)
		say(verification, false, "The same comes out of the inputs, byte for byte.");
	else
		say(verification, false, "%s; this is %s",
		    "Another version of the program, or of its libraries, may be why", "mtascope " MTASCOPE_VERSION);
}

static void make_again(struct verification *verification, struct bundle_job *job, const char *const *paths)
{
	struct event_log log;
	char *error = NULL;
	struct capture_set *captures = capture_set_open(paths, job->capture_count, job->filter, &error);

	if (captures == NULL) {
		say(verification, true, "%s", error == NULL ? "the filter cannot be used" : error);
		free(error);
		return;
	}
	for (size_t i = 0; i < job->capture_count; i++)
		capture_set_call(captures, i, job->captures[i].name, job->captures[i].sha256);
	event_log_init(&log);
	for (size_t i = 0; i < job->log_count; i++)
		read_log_as(job->logs[i].path, job->logs[i].name, &log);
	event_log_group(&log);
	struct bag *bag = bag_new(BAG_FILES, NULL, NULL);
	if (bundle_make(job, captures, &log, bag, &error))
		compare(verification, bag);
	else
		say(verification, true, "cannot be made again: %s", error == NULL ? "no memory or room" : error);
	free(error);
	bag_free(bag);
	event_log_free(&log);
	capture_set_close(captures);
}

static void run_again(struct verification *verification)
{
	struct bundle_job job = bundle_options_job(&verification->options);
	size_t count = verification->expected_count;
	const char **paths = memory_get((count + 1) * sizeof *paths);

	job.redactor = NULL;
	job.captures = memory_get_zeroed(count + 1, sizeof *job.captures);
	job.logs = memory_get_zeroed(count + 1, sizeof *job.logs);
	for (size_t i = 0; i < count; i++) {
		const struct expected *expected = &verification->expected[i];
		struct bundle_input *input =
		    expected->is_log ? &job.logs[job.log_count++] : &job.captures[job.capture_count++];
		*input = *expected->given;
		input->name = expected->name;
		if (!expected->is_log)
			paths[job.capture_count - 1] = expected->given->path;
	}
	bool good;
	verification->options.key = verification->key;
	job.redactor = bundle_options_redactor(&verification->options, &good);
	if (good && job.redactor != NULL)
		bundle_options_restore(&verification->options, job.redactor, &job);
	if (good && job.capture_count > 0)
		make_again(verification, &job, paths);
	redactor_free(job.redactor);
	free(job.captures);
	free(job.logs);
	free(paths);
}

static void check_inputs(struct verification *verification, char *const *paths, size_t count)
{
	const struct bag_entry *recorded = bag_found_file(&verification->found, "data/options.txt");

	if (!find_inputs(verification, paths, count))
		return;
	if (recorded == NULL || recorded->kept == NULL ||
	    !bundle_options_recorded(&verification->options, recorded->kept)) {
		say(verification, true, "data/options.txt: is missing, or has options that this program does not know");
		return;
	}
	if (verification->options.redact && verification->key == NULL) {
		say(verification, true, "it is redacted: to come to it again takes the key, --redact-key");
		return;
	}
	run_again(verification);
}

/*
 * Before the bundle's first byte is read: only it, the inputs and what its options may ask for can be opened to be
 * read, and nothing be written but in the folder of temporary files. Options come from the bundle, so that what they
 * name (a zone, names in a filter) cannot be looked up before.
 */
static bool confine_verify(const char *path, char *const *inputs, size_t count)
{
	static const char *const names[] = {"/etc/services",  "/etc/protocols",     "/etc/hosts",
					    "/etc/networks",  "/etc/nsswitch.conf", "/etc/ethers",
					    "/etc/host.conf", "/etc/resolv.conf"};
	static const char *const temporary = P_tmpdir;
	const char **files = memory_get((count + 1) * sizeof *files);
	const char *folders[2];
	size_t folder_count = 0;
	struct stat status;

	for (size_t i = 0; i < count; i++)
		files[i] = inputs[i];
	files[count] = path;
	if (access(ZONE_DATABASE, R_OK) == 0)
		folders[folder_count++] = ZONE_DATABASE;
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		folders[folder_count++] = path;
	bag_make_room(bundle_files(count));
	const struct confine_plan plan = {.files = files,
					  .file_count = count + 1,
					  .more_files = names,
					  .more_file_count = sizeof names / sizeof names[0],
					  .read_folders = folders,
					  .read_folder_count = folder_count,
					  .write_folders = &temporary,
					  .write_folder_count = access(temporary, W_OK | X_OK) == 0};
	bool confined = confine_as(&plan, false);
	free((void *)files);
	return confined;
}

static int run(struct verification *verification, char *const *inputs, size_t count)
{
	struct text_form form = terminal_form(stdout);

	verification->good = true;
	text_init(&verification->text, stdout, &form);
	if (check_bag(verification) && count > 0) {
		progress_begin();
		check_inputs(verification, inputs, count);
		progress_end();
	}
	text_free(&verification->text);
	for (size_t i = 0; i < verification->expected_count; i++)
		free(verification->expected[i].name);
	free(verification->expected);
	free(verification->inputs);
	bundle_options_free(&verification->options);
	bag_found_free(&verification->found);
	return verification->good ? EXIT_DONE : EXIT_INPUT;
}

static enum parsed take(void *user, int option, const char *value)
{
	struct verification *verification = user;

	(void)option; /* there is but one */
	verification->key = value;
	return PARSED_GO;
}

int command_verify(int argc, char **argv)
{
	static const struct option options[] = {
	    {"redact-key", required_argument, NULL, OPTION_REDACT_KEY},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	static const struct command_line line = {"verify", help, options};
	struct verification verification = {0};
	enum parsed parsed = read_options(&line, argc, argv, take, &verification);

	if (parsed == PARSED_GO && optind == argc)
		parsed = wrong_option(&line, "no bundle is given");
	if (parsed != PARSED_GO)
		return parsed_status(parsed);
	verification.path = argv[optind];
	/* Each is read for its hash, and then as a bundle is made. */
	progress_expect((const char *const *)argv + optind + 1, (size_t)(argc - optind - 1), CAPTURES_READ + 1);
	if (!confine_verify(verification.path, argv + optind + 1, (size_t)(argc - optind - 1)))
		return EXIT_USAGE;
	return run(&verification, argv + optind + 1, (size_t)(argc - optind - 1));
}
