/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event logs as tables: what Event Viewer saves as text or CSV (NT 4 to 2003: KB cc780824, Q162674; Vista and later:
 * five columns and the description), dumpel of the Resource Kits (Q129266; strings only), psloglist -s, Log Parser, and
 * anything else whose first line names the columns. Separated by tabs, commas or semicolons; quoted or not. A row
 * begins where a line has the right things in the right columns, and every other line belongs to the row before it,
 * since descriptions have line ends that are not always quoted.
 */
#include "events/table.h"

#include "events/dates.h"
#include "events/entry.h"
#include "events/lines.h"
#include "events/scan.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ROW_SIZE = 65536, CELLS_MAX = 96, COLUMNS_MAX = 32, PROBE_LINES = 40, HALF_DAY_MAX = 24 };

enum column {
	COLUMN_NONE, /* behind the last */
	COLUMN_ANY,
	COLUMN_DATE,
	COLUMN_TIME,
	COLUMN_DATE_TIME,
	COLUMN_SOURCE,
	COLUMN_NUMBER,
	COLUMN_RECORD,
	COLUMN_SMALL, /* a type's or category's number */
	COLUMN_USER,
	COLUMN_CATEGORY,
	COLUMN_MESSAGE, /* this cell or, at the end of a row without quotes, all the rest */
	COLUMN_STRINGS,
	COLUMN_BARS, /* strings with | between them */
};

/* Who writes such rows: two programs in one log may write dates in two orders. */
enum program {
	PROGRAM_ANY,
	PROGRAM_VIEWER,
	PROGRAM_LIST,
	PROGRAM_DUMPEL,
	PROGRAM_VISTA,
	PROGRAM_PSLOGLIST,
};

struct layout {
	enum column columns[COLUMNS_MAX + 1]; /* always with a COLUMN_NONE behind the last */
	bool spaced;                          /* may have spaces between its columns */
	enum program program;
};

/* The columns before a description or strings, in the order in which they are tried. */
static const struct layout layouts[] = {
    /* Event Viewer, NT 4 to 2003 */
    {{COLUMN_DATE, COLUMN_TIME, COLUMN_SOURCE, COLUMN_ANY, COLUMN_CATEGORY, COLUMN_NUMBER, COLUMN_ANY, COLUMN_ANY,
      COLUMN_MESSAGE},
     false,
     PROGRAM_VIEWER},
    /* What its list of events is exported as, and a description where somebody added one */
    {{COLUMN_ANY, COLUMN_DATE, COLUMN_TIME, COLUMN_SOURCE, COLUMN_CATEGORY, COLUMN_NUMBER, COLUMN_ANY, COLUMN_ANY,
      COLUMN_MESSAGE},
     false,
     PROGRAM_LIST},
    /* dumpel, its order dtTCISucs; then that of NT 3.5 */
    {{COLUMN_DATE, COLUMN_TIME, COLUMN_SMALL, COLUMN_SMALL, COLUMN_NUMBER, COLUMN_SOURCE, COLUMN_ANY, COLUMN_ANY,
      COLUMN_STRINGS},
     true,
     PROGRAM_DUMPEL},
    {{COLUMN_DATE, COLUMN_TIME, COLUMN_SMALL, COLUMN_SMALL, COLUMN_NUMBER, COLUMN_USER, COLUMN_SOURCE, COLUMN_ANY,
      COLUMN_STRINGS},
     true,
     PROGRAM_DUMPEL},
    /* Event Viewer, Vista and later */
    {{COLUMN_ANY, COLUMN_DATE_TIME, COLUMN_SOURCE, COLUMN_NUMBER, COLUMN_CATEGORY, COLUMN_MESSAGE},
     false,
     PROGRAM_VISTA},
    /* psloglist -s, with and without a user */
    {{COLUMN_RECORD, COLUMN_ANY, COLUMN_SOURCE, COLUMN_ANY, COLUMN_ANY, COLUMN_DATE_TIME, COLUMN_NUMBER, COLUMN_USER,
      COLUMN_MESSAGE},
     false,
     PROGRAM_PSLOGLIST},
    {{COLUMN_RECORD, COLUMN_ANY, COLUMN_SOURCE, COLUMN_ANY, COLUMN_ANY, COLUMN_DATE_TIME, COLUMN_NUMBER,
      COLUMN_MESSAGE},
     false,
     PROGRAM_PSLOGLIST},
};

