/* SPDX-License-Identifier: MIT */
/* pack.c - records as few bytes; see pack.h. */
#include <stdlib.h>

#include "recording/pack_internal.h"

#define NUM_SLOTS (2 * PACK_MAX_GOROUTINES)

struct packer *packer_new(void)
{
	struct packer *packer = calloc(1, sizeof(*packer));

	if (packer)
		packer->numbers = calloc(NUM_SLOTS, sizeof(*packer->numbers));
	if (packer && packer->numbers)
		return packer;
	free(packer);
	return NULL;
}

void packer_free(struct packer *packer)
{
	if (!packer)
		return;
	bytes_destroy(&packer->what);
	bytes_destroy(&packer->who);
	bytes_destroy(&packer->when);
	free(packer->numbers);
	free(packer);
}

/* ---- who ---- */

static bool is_of(const struct pack_who *who, const struct record *header)
{
	return who->goid == header->goid && who->pid == header->pid && who->tid == header->tid;
}

/* The slot that the goroutine is in, or would be. */
static uint32_t *find_number(struct packer *packer, const struct record *header)
{
	uint64_t hash =
		hash_mix(header->goid ^ (uint64_t)header->pid << 40 ^ (uint64_t)header->tid << 20);
	size_t at = hash % NUM_SLOTS;

	while (packer->numbers[at] &&
	       !is_of(&packer->state.goroutines[packer->numbers[at] - 1], header))
		at = (at + 1) % NUM_SLOTS;
	return &packer->numbers[at];
}

static void add_goroutine(struct packer *packer, const struct record *header)
{
	struct pack_state *state = &packer->state;

	if (state->num_goroutines == PACK_MAX_GOROUTINES) {
		state->num_goroutines = 0;
		memset(packer->numbers, 0, NUM_SLOTS * sizeof(*packer->numbers));
	}
	*find_number(packer, header) = state->num_goroutines + 1;
	state->last = state->num_goroutines++;
	state->goroutines[state->last] = (struct pack_who){header->goid, header->pid, header->tid};
	bytes_put_number(&packer->who, PACK_NEW);
	bytes_put_number(&packer->who, header->goid);
	bytes_put_number(&packer->who, header->pid);
	bytes_put_number(&packer->who, header->tid);
}

static void put_who(struct packer *packer, const struct record *header)
{
	struct pack_state *state = &packer->state;
	uint32_t number;

	if (state->num_goroutines && is_of(&state->goroutines[state->last], header)) {
		bytes_put_number(&packer->who, PACK_SAME);
		return;
	}
	number = *find_number(packer, header);
	if (!number) {
		add_goroutine(packer, header);
		return;
	}
	state->last = number - 1;
	bytes_put_number(&packer->who, state->last + PACK_KNOWN);
}

/* ---- what ---- */

static void put_kind(struct bytes *what, const struct record *record)
{
	size_t least = record_min_size(record->kind);
	bool is_unusual = record->flags || record->lost || record->size != least;
	uint8_t kind = record->kind | (is_unusual ? PACK_UNUSUAL : 0);

	bytes_put(what, &kind, 1);
	if (!is_unusual)
		return;
	bytes_put_number(what, record->flags);
	bytes_put_number(what, record->size - least);
	bytes_put_number(what, record->lost);
}

static void put_caller(struct packer *packer, const struct record_entry *entry)
{
	uint64_t *last = pack_caller(&packer->state, entry->at.site);

	bytes_put_signed(&packer->what, (int64_t)(entry->caller_va - *last));
	*last = entry->caller_va;
}

static void put_words(struct packer *packer, const struct record *record, size_t size)
{
	const uint64_t *words = (const uint64_t *)record;
	uint64_t *last = packer->state.words[record->kind];

	for (size_t i = sizeof(*record) / 8; i < size / 8; i++) {
		uint64_t guess = pack_guess(&packer->state, words, record->kind, i);

		bytes_put_signed(&packer->what, (int64_t)(words[i] - guess));
		if (i < PACK_NUM_WORDS)
			last[i] = words[i];
	}
}

static void put_what(struct packer *packer, const struct record *record)
{
	const struct record_frame *frame = (const struct record_frame *)record;
	size_t formed = pack_formed(record->kind, record->size);
	enum pack_body body = pack_body_of(record->kind);

	put_kind(&packer->what, record);
	if (body == PACK_WORDS) {
		put_words(packer, record, formed);
	} else {
		bytes_put_number(&packer->what, frame->site);
		bytes_put_number(&packer->what, frame->frame);
	}
	if (body == PACK_CALL)
		put_caller(packer, (const struct record_entry *)record);
	bytes_put(&packer->what, (const uint8_t *)record + formed, record->size - formed);
}

/* ---- all ---- */

void packer_add(struct packer *packer, const struct record *record)
{
	if (!packer->num_records++)
		packer->first_ns = record->time_ns;
	packer->last_ns = record->time_ns;
	put_what(packer, record);
	put_who(packer, record);
	bytes_put_signed(&packer->when, (int64_t)(record->time_ns - packer->state.time_ns));
	packer->state.time_ns = record->time_ns;
}

size_t packer_size(const struct packer *packer)
{
	return packer->what.size + packer->who.size + packer->when.size;
}

bool packer_take(struct packer *packer, struct bytes *block)
{
	struct bytes *columns[] = {&packer->what, &packer->who, &packer->when};
	bool is_whole = true;

	for (size_t i = 0; i < 3; i++) {
		is_whole &= !columns[i]->failed;
		bytes_put_sized(block, columns[i]->data, columns[i]->size);
		bytes_clear(columns[i]);
		columns[i]->failed = false;
	}
	pack_forget(&packer->state);
	memset(packer->numbers, 0, NUM_SLOTS * sizeof(*packer->numbers));
	packer->num_records = 0;
	return is_whole && !block->failed;
}
