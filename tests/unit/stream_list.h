/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A second stream engine, as plain as it can be: the oracle that the one over libnids is held against. */
#ifndef MTASCOPE_TESTS_STREAM_LIST_H
#define MTASCOPE_TESTS_STREAM_LIST_H

#include "tcp/stream.h"

/* A list of segments sorted by sequence number; those that agree stay in the order in which they came. */
const struct stream_engine *stream_list(void);

/* The same, but open() always fails: an engine that has no room left. */
const struct stream_engine *stream_full(void);

#endif
