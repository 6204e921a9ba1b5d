/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process that reads captures hands over to the one that follows their connections: packets, with what decoding
 * made of them, and what is known of each capture.
 */
#ifndef MTASCOPE_CAPTURE_HANDOVER_H
#define MTASCOPE_CAPTURE_HANDOVER_H

#include "capture/channel.h"
#include "capture/decode.h"
#include "capture/info.h"

enum handover_kind {
	HANDOVER_PACKET, /* of any kind, with all that is known of it */
	HANDOVER_LEAN,   /* one with a segment over IPv4 in which nothing is special */
	HANDOVER_LIGHT,  /* one that only counts: it has nothing that is looked at behind its ports */
	HANDOVER_DIGITS, /* those of a capture's times have become another number */
	HANDOVER_INFO,   /* of one capture, as it is now, but for its interfaces */
	HANDOVER_READ,   /* so many more bytes of the files, for who shows how far reading is */
	HANDOVER_FAILED, /* the captures can't be started: why */
	HANDOVER_END     /* of all packets, with every capture's last info before it */
};

/* What a lean packet has in common with the last that was not: both sides keep it. All zero: there was none. */
struct handover_like {
	bool known;
	int link_type;
	uint32_t interface, link, flags;
};

/*
 * Each returns false when the reader is gone. decode may be NULL: the packet is to be decoded yet, as one with an ICMP
 * error has to be. hash is that of overlap_hash, or NULL where it will not be asked for. light: neither its bytes nor
 * more of its segment than the ports and flags will be looked at; it has a decode.
 */
bool handover_packet(struct channel *channel, struct handover_like *like, const struct packet *packet,
		     const struct decode *decode, bool light, const uint64_t hash[2]);
bool handover_digits(struct channel *channel, uint32_t capture, unsigned digits);
bool handover_info(struct channel *channel, uint32_t capture, const struct capture_info *info);
bool handover_read(struct channel *channel, uint64_t bytes);
bool handover_failed(struct channel *channel, uint32_t capture, const char *why);
bool handover_end(struct channel *channel);

/*
 * The other side. Each returns false when the message is none of its kind. A packet, of one of the three kinds, has no
 * comments; its data are valid as long as the message and bytes, those of the chunk, and *decode is what
 * packet->decoded points to, where it does. An info's problems are new, and so are the texts that it points to besides,
 * which are the caller's to free; its file and sha256 are left.
 */
bool handover_take_packet(uint32_t kind, const struct cursor *message, const struct cursor *bytes,
			  struct handover_like *like, struct packet *packet, struct decode *decode, uint64_t hash[2]);
bool handover_take_digits(struct cursor message, uint32_t *capture, unsigned *digits);
bool handover_take_info(struct cursor message, uint32_t *capture, struct capture_info *info, char *texts[2]);
bool handover_take_read(struct cursor message, uint64_t *bytes);
bool handover_take_failed(struct cursor message, uint32_t *capture, char **why);

#endif
