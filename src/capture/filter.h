/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A libpcap filter expression, compiled for each link type that is met. */
#ifndef MTASCOPE_CAPTURE_FILTER_H
#define MTASCOPE_CAPTURE_FILTER_H

#include "capture/segment.h"

#include <stdbool.h>

struct capture_filter;

/* expression must stay valid. */
struct capture_filter *capture_filter_new(const char *expression);
void capture_filter_free(struct capture_filter *filter);

/*
 * Compiles the expression for every link type that is decoded, while host names can still be looked up and files be
 * read: a confined program can compile only what has none. Returns NULL, or libpcap's reason where it can be used on
 * none of them.
 */
const char *capture_filter_prepare(struct capture_filter *filter);

/* NULL when the expression can be used on packets of this link type; otherwise libpcap's reason, the filter's own. */
const char *capture_filter_error(struct capture_filter *filter, int link_type);

/* Whether the packet passes; one whose link type does not suit the expression never does. */
bool capture_filter_passes(struct capture_filter *filter, const struct packet *packet);

#endif
