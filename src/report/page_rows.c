/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/page_rows.h"

#include "report/exchange_draw.h"

#include <stdlib.h>
#include <string.h>

/* A packet may hold hundreds of PDUs. */
enum { WORDS_MOST = 240 };

/* Words on their way from a row to the record. */
struct words_out {
	char *bytes;
	size_t length;
	struct text text;
};

static void put_words(struct json *json, struct words_out *out)
{
	text_limit(&out->text, WORDS_MOST);
	rewind(out->text.out);
	text_inline(&out->text);
	if (fflush(out->text.out) != 0)
		abort();
	/* It has been ended as a line; whatever else ends one has been made visible. */
	out->bytes[strcspn(out->bytes, "\n")] = '\0';
	json_text(json, NULL, out->bytes);
}

/* [kind, capture, frame, since the first packet, since the one before, from the server, milestones, words, marks]. */
static void put_row(struct json *json, struct words_out *out, const struct exchange *exchange,
		    const struct exchange_row *row)
{
	static const char *const kinds[] = {
	    [ROW_SEGMENT] = "packet",    [ROW_GAP] = "gap",   [ROW_ICMP] = "icmp",
	    [ROW_INCIDENT] = "incident", [ROW_FOLD] = "fold", [ROW_LEFT_OUT] = "left out"};

	json_array(json, NULL);
	json_text(json, NULL, kinds[row->kind]);
	json_integer(json, NULL, row->moment.capture);
	json_integer(json, NULL, (int64_t)row->moment.frame);
	json_integer(json, NULL, row->since_syn_ns);
	json_integer(json, NULL, row->since_before_ns);
	json_integer(json, NULL, row->direction == FROM_SERVER);
	exchange_say_milestones(&out->text, row);
	put_words(json, out);
	exchange_say(&out->text, exchange, row);
	put_words(json, out);
	exchange_say_marks(&out->text, row);
	put_words(json, out);
	json_array_end(json);
}

static void put_exchange(struct json *json, struct words_out *out, const struct exchange *exchange)
{
	json_object(json, NULL);
	json_integer(json, "id", exchange->id);
	json_array(json, "rows");
	for (size_t i = 0; i < exchange->row_count; i++)
		put_row(json, out, exchange, &exchange->rows[i]);
	json_array_end(json);
	json_object_end(json);
}

void page_rows_put(struct json *json, const struct exchanges *exchanges)
{
	const struct text_form form = {.width = TEXT_WIDTH_MAX, .utf8 = true};
	struct words_out out = {.bytes = NULL};
	FILE *memory = open_memstream(&out.bytes, &out.length);

	if (memory == NULL)
		abort();
	text_init(&out.text, memory, &form);
	json_object(json, "exchanges");
	json_text(json, "lacks", exchanges->lacks);
	json_bool(json, "unopened", exchanges->unopened);
	json_integer(json, "most", EXCHANGES_MOST);
	json_integer(json, "ends", EXCHANGES_ENDS);
	json_integer(json, "differing", (int64_t)exchanges->differing);
	json_array(json, "list");
	for (size_t i = 0; i < exchanges->count && exchanges->lacks == NULL; i++)
		if (exchanges->list[i].found)
			put_exchange(json, &out, &exchanges->list[i]);
	json_array_end(json);
	json_object_end(json);
	text_free(&out.text);
	fclose(memory);
	free(out.bytes);
}
