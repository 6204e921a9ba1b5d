/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The `Event ID: 4283` / `Source: MSExchangeMTA` lines above a description, as Event Viewer copies them and as articles
 * retype them: in any order, several in a line, with or without colon.
 */
#ifndef MTASCOPE_EVENTS_KEYS_H
#define MTASCOPE_EVENTS_KEYS_H

#include "base/cursor.h"

#include <stdbool.h>
#include <stdint.h>

enum key { KEY_ID, KEY_SOURCE, KEY_TYPE, KEY_CATEGORY, KEY_DESCRIPTION, KEY_DATE, KEY_TIME, KEY_OTHER, KEY_COUNT };

/* A key whose number is to stand on the next line. */
#define KEY_NO_NUMBER (-1)

struct key_value {
	enum key key;
	int32_t number;      /* of KEY_ID */
	bool of_mta;         /* KEY_ID: the line itself says MSExchangeMTA */
	struct cursor value; /* a part of the line; empty for KEY_ID */
};

/*
 * A key at the front of line, which is passed with its value; what follows may be another key or the description.
 * Prose that only begins like one ("Event ID 4283 is logged when …") is none.
 */
bool keys_next(struct cursor *line, struct key_value *found);

#endif
