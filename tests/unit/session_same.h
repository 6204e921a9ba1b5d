/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the short way for plain SPDUs reads what the way for all of them does. */
#ifndef MTASCOPE_TESTS_SESSION_SAME_H
#define MTASCOPE_TESTS_SESSION_SAME_H

#include "dissectors/session.h"

#include <stddef.h>
#include <string.h>

static inline bool same_cursor(const struct cursor *a, const struct cursor *b)
{
	return a->data == b->data && a->captured == b->captured && a->declared == b->declared &&
	       a->position == b->position && a->error == b->error;
}

/* Cursors have padding of any value; before the first of them both have what they were cleared to. */
static inline bool same_spdu(const struct session_spdu *a, const struct session_spdu *b)
{
	return memcmp(a, b, offsetof(struct session_spdu, activity)) == 0 && same_cursor(&a->activity, &b->activity) &&
	       a->more == b->more && a->remarks == b->remarks && same_cursor(&a->user_data, &b->user_data) &&
	       a->has_rare == b->has_rare;
}

static inline bool same_reader(const struct session_reader *a, const struct session_reader *b)
{
	return same_cursor(&a->tsdu, &b->tsdu) && a->remarks == b->remarks &&
	       a->after_category_0 == b->after_category_0 && a->activity_open == b->activity_open;
}

/* Asks both ways about the reader's next SPDU. The reader stays where it is. */
static inline bool session_ways_agree(const struct session_reader *reader)
{
	struct session_reader plain = *reader;
	struct session_reader every = *reader;
	struct session_spdu a;
	struct session_spdu b;

	if (!session_read_plain(&plain, &a))
		return same_reader(&plain, reader);
	return session_read(&every, &b) && same_spdu(&a, &b) && same_reader(&plain, &every);
}

#endif
