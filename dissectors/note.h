/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PDUs of each layer in a few words, for whoever traces them. Each function tells notes of one PDU, and adds its
 * remarks where the layer is read within another; where nobody traces, it does no more than that.
 */
#ifndef MTASCOPE_DISSECTORS_NOTE_H
#define MTASCOPE_DISSECTORS_NOTE_H

#include "dissectors/acse.h"
#include "dissectors/cotp.h"
#include "dissectors/p1.h"
#include "dissectors/pdu.h"
#include "dissectors/presentation.h"
#include "dissectors/rtse.h"
#include "dissectors/session.h"

void note_tpdu(const struct cotp_tpdu *tpdu, struct layer_notes *notes);
void note_spdu(const struct session_spdu *spdu, struct layer_notes *notes);

/* good: it was one; else there are only its remarks. */
void note_ppdu(const struct presentation_ppdu *ppdu, bool good, struct layer_notes *notes);
void note_acse(const struct acse_apdu *apdu, struct layer_notes *notes);
void note_rtse(const struct rtse_apdu *rts, struct layer_notes *notes);
void note_bind(const struct p1_bind *bind, struct layer_notes *notes);

#endif
