/* SPDX-License-Identifier: MIT */
/*
 * fuzz_goroutines.c - a process's memory that may hold anything: reading goroutines ends, stays in
 * bounds, and groups hold each goroutine once. The first bytes choose a layout; the memory begins
 * at address 0x1000 with the variable runtime.allgs.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gobin/layout.h"
#include "goroutines/groups.h"
#include "goroutines/leads.h"
#include "goroutines/locks.h"
#include "goroutines/snapshot.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMORY 0x1000

struct bytes {
	const uint8_t *data;
	size_t size;
};

static struct error *read_bytes(const void *context, struct memory_piece *pieces, size_t count)
{
	const struct bytes *bytes = context;

	for (size_t i = 0; i < count; i++) {
		uint64_t at = pieces[i].at - MEMORY;

		pieces[i].is_read = at <= bytes->size && bytes->size - at >= pieces[i].len;
		if (pieces[i].is_read && pieces[i].len)
			memcpy(pieces[i].to, bytes->data + at, pieces[i].len);
	}
	return NULL;
}

/* What an address is follows from its number. */
static const struct code_place *code_at(void *context, uint64_t va)
{
	static struct code_place place;

	place = (struct code_place){.func_va = va & ~0xfull,
				    .delta = (int32_t)(va >> 8 & 0xff) * 8 - 8,
				    .is_bottom = (va & 0xf0) == 0xf0,
				    .is_injected = (va & 0xf0) == 0xe0};
	return va & 0xf0 ? &place : NULL;
}

static bool live_at(void *context, uint64_t va, struct gobin_live_words *words)
{
	static const uint8_t bits[] = {0xff, 0x5a, 0xff, 0xff};

	(void)context;
	*words = (struct gobin_live_words){bits, bits, va >> 4 & 31, va >> 5 & 7};
	return va & 1;
}

static struct sync_object awaited(void *context, const struct goroutine *one)
{
	static const enum sync_kind kinds[] = {[AWAITED_UNKNOWN] = SYNC_NONE,
					       [AWAITED_CHANNEL] = SYNC_CHANNEL,
					       [AWAITED_SEMAPHORE] = SYNC_LOCK,
					       [AWAITED_SELECT] = SYNC_SELECT,
					       [AWAITED_CONDITION] = SYNC_CONDITION};

	return (struct sync_object){one->awaited.address, kinds[one->awaited.kind]};
}

/* In a circle each goroutine waits for a lock or a channel, and may have one. */
static void check_locks(const struct snapshot *snapshot, const struct locks *locks)
{
	must(locks->circle_len != 1 && locks->circle_len <= LOCKS_MAX_CIRCLE);
	for (size_t i = 0; i < locks->circle_len; i++) {
		size_t before = locks->circle[i ? i - 1 : locks->circle_len - 1], j = 0;
		const struct awaited *awaited = &snapshot->goroutines[before].awaited;
		uint64_t channel = locks->circle_channels[i ? i - 1 : locks->circle_len - 1];
		const struct lock *lock = locks_at(locks, channel ?: awaited->address);

		must(lock && locks->circle[i] < snapshot->count);
		must((channel != 0) == (awaited->kind == AWAITED_SELECT));
		while (j < LOCKS_MAX_HOLDERS && lock->holders[j] != locks->circle[i])
			j++;
		must(j < LOCKS_MAX_HOLDERS && j < lock->num_holders);
	}
}

/* Nobody leads to itself, and those that are told are there. */
static void check_leads(const struct snapshot_source *source, const struct snapshot *snapshot)
{
	static struct leads leads[LEADS_MAX_ASKED];
	struct places places = {0};
	size_t count = snapshot->count < LEADS_MAX_ASKED ? snapshot->count : LEADS_MAX_ASKED;

	for (size_t i = 0; i < count; i++)
		leads[i].waiter = i;
	must(!leads_find(source, &places, snapshot, 0, leads, count));
	for (size_t i = 0; i < count; i++) {
		must(leads[i].count <= LEADS_MAX);
		for (size_t j = 0; j < leads[i].count; j++)
			must(leads[i].items[j].index < snapshot->count &&
			     leads[i].items[j].index != i);
	}
	places_release(&places);
}

static void check_labels(const struct label_set *set)
{
	size_t bytes = 0;

	if (!set)
		return;
	must(set->count && set->count <= LABELS_MAX);
	for (size_t i = 0; i < set->count; i++) {
		const struct label *label = &set->items[i];

		must(label->key_len <= LABELS_MAX_TEXT && label->value_len <= LABELS_MAX_TEXT);
		for (size_t j = 0; j < label->key_len; j++)
			bytes += (uint8_t)label->key[j];
		for (size_t j = 0; j < label->value_len; j++)
			bytes += (uint8_t)label->value[j];
	}
	must(bytes <= set->count * 2 * LABELS_MAX_TEXT * 255);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes;
	struct snapshot_source source = {.memory = {&bytes, read_bytes},
					 .code = {.at = code_at, .live = live_at},
					 .allgs = MEMORY,
					 .wants_labels = true,
					 .wants_awaited = true};
	struct snapshot snapshot;
	struct groups groups;
	struct locks locks;
	size_t count = 0;

	if (size < 2)
		return 0;
	layout_from_table("go1.20", 17 + data[0] % 11, &source.layout);
	source.code.has_link_register = data[1] & 1;
	memset(source.ways, (data[1] >> 1 & 3) % 3, sizeof(source.ways));
	bytes = (struct bytes){data + 2, size - 2};
	error_free(snapshot_take(&source, &snapshot));
	for (size_t i = 0; i < snapshot.count; i++) {
		const struct goroutine *one = &snapshot.goroutines[i];

		must(one->num_frames <= UNWIND_MAX_FRAMES);
		must(one->first_frame + one->num_frames <= snapshot.num_frames);
		must(!one->has_moved || !one->num_frames);
		must((one->awaited.kind == AWAITED_SELECT) == (one->awaited.num_channels > 1));
		must(one->awaited.first_channel + one->awaited.num_channels <=
		     snapshot.channels.count);
		check_labels(one->labels);
	}
	must(!locks_find(&snapshot, &source.memory, awaited, NULL, &locks));
	check_locks(&snapshot, &locks);
	locks_release(&locks);
	check_leads(&source, &snapshot);
	must(!groups_make(&snapshot, NULL, NULL, &groups));
	for (size_t i = 0; i < groups.count; i++) {
		must(!i || groups.items[i].count <= groups.items[i - 1].count);
		count += groups.items[i].count;
	}
	must(count == snapshot.count);
	groups_release(&groups);
	snapshot_release(&snapshot);
	return 0;
}