static const struct {
	const char *name;
	enum column column;
} headings[] = {
    {"Date", COLUMN_DATE},
    {"Time", COLUMN_TIME},
    {"Date and Time", COLUMN_DATE_TIME},
    {"TimeGenerated", COLUMN_DATE_TIME},
    {"TimeCreated", COLUMN_DATE_TIME},
    {"Source", COLUMN_SOURCE},
    {"SourceName", COLUMN_SOURCE},
    {"ProviderName", COLUMN_SOURCE},
    {"Event", COLUMN_NUMBER},
    {"Event ID", COLUMN_NUMBER},
    {"EventID", COLUMN_NUMBER},
    {"Id", COLUMN_NUMBER},
    {"RecordNumber", COLUMN_RECORD},
    {"RecordId", COLUMN_RECORD},
    {"Index", COLUMN_RECORD},
    {"Category", COLUMN_CATEGORY},
    {"Task Category", COLUMN_CATEGORY},
    {"EventCategoryName", COLUMN_CATEGORY},
    {"TaskDisplayName", COLUMN_CATEGORY},
    {"Description", COLUMN_MESSAGE},
    {"Message", COLUMN_MESSAGE},
    {"Strings", COLUMN_BARS},
};

struct cell {
	struct cursor text; /* without quotes */
	size_t from;        /* where it starts in the row */
};

struct table {
	const struct log_input *input;
	struct line_reader lines;
	uint8_t separator;
	bool named; /* layout was read from the first line */
	struct layout layout;
	struct dates *dates; /* NULL: rows are taken */
	/* The row that is being put together. */
	int64_t line;
	uint64_t offset;
	bool has_row;
	bool in_row_quotes; /* it has an odd number of quotes so far */
	bool below_heading;
	size_t row_length;
	uint8_t row[ROW_SIZE];
	/* Its cells. */
	struct cell cells[CELLS_MAX];
	size_t count;
	size_t plain_length;
	uint8_t plain[ROW_SIZE + 1]; /* what stood in quotes, without them */
};

/* ---- Cells ---- */

static struct cursor quoted(struct table *table, struct cursor *row)
{
	size_t from = table->plain_length;

	while (cursor_readable(row) > 0) {
		uint8_t byte = cursor_u8(row);
		if (byte == '"' && !scan_byte(row, '"'))
			break;
		if (table->plain_length < ROW_SIZE)
			table->plain[table->plain_length++] = byte;
	}
	return cursor_over(table->plain + from, table->plain_length - from);
}

/* Tabs within cells are white space, which is spaces and line feeds to the readers of text. */
static void next_cell(struct table *table, struct cursor *row, size_t base)
{
	struct cell cell = {.from = row->position - base};

	if (table->separator == ' ')
		scan_spaces(row);
	struct cursor from = *row;
	if (scan_byte(row, '"')) {
		cell.text = quoted(table, row);
		from = *row;
	}
	while (cursor_readable(row) > 0 && cursor_peek(row) != table->separator)
		cursor_skip(row, 1);
	/* The time of a table with spaces may have one itself. */
	struct cursor probe = *row;
	scan_spaces(&probe);
	if (table->separator == ' ' && (scan_whole_words(&probe, "AM") || scan_whole_words(&probe, "PM")))
		*row = probe;
	struct cursor bare = scan_trimmed(scan_between(&from, row));
	if (cursor_readable(&cell.text) == 0)
		cell.text = bare;
	cell.text = scan_trimmed(cell.text);
	if (table->count < CELLS_MAX)
		table->cells[table->count++] = cell;
}

static void split(struct table *table, struct cursor row)
{
	size_t base = row.position;

	table->count = 0;
	table->plain_length = 0;
	do
		next_cell(table, &row, base);
	while (scan_byte(&row, table->separator));
}

static struct cursor cell_at(const struct table *table, size_t index)
{
	return index < table->count ? table->cells[index].text : cursor_over(NULL, 0);
}

/* ---- Which columns these are ---- */

static bool is_number(struct cursor text, uint32_t max)
{
	uint32_t number = 0;

	return scan_number(&text, max, &number) && cursor_readable(&text) == 0;
}

static bool is_date(struct cursor *text)
{
	struct regional_date date;
	int64_t seconds = 0;
	struct cursor probe = *text;

	if (!regional_parse(&probe, &date) ||
	    (!regional_day(&date, DATE_MONTH_FIRST, &seconds) && !regional_day(&date, DATE_DAY_FIRST, &seconds) &&
	     !regional_day(&date, DATE_YEAR_FIRST, &seconds)))
		return false;
	*text = probe;
	return true;
}

