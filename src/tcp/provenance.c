/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcp/provenance.h"

enum {
	IP_ID_STEP = 256, /* a host's counter may count its other packets, and NT counts in the other byte order */
	IP_ID_STEPS_NEEDED = 2, /* before its habit is known */
	HOST_STEPS_NEEDED = 8,
	IP_ID_REORDERED = 64,
	IP_ID_FAR = 4096, /* off by so much within a second is another counter */
	TIMESTAMP_SLACK = 10,
	LOST_MAX = 1460, /* a request and its like fit one segment: more is not lost before the tap unnoticed */
};

static uint16_t swapped(uint16_t value)
{
	return (uint16_t)(value << 8 | value >> 8);
}

/* How far the counter moved, in whichever byte order it moved less. */
static uint16_t ip_id_step(uint16_t from, uint16_t to)
{
	uint16_t plain = (uint16_t)(to - from);
	uint16_t other = (uint16_t)(swapped(to) - swapped(from));

	return plain < other ? plain : other;
}

/* Counts the step from the host's last packet, where that was another connection's. */
static void learn_host(struct tcp_host *host, const struct half *half, const struct segment *segment)
{
	if (host->packets > 0 && segment->has_ip_id && host->last_half != half) {
		uint16_t step = ip_id_step(host->ip_id, segment->ip_id);
		bool counts = step > 0 && step <= IP_ID_STEP;
		if (host->ip_id_steps + host->ip_id_leaps >= 64) {
			/* Recent habits count more. */
			host->ip_id_steps /= 2;
			host->ip_id_leaps /= 2;
		}
		*(counts ? &host->ip_id_steps : &host->ip_id_leaps) += 1;
	}
	if (host->packets == 0 || segment->hop_limit < host->hop_limit_low)
		host->hop_limit_low = segment->hop_limit;
	if (host->packets == 0 || segment->hop_limit > host->hop_limit_high)
		host->hop_limit_high = segment->hop_limit;
	host->packets++;
	host->last_half = half;
	host->ip_id = segment->ip_id;
	host->last_time = segment->moment.time;
}

void provenance_learn(struct half *half, const struct segment *segment)
{
	if (half->host != NULL)
		learn_host(half->host, half, segment);
	if (!half->seen) {
		half->hop_limit_low = segment->hop_limit;
		half->hop_limit_high = segment->hop_limit;
		half->seen = true;
	} else if (segment->has_ip_id && half->has_ip_id) {
		uint16_t step = ip_id_step(half->ip_id, segment->ip_id);
		uint8_t *count = step > 0 && step <= IP_ID_STEP ? &half->ip_id_steps : &half->ip_id_leaps;
		if (*count < UINT8_MAX)
			(*count)++;
	}
	if (segment->hop_limit < half->hop_limit_low)
		half->hop_limit_low = segment->hop_limit;
	if (segment->hop_limit > half->hop_limit_high)
		half->hop_limit_high = segment->hop_limit;
	half->has_ip_id = segment->has_ip_id;
	half->ip_id = segment->ip_id;
	/* A SYN only offers the option: the other side's SYN/ACK may do without (RFC 7323 3.2). */
	if (segment->has_timestamp && (segment->flags & TCP_SYN) == 0) {
		half->has_timestamp = true;
		half->timestamp = segment->timestamp;
	}
	half->last_time = segment->moment.time;
}

static bool ip_id_far(uint16_t from, uint16_t to)
{
	/* A little back is the network's reordering. */
	return ip_id_step(from, to) > IP_ID_FAR && ip_id_step(to, from) > IP_ID_REORDERED;
}

/*
 * A host that counts its packets continues its count. One that sends 0 (Linux with don't-fragment) or random numbers
 * tells nothing, and after a long silence a shared counter may stand anywhere.
 */
static bool ip_id_is_off(const struct half *half, const struct segment *segment)
{
	const struct tcp_host *host = half->host;

	if (!segment->has_ip_id)
		return false;
	if (host != NULL && host->ip_id_steps >= HOST_STEPS_NEEDED && host->ip_id_leaps <= host->ip_id_steps / 8)
		return segment->moment.time - host->last_time < 2 * NS_PER_S && ip_id_far(host->ip_id, segment->ip_id);
	/* A Linux host answers for a socket that is gone with ID 0, whatever the connection's other packets bear. */
	if (segment->ip_id == 0 || half->ip_id_steps < IP_ID_STEPS_NEEDED || half->ip_id_leaps > half->ip_id_steps / 4)
		return false;
	return segment->moment.time - half->last_time < NS_PER_S && ip_id_far(half->ip_id, segment->ip_id);
}

/* RFC 7323 3.2: once agreed on, every segment bears the option; a RST may go without. Its clock does not go back. */
static bool timestamp_is_off(const struct half *half, const struct segment *segment)
{
	if (!half->has_timestamp)
		return false;
	if (!segment->has_timestamp)
		return (segment->flags & TCP_RST) == 0;
	int32_t step = (int32_t)(segment->timestamp - half->timestamp);
	int64_t quiet_ms = (segment->moment.time - half->last_time) / NS_PER_MS;
	/* Clocks tick between 1 Hz and 1 kHz (RFC 7323 5.4), in practice; some in microseconds. */
	return step < -TIMESTAMP_SLACK || (int64_t)step > quiet_ms * 1100 + 5000;
}

static bool sequence_is_off(const struct half *half, const struct segment *segment)
{
	if (!half->order.started)
		return false;
	/*
	 * A host resets at its next byte, or, in answer to a stray segment, where that segment's ACK points: not before
	 * what the peer acknowledged. Beyond the farthest byte seen there may be bytes that were lost before the tap.
	 */
	uint32_t low = half->order.acked_known ? half->order.acked : half->order.next;
	return seq_diff(segment->seq, low) < -1 || seq_diff(segment->seq, half->highest) > LOST_MAX;
}

unsigned provenance_judge(const struct half *half, const struct segment *segment)
{
	unsigned bits = 0;

	if (!half->seen)
		return 0;
	if (segment->hop_limit < half->hop_limit_low || segment->hop_limit > half->hop_limit_high)
		bits |= FORGERY_HOP_LIMIT;
	if (ip_id_is_off(half, segment))
		bits |= FORGERY_IP_ID;
	if (timestamp_is_off(half, segment))
		bits |= FORGERY_TIMESTAMP;
	if ((segment->flags & TCP_RST) != 0 && sequence_is_off(half, segment))
		bits |= FORGERY_SEQUENCE;
	return bits;
}
