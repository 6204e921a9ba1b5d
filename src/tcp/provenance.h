/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a RST or a FIN was sent by the host whose address it bears. */
#ifndef MTASCOPE_TCP_PROVENANCE_H
#define MTASCOPE_TCP_PROVENANCE_H

#include "capture/segment.h"
#include "tcp/connection.h"

/* Adds what segment tells of its sender's habits. Call for every segment but RST, and for FIN after judging it. */
void provenance_learn(struct half *half, const struct segment *segment);

/*
 * Compares a RST or FIN with its sender's other packets on this connection. Returns the FORGERY_… bits that speak
 * against it; 0 when it fits, or when there is nothing to compare with.
 */
unsigned provenance_judge(const struct half *half, const struct segment *segment);

#endif
