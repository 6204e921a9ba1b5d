/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where one connection's failure comes from. docs/method.md tells the rules in words. */
#ifndef MTASCOPE_ORIGIN_JUDGE_H
#define MTASCOPE_ORIGIN_JUDGE_H

#include "origin/service.h"
#include "timeline/connection.h"

/*
 * Sets origin, confidence, cause, evidence, and (where the closing packet was not its sender's) close_by of connection,
 * which has its outcome. services must know what happened around the failure, before and after it.
 */
void judge(struct connection *connection, const struct services *services);

/* Writes the evidence as one sentence into text of size bytes. */
void evidence_format(const struct evidence *evidence, char *text, size_t size);

#endif
