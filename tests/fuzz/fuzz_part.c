/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a part: as the file, and, since no change of a byte gets past a checksum, as the content of blocks that
 * bear the right one. Large and small reads must give the same packets and the same problems.
 */
#include "capture/part_bytes.h"
#include "capture/part_read.h"
#include "capture_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t read_part(const char *path, size_t copies, size_t block)
{
	const char *const paths[] = {path, path};
	struct capture_file file = {.info = {.file = "capture"}};
	struct packet packet = {0};
	uint64_t digest = 0;
	struct part_reader *reader = part_reader_new(paths, copies, &file, block, NULL);

	while (part_reader_next(reader, &file, &packet)) {
		require(packet.captured <= packet.length && packet.link < CAPTURE_LINKS);
		require(packet.moment.time >= 0 && packet.moment.frame > 0 && file.info.digits <= 9);
		require(packet.light == (packet.decoded != NULL));
		add_bytes(&digest, packet.data, packet.captured);
		add_bytes(&digest, &packet.moment.time, sizeof packet.moment.time);
		add_bytes(&digest, &packet.digest, sizeof packet.digest);
	}
	require(!part_reader_next(reader, &file, &packet));
	for (size_t i = 0; i < file.info.problem_count; i++)
		add_bytes(&digest, file.info.problems[i].says, strlen(file.info.problems[i].says));
	require(file.info.complete || file.info.problem_count > 0);
	require(file.info.link_count <= CAPTURE_LINKS && file.info.problem_count <= CAPTURE_PROBLEMS);
	part_reader_free(reader);
	capture_file_free(&file);
	return digest;
}

static void run_part(const uint8_t *data, size_t size)
{
	char path[64];
	bool whose;
	int file = memfd_create("part", MFD_CLOEXEC);

	require(file >= 0 && write(file, data, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	for (size_t copies = 1; copies <= 2; copies++)
		require(read_part(path, copies, 0) == read_part(path, copies, INPUT_PEEK));
	part_fits(path, &(struct part_head){.name = (char[]){"capture"}}, &whose);
	close(file);
}

static void put_block(struct part_bytes *out, enum part_kind kind, const uint8_t *data, size_t size)
{
	struct part_block block = {.kind = (uint8_t)kind, .stored = (uint32_t)size, .raw = (uint32_t)size};

	block.sum = part_sum(&block, data);
	part_block_put(part_room(out, PART_BLOCK_HEAD), &block);
	if (size > 0)
		memcpy(part_room(out, size), data, size);
}

/* Each stretch of the bytes is a block: its length in two bytes, and in the next what block it is. */
static void run_blocks(const uint8_t *data, size_t size)
{
	struct part_bytes out = {0};
	struct cursor in = cursor_over(data, size);

	memcpy(part_room(&out, PART_MAGIC_LENGTH), PART_MAGIC, PART_MAGIC_LENGTH);
	while (cursor_left(&in) >= 3) {
		size_t length = cursor_le16(&in);
		enum part_kind kind = (enum part_kind)(PART_HEAD + cursor_u8(&in) % PART_END);
		length = length < cursor_left(&in) ? length : cursor_left(&in);
		put_block(&out, kind, cursor_take(&in, length), length);
	}
	run_part(out.data, out.length);
	free(out.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (part_probe(data, size))
		run_part(data, size);
	else
		run_blocks(data, size);
	return 0;
}
