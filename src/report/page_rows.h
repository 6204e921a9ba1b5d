/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections packet by packet as the page's script wants them. */
#ifndef MTASCOPE_REPORT_PAGE_ROWS_H
#define MTASCOPE_REPORT_PAGE_ROWS_H

#include "report/exchanges.h"
#include "report/json.h"

/* Adds the member `exchanges` to the object that json is in. */
void page_rows_put(struct json *json, const struct exchanges *exchanges);

#endif