/* A time, and behind it at most the name of half a day. */
static bool is_time(struct cursor text)
{
	int64_t seconds = 0;

	scan_spaces(&text);
	/* The name before the time, where the language is not known. */
	for (unsigned i = 0; i < HALF_DAY_MAX && cursor_peek(&text) >= 0x80; i++)
		cursor_skip(&text, 1);
	if (!regional_clock(&text, &seconds) || cursor_readable(&text) > HALF_DAY_MAX)
		return false;
	while (cursor_readable(&text) > 0)
		if (scan_is_digit(cursor_u8(&text)))
			return false;
	return true;
}

static bool is_date_time(struct cursor text)
{
	bool utc = false;
	int64_t seconds = 0;
	struct cursor probe = text;

	if (entry_iso_time(&probe, &seconds, &utc) && cursor_readable(&probe) == 0)
		return true;
	return is_date(&text) && is_time(text);
}

static bool is_user(struct cursor text)
{
	struct cursor probe = text;

	return (scan_words(&probe, "N/A") && cursor_readable(&probe) == 0) ||
	       (scan_words(&probe, "None") && cursor_readable(&probe) == 0) || scan_past(&text, "\\");
}

static bool cell_fits(struct cursor text, enum column column)
{
	int32_t number;

	switch (column) {
	case COLUMN_DATE:
		return is_date(&text) && cursor_readable(&text) == 0;
	case COLUMN_TIME:
		return is_time(text);
	case COLUMN_DATE_TIME:
		return is_date_time(text);
	case COLUMN_SOURCE:
		return cursor_readable(&text) > 0 && !is_user(text) && !is_number(text, UINT32_MAX);
	case COLUMN_NUMBER:
		return is_number(text, UINT32_MAX) && entry_number(text, &number);
	case COLUMN_RECORD:
		return is_number(text, UINT32_MAX);
	case COLUMN_SMALL:
		return is_number(text, 99999);
	case COLUMN_USER:
		return is_user(text);
	default:
		return true;
	}
}

static size_t columns_of(const struct layout *layout)
{
	size_t count = 0;

	while (layout->columns[count] != COLUMN_NONE)
		count++;
	return count;
}

/* A row's own description may be missing. */
static bool fits(const struct table *table, const struct layout *layout)
{
	size_t columns = columns_of(layout);

	if (table->separator == ' ' && !layout->spaced)
		return false;
	for (size_t i = 0; i < columns; i++) {
		if (i + 1 == columns && i >= table->count)
			return true;
		if (i >= table->count || !cell_fits(cell_at(table, i), layout->columns[i]))
			return false;
	}
	return true;
}

static const struct layout *fitting(const struct table *table)
{
	if (table->named)
		return fits(table, &table->layout) ? &table->layout : NULL;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (fits(table, &layouts[i]))
			return &layouts[i];
	return NULL;
}

/* Column names, as programs for tables write them above. */
static bool read_heading(struct table *table, struct cursor line)
{
	unsigned seen = 0;
	size_t count = 0;

	split(table, line);
	struct layout layout = {0};
	for (; count < table->count && count < COLUMNS_MAX - 1; count++) {
		layout.columns[count] = COLUMN_ANY;
		for (size_t k = 0; k < sizeof(headings) / sizeof(headings[0]); k++) {
			struct cursor name = cell_at(table, count);
			if (!scan_whole_words(&name, headings[k].name) || cursor_readable(&name) > 0 ||
			    (seen & 1U << headings[k].column) != 0)
				continue;
			layout.columns[count] = headings[k].column;
			seen |= 1U << headings[k].column;
			break;
		}
	}
	bool timed = (seen & 1U << COLUMN_DATE_TIME) != 0 || (seen & 1U << COLUMN_DATE) != 0;
	if (!timed || (seen & 1U << COLUMN_SOURCE) == 0 || (seen & 1U << COLUMN_NUMBER) == 0)
		return false;
	/* Vista names the five columns before the description, but not that itself. */
	if ((seen & 1U << COLUMN_MESSAGE) == 0)
		layout.columns[count] = COLUMN_MESSAGE;
	table->named = true;
	table->layout = layout;
	return true;
}

static bool finds_separator(struct table *table, struct cursor line)
{
	static const uint8_t separators[] = {'\t', ',', ';', ' '};

	for (size_t i = 0; i < sizeof(separators); i++) {
		table->separator = separators[i];
		if (separators[i] != ' ' && read_heading(table, line))
			return true;
		split(table, line);
		if (fitting(table) != NULL)
			return true;
	}
	return false;
}

