/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text for a person, in lines of a known width: everything that is printed goes through here, so that no byte of a
 * packet, a log or a file's name can do anything to the terminal but be seen.
 */
#ifndef MTASCOPE_REPORT_TEXT_H
#define MTASCOPE_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Colour only repeats what letters and signs say; orange and blue differ for every kind of colour blindness. */
enum text_style {
	STYLE_PLAIN,
	STYLE_STRONG,
	STYLE_FAINT,
	STYLE_HEAD,
	STYLE_BAD,  /* bold orange */
	STYLE_GOOD, /* bold blue */
	STYLE_MARK  /* what belongs to the event log */
};

enum { TEXT_WIDTH_MIN = 40, TEXT_WIDTH_MAX = 160 };

struct text_form {
	unsigned width; /* columns; kept between TEXT_WIDTH_MIN and TEXT_WIDTH_MAX */
	bool colour;    /* escape codes may be written */
	bool utf8;      /* else only ASCII is written */
	bool html;      /* paragraphs and lines are <p>, headings <h2>; of any width, styles as classes of <span> */
};

struct glyph;

struct text {
	FILE *out;
	struct text_form form;
	struct glyph *glyphs; /* of the line or paragraph that is being made */
	size_t count, capacity;
	unsigned columns;
};

/* out stays the caller's. */
void text_init(struct text *text, FILE *out, const struct text_form *form);
void text_free(struct text *text);

/*
 * Adds to the line. Text should be UTF-8. Control characters, bytes that are no UTF-8, and characters that are
 * invisible or turn the direction of writing are shown by their number; U+00A0 is a space at which no line is broken.
 */
void text_add(struct text *text, enum text_style style, const char *words);
void text_format(struct text *text, enum text_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds spaces up to the column; none where the line is there already. */
void text_to(struct text *text, unsigned column);

/* Cuts the line to so many columns, with an ellipsis where something is lost. */
void text_limit(struct text *text, unsigned columns);

/* Ends the line; what does not fit is cut off. */
void text_line(struct text *text);

/* Ends a paragraph: it is broken at spaces, its second and later lines begin at the column indent. */
void text_paragraph(struct text *text, unsigned indent);

/* Writes what stands there with nothing around it: for html, where it goes into a cell or an attribute. */
void text_inline(struct text *text);

/* An empty line, and a section's heading under one. */
void text_gap(struct text *text);
void text_heading(struct text *text, const char *heading);

#endif
