/* SPDX-License-Identifier: MIT */
#include "goroutines/places.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"

/* A program that lies about its stacks does not fill our memory. */
#define MAX_CODE (1u << 20)

struct code_item {
	struct hash_key key;
	struct code_place place;
	bool is_code;
};

void places_init(struct places *places, struct gobin *bin)
{
	*places = (struct places){.bin = bin, .own = gobin_own_code(bin)};
}

void places_release(struct places *places)
{
	hash_free_items(&places->code);
	hash_free_items(&places->frames);
	hash_free_items(&places->systems);
	for (size_t i = 0; i < places->num_texts; i++)
		free(places->texts[i]);
	free(places->texts);
}

/* ---- for unwinding ---- */

static bool is_bottom(const char *name)
{
	return text_starts_with(name, "runtime.goexit") &&
	       (!name[strlen("runtime.goexit")] || name[strlen("runtime.goexit")] == '.');
}

static bool is_injected(const char *name)
{
	return strcmp(name, "runtime.sigpanic") == 0 ||
	       text_starts_with(name, "runtime.asyncPreempt") ||
	       text_starts_with(name, "runtime.debugCallV2");
}

static void look_up(struct places *places, uint64_t va, struct code_item *item)
{
	const struct gobin_func *func = gobin_func_at(places->bin, va);

	if (!func)
		return;
	item->place =
		(struct code_place){.func_va = func->va,
				    .is_bottom = is_bottom(func->name),
				    .is_injected = is_injected(func->name) &&
						   strcmp(func->name, "runtime.asyncPreempt2")};
	item->is_code = gobin_stack_delta(places->bin, va, &item->place.delta);
}

const struct code_place *places_code(void *context, uint64_t va)
{
	struct places *places = context;
	struct code_item *item = hash_find(&places->code, (struct hash_key){.first = va});

	if (item)
		return item->is_code ? &item->place : NULL;
	if (places->code.count >= MAX_CODE)
		hash_free_items(&places->code);
	item = calloc(1, sizeof(*item));
	if (!item)
		return NULL;
	item->key.first = va;
	look_up(places, va, item);
	if (!hash_add(&places->code, &item->key)) {
		free(item);
		return NULL;
	}
	return item->is_code ? &item->place : NULL;
}

bool places_live(void *context, uint64_t va, struct gobin_live_words *words)
{
	const struct places *places = context;

	return places->bin && gobin_live_words(places->bin, va, words);
}

/* ---- as it is shown ---- */

const struct shown_frames *places_frames(struct places *places, uint64_t va)
{
	struct gobin_frame frames[PLACES_MAX_INLINED];
	struct shown_frames *shown = hash_find(&places->frames, (struct hash_key){.first = va});
	size_t count;

	if (shown || !places->bin || places->frames.count >= MAX_CODE)
		return shown;
	count = gobin_frames(places->bin, va, frames, PLACES_MAX_INLINED);
	shown = calloc(1, sizeof(*shown) + count * sizeof(shown->items[0]));
	if (!shown)
		return NULL;
	shown->key.first = va;
	for (size_t i = 0; i < count; i++) {
		struct shown_frame *to = &shown->items[shown->count];

		if (!frames[i].name)
			continue;
		shown->count++;
		to->frame = frames[i];
		to->is_own = own_code_has(&places->own, frames[i].name, frames[i].line.file);
		to->is_hidden = own_code_is_hidden(frames[i].name, frames[i].line.file);
	}
	if (hash_add(&places->frames, &shown->key))
		return shown;
	free(shown);
	return NULL;
}

bool places_is_system(struct places *places, uint64_t start_va)
{
	const struct gobin_func *func;

	if (!places->bin)
		return hash_find(&places->systems, (struct hash_key){.first = start_va});
	func = gobin_func_at(places->bin, start_va);
	return func &&
	       (text_starts_with(func->name, "runtime.") ||
		text_starts_with(func->name, "runtime/internal")) &&
	       strcmp(func->name, "runtime.main") != 0 &&
	       strcmp(func->name, "runtime.handleAsyncEvent") != 0 &&
	       strcmp(func->name, "runtime.corostart") != 0;
}

const char *places_reason(const struct places *places, uint8_t reason)
{
	return places->bin ? gobin_wait_reason(places->bin, reason) : places->reasons[reason];
}

/* ---- telling ---- */

const char *places_keep(struct places *places, char *text)
{
	if (!text || !array_reserve(&places->texts, &places->texts_capacity, places->num_texts + 1,
				    sizeof(*places->texts))) {
		free(text);
		return NULL;
	}
	return places->texts[places->num_texts++] = text;
}

bool places_tell_frames(struct places *places, struct shown_frames *frames)
{
	return !hash_find(&places->frames, frames->key) && hash_add(&places->frames, &frames->key);
}
