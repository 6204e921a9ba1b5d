/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "origin/catalogue.h"
#include "report/terminal.h"
#include "report/text.h"

#include <stdio.h>
#include <string.h>

/* The column at which what is said of a cause begins. */
enum { INDENT = 14 };

/* No cause has a longer name. */
enum { NAME_MAX_LENGTH = 64 };

static const char help[] =
    "usage: mtascope explain [CAUSE]\n"
    "\n"
    "Tells what is known of a cause that a report names: its signs in a capture and in the MTA's log, what rules it\n"
    "out, what to do, and the articles about it. Without CAUSE it lists all of them.\n"
    "\n"
    "  -h, --help               this text\n";

static void print_field(struct text *text, const char *label, const char *says)
{
	if (says == NULL)
		return;
	text_add(text, STYLE_STRONG, label);
	text_to(text, INDENT);
	text_add(text, STYLE_PLAIN, says);
	text_paragraph(text, INDENT);
}

static void print_references(struct text *text, const struct cause *cause)
{
	if (cause->references[0] == NULL)
		return;
	text_add(text, STYLE_STRONG, "References");
	text_to(text, INDENT);
	for (size_t i = 0; i < CAUSE_REFERENCES && cause->references[i] != NULL; i++)
		text_format(text, STYLE_PLAIN, "%s%s", i == 0 ? "" : ", ", cause->references[i]);
	text_paragraph(text, INDENT);
}

static void print_signs(struct text *text, const char *label, const enum sign *signs)
{
	if (signs[0] == SIGN_NONE)
		return;
	text_add(text, STYLE_STRONG, label);
	text_to(text, INDENT);
	for (size_t i = 0; i < CAUSE_SIGNS && signs[i] != SIGN_NONE; i++)
		text_format(text, STYLE_PLAIN, "%s%s", i == 0 ? "" : "; ", sign_words(signs[i]));
	text_paragraph(text, INDENT);
}

/* What the rules hold against a capture and a log, where the fields above are for people. */
static void print_rule(struct text *text, const struct cause *cause)
{
	print_signs(text, "Told when", cause->needs);
	if (cause->least > 1) {
		text_to(text, INDENT);
		text_format(text, STYLE_PLAIN, "for %zu connections or more", cause->least);
		text_paragraph(text, INDENT);
	}
	print_signs(text, "Backed by", cause->supported_by);
	print_signs(text, "Not with", cause->excluded_by);
}

static void print_cause(struct text *text, const struct cause *cause)
{
	print_field(text, "Cause", cause->name);
	print_field(text, "Means", cause->means);
	print_field(text, "On the wire", cause->wire);
	print_field(text, "In the log", cause->log);
	print_field(text, "Ruled out by", cause->excluded);
	print_field(text, "Next step", cause->next_step);
	print_references(text, cause);
	print_rule(text, cause);
	if (!cause->named)
		print_field(text, "Note", "found by its signs, beside the cause that the origin's rule gives");
	print_field(text, "Sample", cause->sample);
	print_field(text, "Near miss", cause->near_miss);
}

static void print_list(struct text *text, bool named)
{
	const struct cause *cause;

	for (size_t i = 0; (cause = catalogue_at(i)) != NULL; i++) {
		if (cause->named != named)
			continue;
		text_add(text, STYLE_STRONG, cause->name);
		text_line(text);
		text_to(text, 4);
		text_add(text, STYLE_PLAIN, cause->means);
		text_paragraph(text, 4);
	}
}

static void print_all(struct text *text)
{
	text_add(text, STYLE_HEAD, "Causes that the rules of the origin name");
	text_line(text);
	print_list(text, true);
	text_heading(text, "Causes that are told by further signs");
	print_list(text, false);
}

/* How many letters must be put in, left out or changed to make name of what was typed. */
static size_t letters_between(const char *typed, const char *name)
{
	size_t row[NAME_MAX_LENGTH + 1];
	size_t length = strnlen(name, NAME_MAX_LENGTH);

	for (size_t i = 0; i <= length; i++)
		row[i] = i;
	for (size_t t = 0; typed[t] != '\0'; t++) {
		size_t corner = row[0];
		row[0] = t + 1;
		for (size_t i = 1; i <= length; i++) {
			size_t changed = corner + (typed[t] != name[i - 1]);
			corner = row[i];
			size_t moved = (row[i - 1] < corner ? row[i - 1] : corner) + 1;
			row[i] = changed < moved ? changed : moved;
		}
	}
	return row[length];
}

/* The cause whose name is most like what was typed; NULL: none is. */
static const struct cause *nearest(const char *typed)
{
	const struct cause *best = NULL;
	const struct cause *cause;
	size_t length = strnlen(typed, NAME_MAX_LENGTH + 1);
	size_t least = length / 3 + 1;

	for (size_t i = 0; length <= NAME_MAX_LENGTH && (cause = catalogue_at(i)) != NULL; i++) {
		size_t letters = letters_between(typed, cause->name);
		if (letters >= least)
			continue;
		least = letters;
		best = cause;
	}
	return best;
}

int command_explain(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (name != NULL && (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)) {
		fputs(help, stdout);
		return EXIT_DONE;
	}
	if (argc > 2) {
		fputs("mtascope explain: give one cause at a time; `mtascope explain` lists them\n", stderr);
		return EXIT_USAGE;
	}
	const struct cause *cause = catalogue_find(name);
	if (name != NULL && cause == NULL) {
		/* What was typed is not repeated: it may hold anything, and the list is what helps. */
		const struct cause *like = nearest(name);
		fprintf(stderr,
			"mtascope explain: there is no such cause%s%s; what a report names as a cause can be "
			"explained, and `mtascope explain` lists all of them\n",
			like == NULL ? "" : ": did you mean ", like == NULL ? "" : like->name);
		return EXIT_USAGE;
	}
	struct text_form form = terminal_form(stdout);
	struct text text;
	text_init(&text, stdout, &form);
	if (cause != NULL)
		print_cause(&text, cause);
	else
		print_all(&text);
	text_free(&text);
	return EXIT_DONE;
}
