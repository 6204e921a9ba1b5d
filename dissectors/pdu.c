/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/pdu.h"

#include <stdarg.h>
#include <stdio.h>

const char *layer_name(enum layer layer)
{
	static const char *const names[LAYERS] = {"tpkt", "cotp", "session", "presentation", "acse", "rtse", "p1"};

	return (unsigned)layer < LAYERS ? names[layer] : "?";
}

const char *remark_text(enum remark_id id)
{
	static const char *const texts[REMARKS] = {
	    [REMARK_NOT_TPKT] = "the stream does not begin with a TPKT",
	    [REMARK_TPKT_LENGTH] = "TPKT length too small to hold a TPDU",
	    [REMARK_LOST_FOOTING] = "no TPKT header where one must begin",
	    [REMARK_RESYNCHRONISED] = "framing resumed at the next plausible TPKT header",
	    [REMARK_GAP] = "part of the TPKT was not captured",
	    [REMARK_TPDU_TRUNCATED] = "TPDU header not wholly there",
	    [REMARK_TPDU_UNKNOWN] = "unknown TPDU code",
	    [REMARK_TPDU_LENGTH] = "TPDU length indicator does not fit",
	    [REMARK_PARAMETER_OVERRUN] = "parameter reaches past the part it stands in",
	    [REMARK_PARAMETER_UNKNOWN] = "unknown parameter",
	    [REMARK_TSDU_TOO_LONG] = "TSDU too long to be collected whole",
	    [REMARK_TSDU_INCOMPLETE] = "part of the TSDU was not captured",
	    [REMARK_SPDU_UNKNOWN] = "unknown SPDU",
	    [REMARK_SPDU_TRUNCATED] = "SPDU reaches past its TSDU",
	    [REMARK_BER_MALFORMED] = "BER element reaches past the one it stands in",
	    [REMARK_BER_TOO_DEEP] = "BER elements nested too deep",
	    [REMARK_BER_UNTERMINATED] = "indefinite length without end-of-contents",
	    [REMARK_PPDU_UNKNOWN] = "session user data is no PPDU that may stand here",
	    [REMARK_PRESENTATION_LIMIT] = "more presentation contexts than are kept",
	};

	return (unsigned)id < REMARKS ? texts[id] : "?";
}

void note_pdu(const struct layer_notes *notes, enum layer layer, const char *name, const char *format, ...)
{
	char detail[160] = "";
	va_list arguments;

	if (notes->pdu == NULL)
		return;
	if (format != NULL) {
		va_start(arguments, format);
		vsnprintf(detail, sizeof detail, format, arguments);
		va_end(arguments);
	}
	notes->pdu(notes->user, layer, name, detail[0] == '\0' ? NULL : detail);
}

const char *pdu_code_name(const struct pdu_code *table, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].code == code)
			return table[i].name;
	return NULL;
}
