/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/text.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { NO_BREAK_SPACE = 0xa0, ELLIPSIS = 0x2026 };

struct glyph {
	uint32_t code; /* harmless */
	uint8_t style;
	uint8_t columns;
};

struct range {
	uint32_t first, last;
};

static bool in_ranges(uint32_t code, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

/*
 * Characters that are not what they seem: controls; those without a glyph of their own; those that turn the direction
 * of what follows; combining marks, which pile up on what stands before them; private and unassigned places.
 */
static bool is_harmful(uint32_t code)
{
	static const struct range ranges[] = {
	    {0x00, 0x1f},       {0x7f, 0x9f},       {0xad, 0xad},        {0x300, 0x36f},   {0x483, 0x489},
	    {0x591, 0x5c7},     {0x600, 0x61f},     {0x64b, 0x65f},      {0x115f, 0x1160}, {0x17b4, 0x17b5},
	    {0x180b, 0x180f},   {0x1ab0, 0x1aff},   {0x1dc0, 0x1dff},    {0x2000, 0x200f}, {0x2028, 0x202f},
	    {0x205f, 0x206f},   {0x20d0, 0x20ff},   {0x3000, 0x3000},    {0x302a, 0x302f}, {0x3164, 0x3164},
	    {0xd800, 0xf8ff},   {0xfe00, 0xfe2f},   {0xfeff, 0xfeff},    {0xffa0, 0xffa0}, {0xfff0, 0xffff},
	    {0x1d165, 0x1d17a}, {0x1fffe, 0x1ffff}, {0xe0000, 0x10ffff},
	};

	return in_ranges(code, ranges, sizeof ranges / sizeof ranges[0]);
}

/* Rather too wide than too narrow: a line may end early, but is never longer than the window. */
static uint8_t columns_of(uint32_t code)
{
	static const struct range wide[] = {
	    {0x1100, 0x11ff}, {0x231a, 0x231b},   {0x23e9, 0x23f3},   {0x25fd, 0x25fe},
	    {0x2600, 0x27bf}, {0x2b00, 0x2bff},   {0x2e80, 0xa4cf},   {0xa960, 0xa97f},
	    {0xac00, 0xd7ff}, {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
	    {0xffe0, 0xffe6}, {0x16fe0, 0x18cff}, {0x1b000, 0x1b2ff}, {0x1f000, 0x3ffff},
	};

	return in_ranges(code, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}

/* What stands for the report's own signs where only ASCII can be shown. */
static uint32_t in_ascii(uint32_t code)
{
	static const struct {
		uint32_t code;
		char ascii;
	} signs[] = {
	    {0xb5, 'u'},    {0xb7, '.'},   {0xd7, 'x'},   {0x2013, '-'},   {0x2014, '-'}, {0x2018, '\''},
	    {0x2019, '\''}, {0x201c, '"'}, {0x201d, '"'}, {ELLIPSIS, '~'}, {0x2190, '<'}, {0x2192, '>'},
	    {0x2212, '-'},  {0x2500, '-'}, {0x2501, '='}, {0x2504, '~'},   {0x2502, '|'}, {0x2506, ':'},
	    {0x252c, '+'},  {0x2581, '.'}, {0x2582, ':'}, {0x2583, '-'},   {0x2584, '='}, {0x2585, '+'},
	    {0x2586, '*'},  {0x2587, '#'}, {0x2588, '@'}, {0x25bc, 'v'},   {0x25bd, '?'},
	};

	if (code < 0x80 || code == NO_BREAK_SPACE)
		return code;
	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
		if (signs[i].code == code)
			return (uint32_t)signs[i].ascii;
	return '?';
}

static void put(struct text *text, enum text_style style, uint32_t code)
{
	uint32_t shown = text->form.utf8 ? code : in_ascii(code);

	text->glyphs = memory_grow(text->glyphs, text->count, &text->capacity, sizeof *text->glyphs);
	text->glyphs[text->count] =
	    (struct glyph){.code = shown, .style = (uint8_t)style, .columns = columns_of(shown)};
	text->columns += text->glyphs[text->count++].columns;
}

/* Bytes of the UTF-8 sequence at bytes, with its character in *code; 0 when there is none (RFC 3629 3). */
static size_t decode(const unsigned char *bytes, uint32_t *code)
{
	size_t length = bytes[0] < 0x80 ? 1 : bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

	if (length == 1) {
		*code = bytes[0];
		return 1;
	}
	if (bytes[0] < 0xc2 || bytes[0] > 0xf4)
		return 0;
	*code = bytes[0] & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (bytes[i] & 0x3fU);
	}
	return *code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff) ? 0 : length;
}

void text_add(struct text *text, enum text_style style, const char *words)
{
	for (const unsigned char *at = (const unsigned char *)words; *at != '\0';) {
		char shown[16] = "";
		uint32_t code = 0;
		size_t length = decode(at, &code);
		if (length == 0)
			snprintf(shown, sizeof shown, "\\x%02x", *at);
		else if (is_harmful(code))
			snprintf(shown, sizeof shown, code < 0x80 ? "\\x%02x" : "\\u{%04x}", (unsigned)code);
		else
			put(text, style, code);
		for (const char *c = shown; *c != '\0'; c++)
			put(text, style, (unsigned char)*c);
		at += length == 0 ? 1 : length;
	}
}

void text_format(struct text *text, enum text_style style, const char *format, ...)
{
	va_list arguments;
	va_list again;

	va_start(arguments, format);
	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length >= 0) {
		char *words = memory_get((size_t)length + 1);
		vsnprintf(words, (size_t)length + 1, format, again);
		text_add(text, style, words);
		free(words);
	}
	va_end(again);
}

