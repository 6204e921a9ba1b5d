/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writer that everything printed goes through. */
#include "made_analysis.h"

#include "report/text.h"

static char *written;
static size_t written_length;

static struct text begin(unsigned width, bool colour, bool utf8)
{
	struct text_form form = {.width = width, .colour = colour, .utf8 = utf8};
	struct text text;

	text_init(&text, open_memstream(&written, &written_length), &form);
	return text;
}

static void assert_written(struct text *text, const char *expected)
{
	text_free(text);
	fclose(text->out);
	assert_string_equal(written, expected);
	free(written);
}

static void assert_shown(const char *hostile, const char *expected)
{
	struct text text = begin(80, false, true);

	text_add(&text, STYLE_PLAIN, hostile);
	text_line(&text);
	assert_written(&text, expected);
}

static void test_hostile_text(void **state)
{
	(void)state;
	assert_shown("a\033[31mb", "a\\x1b[31mb\n");
	assert_shown("\033]0;owned\007", "\\x1b]0;owned\\x07\n");
	assert_shown("a\nb\rc\td\be", "a\\x0ab\\x0dc\\x09d\\x08e\n");
	assert_shown("\177", "\\x7f\n");
	/* C1 as UTF-8, and as a bare byte. */
	assert_shown("\302\23331m", "\\u{009b}31m\n");
	assert_shown("\23331m", "\\x9b31m\n");
	/* Direction, isolates, invisible ones, tags. */
	assert_shown("\u202Egpj.exe", "\\u{202e}gpj.exe\n");
	assert_shown("\u2066\u2069\u200B\uFEFF\u061C", "\\u{2066}\\u{2069}\\u{200b}\\u{feff}\\u{061c}\n");
	assert_shown("\U000E0041", "\\u{e0041}\n");
	assert_shown("\u2028", "\\u{2028}\n");
	assert_shown("e\u0301", "e\\u{0301}\n");
	/* Cut short, overlong, surrogate, beyond the last character. */
	assert_shown("\303", "\\xc3\n");
	assert_shown("\300\257", "\\xc0\\xaf\n");
	assert_shown("\340\200\257", "\\xe0\\x80\\xaf\n");
	assert_shown("\355\240\200", "\\xed\\xa0\\x80\n");
	assert_shown("\364\220\200\200", "\\xf4\\x90\\x80\\x80\n");
	assert_shown("\361\200\200", "\\xf1\\x80\\x80\n");
	assert_shown("Zürich 東京 ЖΩ", "Zürich 東京 ЖΩ\n");
}

static void test_ascii(void **state)
{
	(void)state;
	struct text text = begin(80, false, false);

	text_add(&text, STYLE_PLAIN, "5\u00a0µs → ━━─┬▼▽…█ Zürich");
	text_line(&text);
	assert_written(&text, "5 us > ==-+v?~@ Z?rich\n");
}

static void test_colour(void **state)
{
	(void)state;
	struct text text = begin(80, true, true);

	text_add(&text, STYLE_STRONG, "a");
	text_add(&text, STYLE_PLAIN, "b");
	text_add(&text, STYLE_FAINT, "c");
	text_line(&text);
	assert_written(&text, "\033[1ma\033[0mb\033[2mc\033[0m\n");
}

static void test_html(void **state)
{
	struct text text = begin(40, true, true);

	(void)state;
	text.form.html = true;
	text_heading(&text, "Load & <b>");
	text_add(&text, STYLE_BAD, "a \"line\" that's wider than any window, and has no break");
	text_add(&text, STYLE_PLAIN, " 5\u00a0s \033</script>");
	text_paragraph(&text, 0);
	text_add(&text, STYLE_PLAIN, "<i>");
	text_inline(&text);
	assert_written(&text, "\n<h2>Load &amp; &lt;b&gt;</h2>\n"
			      "<p><span class=\"bad\">a &quot;line&quot; that&#39;s wider than any window, and has no "
			      "break</span> 5&nbsp;s \\x1b&lt;/script&gt;</p>\n"
			      "&lt;i&gt;");
}

static void test_paragraph(void **state)
{
	(void)state;
	struct text text = begin(40, false, true);

	text_add(&text, STYLE_PLAIN, "one two three four five six seven eight nine ten eleven 30.0\u00a0s twelve");
	text_paragraph(&text, 4);
	assert_written(&text, "one two three four five six seven eight\n    nine ten eleven 30.0 s twelve\n");
	text = begin(40, false, true);
	text_add(&text, STYLE_PLAIN, "0123456789 0123456789 0123456789 01234 30.0\u00a0s");
	text_paragraph(&text, 2);
	assert_written(&text, "0123456789 0123456789 0123456789 01234\n  30.0 s\n");
	/* A word that no line holds is broken where the line ends. */
	text = begin(40, false, true);
	text_add(&text, STYLE_PLAIN, "0123456789012345678901234567890123456789abc");
	text_paragraph(&text, 2);
	assert_written(&text, "0123456789012345678901234567890123456789\n  abc\n");
}

static void test_wide_characters(void **state)
{
	(void)state;
	struct text text = begin(40, false, true);

	for (unsigned i = 0; i < 21; i++)
		text_add(&text, STYLE_PLAIN, "東");
	text_paragraph(&text, 0);
	assert_written(&text, "東東東東東東東東東東東東東東東東東東東東\n東\n");
	text = begin(40, false, true);
	for (unsigned i = 0; i < 21; i++)
		text_add(&text, STYLE_PLAIN, "東");
	text_line(&text);
	assert_written(&text, "東東東東東東東東東東東東東東東東東東東…\n");
}

static void test_cells(void **state)
{
	(void)state;
	struct text text = begin(40, false, true);

	text_add(&text, STYLE_PLAIN, "abcdef");
	text_limit(&text, 4);
	text_to(&text, 6);
	text_add(&text, STYLE_PLAIN, "x   ");
	text_line(&text);
	assert_written(&text, "abc…  x\n");
}

static void test_any_bytes(void **state)
{
	(void)state;
	struct text text = begin(40, false, true);
	uint32_t seed = 1;

	for (unsigned i = 0; i < 20000; i++) {
		char bytes[6] = {0};
		for (unsigned b = 0; b < sizeof bytes - 1; b++) {
			seed = seed * 1664525 + 1013904223;
			bytes[b] = (char)(seed >> 24);
		}
		text_add(&text, STYLE_PLAIN, bytes);
	}
	text_paragraph(&text, 3);
	text_free(&text);
	fclose(text.out);
	for (size_t i = 0; i < written_length; i++) {
		unsigned char byte = (unsigned char)written[i];
		assert_true(byte == '\n' || (byte >= 0x20 && byte != 0x7f));
		assert_false(byte == 0xc2 && (unsigned char)written[i + 1] < 0xa0);
	}
	free(written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hostile_text),    cmocka_unit_test(test_ascii),
	    cmocka_unit_test(test_colour),          cmocka_unit_test(test_paragraph),
	    cmocka_unit_test(test_wide_characters), cmocka_unit_test(test_cells),
	    cmocka_unit_test(test_any_bytes),       cmocka_unit_test(test_html),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
