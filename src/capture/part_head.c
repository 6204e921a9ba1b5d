/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/part.h"

#include "base/memory.h"
#include "capture/part_bytes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool part_probe(const uint8_t *data, size_t length)
{
	return length >= PART_MAGIC_LENGTH && memcmp(data, PART_MAGIC, PART_MAGIC_LENGTH - 1) == 0;
}

static void take_terms(struct cursor *in, struct part_head *head)
{
	struct part_terms *terms = &head->terms;

	head->version = part_take_text(in, PART_TEXT);
	terms->any = part_take_most(in, 1) != 0;
	terms->port_count = (size_t)part_take_most(in, PART_PORTS);
	for (size_t i = 0; i < terms->port_count; i++) {
		terms->ports[i] = (uint16_t)part_take_most(in, UINT16_MAX);
		if (i > 0 && terms->ports[i] <= terms->ports[i - 1])
			cursor_fail(in, CURSOR_MALFORMED);
	}
	head->filter = part_take_text(in, PART_TEXT);
	terms->shard = (uint32_t)part_take_most(in, PART_SHARDS);
	terms->shards = (uint32_t)part_take_most(in, PART_SHARDS);
	if (terms->shard == 0 || terms->shard > terms->shards || head->version == NULL)
		cursor_fail(in, CURSOR_MALFORMED);
	terms->version = head->version;
	terms->filter = head->filter;
}

static bool take_head(struct cursor in, struct part_head *head)
{
	take_terms(&in, head);
	head->name = part_take_text(&in, PART_TEXT);
	head->size = part_take(&in);
	head->modified = part_take_signed(&in);
	head->format = part_take_text(&in, PART_TEXT);
	head->compression = part_take_text(&in, PART_TEXT);
	return cursor_good(&in) && cursor_left(&in) == 0 && head->name != NULL && head->format != NULL;
}

bool part_head_read(struct input *input, struct part_head *head)
{
	enum { BEFORE = PART_MAGIC_LENGTH + PART_BLOCK_HEAD };
	struct part_block block;
	size_t available;
	const uint8_t *data = input_look(input, BEFORE, &available);

	*head = (struct part_head){0};
	if (available < BEFORE || memcmp(data, PART_MAGIC, PART_MAGIC_LENGTH) != 0 ||
	    !part_block_take(data + PART_MAGIC_LENGTH, &block) || block.kind != PART_HEAD)
		return false;
	data = input_look(input, BEFORE + block.stored, &available);
	if (available < BEFORE + block.stored || part_sum(&block, data + BEFORE) != block.sum)
		return false;
	uint8_t *raw = memory_get((size_t)block.raw + 1);
	bool good = part_unpack(&block, data + BEFORE, raw) && take_head(cursor_over(raw, block.raw), head);
	free(raw);
	if (!good) {
		part_head_free(head);
		return false;
	}
	input_take(input, BEFORE + block.stored);
	return true;
}

void part_head_free(struct part_head *head)
{
	free(head->version);
	free(head->filter);
	free(head->name);
	free(head->format);
	free(head->compression);
	*head = (struct part_head){0};
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool part_terms_agree(const struct part_terms *a, const struct part_terms *b)
{
	return same_text(a->version, b->version) && a->any == b->any && a->port_count == b->port_count &&
	       memcmp(a->ports, b->ports, a->port_count * sizeof *a->ports) == 0 && same_text(a->filter, b->filter);
}

/* Its last block says that nothing is missing, and that the capture was read whole. */
static bool is_finished(const char *path)
{
	enum { TAIL = PART_BLOCK_HEAD + 1 };
	uint8_t tail[TAIL];
	struct part_block block;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	bool read_all = file >= 0 && lseek(file, -TAIL, SEEK_END) >= 0 && read(file, tail, TAIL) == TAIL;

	if (file >= 0)
		close(file);
	return read_all && part_block_take(tail, &block) && block.kind == PART_END && block.packed == 0 &&
	       block.stored == 1 && part_sum(&block, tail + PART_BLOCK_HEAD) == block.sum && tail[TAIL - 1] == 1;
}

bool part_fits(const char *path, const struct part_head *wanted, bool *whose)
{
	struct part_head head;
	struct input input;
	struct stat about;

	*whose = false;
	/* Nothing else waits for somebody to write it. */
	if (stat(path, &about) != 0 || !S_ISREG(about.st_mode) || input_open(&input, path, INPUT_PEEK, NULL) != 0)
		return false;
	bool fits = false;
	if (part_head_read(&input, &head)) {
		*whose = same_text(head.name, wanted->name) && head.terms.shard == wanted->terms.shard &&
			 head.terms.shards == wanted->terms.shards;
		fits = *whose && wanted->size > 0 && head.size == wanted->size && head.modified == wanted->modified &&
		       part_terms_agree(&head.terms, &wanted->terms) && is_finished(path);
		part_head_free(&head);
	}
	input_close(&input);
	return fits;
}