static struct table *table_new(const struct log_input *input)
{
	struct table *table = memory_get(sizeof(*table));

	table->input = input;
	table->named = false;
	table->dates = NULL;
	table->has_row = false;
	table->in_row_quotes = false;
	table->below_heading = false;
	table->row_length = 0;
	table->count = 0;
	return table;
}

static bool recognise(struct table *table)
{
	struct cursor line;
	unsigned seen = 0;

	log_lines(table->input, &table->lines);
	table->lines.verbatim = true;
	while (seen < PROBE_LINES && lines_next(&table->lines, &line)) {
		struct cursor text = scan_trimmed(line);
		if (cursor_readable(&text) == 0)
			continue;
		seen++;
		if (finds_separator(table, line))
			return true;
	}
	return false;
}

static bool is_table(const struct log_input *input)
{
	struct table *table = table_new(input);
	bool found = recognise(table);

	free(table);
	return found;
}

/* ---- Rows into entries ---- */

static void place_in_time(const struct table *table, struct entry *entry, struct cursor date, struct cursor time)
{
	int64_t day = 0;
	int64_t of_day = 0;

	if (entry_iso_time(&date, &entry->t, &entry->utc))
		return;
	bool good = regional_date(&date, &table->input->orders, &day);
	if (cursor_readable(&time) == 0)
		time = date;
	/* Behind the time may stand a half of the day whose name is not known here. */
	entry->bad_time = !good || !regional_clock(&time, &of_day) || cursor_readable(&time) > 0;
	if (!entry->bad_time)
		entry->t = day + of_day;
}

/* The rest of a row that has no quotes around its description is the description, separators and all. */
static struct cursor message_at(struct table *table, const struct layout *layout, size_t index)
{
	struct cursor row = cursor_over(table->row, table->row_length);
	bool last = layout->columns[index + 1] == COLUMN_NONE;

	if (index >= table->count)
		return cursor_over(NULL, 0);
	cursor_skip(&row, table->cells[index].from);
	if (!last || cursor_peek(&row) == '"')
		return cell_at(table, index);
	while (cursor_peek(&row) == '\t')
		cursor_skip(&row, 1);
	return scan_trimmed(row);
}

static void take_strings(const struct table *table, size_t index, struct strings *strings)
{
	if (index >= table->count)
		return;
	strings->count = 0;
	for (size_t i = index; i < table->count; i++)
		strings_add(strings, cell_at(table, i));
	/* A separator at a row's end makes a string of nothing. */
	while (strings->count > 0 && cursor_readable(&strings->at[strings->count - 1]) == 0)
		strings->count--;
	if (strings->count == 1 || table->separator == ' ') {
		struct cursor row = cursor_over(table->row, table->row_length);
		cursor_skip(&row, table->cells[index].from);
		strings_of_list(strings->count == 1 ? strings->at[0] : row, strings);
	}
}

static void take_bars(struct cursor text, struct strings *strings)
{
	struct cursor from = text;

	strings->count = 0;
	while (cursor_readable(&text) > 0) {
		struct cursor end = text;
		if (cursor_u8(&text) != '|')
			continue;
		strings_add(strings, scan_between(&from, &end));
		from = text;
	}
	if (cursor_readable(&from) > 0)
		strings_add(strings, from);
}

static void take_cell(struct table *table, const struct layout *layout, size_t index, struct entry *entry)
{
	struct cursor text = cell_at(table, index);
	uint32_t number = 0;

	switch (layout->columns[index]) {
	case COLUMN_SOURCE:
		entry->source = text;
		break;
	case COLUMN_NUMBER:
		entry_number(text, &entry->number);
		break;
	case COLUMN_RECORD:
		if (scan_number(&text, UINT32_MAX, &number))
			entry->record_number = number;
		break;
	case COLUMN_CATEGORY:
		entry->category = text;
		break;
	case COLUMN_MESSAGE:
		entry->message = message_at(table, layout, index);
		break;
	case COLUMN_STRINGS:
		take_strings(table, index, &entry->strings);
		break;
	case COLUMN_BARS:
		take_bars(text, &entry->strings);
		break;
	default:
		break;
	}
}

