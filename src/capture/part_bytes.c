/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/part_bytes.h"

#include "base/memory.h"
#include "capture/part.h"

#include <string.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

enum { VARINT_MAX = 10, SUMMED = 16 };

uint8_t *part_room(struct part_bytes *bytes, size_t length)
{
	if (bytes->capacity - bytes->length < length) {
		bytes->capacity = 2 * bytes->capacity + length;
		bytes->data = memory_resize(bytes->data, bytes->capacity);
	}
	uint8_t *room = bytes->data + bytes->length;
	bytes->length += length;
	return room;
}

void part_put(struct part_bytes *bytes, uint64_t value)
{
	uint8_t *out = part_room(bytes, VARINT_MAX), *at = out;

	for (; value >= 0x80; value >>= 7)
		*at++ = (uint8_t)(value | 0x80);
	*at++ = (uint8_t)value;
	bytes->length -= VARINT_MAX - (size_t)(at - out);
}

/* Small numbers of either sign become small ones. */
void part_put_signed(struct part_bytes *bytes, int64_t value)
{
	part_put(bytes, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

/* What a terminal would obey. */
static bool is_control(char byte)
{
	return (uint8_t)byte < ' ' || byte == 0x7f;
}

void part_put_text(struct part_bytes *bytes, const char *text)
{
	size_t length = text == NULL ? 0 : strlen(text);

	if (length > PART_TEXT)
		length = PART_TEXT;
	part_put(bytes, text == NULL ? 0 : length + 1);
	char *out = (char *)part_room(bytes, length);
	for (size_t i = 0; i < length; i++)
		out[i] = is_control(text[i]) ? '?' : text[i];
}

void part_put_fixed(uint8_t *to, uint64_t value, unsigned length)
{
	for (unsigned i = 0; i < length; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

uint64_t part_take(struct cursor *in)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint64_t byte = cursor_u8(in);
		if (shift == 63 && byte > 1)
			break;
		value |= (byte & 0x7f) << shift;
		if (byte < 0x80)
			return cursor_good(in) ? value : 0;
	}
	cursor_fail(in, CURSOR_MALFORMED);
	return 0;
}

int64_t part_take_signed(struct cursor *in)
{
	uint64_t value = part_take(in);

	return (int64_t)(value >> 1 ^ ((value & 1) != 0 ? UINT64_MAX : 0));
}

uint64_t part_take_most(struct cursor *in, uint64_t most)
{
	uint64_t value = part_take(in);

	if (value <= most)
		return value;
	cursor_fail(in, CURSOR_MALFORMED);
	return 0;
}

char *part_take_text(struct cursor *in, size_t most)
{
	size_t length = (size_t)part_take_most(in, most + 1);
	const char *text = length == 0 ? NULL : (const char *)cursor_take(in, length - 1);

	if (length == 0 || !cursor_good(in))
		return NULL;
	for (size_t i = 0; i + 1 < length; i++)
		if (is_control(text[i]))
			cursor_fail(in, CURSOR_MALFORMED);
	if (!cursor_good(in))
		return NULL;
	return memory_text(length > 1 ? text : "", length - 1);
}

void part_block_put(uint8_t *to, const struct part_block *block)
{
	part_put_fixed(to, PART_BLOCK_MARK, 4);
	part_put_fixed(to + 4, block->kind, 1);
	part_put_fixed(to + 5, block->packed, 1);
	part_put_fixed(to + 6, 0, 2);
	part_put_fixed(to + 8, block->stored, 4);
	part_put_fixed(to + 12, block->raw, 4);
	part_put_fixed(to + 16, block->sum, 4);
}

uint32_t part_sum(const struct part_block *block, const uint8_t *stored)
{
	uint8_t head[PART_BLOCK_HEAD];

	part_block_put(head, block);
	return (uint32_t)crc32_z(crc32_z(0, head, SUMMED), stored, block->stored);
}

bool part_block_take(const uint8_t *from, struct part_block *block)
{
	struct cursor in = cursor_over(from, PART_BLOCK_HEAD);
	uint32_t mark = cursor_le32(&in);

	block->kind = cursor_u8(&in);
	block->packed = cursor_u8(&in);
	uint16_t zero = cursor_le16(&in);
	block->stored = cursor_le32(&in);
	block->raw = cursor_le32(&in);
	block->sum = cursor_le32(&in);
	return mark == PART_BLOCK_MARK && zero == 0 && block->kind >= PART_HEAD && block->kind <= PART_END &&
	       block->packed <= 1 && block->raw <= PART_BLOCK_MAX && block->stored <= PART_BLOCK_MAX &&
	       (block->packed == 1 || block->stored == block->raw);
}

bool part_unpack(const struct part_block *block, const uint8_t *stored, uint8_t *raw)
{
	if (block->packed == 1)
		return ZSTD_decompress(raw, block->raw, stored, block->stored) == block->raw;
	if (block->raw > 0)
		memcpy(raw, stored, block->raw);
	return true;
}
