/* SPDX-License-Identifier: MIT */
#include "hunt/history.h"

#include <stdlib.h>

struct history_goroutine {
	struct hash_key key;
	uint64_t last_wait, last_sample; /* numbers; 0: none */
};

static const struct history_wait *wait_at(const struct history *history, uint64_t number)
{
	if (!number || number > history->num_waits || history->num_waits - number >= HISTORY_WAITS)
		return NULL;
	return &history->waits[number % HISTORY_WAITS];
}

const struct history_sample *history_sample_at(const struct history *history, uint64_t number)
{
	if (!number || number > history->num_samples ||
	    history->num_samples - number >= HISTORY_SAMPLES)
		return NULL;
	return &history->samples[number % HISTORY_SAMPLES];
}

/* ---- goroutines ---- */

static struct history_goroutine *find_or_add(struct history *history, struct hash_key key)
{
	struct history_goroutine *goroutine = hash_find(&history->goroutines, key);

	if (goroutine)
		return goroutine;
	goroutine = calloc(1, sizeof(*goroutine));
	if (!goroutine)
		return NULL;
	goroutine->key = key;
	if (hash_add(&history->goroutines, &goroutine->key))
		return goroutine;
	free(goroutine);
	return NULL;
}

/* Forgets the goroutine if its entry of this number was the last there was of it. */
static void forget(struct history *history, struct hash_key key, uint64_t wait, uint64_t sample)
{
	struct history_goroutine *goroutine = hash_find(&history->goroutines, key);

	if (!goroutine)
		return;
	if (wait && goroutine->last_wait == wait)
		goroutine->last_wait = 0;
	if (sample && goroutine->last_sample == sample)
		goroutine->last_sample = 0;
	if (goroutine->last_wait || goroutine->last_sample)
		return;
	hash_remove(&history->goroutines, &goroutine->key);
	free(goroutine);
}

/* ---- entries ---- */

bool history_add_wait(struct history *history, const struct history_wait *wait)
{
	uint64_t number = history->num_waits + 1;
	struct history_goroutine *goroutine;
	struct history_wait *entry;

	if (!history->waits)
		history->waits = calloc(HISTORY_WAITS, sizeof(*history->waits));
	if (!history->waits)
		return false;
	entry = &history->waits[number % HISTORY_WAITS];
	if (number > HISTORY_WAITS)
		forget(history, entry->goroutine, number - HISTORY_WAITS, 0);
	goroutine = find_or_add(history, wait->goroutine);
	if (!goroutine) {
		*entry = (struct history_wait){0};
		history->num_waits = number;
		return false;
	}
	*entry = *wait;
	entry->before = goroutine->last_wait;
	goroutine->last_wait = history->num_waits = number;
	return true;
}

bool history_add_sample(struct history *history, const struct history_sample *sample)
{
	uint64_t number = history->num_samples + 1;
	struct history_goroutine *goroutine;
	struct history_sample *entry;

	if (!history->samples)
		history->samples = calloc(HISTORY_SAMPLES, sizeof(*history->samples));
	if (!history->samples)
		return false;
	entry = &history->samples[number % HISTORY_SAMPLES];
	if (number > HISTORY_SAMPLES)
		forget(history, entry->goroutine, 0, number - HISTORY_SAMPLES);
	goroutine = find_or_add(history, sample->goroutine);
	if (!goroutine) {
		*entry = (struct history_sample){0};
		history->num_samples = number;
		return false;
	}
	*entry = *sample;
	entry->before = goroutine->last_sample;
	goroutine->last_sample = history->num_samples = number;
	return true;
}

void history_correct(struct history *history, struct hash_key key, uint64_t stack)
{
	struct history_goroutine *goroutine = hash_find(&history->goroutines, key);

	if (goroutine && history_sample_at(history, goroutine->last_sample))
		history->samples[goroutine->last_sample % HISTORY_SAMPLES].stack = stack;
}

const struct history_wait *history_last_wait(const struct history *history, struct hash_key key)
{
	const struct history_goroutine *goroutine = hash_find(&history->goroutines, key);

	return goroutine ? wait_at(history, goroutine->last_wait) : NULL;
}

const struct history_wait *history_wait_before(const struct history *history,
					       const struct history_wait *wait)
{
	return wait_at(history, wait->before);
}

const struct history_sample *history_last_sample(const struct history *history, struct hash_key key)
{
	const struct history_goroutine *goroutine = hash_find(&history->goroutines, key);

	return goroutine ? history_sample_at(history, goroutine->last_sample) : NULL;
}

const struct history_sample *history_sample_before(const struct history *history,
						   const struct history_sample *sample)
{
	return history_sample_at(history, sample->before);
}

void history_clear(struct history *history)
{
	hash_free_items(&history->goroutines);
	free(history->waits);
	free(history->samples);
	offcpu_clear(&history->offcpu);
	*history = (struct history){0};
}
