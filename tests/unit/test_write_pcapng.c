/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture/write_pcapng.h"
#include "capture_build.h"

#include <errno.h>
#include <pcap/pcap.h>

static const uint8_t data[] = "sixty bytes, which are enough for what a packet is here ....";
enum { DATA = sizeof data - 1 };

#define T0 (INT64_C(1014752600) * NS_PER_S)

struct sunk {
	uint8_t bytes[1 << 21];
	size_t length, room; /* room: where it is full */
};

static int sink(void *user, const void *bytes, size_t length)
{
	struct sunk *sunk = user;

	if (length > sunk->room - sunk->length)
		return ENOSPC;
	memcpy(sunk->bytes + sunk->length, bytes, length);
	sunk->length += length;
	return 0;
}

static struct sunk *sunk_new(void)
{
	struct sunk *sunk = calloc(1, sizeof *sunk);

	assert_non_null(sunk);
	sunk->room = sizeof sunk->bytes;
	return sunk;
}

static struct pcapng_packet packet_at(time_ns time)
{
	return (struct pcapng_packet){.time = time, .data = data, .captured = DATA, .length = DATA};
}

static const struct pcapng_section plain = {.application = "a test"};
static const struct pcapng_interface ethernet = {.link_type = DLT_EN10MB, .digits = 6};

static void what_is_written_is_read(void **state)
{
	struct sunk *sunk = sunk_new();
	struct pcapng_writer *writer = pcapng_writer_new(sink, sunk);
	struct pcapng_interface raw = {.link_type = DLT_RAW,
				       .digits = 9,
				       .snap_length = 96,
				       .name = "eth0",
				       .description = "towards the MTA",
				       .filter = "tcp port 102"};
	static const struct capture_text comments[] = {{"the first and more", 9}, {"the second", 10}};
	uint32_t first, second;

	(void)state;
	assert_true(pcapng_section(writer, &plain));
	assert_true(pcapng_interface(writer, &ethernet, &first));
	assert_true(pcapng_interface(writer, &raw, &second));
	struct pcapng_packet packet = packet_at(T0 + 123456789);
	packet.interface = first;
	assert_true(pcapng_packet(writer, &packet));
	packet.interface = second;
	packet.captured = 61 - 4;
	packet.length = 1514;
	packet.comments = comments;
	packet.comment_count = 2;
	packet.flags = 1;
	assert_true(pcapng_packet(writer, &packet));
	assert_true(pcapng_statistics(writer, second, T0, 12, 3));
	assert_true(pcapng_flush(writer));
	assert_int_equal(pcapng_bytes(writer), sunk->length);
	pcapng_writer_free(writer);

	struct read_file *read = read_bytes(sunk->bytes, sunk->length);
	const struct capture_info *info = &read->file.info;
	assert_true(info->complete);
	assert_int_equal(info->problem_count, 0);
	assert_int_equal(read->count, 2);
	assert_int_equal(read->packets[0].packet.moment.time, T0 + 123456000);
	assert_int_equal(read->packets[0].packet.link_type, DLT_EN10MB);
	assert_memory_equal(read->packets[0].bytes, data, DATA);
	assert_string_equal(read->packets[0].comment, "");
	assert_int_equal(read->packets[1].packet.moment.time, T0 + 123456789);
	assert_int_equal(read->packets[1].packet.link_type, DLT_RAW);
	assert_int_equal(read->packets[1].packet.captured, 57);
	assert_int_equal(read->packets[1].packet.length, 1514);
	assert_string_equal(read->packets[1].comment, "the first\nthe second");
	assert_int_equal(read->packets[0].packet.flags, 0);
	assert_int_equal(read->packets[1].packet.flags, 1);
	assert_int_equal(info->interface_count, 2);
	assert_string_equal(info->interfaces[1].name, "eth0");
	assert_string_equal(info->interfaces[1].description, "towards the MTA");
	assert_string_equal(info->interfaces[1].filter, "tcp port 102");
	assert_int_equal(info->interfaces[1].snap_length, 96);
	assert_int_equal(info->drops, 3);
	read_free(read);
	free(sunk);
}

/* Larger than the buffer, and of every length that padding tells apart. */
static void packets_of_any_length(void **state)
{
	static const uint32_t lengths[] = {0, 1, 2, 3, 4, 65535, 65536, 200001};
	struct sunk *sunk = sunk_new();
	struct pcapng_writer *writer = pcapng_writer_new(sink, sunk);
	uint8_t *large = calloc(1, 200001);

	(void)state;
	assert_non_null(large);
	memset(large, 0xa5, 200001);
	pcapng_section(writer, &plain);
	pcapng_interface(writer, &ethernet, NULL);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct pcapng_packet packet = packet_at(T0 + (time_ns)i);
		packet.data = large;
		packet.captured = packet.length = lengths[i];
		assert_true(pcapng_packet(writer, &packet));
	}
	assert_true(pcapng_flush(writer));
	pcapng_writer_free(writer);
	struct read_file *read = read_bytes(sunk->bytes, sunk->length);
	assert_true(read->file.info.complete);
	assert_int_equal(read->count, sizeof lengths / sizeof lengths[0]);
	for (size_t i = 0; i < read->count; i++)
		assert_int_equal(read->packets[i].packet.captured, lengths[i]);
	read_free(read);
	free(large);
	free(sunk);
}

