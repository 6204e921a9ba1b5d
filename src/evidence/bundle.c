/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence/bundle.h"

#include "base/memory.h"
#include "base/path.h"
#include "evidence/event_table.h"
#include "report/page.h"
#include "report/terminal.h"
#include "report/verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_WIDTH = 100, EVENTS_NAME = 40 };

#define EXCERPT "data/excerpt.pcapng"

extern const unsigned char method_md[];

bool bundle_input_read(struct bundle_input *input)
{
	FILE *file = fopen(input->path, "rb");

	input->name = path_name(input->path);
	if (file == NULL)
		return false;
	bool good = sha256_file(file, input->sha256, &input->length);
	fclose(file);
	return good;
}

/* ---- What is analysed: the inputs, or the excerpts of them that were redacted ---- */

struct work {
	const struct bundle_job *job;
	struct bag *bag;
	char **error;
	/* The first analysis, of the inputs. */
	struct capture_set *captures;
	const struct event_log *log;
	struct analysis *analysis;
	struct excerpt *excerpt;
	/* The one that is told of: the same, or that of what was redacted. */
	const struct analysis *told;
	struct exchanges *exchanges; /* of the one that is told of */
	struct words verdict;
	struct json json;
	struct analysis_options options, told_options; /* of the two */
};

static void events_name(char *name, uint32_t source)
{
	snprintf(name, EVENTS_NAME, "data/events-%u.csv", source + 1);
}

static void write_events(struct work *work)
{
	char name[EVENTS_NAME];

	for (uint32_t i = 0; i < work->log->source_count; i++) {
		events_name(name, i);
		FILE *out = bag_begin(work->bag, name);
		if (out != NULL)
			event_table_write(out, work->log, i, work->job->redactor == NULL ? NULL : redact_words,
					  work->job->redactor);
		bag_end(work->bag);
	}
}

/* Where there will be no excerpt. */
static void close_again(const struct bundle_job *job)
{
	capture_set_close(job->again[0]);
	capture_set_close(job->again[1]);
}

static bool write_excerpt(struct work *work)
{
	const struct bundle_job *job = work->job;
	const char **paths = memory_get((job->capture_count + 1) * sizeof *paths);

	for (size_t i = 0; i < job->capture_count; i++)
		paths[i] = job->captures[i].path;
	const struct excerpt_input input = {paths,
					    job->capture_count,
					    job->filter,
					    {job->again[0], job->again[1]},
					    work->exchanges == NULL ? NULL : &work->exchanges->observer};
	FILE *out = bag_begin(work->bag, EXCERPT);
	bool good =
	    out != NULL && excerpt_write(work->excerpt, work->analysis, &input, pcapng_to_file, out, work->error);
	if (out == NULL)
		close_again(job);
	free(paths);
	return bag_end(work->bag) && good;
}

static void begin_records(const struct bundle_job *job, struct json *json, FILE *out)
{
	struct run_record record = {.options = job->options,
				    .option_count = job->option_count,
				    .started = TIME_NONE,
				    .libpcap = job->libpcap,
				    .libnids = job->libnids};

	json_init(json, out);
	record_run(json, &record);
}

/* Analyses, with the records into the bag where it is what is told of. */
static struct analysis *analyse(struct work *work, struct analysis_options *options, struct capture_set *captures,
				const struct event_log *log, bool told)
{
	FILE *out = told ? bag_begin(work->bag, "data/records.ndjson") : NULL;

	if (out != NULL) {
		begin_records(work->job, &work->json, out);
		options->json = &work->json;
		options->style =
		    (struct record_style){.several_captures = capture_set_count(captures) > 1, .captures = captures};
	}
	struct analysis *analysis = analyze(captures, log, options);
	if (out != NULL) {
		json_flush(&work->json);
		json_free(&work->json);
		options->json = NULL;
		bag_end(work->bag);
	}
	return analysis;
}

/* ---- What is told ---- */

static void write_page(struct work *work)
{
	FILE *out = bag_begin(work->bag, "data/page.html");

	if (out != NULL)
		page_write(out, work->told, work->exchanges);
	bag_end(work->bag);
}

static void write_report(struct work *work)
{
	static const struct text_form form = {.width = REPORT_WIDTH, .utf8 = true};
	FILE *out = bag_begin(work->bag, "data/report.txt");

	if (out != NULL)
		report_text(out, work->told, &form, 1);
	bag_end(work->bag);
}