/* Strings have no line ends: what is below is no part of the row. */
static void cut_at_line_end(struct table *table)
{
	size_t length = 0;

	while (length < table->row_length && table->row[length] != '\n')
		length++;
	if (length == table->row_length)
		return;
	table->row_length = length;
	split(table, cursor_over(table->row, table->row_length));
}

static void take_row(struct table *table)
{
	struct cursor date = cursor_over(NULL, 0);
	struct cursor time = cursor_over(NULL, 0);
	struct entry entry;

	split(table, cursor_over(table->row, table->row_length));
	const struct layout *layout = fitting(table);
	entry_clear(&entry);
	entry.line = table->line;
	entry.offset = table->offset;
	if (layout == NULL) {
		/* A line of one cell is prose: a heading, or who made the file. */
		if (table->count > 2)
			log_problem(table->input, table->line, table->offset,
				    "this line is no row of the table around it");
		return;
	}
	if (layout->spaced)
		cut_at_line_end(table);
	for (size_t i = 0; layout->columns[i] != COLUMN_NONE; i++) {
		take_cell(table, layout, i, &entry);
		if (layout->columns[i] == COLUMN_DATE || layout->columns[i] == COLUMN_DATE_TIME)
			date = cell_at(table, i);
		else if (layout->columns[i] == COLUMN_TIME)
			time = cell_at(table, i);
	}
	place_in_time(table, &entry, date, time);
	entry_take(table->input, &entry);
}

static void see_dates(struct table *table)
{
	split(table, cursor_over(table->row, table->row_length));
	const struct layout *layout = fitting(table);
	size_t columns = layout == NULL ? 0 : columns_of(layout);
	for (size_t i = 0; i < columns; i++) {
		if (layout->columns[i] != COLUMN_DATE && layout->columns[i] != COLUMN_DATE_TIME)
			continue;
		struct regional_date date;
		struct cursor text = cell_at(table, i);
		struct cursor time = cell_at(table, i + 1);
		dates_see(table->dates, text);
		/* The AM or PM of a date with a cell of its own is in the next one. */
		if (layout->columns[i] == COLUMN_DATE && regional_parse(&text, &date))
			dates_see_half_day(table->dates, regional_mark(&date), time);
	}
}

static void add_line(struct table *table, struct cursor line, bool joined)
{
	if (joined && table->row_length < ROW_SIZE)
		table->row[table->row_length++] = '\n';
	while (cursor_readable(&line) > 0) {
		uint8_t byte = cursor_u8(&line);
		table->in_row_quotes ^= byte == '"';
		if (table->row_length < ROW_SIZE)
			table->row[table->row_length++] = byte == '\t' && table->separator != '\t' ? ' ' : byte;
	}
}

/* Whether the columns that tell a row stand before those that may have line ends in them. */
static bool is_told_by_first_line(const struct layout *layout)
{
	bool open = false;

	for (size_t i = 0; layout->columns[i] != COLUMN_NONE; i++) {
		enum column column = layout->columns[i];
		bool telling = column == COLUMN_DATE || column == COLUMN_DATE_TIME || column == COLUMN_NUMBER;
		open = open || column == COLUMN_MESSAGE || column == COLUMN_BARS;
		if (open && telling)
			return false;
	}
	return true;
}

/* Whether a line begins a row, seen for itself. */
static bool begins_row(struct table *table, struct cursor line)
{
	split(table, line);
	if (!table->named || is_told_by_first_line(&table->layout))
		return fitting(table) != NULL;
	return !table->has_row || !table->in_row_quotes;
}

static void end_row(struct table *table, bool taking)
{
	if (table->has_row && taking)
		take_row(table);
	else if (table->has_row)
		see_dates(table);
	table->has_row = false;
	table->in_row_quotes = false;
	table->row_length = 0;
}

/* Whether a line that is no row begins as the rows around it do, with a date, so that it is one that was cut. */
static bool is_cut_row(struct table *table, struct cursor line)
{
	split(table, cursor_over(table->row, table->row_length));
	const struct layout *layout = fitting(table);
	split(table, line);
	for (size_t i = 0; layout != NULL && i < table->count && layout->columns[i] != COLUMN_NONE; i++) {
		enum column column = layout->columns[i];
		if (!cell_fits(cell_at(table, i), column))
			return false;
		if (i > 0 && (column == COLUMN_TIME || column == COLUMN_DATE_TIME))
			return true;
	}
	return false;
}

