/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcp/copies.h"

/*
 * One port shows both copies at once, sooner than any host repeats itself. A copy that a router or another capture has
 * had may be later; that it is one shows in the hop limit or the capture, together with the sender's IP ID and
 * checksum.
 */
enum { AT_ONCE_US = 2000, ELSEWHERE_US = 1000000 };

/*
 * What no router changes. The checksum covers the payload and the pseudo header (RFC 793 3.1); a sender's number makes
 * up for it, since the copy taken before the network card has computed it has another one.
 */
static uint32_t print_of(const struct segment *segment, bool numbered)
{
	uint64_t mix = segment->seq;
	uint64_t checksum = numbered ? 0 : segment->checksum;

	mix = mix * 0x9e3779b97f4a7c15 + segment->ack;
	mix = mix * 0x9e3779b97f4a7c15 + checksum * 65536 + segment->ip_id;
	mix = mix * 0x9e3779b97f4a7c15 + (uint64_t)segment->payload_length * 65536 + segment->flags;
	mix *= 0x9e3779b97f4a7c15;
	return (uint32_t)(mix >> 32);
}

bool copies_has(struct copies *copies, const struct segment *segment)
{
	bool numbered = segment->has_ip_id && segment->ip_id != 0;
	uint32_t print = print_of(segment, numbered);
	uint32_t time_us = (uint32_t)(segment->moment.time / NS_PER_US);

	/* A host that has reset answers every segment with the same RST: without a number they are all alike. */
	if ((segment->flags & TCP_RST) != 0 && !numbered)
		return false;
	for (unsigned i = 0; i < copies->count; i++) {
		if (copies->print[i] != print)
			continue;
		bool elsewhere = copies->capture[i] != (uint8_t)segment->moment.capture ||
				 (numbered && copies->hop_limit[i] != segment->hop_limit);
		if (time_us - copies->time_us[i] <= (uint32_t)(elsewhere ? ELSEWHERE_US : AT_ONCE_US))
			return true;
	}
	copies->print[copies->next] = print;
	copies->time_us[copies->next] = time_us;
	copies->hop_limit[copies->next] = segment->hop_limit;
	copies->capture[copies->next] = (uint8_t)segment->moment.capture;
	copies->next = (uint8_t)((copies->next + 1) % COPIES_KEPT);
	if (copies->count < COPIES_KEPT)
		copies->count++;
	return false;
}
