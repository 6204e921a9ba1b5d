/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/transfer.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_LOOK = 16, NOT_P1 = 64 };

/* More than any APDU is long, so that one whose end has not come yet counts as cut, not as malformed. */
static const size_t APDU_MAX = SIZE_MAX / 4;

static void drop(struct transfer *transfer)
{
	free(transfer->subject);
	free(transfer);
}

static void set_subject(struct transfer *transfer, const struct p1_identifier *subject)
{
	free(transfer->subject);
	transfer->subject = NULL;
	if (subject != NULL && p1_identified(subject)) {
		transfer->subject = memory_get(sizeof *subject);
		*transfer->subject = *subject;
	}
}

void transfers_free(struct transfers *transfers)
{
	for (uint32_t i = 0; i < transfers->count; i++)
		drop(transfers->kept[i]);
	free(transfers->kept);
	free(transfers->head);
	*transfers = (struct transfers){0};
}

static void drop_head(struct transfers *transfers)
{
	free(transfers->head);
	transfers->head = NULL;
	transfers->head_length = 0;
	transfers->reading = false;
}

/* The oldest that was acknowledged, or else the oldest. */
static void make_room(struct transfers *transfers)
{
	uint32_t victim = 0;

	for (uint32_t i = 0; i < transfers->count; i++) {
		if (transfers->kept[i]->state == TRANSFER_ACKNOWLEDGED) {
			victim = i;
			break;
		}
	}
	drop(transfers->kept[victim]);
	memmove(&transfers->kept[victim], &transfers->kept[victim + 1],
		(transfers->count - victim - 1) * sizeof(struct transfer *));
	transfers->count--;
}

static struct transfer *add(struct transfers *transfers)
{
	if (transfers->count == TRANSFERS_KEPT)
		make_room(transfers);
	if (transfers->count == transfers->capacity) {
		uint32_t capacity = transfers->capacity == 0 ? 4 : transfers->capacity * 2;
		transfers->capacity = capacity < TRANSFERS_KEPT ? capacity : TRANSFERS_KEPT;
		transfers->kept = memory_resize(transfers->kept, transfers->capacity * sizeof(struct transfer *));
	}
	transfers->total++;
	return transfers->kept[transfers->count++] = memory_get(sizeof(struct transfer));
}

/* What a resumed activity carries, if it was interrupted on this connection. */
static void take_over(const struct transfers *transfers, struct transfer *resumed)
{
	for (uint32_t i = transfers->count - 1; i-- > 0;) {
		const struct transfer *earlier = transfers->kept[i];
		if (earlier->state != TRANSFER_INTERRUPTED || earlier->activity_length != resumed->activity_length ||
		    memcmp(earlier->activity, resumed->activity, resumed->activity_length) != 0)
			continue;
		resumed->apdu = earlier->apdu;
		set_subject(resumed, earlier->subject);
		return;
	}
}

void transfers_start(struct transfers *transfers, enum pdu_direction direction, struct cursor activity, bool resumed,
		     const struct moment *moment)
{
	const struct moment unseen = MOMENT_NONE;

	if (transfers->open || transfers->waiting)
		transfers_break(transfers, TRANSFER_UNSEEN, -1, &unseen);
	struct transfer *transfer = add(transfers);
	*transfer = (struct transfer){.direction = direction,
				      .resumed = resumed,
				      .apdu = {.priority = -1, .content_type = -1},
				      .start = *moment,
				      .end = MOMENT_NONE,
				      .acknowledged = MOMENT_NONE,
				      .reason = -1};
	size_t length = cursor_readable(&activity);
	if (length > TRANSFER_ACTIVITY)
		length = TRANSFER_ACTIVITY;
	const uint8_t *bytes = cursor_take(&activity, length);
	if (bytes != NULL)
		memcpy(transfer->activity, bytes, length);
	transfer->activity_length = (uint8_t)length;
	transfers->open = true;
	transfers->reading = !resumed;
	transfers->next_look = FIRST_LOOK;
	if (resumed)
		take_over(transfers, transfer);
}

/* Where the APDU stands: by itself, or in the EXTERNAL or PDV-list that normal mode puts around it (X.228 8.2). */
static struct cursor unwrap(struct cursor data)
{
	struct ber ber = ber_over(data);
	struct ber_element outer;
	struct ber_element value;

	/* An APDU's tag is of the context class, an EXTERNAL's or a list's universal. */
	if (cursor_peek(&data) >> 6 != BER_UNIVERSAL || !ber_next(&ber, &outer) || !outer.constructed)
		return data;
	struct ber inside = ber_inside(&outer);
	if (!ber_find(&inside, BER_CONTEXT, 0, &value))
		return data;
	return value.content;
}

