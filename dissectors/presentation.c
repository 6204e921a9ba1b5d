/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/presentation.h"

#include "dissectors/pdu.h"

#include <assert.h>

/* Context tags of the normal mode parameters. */
enum tag {
	TAG_DEFINITIONS = 4,
	TAG_RESULTS = 5,
	TAG_PROVIDER_REASON = 10,
	TAG_SIMPLY_ENCODED = 0, /* [APPLICATION 0] */
	TAG_FULLY_ENCODED = 1,  /* [APPLICATION 1] */
};

static void read_definition(struct presentation_ppdu *out, const struct ber_element *item)
{
	struct ber inside = ber_inside(item);
	struct ber_element id;
	struct ber_element syntax;
	struct presentation_context context = {.id = -1};

	if (!ber_next(&inside, &id) || !ber_next(&inside, &syntax) || !ber_integer(&id, &context.id))
		return;
	ber_oid(&syntax, &context.abstract_syntax);
	if (out->context_count < PRESENTATION_CONTEXTS)
		out->contexts[out->context_count++] = context;
	else
		out->remarks |= remark_bit(REMARK_PRESENTATION_LIMIT);
}

static void read_result(struct presentation_ppdu *out, const struct ber_element *item)
{
	struct ber inside = ber_inside(item);
	struct ber_element element;
	int32_t result = -1;

	if (!ber_find(&inside, BER_CONTEXT, 0, &element) || !ber_integer(&element, &result))
		return;
	if (out->result_count < PRESENTATION_CONTEXTS)
		out->results[out->result_count++] = (int8_t)(result >= 0 && result <= 2 ? result : -1);
	else
		out->remarks |= remark_bit(REMARK_PRESENTATION_LIMIT);
}

static void read_list(struct presentation_ppdu *out, const struct ber_element *list,
		      void (*read)(struct presentation_ppdu *, const struct ber_element *))
{
	struct ber inside = ber_inside(list);
	struct ber_element item;

	while (ber_next(&inside, &item))
		read(out, &item);
	out->remarks |= inside.remarks;
}

static void read_normal(struct presentation_ppdu *out, const struct ber_element *parameters)
{
	struct ber inside = ber_inside(parameters);
	struct ber_element element;

	out->mode = PRESENTATION_NORMAL;
	while (ber_next(&inside, &element)) {
		if (ber_is(&element, BER_CONTEXT, TAG_DEFINITIONS) && out->kind == PRESENTATION_CP)
			read_list(out, &element, read_definition);
		else if (ber_is(&element, BER_CONTEXT, TAG_RESULTS))
			read_list(out, &element, read_result);
		else if (ber_is(&element, BER_CONTEXT, TAG_PROVIDER_REASON) && out->kind == PRESENTATION_CPR)
			ber_integer(&element, &out->provider_reason);
		else if (ber_is(&element, BER_APPLICATION, TAG_FULLY_ENCODED))
			out->user_data = element.content;
	}
	out->remarks |= inside.remarks;
}

/* The SET of CP and CPA: the mode, then the parameters of that mode. A SET's members may come in any order. */
static bool read_connect(struct presentation_ppdu *out, const struct ber_element *set)
{
	struct ber inside = ber_inside(set);
	struct ber_element element;
	int32_t mode = -1;
	bool found = false;

	while (ber_next(&inside, &element)) {
		if (ber_is(&element, BER_CONTEXT, 0)) {
			found = ber_integer(&element, &mode) || found;
		} else if (ber_is(&element, BER_CONTEXT, 1)) {
			out->x410 = element.content;
			out->mode = PRESENTATION_X410_1984;
		} else if (ber_is(&element, BER_CONTEXT, 2)) {
			read_normal(out, &element);
		}
	}
	out->remarks |= inside.remarks;
	if (mode == 0)
		out->mode = PRESENTATION_X410_1984;
	else if (mode == 1)
		out->mode = PRESENTATION_NORMAL;
	return found;
}

/* ARP: the reason and the event that was not understood. */
static void read_provider_abort(struct presentation_ppdu *out, const struct ber_element *sequence)
{
	struct ber inside = ber_inside(sequence);
	struct ber_element element;

	out->kind = PRESENTATION_ARP;
	out->mode = PRESENTATION_NORMAL;
	while (ber_next(&inside, &element)) {
		if (ber_is(&element, BER_CONTEXT, 0))
			ber_integer(&element, &out->abort_reason);
		else if (ber_is(&element, BER_CONTEXT, 1))
			ber_integer(&element, &out->event_id);
	}
	out->remarks |= inside.remarks;
}

static bool read_other(struct presentation_ppdu *out, const struct ber_element *outer)
{
	bool set = ber_is(outer, BER_UNIVERSAL, BER_SET);
	bool sequence = ber_is(outer, BER_UNIVERSAL, BER_SEQUENCE);

	if (set) {
		out->mode = PRESENTATION_X410_1984;
		out->x410 = outer->content;
	} else if (sequence && out->kind == PRESENTATION_CPR) {
		read_normal(out, outer);
	} else if (sequence) {
		read_provider_abort(out, outer);
	} else if (ber_is(outer, BER_CONTEXT, 0) && out->kind == PRESENTATION_ARU) {
		read_normal(out, outer);
	} else {
		return false;
	}
	return true;
}

bool presentation_parse(struct cursor data, enum presentation_kind kind, struct presentation_ppdu *out)
{
	struct ber ber = ber_over(data);
	struct ber_element outer;
	bool good = false;

	*out = (struct presentation_ppdu){
	    .kind = kind == PRESENTATION_ARP ? PRESENTATION_ARU : kind,
	    .provider_reason = -1,
	    .abort_reason = -1,
	    .event_id = -1,
	};
	if (ber_next(&ber, &outer) && outer.constructed) {
		if (out->kind == PRESENTATION_CP || out->kind == PRESENTATION_CPA)
			good = ber_is(&outer, BER_UNIVERSAL, BER_SET) && read_connect(out, &outer);
		else
			good = read_other(out, &outer);
	}
	out->remarks |= ber.remarks;
	if (!good)
		out->remarks |= remark_bit(REMARK_PPDU_UNKNOWN);
	return good;
}

