/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the events of listings begin. */
#ifndef MTASCOPE_EVENTS_LISTING_H
#define MTASCOPE_EVENTS_LISTING_H

#include "base/cursor.h"

#include <stdbool.h>

/* A first line that nothing else has: that of evtexport, evtxexport or wevtutil. */
bool listing_begins(struct cursor line);

/* One that is psloglist's if listing_goes_on is true of the next. */
bool listing_may_begin(struct cursor line);
bool listing_goes_on(struct cursor line);

#endif
