/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands that read captures and event logs have in common: options' values, logs, problems. */
#ifndef MTASCOPE_COMMAND_INPUT_H
#define MTASCOPE_COMMAND_INPUT_H

#include "capture/source.h"
#include "confine/confine.h"
#include "events/event.h"
#include "report/exchange.h"
#include "tcp/tracker.h"
#include "timeline/connection.h"

/* Each returns false, and leaves its result unusable, when text is no such value. */
bool parse_port(const char *text, struct watched_ports *ports); /* a number, which is added, or auto */
bool parse_clock_offset(const char *text, double *offset); /* seconds, or [-]h:mm:ss; decimal fractions in the last */
bool parse_ok(const char *text, enum ok_kind *ok);

/* Adds value, which is not copied, to a list that grows. */
void add_value(const char ***list, size_t *count, size_t *capacity, const char *value);

/* What is wrong with a value that add_wanted does not take, as it is said behind it. */
#define WANTED_NONE                                                                                                    \
	"names no connections: give ids, clients as ADDRESS:PORT, or Community IDs, with commas between them"

/* The same with an address, and with connections that stand with commas between them. False when text is none. */
bool add_address(struct address **list, size_t *count, size_t *capacity, const char *text);
bool add_wanted(struct exchange_wanted **list, size_t *count, size_t *capacity, const char *text);

/*
 * Gives up what an analysis of files does not need (confine/confine.h), before the first of them is read: only they may
 * be opened from then on. What is to be written must be open. Returns false, with a message, when the work must not go
 * on; where the kernel can do only a part of it, a message says so when verbose.
 */
bool confine_to(const char *const *captures, size_t capture_count, const char *const *logs, size_t log_count,
		bool verbose);

/* The same for what is said in a plan. */
bool confine_as(const struct confine_plan *plan, bool verbose);

/*
 * Prepares the captures three times: to be analysed, and to be read twice more for their excerpt. False, with a message
 * and nothing prepared, when the filter is wrong.
 */
enum { CAPTURES_READ = 3 };
bool prepare_captures(const char *const *paths, size_t count, const char *filter,
		      struct capture_set *sets[CAPTURES_READ]);

/*
 * Shows, unless quiet and if somebody watches, how far reading is: of the captures so many times, and of the logs.
 * Until progress_end.
 */
void expect_reading(const char *const *captures, size_t capture_count, unsigned times, const char *const *logs,
		    size_t log_count, bool quiet);

/* Whether no more than one of the inputs is standard input; says so where more are. */
bool one_reads_stdin(const char *const *captures, size_t capture_count, const char *const *logs, size_t log_count);

/* Why the files cannot be read a second time: what one of them is; static. NULL: they can. */
const char *why_read_once(const char *const *paths, size_t count);

/* Reads and groups event logs. Returns whether all of them could be read whole; what could not is said on stderr. */
bool read_logs(const char *const *logs, size_t count, struct event_log *log);

/* The same under other names; does not group. */
bool read_log_as(const char *path, const char *name, struct event_log *log);

/* Says what capture_set_prepare or capture_set_start said, which it frees, and returns EXIT_USAGE. */
int wrong_filter(char *error);

/* Says on stderr what could not be read. Returns whether that was nothing. captures may be NULL: there are none. */
bool report_problems(const struct capture_set *captures, const struct event_log *log);

#endif
