/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "evidence/payload.h"
#include "evidence/pseudonym.h"
#include "evidence/redact.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct address address_of(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

static unsigned common_bits(const struct address *a, const struct address *b)
{
	unsigned bits = 0;

	while (bits < 128 && ((a->bytes[bits / 8] ^ b->bytes[bits / 8]) & 0x80U >> bits % 8) == 0)
		bits++;
	return bits;
}

static void prefixes_are_preserved(void **state)
{
	static const char *const texts[] = {"10.20.0.1", "10.20.0.2",   "10.20.1.9",   "10.21.0.1",    "192.0.2.1",
					    "0.0.0.0",   "2001:db8::1", "2001:db8::2", "2001:db8:1::", "fe80::1"};
	enum { COUNT = sizeof texts / sizeof texts[0] };
	struct pseudonyms *pseudonyms = pseudonyms_new("key", 3);

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		for (size_t k = 0; k < COUNT; k++) {
			struct address a = address_of(texts[i]), b = address_of(texts[k]);
			struct address x = a, y = b;
			pseudonym_address(pseudonyms, &x);
			pseudonym_address(pseudonyms, &y);
			assert_int_equal(x.family, a.family);
			if (a.family == b.family)
				assert_int_equal(common_bits(&x, &y), common_bits(&a, &b));
		}
		struct address there = address_of(texts[i]), here = there;
		pseudonym_address(pseudonyms, &there);
		assert_false(address_equal(&there, &here));
		pseudonym_address_back(pseudonyms, &there);
		assert_true(address_equal(&there, &here));
	}
	pseudonyms_free(pseudonyms);
}

static void keys_make_the_difference(void **state)
{
	struct pseudonyms *one = pseudonyms_new("key", 3), *same = pseudonyms_new("key", 3);
	struct pseudonyms *other = pseudonyms_new("yek", 3), *random = pseudonyms_new(NULL, 0);
	struct address a = address_of("10.20.0.1"), b = a, c = a, d = a;

	(void)state;
	pseudonym_address(one, &a);
	pseudonym_address(same, &b);
	pseudonym_address(other, &c);
	pseudonym_address(random, &d);
	assert_true(address_equal(&a, &b));
	assert_false(address_equal(&a, &c));
	assert_false(address_equal(&a, &d));
	pseudonyms_free(one);
	pseudonyms_free(same);
	pseudonyms_free(other);
	pseudonyms_free(random);
}

static void words_keep_their_form(void **state)
{
	struct pseudonyms *pseudonyms = pseudonyms_new("key", 3);
	const char *before = "MTA-Berlin_07 /C=US/ mta-berlin";
	char after[64];

	(void)state;
	snprintf(after, sizeof after, "%s", before);
	pseudonym_words(pseudonyms, after, strlen(after));
	assert_int_equal(strlen(after), strlen(before));
	for (size_t i = 0; before[i] != '\0'; i++) {
		if (!isalnum((unsigned char)before[i])) {
			assert_int_equal(after[i], before[i]);
			continue;
		}
		assert_int_not_equal(after[i], before[i]);
		assert_int_equal(isupper((unsigned char)after[i]) != 0, isupper((unsigned char)before[i]) != 0);
		assert_int_equal(isdigit((unsigned char)after[i]) != 0, isdigit((unsigned char)before[i]) != 0);
	}
	/* One name, one pseudonym, however it is written. */
	assert_int_equal(tolower((unsigned char)after[4]), after[strlen(before) - 6]);
	pseudonyms_free(pseudonyms);
}

static void check_words(const struct redactor *redactor, const char *before, const char *kept, const char *gone)
{
	char *after = redact_words((void *)(uintptr_t)redactor, before);

	assert_non_null(after);
	if (kept != NULL && strstr(after, kept) == NULL)
		fail_msg("'%s' is not in '%s'", kept, after);
	if (gone != NULL && strstr(after, gone) != NULL)
		fail_msg("'%s' is still in '%s'", gone, after);
	free(after);
}

