/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `mtascope analyze --redact`: the same outputs, made from what was redacted. */
#ifndef MTASCOPE_COMMAND_REDACTED_H
#define MTASCOPE_COMMAND_REDACTED_H

#include "evidence/excerpt.h"

struct redacted_request {
	const char *const *captures, *const *logs;
	size_t capture_count, log_count;
	const char *filter;
	struct analysis_options analysis;
	struct excerpt_options excerpt;
	const char *key;                        /* NULL: a random one */
	const char *json, *html, *excerpt_path; /* NULL: not wanted; - is standard output */
	bool quiet;
};

/* Whether each input is a file that can be read twice, as option asks for; says which is not. */
bool inputs_can_be_read_again(const char *const *paths, size_t count, const char *option);

/* Returns an exit status. */
int analyze_redacted(const struct redacted_request *request);

#endif