enum presentation_syntax presentation_syntax(const struct ber_oid *oid)
{
	static const uint8_t acse[] = {0x52, 0x01, 0x00, 0x01};
	static const uint8_t rtse[] = {0x53, 0x02};
	static const uint8_t mhs[] = {0x56};
	static const uint8_t mms[] = {0x28, 0xca, 0x22};

	if (ber_oid_starts(oid, acse, sizeof acse))
		return PRESENTATION_SYNTAX_ACSE;
	if (ber_oid_starts(oid, rtse, sizeof rtse))
		return PRESENTATION_SYNTAX_RTSE;
	if (ber_oid_starts(oid, mhs, sizeof mhs))
		return PRESENTATION_SYNTAX_X400;
	return ber_oid_starts(oid, mms, sizeof mms) ? PRESENTATION_SYNTAX_MMS : PRESENTATION_SYNTAX_OTHER;
}

static_assert(PRESENTATION_CONTEXTS <= 16, "refused has a bit for each");

void presentation_propose(struct presentation_set *set, const struct presentation_ppdu *cp)
{
	*set = (struct presentation_set){.count = cp->context_count};
	for (unsigned i = 0; i < set->count; i++) {
		set->ids[i] = cp->contexts[i].id;
		set->syntaxes[i] = (uint8_t)presentation_syntax(&cp->contexts[i].abstract_syntax);
	}
}

/* The results stand in the order of the proposals. */
void presentation_settle(struct presentation_set *set, const struct presentation_ppdu *answer)
{
	for (unsigned i = 0; i < set->count && i < answer->result_count; i++)
		set->refused = (uint16_t)((set->refused & ~(1U << i)) | (unsigned)(answer->results[i] != 0) << i);
}

bool presentation_lookup(const struct presentation_set *set, int32_t id, enum presentation_syntax *syntax)
{
	for (unsigned i = 0; i < set->count; i++) {
		if (set->ids[i] != id || (set->refused & 1U << i) != 0)
			continue;
		*syntax = (enum presentation_syntax)set->syntaxes[i];
		return true;
	}
	return false;
}

bool presentation_user_data(struct cursor data, struct ber *list)
{
	struct ber ber = ber_over(data);
	struct ber_element element;
	bool good = ber_next(&ber, &element) && element.ber_class == BER_APPLICATION;

	*list = (struct ber){.remarks = ber.remarks};
	if (good && element.tag == TAG_FULLY_ENCODED && element.constructed)
		*list = ber_inside(&element);
	else if (!good || element.tag != TAG_SIMPLY_ENCODED)
		good = false;
	if (!good)
		list->remarks |= remark_bit(REMARK_PPDU_UNKNOWN);
	return good;
}

bool presentation_next(struct ber *list, struct presentation_pdv *pdv)
{
	struct ber_element sequence;
	struct ber_element element;

	*pdv = (struct presentation_pdv){.context = -1};
	if (!ber_find(list, BER_UNIVERSAL, BER_SEQUENCE, &sequence))
		return false;
	struct ber inside = ber_inside(&sequence);
	while (ber_next(&inside, &element)) {
		if (ber_is(&element, BER_UNIVERSAL, BER_INTEGER)) {
			ber_integer(&element, &pdv->context);
		} else if (element.ber_class == BER_CONTEXT && element.tag <= 2) {
			pdv->encoding = element.tag;
			pdv->value = element.content;
		}
	}
	list->remarks |= inside.remarks;
	return true;
}

const char *presentation_name(enum presentation_kind kind)
{
	static const char *const names[PRESENTATION_KINDS] = {"CP", "CPA", "CPR", "ARU", "ARP"};

	return (unsigned)kind < PRESENTATION_KINDS ? names[kind] : "?";
}

const char *presentation_mode_name(enum presentation_mode mode)
{
	if (mode == PRESENTATION_NORMAL)
		return "normal";
	return mode == PRESENTATION_X410_1984 ? "x410-1984" : NULL;
}

const char *presentation_provider_reason_name(int32_t reason)
{
	static const struct pdu_code names[] = {
	    {0, "reason-not-specified"},           {1, "temporary-congestion"},
	    {2, "local-limit-exceeded"},           {3, "called-presentation-address-unknown"},
	    {4, "protocol-version-not-supported"}, {5, "default-context-not-supported"},
	    {6, "user-data-not-readable"},         {7, "no-PSAP-available"},
	};

	return pdu_code_name(names, sizeof names / sizeof *names, (uint32_t)reason);
}

const char *presentation_abort_reason_name(int32_t reason)
{
	static const struct pdu_code names[] = {
	    {0, "reason-not-specified"},
	    {1, "unrecognized-ppdu"},
	    {2, "unexpected-ppdu"},
	    {3, "unexpected-session-service-primitive"},
	    {4, "unrecognized-ppdu-parameter"},
	    {5, "unexpected-ppdu-parameter"},
	    {6, "invalid-ppdu-parameter-value"},
	};

	return pdu_code_name(names, sizeof names / sizeof *names, (uint32_t)reason);
}

const char *presentation_result_name(int32_t result)
{
	static const struct pdu_code names[] = {
	    {0, "acceptance"},
	    {1, "user-rejection"},
	    {2, "provider-rejection"},
	};

	return pdu_code_name(names, sizeof names / sizeof *names, (uint32_t)result);
}
