/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of several interfaces in the order of their times, without waiting for any. */
#ifndef MTASCOPE_LIVE_SOURCE_H
#define MTASCOPE_LIVE_SOURCE_H

#include "capture/source.h"
#include "live/interface.h"

#include <signal.h>

/* What happened to an interface. */
enum source_news { SOURCE_DOWN, SOURCE_UP, SOURCE_DROPS };

/* packets: what the kernel or the interface dropped since the last such news. says: why it is down. */
typedef void source_told(void *user, size_t interface, enum source_news news, uint64_t packets, const char *says);

struct live_source;

/*
 * Opens the interfaces, whose infos captures (capture_set_live) holds. One that is down or not there is waited for, as
 * long as one is open. NULL, with *error set to a sentence that the caller frees, when one cannot be used or none is
 * there. All arguments must outlive the source.
 */
struct live_source *live_source_open(const char *const *names, size_t count, const struct interface_options *options,
				     struct capture_set *captures, source_told *told, void *user, char **error);
void live_source_close(struct live_source *source);

/*
 * Waits for packets, for the descriptor other to become readable (-1: none), for a signal that mask lets through, or
 * for so long.
 */
void live_source_wait(struct live_source *source, int other, int timeout_ms, const sigset_t *mask);

/*
 * The next packet, as capture_set_next gives it; data is valid until the next call. The earliest packet of all
 * interfaces comes first: each waits a moment for earlier ones, 20 ms with one interface and 200 ms with several. now
 * is monotonic, in nanoseconds. False: there is none now.
 */
bool live_source_next(struct live_source *source, int64_t now, struct packet *packet);

/* Reads what the interfaces hold ready, and nothing after that; live_source_next then gives what is left at once. */
void live_source_end(struct live_source *source);

/* To be called about once a second: asks for drops, and tries to open what is down. */
void live_source_check(struct live_source *source);

/* As of the last check: whether packets can come from an interface, and its counts since the first opening. */
bool live_source_is_up(const struct live_source *source, size_t interface);
struct interface_counts live_source_counts(const struct live_source *source, size_t interface);

/* The interface is as good as new for who writes its packets down: its index among the open ones, its link type. */
const char *live_source_name(const struct live_source *source, size_t interface);
int live_source_link_type(const struct live_source *source, size_t interface);
const char *live_source_filter(const struct live_source *source, size_t interface);

#endif
