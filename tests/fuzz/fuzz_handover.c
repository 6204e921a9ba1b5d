/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a chunk that another process filled: messages, each behind its head, from the front on, and whatever
 * bytes they speak of anywhere in it. What is taken must lie where it says, and bear no value that its type has not.
 */
#include "capture/handover.h"
#include "capture_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const uint8_t *bytes, size_t length)
{
	static volatile uint8_t read;

	for (size_t i = 0; i < length; i++)
		read = bytes[i];
	(void)read;
}

static void check_segment(const struct segment *segment, const struct packet *packet)
{
	require(segment->payload_captured <= segment->payload_length && segment->vlan.count <= VLAN_TAGS);
	require(segment->moment.time == packet->moment.time && segment->moment.capture == packet->moment.capture);
	read_all(segment->payload, segment->payload_captured);
	read_all(segment->options, segment->options == NULL ? 0 : segment->options_length);
}

static void take_packet(uint32_t kind, const struct cursor *message, const struct cursor *bytes,
			struct handover_like *like)
{
	struct packet packet = {0};
	struct decode decode;
	uint64_t hash[2] = {0};

	if (!handover_take_packet(kind, message, bytes, like, &packet, &decode, hash))
		return;
	require(packet.captured <= packet.length && packet.moment.capture > 0);
	read_all(packet.data, packet.captured);
	if (packet.decoded == NULL)
		return;
	require(packet.decoded == &decode && decode.kind < DECODED_KINDS && decode.kind != DECODED_ICMP);
	require(decode.part_count == 0);
	if (decode.kind == DECODED_SEGMENT)
		check_segment(&decode.segment, &packet);
}

static void take_info(struct cursor message)
{
	struct capture_info info = {0};
	char *texts[2] = {NULL, NULL};
	uint32_t capture;

	if (handover_take_info(message, &capture, &info, texts)) {
		require(info.link_count <= CAPTURE_LINKS && info.problem_count <= CAPTURE_PROBLEMS && info.digits <= 9);
		for (size_t i = 0; i < info.link_count; i++)
			require(memchr(info.links[i].name, '\0', sizeof info.links[i].name) != NULL);
		for (size_t i = 0; i < info.problem_count; i++)
			read_all((const uint8_t *)info.problems[i].says, strlen(info.problems[i].says));
	}
	for (size_t i = 0; i < info.problem_count; i++)
		free(info.problems[i].says);
	free(info.problems);
	free(texts[0]);
	free(texts[1]);
}

static void take(uint32_t kind, const struct cursor *message, const struct cursor *bytes, struct handover_like *like)
{
	uint32_t capture;
	uint64_t read;
	unsigned digits;
	char *why = NULL;

	switch (kind) {
	case HANDOVER_PACKET:
	case HANDOVER_LEAN:
	case HANDOVER_LIGHT:
		take_packet(kind, message, bytes, like);
		break;
	case HANDOVER_DIGITS:
		require(!handover_take_digits(*message, &capture, &digits) || digits <= 9);
		break;
	case HANDOVER_INFO:
		take_info(*message);
		break;
	case HANDOVER_READ:
		handover_take_read(*message, &read);
		break;
	case HANDOVER_FAILED:
		if (handover_take_failed(*message, &capture, &why) && why != NULL)
			read_all((const uint8_t *)why, strlen(why));
		free(why);
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor bytes = cursor_over(data, size), in = bytes;
	struct handover_like like = {0};
	struct channel_head head;
	const uint8_t *at;

	while ((at = cursor_take(&in, sizeof head)) != NULL) {
		memcpy(&head, at, sizeof head);
		if (head.length > cursor_left(&in))
			break;
		/* Apart, so that a sanitizer sees a byte that is read behind it. */
		uint8_t *copy = malloc(head.length + 1U);
		require(copy != NULL);
		if (head.length > 0)
			memcpy(copy, cursor_take(&in, head.length), head.length);
		uint8_t *message = realloc(copy, head.length == 0 ? 1 : head.length);
		take(head.kind, &(struct cursor){.data = message, .captured = head.length, .declared = head.length},
		     &bytes, &like);
		free(message);
		cursor_skip(&in, (8 - head.length % 8) % 8);
	}
	return 0;
}
