/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A part: a file that holds what reading one capture made of it, so that whoever has the parts of all captures can go
 * on as if they were read here. Packets that may matter to a judgement are in it whole; of the others it has what is
 * counted of them, their times, and the hash by which copies are known.
 *
 * The file begins with PART_MAGIC and goes on in blocks, each with a head (PART_BLOCK_HEAD bytes): a mark, what kind of
 * block it is, its length as it is stored and unpacked, and a CRC-32 of all of that and of what is stored. Numbers are
 * little-endian; in a block they are varints, seven bits a byte, the lowest first. No block needs another one, so that
 * of a damaged file the rest can be read.
 */
#ifndef MTASCOPE_CAPTURE_PART_H
#define MTASCOPE_CAPTURE_PART_H

#include "base/cursor.h"
#include "capture/decode.h"
#include "capture/info.h"
#include "capture/input.h"

/* The last byte is the format's version. */
#define PART_MAGIC "\x8fmtascope part\n\x01"

enum {
	PART_MAGIC_LENGTH = sizeof PART_MAGIC - 1,
	PART_BLOCK_HEAD = 20,
	PART_BLOCK_MAX = 1 << 21, /* bytes of a block, unpacked */
	PART_PORTS = 64,
	PART_SHARDS = 4096,
	PART_TEXT = 1 << 16, /* bytes of a name or a filter */
};

#define PART_BLOCK_MARK UINT32_C(0x1e54416d)

enum part_kind {
	PART_HEAD = 1, /* whose part it is, and what was asked for */
	PART_PACKETS,
	PART_INFO, /* what is told of the capture as a whole */
	PART_END,  /* nothing is missing; one byte, whether the capture was read whole */
};

/* What a packet's record begins with. */
enum part_record {
	PART_LIGHT,      /* a packet that only counts */
	PART_SYN,        /* the same; it opens a connection to a port that nobody watches */
	PART_WHOLE,      /* a packet as it was recorded */
	PART_STATE,      /* what goes for all packets from here on, to the block's end */
	PART_RECORD = 3, /* the bits of these */
	PART_HAS_FRAME = 4,
	PART_HAS_PLACE = 8,
	PART_IS_CUT = 16,
	PART_BITS = 31
};

/* What parts must agree in to go together. */
struct part_terms {
	const char *version;        /* of the program */
	uint16_t ports[PART_PORTS]; /* that are watched, rising */
	size_t port_count;
	bool any;               /* all are */
	const char *filter;     /* or NULL */
	uint32_t shard, shards; /* which share of the packets, from 1, of how many; 1 of 1: all of them */
};

/* What a part says of itself at its beginning. */
struct part_head {
	struct part_terms terms;
	char *name;       /* of the capture, as it was given */
	uint64_t size;    /* of its file; 0: it is none */
	int64_t modified; /* its file, in nanoseconds since 1970 */
	char *format, *compression;
	char *version, *filter; /* the terms' */
};

/* Reads a part's head; input stands at its beginning, and afterwards behind the head. False where there is none. */
bool part_head_read(struct input *input, struct part_head *head);
void part_head_free(struct part_head *head);

/* Whether the file begins as a part does, of this version of the format or another. */
bool part_probe(const uint8_t *data, size_t length);

/* Whether both were made with the same options; shards are no matter. */
bool part_terms_agree(const struct part_terms *a, const struct part_terms *b);

/*
 * Whether the file at path is a part of the capture called name, with these terms and this shard, as the capture is now
 * (head's size and modified), and complete. whose: is set where it is any part of that capture and shard.
 */
bool part_fits(const char *path, const struct part_head *wanted, bool *whose);

/* By which the copies of a packet are known that only counts. */
uint64_t part_digest(const struct packet *packet);

/* What becomes of one capture of a set. */
struct capture_part {
	const char *const *files; /* it is read out of these parts, one for each shard; NULL: it is read itself */
	size_t file_count;
	const char *written; /* its part is written there; NULL: none is */
	const char *folder;  /* in which that is */
	struct part_head head;
};

/* ---- Writing ---- */

struct part_writer;

/*
 * Begins a part at path, under another name until it is complete; what stood there is removed. head and path must
 * outlive the writer. block is how many bytes go into one block.
 */
struct part_writer *part_writer_new(const char *path, const struct part_head *head, size_t block);

/*
 * Adds the capture's next packet, and says at packet->decoded what it is. False: it belongs to another shard. packet is
 * valid until the next call. info is the capture's so far.
 */
bool part_writer_packet(struct part_writer *writer, const struct capture_info *info, struct packet *packet);

/* The capture has no more packets: writes the rest, and gives the part its name. */
void part_writer_end(struct part_writer *writer, const struct capture_info *info);

/* What is not ended leaves nothing behind. NULL: nothing. */
void part_writer_free(struct part_writer *writer);

#endif
