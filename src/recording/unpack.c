/* SPDX-License-Identifier: MIT */
/* unpack.c - few bytes as records again; see pack.h. Any bytes may come. */
#include "recording/pack_internal.h"

void unpacker_start(struct unpacker *unpacker, const void *block, size_t size)
{
	struct cursor all = cursor_of(block, size);
	struct cursor *columns[] = {&unpacker->what, &unpacker->who, &unpacker->when};

	for (size_t i = 0; i < 3; i++) {
		const uint8_t *column = cursor_sized(&all, &size);

		*columns[i] = cursor_of(column, size);
		columns[i]->failed = all.failed;
	}
	pack_forget(&unpacker->state);
}

static void take_who(struct unpacker *unpacker, struct record *header)
{
	struct pack_state *state = &unpacker->state;
	uint64_t told = cursor_number(&unpacker->who);
	struct pack_who *who;

	if (told == PACK_NEW) {
		if (state->num_goroutines == PACK_MAX_GOROUTINES)
			state->num_goroutines = 0;
		state->last = state->num_goroutines++;
		who = &state->goroutines[state->last];
		who->goid = cursor_number(&unpacker->who);
		who->pid = (uint32_t)cursor_number(&unpacker->who);
		who->tid = (uint32_t)cursor_number(&unpacker->who);
	} else if (told >= PACK_KNOWN) {
		state->last = (uint32_t)(told - PACK_KNOWN);
		unpacker->who.failed |= told - PACK_KNOWN >= state->num_goroutines;
	}
	unpacker->who.failed |= !state->num_goroutines;
	if (unpacker->who.failed)
		return;
	who = &state->goroutines[state->last];
	header->goid = who->goid;
	header->pid = who->pid;
	header->tid = who->tid;
}

/* Its first four members. */
static void take_kind(struct cursor *what, struct record *record)
{
	const uint8_t *told = cursor_take(what, 1);
	uint64_t size;

	if (!told)
		return;
	record->kind = *told & ~PACK_UNUSUAL;
	record->flags = 0;
	record->lost = 0;
	size = record_min_size(record->kind);
	what->failed |= !size;
	if (*told & PACK_UNUSUAL) {
		record->flags = (uint8_t)cursor_number(what);
		size += cursor_number(what);
		record->lost = (uint32_t)cursor_number(what);
	}
	what->failed |= size > UINT16_MAX || size < sizeof(*record);
	record->size = (uint16_t)size;
}

static void take_caller(struct unpacker *unpacker, struct record_entry *entry)
{
	uint64_t *last = pack_caller(&unpacker->state, entry->at.site);

	*last += (uint64_t)cursor_signed(&unpacker->what);
	entry->caller_va = *last;
}

static void take_words(struct unpacker *unpacker, uint8_t kind, size_t size)
{
	uint64_t *words = unpacker->record, *last = unpacker->state.words[kind];

	for (size_t i = sizeof(struct record) / 8; i < size / 8; i++) {
		words[i] = pack_guess(&unpacker->state, words, kind, i) +
			   (uint64_t)cursor_signed(&unpacker->what);
		if (i < PACK_NUM_WORDS)
			last[i] = words[i];
	}
}

/* Behind the header. */
static void take_body(struct unpacker *unpacker, struct record *record)
{
	struct record_frame *frame = (struct record_frame *)record;
	size_t formed = pack_formed(record->kind, record->size);
	enum pack_body body = pack_body_of(record->kind);
	const uint8_t *rest;

	if (body == PACK_WORDS) {
		take_words(unpacker, record->kind, formed);
	} else {
		frame->site = (uint32_t)cursor_number(&unpacker->what);
		frame->frame = (uint32_t)cursor_number(&unpacker->what);
	}
	if (body == PACK_CALL)
		take_caller(unpacker, (struct record_entry *)record);
	rest = cursor_take(&unpacker->what, record->size - formed);
	if (rest)
		memcpy((uint8_t *)record + formed, rest, record->size - formed);
}

const struct record *unpacker_next(struct unpacker *unpacker)
{
	struct record *record = (struct record *)unpacker->record;

	if (cursor_is_at_end(&unpacker->what) || unpacker_failed(unpacker))
		return NULL;
	take_kind(&unpacker->what, record);
	if (unpacker->what.failed)
		return NULL;
	take_who(unpacker, record);
	unpacker->state.time_ns += (uint64_t)cursor_signed(&unpacker->when);
	record->time_ns = unpacker->state.time_ns;
	take_body(unpacker, record);
	if (!unpacker_failed(unpacker) && !record_is_valid(record, sizeof(unpacker->record)))
		unpacker->what.failed = true;
	return unpacker_failed(unpacker) ? NULL : record;
}

bool unpacker_failed(const struct unpacker *unpacker)
{
	return unpacker->what.failed || unpacker->who.failed || unpacker->when.failed;
}