void text_to(struct text *text, unsigned column)
{
	while (text->columns < column)
		put(text, STYLE_PLAIN, ' ');
}

static void drop_last(struct text *text)
{
	text->columns -= text->glyphs[--text->count].columns;
}

void text_limit(struct text *text, unsigned columns)
{
	if (text->columns <= columns)
		return;
	while (text->count > 0 && text->columns + 1 > columns)
		drop_last(text);
	put(text, text->count > 0 ? text->glyphs[text->count - 1].style : STYLE_PLAIN, ELLIPSIS);
}

/* ---- Out ---- */

static void write_style(FILE *out, enum text_style style)
{
	static const char *const codes[] = {[STYLE_PLAIN] = "",
					    [STYLE_STRONG] = "\033[1m",
					    [STYLE_FAINT] = "\033[2m",
					    [STYLE_HEAD] = "\033[1;4m",
					    [STYLE_BAD] = "\033[1;38;5;166m",
					    [STYLE_GOOD] = "\033[1;38;5;32m",
					    [STYLE_MARK] = "\033[38;5;32m"};

	fputs(codes[style], out);
}

static void write_code(FILE *out, uint32_t code)
{
	if (code == NO_BREAK_SPACE)
		code = ' ';
	if (code < 0x80) {
		putc((int)code, out);
	} else if (code < 0x800) {
		putc((int)(0xc0 | code >> 6), out);
		putc((int)(0x80 | (code & 0x3f)), out);
	} else {
		if (code >= 0x10000) {
			putc((int)(0xf0 | code >> 18), out);
			putc((int)(0x80 | (code >> 12 & 0x3f)), out);
		} else {
			putc((int)(0xe0 | code >> 12), out);
		}
		putc((int)(0x80 | (code >> 6 & 0x3f)), out);
		putc((int)(0x80 | (code & 0x3f)), out);
	}
}