/* True when nothing more will be learnt by looking again. */
static bool look(struct transfers *transfers, const uint8_t *bytes, size_t length)
{
	struct transfer *transfer = transfers_last(transfers);
	struct cursor data = unwrap(cursor_cut(bytes, length, APDU_MAX));
	struct p1_identifier subject;
	bool good = p1_parse_apdu(data, &transfer->apdu, &subject);
	size_t again = length * 2;

	set_subject(transfer, &subject);
	if (good && transfer->apdu.complete)
		return true;
	if (!good && length >= NOT_P1)
		return true;
	if (good && transfer->apdu.needed > length)
		again = transfer->apdu.needed;
	transfers->next_look = again < TRANSFER_HEAD ? (uint32_t)again : TRANSFER_HEAD;
	return length >= TRANSFER_HEAD;
}

static void collect(struct transfers *transfers, const uint8_t *bytes, size_t length)
{
	if (length > TRANSFER_HEAD - transfers->head_length)
		length = TRANSFER_HEAD - transfers->head_length;
	if (length == 0)
		return;
	if (transfers->head == NULL)
		transfers->head = memory_get(TRANSFER_HEAD);
	memcpy(transfers->head + transfers->head_length, bytes, length);
	transfers->head_length += (uint32_t)length;
}

bool transfers_data(struct transfers *transfers, struct cursor data)
{
	size_t declared = cursor_left(&data);
	size_t length = cursor_readable(&data);

	if (!transfers->open)
		return false;
	transfers_last(transfers)->size += declared;
	if (!transfers->reading || length == 0)
		return false;
	const uint8_t *bytes = cursor_take(&data, length);
	bool done = false;
	/* As a rule the first piece has it all, and is read where it lies. */
	if (transfers->head == NULL)
		done = look(transfers, bytes, length < TRANSFER_HEAD ? length : TRANSFER_HEAD);
	if (!done) {
		bool first = transfers->head == NULL;
		collect(transfers, bytes, length);
		if (!first && transfers->head_length >= transfers->next_look)
			done = look(transfers, transfers->head, transfers->head_length);
	}
	/* What comes after bytes that were not captured is not adjacent. */
	done = done || length < declared;
	if (done)
		drop_head(transfers);
	return done;
}

void transfers_lost(struct transfers *transfers)
{
	if (!transfers->open)
		return;
	transfers_last(transfers)->gap = true;
	drop_head(transfers);
}

void transfers_checkpoint(struct transfers *transfers, bool acknowledges)
{
	struct transfer *last = transfers_last(transfers);

	if (last == NULL || (!transfers->open && !transfers->waiting))
		return;
	if (acknowledges)
		last->checkpoints_acked += last->checkpoints_acked < last->checkpoints;
	else
		last->checkpoints++;
}

void transfers_end(struct transfers *transfers, const struct moment *moment)
{
	struct transfer *last = transfers_last(transfers);

	if (!transfers->open)
		return;
	/* A short APDU in small pieces may end before it was time to look again. */
	if (transfers->reading && transfers->head != NULL)
		look(transfers, transfers->head, transfers->head_length);
	drop_head(transfers);
	last->state = TRANSFER_ENDED;
	last->end = *moment;
	transfers->open = false;
	transfers->waiting = true;
}

void transfers_acknowledge(struct transfers *transfers, const struct moment *moment)
{
	struct transfer *last = transfers_last(transfers);

	if (!transfers->waiting)
		return;
	last->state = TRANSFER_ACKNOWLEDGED;
	last->acknowledged = *moment;
	transfers->acknowledged++;
	transfers->waiting = false;
}

void transfers_break(struct transfers *transfers, enum transfer_state how, int32_t reason, const struct moment *moment)
{
	struct transfer *last = transfers_last(transfers);

	if (!transfers->open && !transfers->waiting)
		return;
	if (transfers->reading && transfers->head != NULL)
		look(transfers, transfers->head, transfers->head_length);
	drop_head(transfers);
	/* One that only lacked its acknowledgement stays so, whatever ended the association. */
	if (how != TRANSFER_CUT || transfers->open)
		last->state = how;
	last->reason = reason;
	if (transfers->open)
		last->end = *moment;
	transfers->open = false;
	transfers->waiting = false;
}

const char *transfer_state_name(enum transfer_state state)
{
	static const char *const names[TRANSFER_STATES] = {"running",   "unacknowledged", "acknowledged", "interrupted",
							   "discarded", "cut-short",      "not-seen"};

	return (unsigned)state < TRANSFER_STATES ? names[state] : "?";
}
