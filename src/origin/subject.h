/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a connection shows on the wire, sign by sign. */
#ifndef MTASCOPE_ORIGIN_SUBJECT_H
#define MTASCOPE_ORIGIN_SUBJECT_H

#include "origin/sign.h"
#include "timeline/connection.h"

/* The connection, which need not live on, with every sign that it shows by itself. */
struct subject subject_of(const struct connection *connection);

/* Whether any entry of the catalogue may want a connection that did not fail. */
bool subject_matters(const struct subject *subject);

#endif