static void take_line(struct table *table, struct cursor line, bool taking)
{
	struct cursor text = scan_trimmed(line);

	if (table->named && read_heading(table, line)) {
		end_row(table, taking);
		table->below_heading = true;
	} else if ((!table->named || table->below_heading) && cursor_readable(&text) > 0 && begins_row(table, line)) {
		end_row(table, taking);
		table->has_row = true;
		table->line = table->lines.line;
		table->offset = table->lines.offset;
		add_line(table, line, false);
	} else if (table->has_row && !table->in_row_quotes && is_cut_row(table, line)) {
		end_row(table, taking);
		if (taking)
			log_problem(table->input, table->lines.line, table->lines.offset,
				    "the row here is cut: this line is no row of the table around it");
	} else if (table->has_row) {
		add_line(table, line, true);
	} else if (taking && cursor_peek(&text) != '#' && scan_past(&text, "MSExchangeMTA")) {
		/* What else stands above a table is headings and who made it. */
		log_problem(table->input, table->lines.line, table->lines.offset,
			    "this line is no row of the table that follows");
	}
}

/* Goes through all lines; without taking, only the dates are looked at. */
static void go_through(struct table *table, bool taking)
{
	struct cursor line;
	bool ended = true;

	log_lines(table->input, &table->lines);
	table->lines.verbatim = true;
	table->below_heading = false;
	while (lines_next(&table->lines, &line)) {
		if (ended)
			take_line(table, line, taking);
		else if (table->has_row)
			add_line(table, line, false);
		ended = table->lines.ended;
	}
	end_row(table, taking);
}

static void see_table(const struct log_input *input, struct dates *dates)
{
	struct table *table = table_new(input);

	if (recognise(table)) {
		table->dates = dates;
		go_through(table, false);
	}
	free(table);
}

static void read_table(const struct log_input *input)
{
	struct table *table = table_new(input);
	size_t before = entry_count(input->log);

	if (recognise(table))
		go_through(table, true);
	entry_end(input, before);
	free(table);
}

/* ---- Tables within a log that holds more ---- */

struct table_finder {
	struct table *current;
	struct table *other;
	bool has_current;
	enum program program; /* that wrote the rows of current */
};

struct table_finder *table_finder_new(void)
{
	struct table_finder *finder = memory_get_zeroed(1, sizeof(*finder));

	finder->current = table_new(NULL);
	finder->other = table_new(NULL);
	return finder;
}

void table_finder_free(struct table_finder *finder)
{
	free(finder->current);
	free(finder->other);
	free(finder);
}

/* Most lines of other logs have too few separators for a row, and begin with no date that spaces could follow. */
static bool may_be_row(struct cursor line)
{
	unsigned counts[3] = {0};
	bool date = scan_is_digit(cursor_peek(&line));

	while (cursor_readable(&line) > 0) {
		uint8_t byte = cursor_u8(&line);
		counts[0] += byte == '\t';
		counts[1] += byte == ',';
		counts[2] += byte == ';';
	}
	return date || counts[0] >= 4 || counts[1] >= 4 || counts[2] >= 4;
}

static bool same_columns(const struct table *left, const struct table *right)
{
	if (left->separator != right->separator || left->named != right->named)
		return false;
	return !left->named || memcmp(&left->layout, &right->layout, sizeof(left->layout)) == 0;
}

/* Who wrote the row that was split last, if it is one. */
static bool written_by(const struct table *table, enum program *program)
{
	const struct layout *layout = fitting(table);

	*program = layout == NULL ? PROGRAM_ANY : layout->program;
	return layout != NULL;
}

enum table_line table_finder_look(struct table_finder *finder, struct cursor line)
{
	struct table *other = finder->other;
	enum program program = PROGRAM_ANY;

	if (!may_be_row(line))
		return TABLE_NO_ROW;
	if (finder->has_current) {
		split(finder->current, line);
		if (written_by(finder->current, &program) && program == finder->program)
			return TABLE_ROW;
	}
	other->named = false;
	if (!finds_separator(other, line))
		return TABLE_NO_ROW;
	/* A heading fits its own columns seldom. */
	program = other->named || !written_by(other, &program) ? PROGRAM_ANY : program;
	if (finder->has_current && same_columns(finder->current, other) && program == finder->program)
		return TABLE_ROW;
	finder->other = finder->current;
	finder->current = other;
	finder->program = program;
	finder->has_current = true;
	return TABLE_BEGINS;
}

void table_finder_forget(struct table_finder *finder)
{
	finder->has_current = false;
}

const struct event_format format_table = {"table of events", is_table, read_table, see_table};