static void events_keep_what_they_say(void **state)
{
	struct redactor *redactor = redactor_new("key", 3);
	char *same = redact_words(redactor, "Bad LPIs in message; Bad LPI 1-15-42; Error code = 8464");

	(void)state;
	assert_string_equal(same, "Bad LPIs in message; Bad LPI 1-15-42; Error code = 8464");
	free(same);
	check_words(redactor, "connection to 10.20.1.9 lost", "connection to ", "10.20.1.9");
	check_words(redactor, "connection to fd20:1::12, lost", ", lost", "fd20:1::12");
	check_words(redactor, "entity /O=ACME/CN=HOST7 refused", " refused", "ACME");
	check_words(redactor, "entity /O=ACME/CN=HOST7 refused", "entity /", "HOST7");
	check_words(redactor, "network address 0A14010B", "network address ", "0A14010B");
	check_words(redactor, "number 12345 of 123456", "number 12345 of ", "123456");
	check_words(redactor, "h\xc3\xb6st", NULL, "\xc3");
	redactor_free(redactor);
}

/* ---- Payload ---- */

static bool name_is(void *user, const uint8_t *bytes, size_t length)
{
	const char *name = user;

	return strlen(name) == length && memcmp(bytes, name, length) == 0;
}

static void check_payload(const void *in, size_t length, uint8_t *out, const char *name)
{
	struct pseudonyms *pseudonyms = pseudonyms_new("key", 3);
	const struct payload_rules rules = {pseudonyms, name_is, (void *)(uintptr_t)name};

	memset(out, 0, length);
	payload_redact(&rules, in, out, length);
	pseudonyms_free(pseudonyms);
}

static bool holds(const uint8_t *bytes, size_t length, const char *word)
{
	return memmem(bytes, length, word, strlen(word)) != NULL;
}

/* X.224 13.3: a CR with both selectors and a TPDU size. */
static void selectors_become_pseudonyms(void **state)
{
	static const uint8_t cr[] = "\x03\0\0\x1d\x18\xe0\0\0\0\x01\0\xc1\x05"
				    "alpha\xc2\x04"
				    "beta\xc0\x01\x0b";
	uint8_t out[sizeof cr];

	(void)state;
	check_payload(cr, sizeof cr - 1, out, "");
	assert_memory_equal(out, cr, 13);
	assert_false(holds(out, sizeof cr - 1, "alpha"));
	assert_false(holds(out, sizeof cr - 1, "beta"));
	assert_int_not_equal(out[13], 0);
	assert_memory_equal(out + 24, cr + 24, sizeof cr - 1 - 24 < 3 ? sizeof cr - 1 - 24 : 3);
}

/*
 * X.225 8.3.1: a CONNECT whose user data is a set with a name, a password, a number and an object identifier (as X.410
 * and X.411 have them).
 */
static void passwords_are_gone(void **state)
{
	static const uint8_t connect[] =
	    "\x03\0\0\x2e\x02\xf0\x80\x0d\x25\xc1\x23\x31\x21\x80\x04"
	    "NAME\x81\x06secret\x16\x05other\x02\x02\x01\x2c\x06\x03\x56\0\x01\x80\x01\x05";
	size_t length = sizeof connect - 1;
	uint8_t out[sizeof connect];

	(void)state;
	assert_int_equal(length, 0x2e);
	check_payload(connect, length, out, "NAME");
	assert_memory_equal(out, connect, 15);
	assert_false(holds(out, length, "NAME"));
	assert_int_not_equal(out[15], 0);
	assert_false(holds(out, length, "secret"));
	assert_false(holds(out, length, "other"));
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(out[21 + i], 0);
	assert_true(holds(out, length, "\x02\x02\x01\x2c\x06\x03\x56"));
}

static void what_is_unknown_is_zero(void **state)
{
	static const char http[] = "GET /secret HTTP/1.0\r\n\r\n";
	uint8_t out[sizeof http], zeros[sizeof http] = {0};

	(void)state;
	check_payload(http, sizeof http, out, "");
	assert_memory_equal(out, zeros, sizeof http);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(prefixes_are_preserved),      cmocka_unit_test(keys_make_the_difference),
	    cmocka_unit_test(words_keep_their_form),       cmocka_unit_test(events_keep_what_they_say),
	    cmocka_unit_test(selectors_become_pseudonyms), cmocka_unit_test(passwords_are_gone),
	    cmocka_unit_test(what_is_unknown_is_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
