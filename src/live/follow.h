/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event logs that are still being written: read on as they grow, and kept where they are renamed, cut off or written
 * anew. Only what the files hold is believed: on a share inode numbers and times come and go, and nothing notifies.
 */
#ifndef MTASCOPE_LIVE_FOLLOW_H
#define MTASCOPE_LIVE_FOLLOW_H

#include "events/event.h"

#include <stdbool.h>
#include <stddef.h>

enum follow_news {
	FOLLOW_GONE,     /* it cannot be read: says why */
	FOLLOW_BACK,     /* it can be again */
	FOLLOW_REPLACED, /* it begins anew; what it held before is kept */
	FOLLOW_LET_GO    /* its oldest part, for want of room */
};

typedef void follow_told(void *user, const char *path, enum follow_news news, const char *says);

struct follow;

/* paths must stay valid. Of all logs together about limit bytes are kept, the newest. */
struct follow *follow_new(const char *const *paths, size_t count, size_t limit, follow_told *told, void *user);
void follow_free(struct follow *follow);

/*
 * Looks at each log, which is opened for that moment only: whoever writes it may want to rename it. Returns whether
 * follow_read would give something else than before.
 */
bool follow_poll(struct follow *follow);

/*
 * Reads and groups all events so far into log, which must be empty. A line that is not whole yet is left out until it
 * is, or until nothing was added between two polls. What a log held before it was written anew has the log's name with
 * #1, #2 … behind it.
 */
void follow_read(struct follow *follow, struct event_log *log);

#endif