/* RFC 8493 2.1.3 percent-encodes what would end a line; a tab would end a column. */
static void put_name(FILE *out, const char *name)
{
	for (; *name != '\0'; name++) {
		if ((unsigned char)*name < ' ' || *name == '%' || *name == 0x7f)
			fprintf(out, "%%%02X", (unsigned char)*name);
		else
			fputc(*name, out);
	}
}

static void put_time(FILE *out, time_ns time, unsigned digits)
{
	char text[TIME_TEXT_SIZE];

	if (time == TIME_NONE)
		snprintf(text, sizeof text, "-");
	else
		time_format(time, digits, text);
	fprintf(out, "\t%s", text);
}

static void put_input(FILE *out, const struct work *work, const char *kind, size_t index,
		      const struct bundle_input *input)
{
	fprintf(out, "%s\t%s\t%" PRIu64 "\t", kind, input->sha256, input->length);
	/* What people call their files may tell who they are. */
	if (work->job->redactor != NULL)
		fprintf(out, "%s-%zu", kind, index + 1);
	else
		put_name(out, input->name);
}

static void write_inputs(struct work *work)
{
	const struct bundle_job *job = work->job;
	FILE *out = bag_begin(work->bag, "data/inputs.tsv");

	if (out == NULL)
		return;
	fputs("kind\tsha256\tbytes\tname\tformat\trecords\tfirst\tlast\tcomplete\tcut\tduplicates\tdrops\n", out);
	for (size_t i = 0; i < job->capture_count; i++) {
		const struct capture_info *info = capture_set_info(work->captures, i);
		put_input(out, work, "capture", i, &job->captures[i]);
		fprintf(out, "\t%s%s%s\t%" PRIu64, info->format, info->compression == NULL ? "" : "+",
			info->compression == NULL ? "" : info->compression, info->packets);
		put_time(out, info->first, info->digits);
		put_time(out, info->last, info->digits);
		fprintf(out, "\t%s\t%" PRIu64 "\t%" PRIu64, info->complete ? "yes" : "no", info->cut_packets,
			info->duplicates);
		if (info->has_drops)
			fprintf(out, "\t%" PRIu64 "\n", info->drops);
		else
			fputs("\t-\n", out);
	}
	for (size_t i = 0; i < job->log_count; i++) {
		size_t events = 0, problems = 0;
		for (size_t e = 0; e < work->log->event_count; e++)
			events += work->log->events[e].source == i;
		for (size_t p = 0; p < work->log->problem_count; p++)
			problems += work->log->problems[p].source == i;
		put_input(out, work, "log", i, &job->logs[i]);
		fprintf(out, "\tevents\t%zu\t-\t-\t%s\t-\t-\t-\n", events, problems == 0 ? "yes" : "no");
	}
	bag_end(work->bag);
}

static void write_options(struct work *work)
{
	const struct bundle_job *job = work->job;
	FILE *out = bag_begin(work->bag, "data/options.txt");

	for (size_t i = 0; out != NULL && i < job->option_count; i++)
		fprintf(out, "%s\n", job->options[i]);
	bag_end(work->bag);
}

static void write_method(struct work *work)
{
	FILE *out = bag_begin(work->bag, "data/method.md");

	if (out != NULL)
		fputs((const char *)method_md, out);
	bag_end(work->bag);
}

/* A word as a shell takes it. */
static void put_word(FILE *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./:,+@%";

	if (*word != '\0' && strspn(word, plain) == strlen(word)) {
		fprintf(out, " %s", word);
		return;
	}
	fputs(" '", out);
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	}
	fputc('\'', out);
}

static void put_command(FILE *out, const struct work *work)
{
	const struct bundle_job *job = work->job;

	fputs("    mtascope bundle -o BUNDLE", out);
	for (size_t i = 0; i < job->option_count; i++)
		put_word(out, job->options[i]);
	if (job->redactor != NULL)
		fputs(" --redact-key=KEY", out);
	for (size_t i = 0; i < job->log_count; i++) {
		fputs(" -e", out);
		if (job->redactor == NULL)
			put_word(out, job->logs[i].name);
		else
			fprintf(out, " LOG-%zu", i + 1);
	}
	for (size_t i = 0; i < job->capture_count; i++) {
		if (job->redactor == NULL)
			put_word(out, job->captures[i].name);
		else
			fprintf(out, " CAPTURE-%zu", i + 1);
	}
	fputc('\n', out);
}

