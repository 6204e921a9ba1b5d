/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where tables begin in a log that holds other things too. */
#ifndef MTASCOPE_EVENTS_TABLE_H
#define MTASCOPE_EVENTS_TABLE_H

#include "base/cursor.h"

enum table_line {
	TABLE_NO_ROW,
	TABLE_ROW,    /* of the table found last */
	TABLE_BEGINS, /* a row or the headings of another */
};

struct table_finder;

/* Free with table_finder_free. */
struct table_finder *table_finder_new(void);
void table_finder_free(struct table_finder *finder);

/* line as it stands in the log. */
enum table_line table_finder_look(struct table_finder *finder, struct cursor line);

/* Something else came between: the next row begins a table. */
void table_finder_forget(struct table_finder *finder);

#endif
