/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MTASCOPE_REPORT_COMMUNITY_H
#define MTASCOPE_REPORT_COMMUNITY_H

#include "base/address.h"

enum { COMMUNITY_ID_SIZE = 32 };

/* Writes the Community ID (version 1, seed 0) of a TCP connection into text of COMMUNITY_ID_SIZE bytes. */
void community_id(const struct endpoint *a, const struct endpoint *b, char *text);

#endif