static void write_readme(struct work *work)
{
	const struct bundle_job *job = work->job;
	const struct clock_estimate *clock = &work->told->clock;
	FILE *out = bag_begin(work->bag, "data/README.md");

	if (out == NULL)
		return;
	fprintf(out, "# Where connections to an MTA failed\n\n%s\n\n", work->verdict.text);
	fputs("| file | what it is |\n| --- | --- |\n"
	      "| page.html | the evidence to look at, in a browser; it loads nothing |\n"
	      "| report.txt | the same as text |\n"
	      "| records.ndjson | the same for programs: one JSON object a line |\n"
	      "| excerpt.pcapng | the packets, with what was made of them as comments: Wireshark shows them, and finds "
	      "them "
	      "by `frame.comment` |\n"
	      "| events-N.csv | what the N-th event log tells of connections, with its record numbers and lines |\n"
	      "| method.md | how outcomes and origins are decided |\n"
	      "| inputs.tsv | the files that were analysed: hash, length, packets, times, and how whole they are |\n"
	      "| options.txt | the options of the analysis, those that were not given left out |\n\n",
	      out);
	if (job->redactor != NULL)
		fputs("Redacted: addresses and names are pseudonyms, contents are zeros, and page, report and records "
		      "were "
		      "made from\nexcerpt.pcapng and the events as they stand here. Comments and inputs.tsv still name "
		      "the "
		      "frames and hashes of the\nfiles that were captured.\n\n",
		      out);
	fprintf(out, "Made by mtascope %s (%s, libnids %s). ", MTASCOPE_VERSION, job->libpcap, job->libnids);
	fprintf(out, "Zone of logs in local time: %s.", job->analysis.zone == NULL ? "not given" : job->analysis.zone);
	if (clock->method != CLOCK_NOTHING)
		fprintf(out, " Event clock minus capture clock: %.3f s (%s).", clock->offset_s,
			clock->method == CLOCK_GIVEN ? "given" : "estimated");
	fputs("\n\nTo check that nothing was changed, with any tool for BagIt (RFC 8493), or in the folder above this "
	      "one:\n\n"
	      "    sha256sum -c tagmanifest-sha256.txt manifest-sha256.txt\n    mtascope verify BUNDLE\n\n"
	      "To come to the same from the inputs, and to make this bundle again, byte for byte:\n\n"
	      "    mtascope verify BUNDLE INPUT…\n",
	      out);
	put_command(out, work);
	bag_end(work->bag);
}

static void write_told(struct work *work)
{
	struct view view;
	struct verdict verdict;

	view_make(&view, work->told);
	verdict_make(&verdict, &view);
	work->verdict = verdict.sentence;
	view_free(&view);
	exchanges_finish(work->exchanges);
	write_page(work);
	write_report(work);
	write_method(work);
	write_inputs(work);
	write_options(work);
	write_readme(work);
}

/* ---- Redacted ---- */

/* A file of the bag by a path, whether or not it has a name. */
static void path_of(const struct bag *bag, const char *name, char *path, size_t size)
{
	const struct bag_file *file = bag_find(bag, name);

	snprintf(path, size, "/proc/self/fd/%d", file == NULL ? -1 : fileno(file->file));
}

static void read_events(const struct work *work, struct event_log *log)
{
	char name[EVENTS_NAME];

	for (uint32_t i = 0; i < work->log->source_count; i++) {
		events_name(name, i);
		const struct bag_file *file = bag_find(work->bag, name);
		if (file == NULL)
			continue;
		uint8_t *data = memory_get((size_t)file->length + 1);
		rewind(file->file);
		size_t length = fread(data, 1, (size_t)file->length, file->file);
		event_log_read(log, name + strlen("data/"), data, length);
		free(data);
	}
	event_log_group(log);
}

static int by_start(const void *a, const void *b)
{
	const struct connection *left = *(const struct connection *const *)a;
	const struct connection *right = *(const struct connection *const *)b;

	if (left->first.time != right->first.time)
		return left->first.time < right->first.time ? -1 : 1;
	return (int)left->client.port - (int)right->client.port;
}