static void write_html(FILE *out, uint32_t code)
{
	static const struct {
		char sign;
		const char *entity;
	} signs[] = {{'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
		if (code != (unsigned char)signs[i].sign)
			continue;
		fputs(signs[i].entity, out);
		return;
	}
	if (code == NO_BREAK_SPACE)
		fputs("&nbsp;", out);
	else
		write_code(out, code);
}

static void write_inline(const struct text *text)
{
	static const char *const classes[] = {
	    [STYLE_PLAIN] = NULL, [STYLE_STRONG] = "strong", [STYLE_FAINT] = "faint", [STYLE_HEAD] = NULL,
	    [STYLE_BAD] = "bad",  [STYLE_GOOD] = "good",     [STYLE_MARK] = "mark"};
	const char *class = NULL;
	size_t start = 0;

	while (start < text->count && text->glyphs[start].code == ' ')
		start++;
	for (size_t i = start; i < text->count; i++) {
		const char *next = classes[text->glyphs[i].style];
		if (next != class) {
			fputs(class == NULL ? "" : "</span>", text->out);
			if (next != NULL)
				fprintf(text->out, "<span class=\"%s\">", next);
			class = next;
		}
		write_html(text->out, text->glyphs[i].code);
	}
	fputs(class == NULL ? "" : "</span>", text->out);
}

static void write_element(const struct text *text, const char *name)
{
	fprintf(text->out, "<%s>", name);
	write_inline(text);
	fprintf(text->out, "</%s>\n", name);
}

static bool is_blank(const struct glyph *glyph)
{
	return glyph->code == ' ' || glyph->code == NO_BREAK_SPACE;
}

static void write_glyphs(const struct text *text, size_t start, size_t end)
{
	uint8_t style = STYLE_PLAIN;

	while (end > start && is_blank(&text->glyphs[end - 1]))
		end--;
	for (size_t i = start; i < end; i++) {
		const struct glyph *glyph = &text->glyphs[i];
		if (text->form.colour && glyph->style != style) {
			if (style != STYLE_PLAIN)
				fputs("\033[0m", text->out);
			write_style(text->out, glyph->style);
			style = glyph->style;
		}
		write_code(text->out, glyph->code);
	}
	if (style != STYLE_PLAIN)
		fputs("\033[0m", text->out);
	putc('\n', text->out);
}

static void clear(struct text *text)
{
	text->count = 0;
	text->columns = 0;
}

void text_line(struct text *text)
{
	if (text->form.html) {
		write_element(text, "p");
	} else {
		text_limit(text, text->form.width);
		write_glyphs(text, 0, text->count);
	}
	clear(text);
}

void text_inline(struct text *text)
{
	if (text->form.html)
		write_inline(text);
	else
		write_glyphs(text, 0, text->count);
	clear(text);
}

/* Where the line that begins at start ends, when it has so much room: at a space, or in a word that is too long. */
static size_t line_end(const struct text *text, size_t start, unsigned room)
{
	unsigned columns = 0;
	size_t space = 0;

	for (size_t i = start; i < text->count; i++) {
		if (text->glyphs[i].code == ' ' && i > start)
			space = i;
		columns += text->glyphs[i].columns;
		if (columns > room && text->glyphs[i].code != ' ')
			return space > start ? space : i > start ? i : i + 1;
	}
	return text->count;
}

void text_paragraph(struct text *text, unsigned indent)
{
	size_t start = 0;
	unsigned room = text->form.width;

	if (text->form.html && text->count > 0) {
		text_line(text);
		return;
	}
	while (start < text->count && text->glyphs[start].code == ' ')
		start++;
	/* A first line may be indented by spaces of its own: they are no place to break it. */
	size_t end = line_end(text, start, room - (unsigned)start);
	write_glyphs(text, 0, end);
	for (start = end; start < text->count; start = end) {
		while (start < text->count && text->glyphs[start].code == ' ')
			start++;
		end = line_end(text, start, room - indent);
		if (start == text->count)
			break;
		fprintf(text->out, "%*s", (int)indent, "");
		write_glyphs(text, start, end);
	}
	clear(text);
}

void text_gap(struct text *text)
{
	putc('\n', text->out);
}

void text_heading(struct text *text, const char *heading)
{
	text_gap(text);
	text_add(text, STYLE_HEAD, heading);
	if (text->form.html) {
		write_element(text, "h2");
		clear(text);
	} else {
		text_line(text);
	}
}

void text_init(struct text *text, FILE *out, const struct text_form *form)
{
	*text = (struct text){.out = out, .form = *form};
	if (text->form.width < TEXT_WIDTH_MIN)
		text->form.width = TEXT_WIDTH_MIN;
	if (text->form.width > TEXT_WIDTH_MAX)
		text->form.width = TEXT_WIDTH_MAX;
}

void text_free(struct text *text)
{
	free(text->glyphs);
	text->glyphs = NULL;
}