/* An option's length has 16 bits: a text of more is cut, and not within a character. */
static void long_texts_are_cut(void **state)
{
	struct sunk *sunk = sunk_new();
	struct pcapng_writer *writer = pcapng_writer_new(sink, sunk);
	char *text = calloc(1, 70001);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 65534);
	memcpy(text + 65534, "\xc3\xa4 and more", 11);
	struct capture_text comment = {text, strlen(text)};
	struct pcapng_packet packet = packet_at(T0);
	packet.comments = &comment;
	packet.comment_count = 1;
	pcapng_section(writer, &plain);
	pcapng_interface(writer, &ethernet, NULL);
	assert_true(pcapng_packet(writer, &packet));
	assert_true(pcapng_flush(writer));
	pcapng_writer_free(writer);
	struct read_file *read = read_bytes(sunk->bytes, sunk->length);
	assert_true(read->file.info.complete);
	assert_int_equal(read->packets[0].packet.comment_count, 1);
	assert_int_equal(read->comment_bytes, 65534);
	read_free(read);
	free(text);
	free(sunk);
}

static void sections_begin_anew(void **state)
{
	struct sunk *sunk = sunk_new();
	struct pcapng_writer *writer = pcapng_writer_new(sink, sunk);
	struct pcapng_packet packet = packet_at(T0);
	uint32_t index = 7;

	(void)state;
	pcapng_section(writer, &plain);
	pcapng_interface(writer, &ethernet, NULL);
	assert_true(pcapng_packet(writer, &packet));
	pcapng_section(writer, &plain);
	assert_true(pcapng_interface(writer, &ethernet, &index));
	assert_int_equal(index, 0);
	assert_true(pcapng_packet(writer, &packet));
	assert_true(pcapng_flush(writer));
	pcapng_writer_free(writer);
	struct read_file *read = read_bytes(sunk->bytes, sunk->length);
	assert_true(read->file.info.complete);
	assert_int_equal(read->count, 2);
	read_free(read);
	free(sunk);
}

static void check_refused(const struct pcapng_interface *interface, const struct pcapng_packet *packet)
{
	struct sunk *sunk = sunk_new();
	struct pcapng_writer *writer = pcapng_writer_new(sink, sunk);

	pcapng_section(writer, &plain);
	bool good = (interface == NULL || pcapng_interface(writer, interface, NULL)) && pcapng_packet(writer, packet);
	assert_false(good);
	assert_int_equal(pcapng_error(writer), EINVAL);
	assert_false(pcapng_flush(writer));
	assert_false(pcapng_section(writer, &plain));
	pcapng_writer_free(writer);
	free(sunk);
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct pcapng_packet packet = packet_at(T0);
	struct pcapng_interface foreign = {.link_type = LINK_FOREIGN, .digits = 6};
	struct pcapng_interface fine = {.link_type = DLT_EN10MB, .digits = 10};

	(void)state;
	check_refused(NULL, &packet);
	check_refused(&foreign, &packet);
	check_refused(&fine, &packet);
	packet.interface = 1;
	check_refused(&ethernet, &packet);
	packet = packet_at(-1);
	check_refused(&ethernet, &packet);
	packet = packet_at(T0);
	packet.length = DATA - 1;
	check_refused(&ethernet, &packet);
	packet = packet_at(T0);
	packet.captured = packet.length = PCAPNG_PACKET_MAX + 1;
	check_refused(&ethernet, &packet);
}

static void a_full_disk_is_told(void **state)
{
	struct sunk *sunk = sunk_new();
	struct pcapng_writer *writer = pcapng_writer_new(sink, sunk);
	struct pcapng_packet packet = packet_at(T0);
	unsigned good = 0;

	(void)state;
	sunk->room = 100000;
	pcapng_section(writer, &plain);
	pcapng_interface(writer, &ethernet, NULL);
	while (good < 5000 && pcapng_packet(writer, &packet))
		good++;
	assert_in_range(good, 100, 4000);
	assert_int_equal(pcapng_error(writer), ENOSPC);
	assert_false(pcapng_flush(writer));
	pcapng_writer_free(writer);
	free(sunk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read),
	    cmocka_unit_test(packets_of_any_length),
	    cmocka_unit_test(long_texts_are_cut),
	    cmocka_unit_test(sections_begin_anew),
	    cmocka_unit_test(what_makes_no_sense_is_refused),
	    cmocka_unit_test(a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
