/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "panel.h"

#include "base/memory.h"
#include "report/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEPT = 64 };
#define EVERY (500 * NS_PER_MS)

/* The last warnings, the oldest first. */
struct told_last {
	struct warning warnings[KEPT];
	size_t count;
};

struct panel {
	struct screen *screen;
	struct text_form form;
	struct recent *recent;
	struct told_last warnings, incidents;
	int64_t next;
};

struct panel *panel_open(const char **why)
{
	struct screen *screen = screen_open(STDOUT_FILENO, why);

	if (screen == NULL)
		return NULL;
	struct panel *panel = memory_get_zeroed(1, sizeof *panel);
	panel->screen = screen;
	panel->form = terminal_form(stdout);
	panel->recent = recent_new();
	return panel;
}

void panel_close(struct panel *panel)
{
	if (panel == NULL)
		return;
	screen_close(panel->screen);
	recent_free(panel->recent);
	free(panel);
}

void panel_begin(struct panel *panel)
{
	screen_begin(panel->screen);
}

void panel_end(struct panel *panel)
{
	screen_end(panel->screen);
}

void panel_warning(void *user, const struct warning *warning)
{
	struct panel *panel = user;
	/* Those stand among the failures, with what became of them. */
	if (warning->kind == WARNING_EARLY_CLOSE)
		return;
	struct told_last *told = warning->kind == WARNING_INCIDENT ? &panel->incidents : &panel->warnings;

	if (told->count == KEPT)
		memmove(told->warnings, told->warnings + 1, --told->count * sizeof told->warnings[0]);
	told->warnings[told->count++] = *warning;
}

struct recent *panel_recent(struct panel *panel)
{
	return panel->recent;
}

bool panel_is_due(struct panel *panel, int64_t now)
{
	if (screen_key(panel->screen))
		panel_redraw(panel);
	if (now < panel->next || !screen_is_ready(panel->screen))
		return false;
	panel->next = now + EVERY;
	return true;
}

void panel_show(struct panel *panel, struct board *board)
{
	char *picture = NULL;
	size_t length = 0;
	unsigned columns, lines;
	struct text text;
	FILE *out = open_memstream(&picture, &length);

	if (out == NULL)
		return;
	board->recent = panel->recent;
	board->warnings = panel->warnings.warnings;
	board->warning_count = panel->warnings.count;
	board->incident_warnings = panel->incidents.warnings;
	board->incident_warning_count = panel->incidents.count;
	screen_size(panel->screen, &columns, &lines);
	panel->form.width = columns;
	text_init(&text, out, &panel->form);
	board_draw(&text, board, lines);
	text_free(&text);
	if (fclose(out) == 0)
		screen_show(panel->screen, picture);
	free(picture);
}

void panel_redraw(struct panel *panel)
{
	screen_forget(panel->screen);
	panel->next = 0;
}

void panel_stop(struct panel *panel)
{
	screen_stop(panel->screen);
	panel->next = 0;
}

bool panel_is_gone(const struct panel *panel)
{
	return screen_is_gone(panel->screen);
}
