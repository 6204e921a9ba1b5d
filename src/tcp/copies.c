/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcp/copies.h"

/*
 * One port shows both copies at once, sooner than any host repeats itself. A copy that a router or another capture has
 * had may be later; that it is one shows in the hop limit or the capture, together with the sender's IP ID and
 * checksum.
 */
enum { AT_ONCE_US = 2000, ELSEWHERE_US = 1000000 };

/*
 * A host that captures its own packets sees them before and after its network card has computed the checksum, at the
 * same moment but for the way through the kernel. Later, another checksum is another payload.
 */
enum { OFFLOADED_US = 100 };

/* What no router changes. */
static uint32_t print_of(const struct segment *segment)
{
	uint64_t mix = segment->seq;

	mix = mix * 0x9e3779b97f4a7c15 + segment->ack;
	mix = mix * 0x9e3779b97f4a7c15 + segment->ip_id;
	mix = mix * 0x9e3779b97f4a7c15 + (uint64_t)segment->payload_length * 65536 + segment->flags;
	mix *= 0x9e3779b97f4a7c15;
	return (uint32_t)(mix >> 32);
}

bool copies_has(struct copies *copies, const struct segment *segment)
{
	bool numbered = segment->has_ip_id && segment->ip_id != 0;
	uint32_t print = print_of(segment);
	uint32_t time_us = (uint32_t)(segment->moment.time / NS_PER_US);

	/* A host that has reset answers every segment with the same RST: without a number they are all alike. */
	if ((segment->flags & TCP_RST) != 0 && !numbered)
		return false;
	/* All at once: as a rule it is none of them. */
	bool known = false;
	for (unsigned i = 0; i < COPIES_KEPT; i++)
		known |= copies->print[i] == print;
	for (unsigned i = 0; known && i < copies->count; i++) {
		uint32_t age_us = time_us - copies->time_us[i];
		if (copies->print[i] != print)
			continue;
		/* The checksum covers the payload and the pseudo header (RFC 793 3.1). */
		if (copies->checksum[i] != segment->checksum && (!numbered || age_us > OFFLOADED_US))
			continue;
		bool elsewhere = copies->capture[i] != (uint8_t)segment->moment.capture ||
				 (numbered && copies->hop_limit[i] != segment->hop_limit);
		if (age_us <= (uint32_t)(elsewhere ? ELSEWHERE_US : AT_ONCE_US))
			return true;
	}
	copies->print[copies->next] = print;
	copies->time_us[copies->next] = time_us;
	copies->checksum[copies->next] = segment->checksum;
	copies->hop_limit[copies->next] = segment->hop_limit;
	copies->capture[copies->next] = (uint8_t)segment->moment.capture;
	copies->next = (uint8_t)((copies->next + 1) % COPIES_KEPT);
	if (copies->count < COPIES_KEPT)
		copies->count++;
	return false;
}