static const struct connection **sorted_failures(const struct analysis *analysis)
{
	size_t count = analysis->failure_count;
	const struct connection **sorted = memory_get((count + 1) * sizeof(const struct connection *));

	for (size_t i = 0; i < count; i++)
		sorted[i] = analysis->failures[i];
	qsort(sorted, count, sizeof(const struct connection *), by_start);
	return sorted;
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_verdict(const struct connection *a, const struct connection *b)
{
	return a->first.time == b->first.time && a->outcome == b->outcome && a->origin == b->origin &&
	       same_text(a->cause, b->cause) && a->early_close == b->early_close && a->wait_us == b->wait_us;
}

/* Nothing is handed on that says something else than the captures say. */
static bool check_redacted(struct work *work)
{
	const struct excerpt_options *options = &work->job->excerpt;
	size_t count = work->analysis->failure_count;

	/* Without what verdicts rest on they may well be others. */
	if (!options->context || options->wanted_count > 0)
		return true;
	const struct connection **before = sorted_failures(work->analysis), **after = sorted_failures(work->told);
	bool same = work->told->failure_count == count;
	size_t i = 0;
	while (same && i < count && same_verdict(before[i], after[i]))
		i++;
	if (same && i < count)
		same = false;
	if (!same &&
	    asprintf(work->error,
		     "what is left after redaction leads to another verdict (#%u): it is not handed on; name other "
		     "connections with --connection, or leave out --redact",
		     i < count ? before[i]->id : 0) < 0)
		*work->error = NULL;
	free(before);
	free(after);
	return same;
}

static void read_redacted(struct exchanges *exchanges, const char *const *paths)
{
	char *error = NULL;
	struct capture_set *captures = capture_set_open(paths, 1, NULL, &error);

	free(error);
	if (captures == NULL) {
		exchanges_unopened(exchanges);
		return;
	}
	exchanges_read(exchanges, captures);
	capture_set_close(captures);
}

static bool tell_redacted(struct work *work)
{
	struct analysis_options *options = &work->told_options;
	struct event_log log;
	char path[40];
	const char *paths[] = {path};
	const struct bag_file *file = bag_find(work->bag, EXCERPT);
	char *error = NULL;

	path_of(work->bag, EXCERPT, path, sizeof path);
	struct capture_set *captures = file == NULL ? NULL : capture_set_open(paths, 1, NULL, &error);
	free(error);
	if (captures == NULL)
		return false;
	capture_set_call(captures, 0, "excerpt.pcapng", file->sha256);
	*options = work->job->analysis;
	redact_options(work->job->redactor, options);
	event_log_init(&log);
	read_events(work, &log);
	struct analysis *analysis = analyse(work, options, captures, &log, true);
	work->told = analysis;
	/* What is shown packet by packet is what was redacted. */
	work->exchanges = exchanges_new(analysis);
	read_redacted(work->exchanges, paths);
	write_told(work);
	bool same = check_redacted(work);
	analysis_free(analysis);
	redact_options_free(options);
	event_log_free(&log);
	capture_set_close(captures);
	return same;
}

/* ---- All of it ---- */

static bool make(struct work *work)
{
	const struct bundle_job *job = work->job;
	struct analysis_options *options = &work->options;
	bool redacted = job->redactor != NULL;

	*options = job->analysis;
	options->judged = excerpt_judged;
	options->judged_user = work->excerpt;
	work->analysis = analyse(work, options, work->captures, work->log, !redacted);
	const struct exchange_wanted *missing = excerpt_missing(work->excerpt);
	if (missing != NULL) {
		if (asprintf(work->error, "there is no such connection as one that --connection names") < 0)
			*work->error = NULL;
		close_again(job);
		return false;
	}
	if (!redacted)
		work->exchanges = exchanges_new(work->analysis);
	if (!write_excerpt(work))
		return false;
	write_events(work);
	work->told = work->analysis;
	if (!redacted)
		write_told(work);
	else if (!tell_redacted(work))
		return false;
	struct bag_info info = {.agent = "mtascope " MTASCOPE_VERSION,
				.description = work->verdict.text,
				.modified = work->analysis->last == TIME_NONE ? 0 : work->analysis->last / NS_PER_S};
	return bag_finish(work->bag, &info);
}

bool bundle_make(const struct bundle_job *job, struct capture_set *captures, const struct event_log *log,
		 struct bag *bag, char **error)
{
	struct excerpt_options options = job->excerpt;
	struct work work = {.job = job, .bag = bag, .error = error, .captures = captures, .log = log};

	*error = NULL;
	if (job->redactor != NULL)
		options.change = redactor_change(job->redactor);
	work.excerpt = excerpt_new(&options);
	bool good = make(&work);
	if (!good && *error == NULL && bag_error(bag) != NULL)
		*error = memory_text(bag_error(bag), strlen(bag_error(bag)));
	exchanges_free(work.exchanges);
	analysis_free(work.analysis);
	excerpt_free(work.excerpt);
	return good;
}
