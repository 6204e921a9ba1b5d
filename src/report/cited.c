/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/cited.h"

#include "report/phrase.h"

#include <stdlib.h>

enum { FINDINGS = 3 };

static void add_signs(struct text *text, const char *before, uint64_t signs)
{
	for (int sign = SIGN_NONE + 1; sign < SIGNS; sign++) {
		/* The evidence stands in the report already. */
		if (sign == SIGN_JUDGED || (signs & sign_bit((enum sign)sign)) == 0)
			continue;
		text_format(text, STYLE_PLAIN, "%s%s", before, sign_words((enum sign)sign));
		before = "; ";
	}
}

void cited_say(struct text *text, const struct citation *citation, size_t of)
{
	bool incidents = citation->cause->scope == CAUSE_OF_INCIDENTS;
	char count[PHRASE_SIZE];

	text_add(text, STYLE_STRONG, citation->cause->name);
	text_add(text, STYLE_PLAIN, citation->shown ? "" : " (may be)");
	if (of > 0)
		text_format(text, STYLE_PLAIN, ", %zu of %zu", citation->count, of);
	else if (citation->cause->scope != CAUSE_OF_CAPTURE)
		text_format(text, STYLE_PLAIN, ", %s",
			    phrase_count(citation->count, incidents ? "event" : "connection", count));
	text_format(text, STYLE_PLAIN, ": %s.", citation->cause->means);
	if ((citation->seen & ~sign_bit(SIGN_JUDGED)) != 0) {
		add_signs(text, " Seen: ", citation->seen);
		text_add(text, STYLE_PLAIN, ".");
	}
	if (citation->unseen != 0) {
		add_signs(text, " Not to be seen here: ", citation->unseen);
		text_add(text, STYLE_PLAIN, ".");
	}
	if (!citation->cause->named) {
		text_format(text, STYLE_PLAIN, " Next: %s.", citation->cause->next_step);
		for (size_t i = 0; i < CAUSE_REFERENCES && citation->cause->references[i] != NULL; i++)
			text_format(text, STYLE_FAINT, "%s%s", i == 0 ? " [" : " ", citation->cause->references[i]);
		text_add(text, STYLE_FAINT, citation->cause->references[0] == NULL ? "" : "]");
	}
}

static void draw_citation(struct text *text, const struct citation *citation, size_t of)
{
	text_add(text, STYLE_PLAIN, "- ");
	cited_say(text, citation, of);
	text_paragraph(text, 2);
}

/* A finding without any may still have a name: that of its origin's rule, which is among its causes. */
void cited_draw(struct text *text, const struct analysis *analysis, bool all)
{
	const struct findings *findings = &analysis->findings;
	size_t shown = all ? findings->count : FINDINGS;
	size_t total = analysis->causes.count;

	for (size_t i = 0; i < findings->count && i < shown; i++)
		total += findings->findings[i].causes.count;
	if (total == 0)
		return;
	text_heading(text, "Causes (mtascope explain NAME tells more)");
	for (size_t i = 0; i < findings->count && i < shown; i++)
		for (size_t k = 0; k < findings->findings[i].causes.count; k++)
			draw_citation(text, &findings->findings[i].causes.list[k],
				      findings->findings[i].connection_count);
	for (size_t i = 0; i < analysis->causes.count; i++)
		draw_citation(text, &analysis->causes.list[i], 0);
}
