/* SPDX-License-Identifier: MIT */
/* lasting.c - records that hold on; see lasting.h. */
#include "recording/lasting.h"

#include <string.h>

#include "gofuncgraph/stacks.h"

bool lasting_is(uint8_t kind)
{
	switch (kind) {
	case RECORD_STACK:
	case RECORD_TAKEN_OFF:
	case RECORD_GAP:
	case RECORD_GAP_END:
	case RECORD_ONE_IN:
	case RECORD_STATES_OFF:
	case RECORD_REST:
	case RECORD_REST_END:
	case RECORD_STATISTICS:
		return true;
	default:
		return false;
	}
}

enum lasting_newest lasting_newest_of(uint8_t kind)
{
	switch (kind) {
	case RECORD_STATISTICS:
		return LASTING_COUNTS;
	case RECORD_GAP:
	case RECORD_GAP_END:
		return LASTING_GAP;
	case RECORD_REST:
	case RECORD_REST_END:
		return LASTING_REST;
	case RECORD_ONE_IN:
		return LASTING_ONE_IN;
	default:
		return LASTING_NUM_NEWEST;
	}
}

static size_t padded(const struct record *record)
{
	return (record->size + 7u) & ~7ul;
}

/* Each once, however often it is told. */
static void keep(struct lasting *lasting, const struct record *record, uint64_t of)
{
	static const uint8_t padding[8];
	struct bytes *told = &lasting->told;

	if (!hash_note(&lasting->noted, (struct hash_key){of, record->kind}))
		return;
	bytes_put(told, record, record->size);
	bytes_put(told, padding, padded(record) - record->size);
}

bool lasting_take(struct lasting *lasting, const struct record *record)
{
	switch (record->kind) {
	case RECORD_STACK:
		/* Beyond those nobody reads any (stacks.h). */
		if (lasting->noted.count < MAX_STACKS)
			keep(lasting, record, ((const struct record_stack *)record)->id);
		break;
	case RECORD_TAKEN_OFF:
		keep(lasting, record, ((const struct record_frame *)record)->site);
		break;
	case RECORD_STATES_OFF:
		lasting->states_off = true;
		lasting->tells_starts = record->flags & RECORD_TELLS_STARTS;
		break;
	case RECORD_GAP:
	case RECORD_GAP_END:
		lasting->is_gap = record->kind == RECORD_GAP;
		break;
	case RECORD_REST:
	case RECORD_REST_END:
		lasting->is_rest = record->kind == RECORD_REST;
		break;
	case RECORD_ONE_IN:
		memcpy(&lasting->one_in, record, sizeof(lasting->one_in));
		break;
	case RECORD_STATISTICS:
		memcpy(lasting->counts, ((const struct record_statistics *)record)->counts,
		       sizeof(lasting->counts));
		break;
	default:
		break;
	}
	return !lasting->told.failed;
}

static void tell_kind(uint8_t kind, uint8_t flags, uint64_t time_ns, const struct record_sink *sink)
{
	const struct record record = {
		.kind = kind, .flags = flags, .size = sizeof(record), .time_ns = time_ns};

	sink->handle(sink->context, &record);
}

void lasting_tell(struct lasting *lasting, uint64_t time_ns, const struct record_sink *sink)
{
	for (size_t at = 0; at < lasting->told.size;) {
		struct record *record = (struct record *)(lasting->told.data + at);

		record->time_ns = time_ns;
		sink->handle(sink->context, record);
		at += padded(record);
	}
	if (lasting->one_in.header.size) {
		lasting->one_in.header.time_ns = time_ns;
		sink->handle(sink->context, &lasting->one_in.header);
	}
	if (lasting->states_off)
		tell_kind(RECORD_STATES_OFF, lasting->tells_starts ? RECORD_TELLS_STARTS : 0,
			  time_ns, sink);
	if (lasting->is_rest)
		tell_kind(RECORD_REST, 0, time_ns, sink);
	if (lasting->is_gap)
		tell_kind(RECORD_GAP, 0, time_ns, sink);
	bytes_clear(&lasting->told);
	hash_free_items(&lasting->noted);
	lasting->is_gap = lasting->is_rest = lasting->states_off = false;
	lasting->one_in = (struct record_one_in){};
}

void lasting_subtract(const struct lasting *lasting, struct record_statistics *statistics)
{
	for (size_t i = 0; i < STAT_COUNT; i++) {
		__u64 *count = &statistics->counts[i];

		*count = *count > lasting->counts[i] ? *count - lasting->counts[i] : 0;
	}
}

void lasting_clear(struct lasting *lasting)
{
	bytes_destroy(&lasting->told);
	hash_free_items(&lasting->noted);
	*lasting = (struct lasting){};
}
