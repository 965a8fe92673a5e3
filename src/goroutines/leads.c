/* SPDX-License-Identifier: MIT */
#include "goroutines/leads.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "goroutines/live_stack.h"
#include "goroutines/polled_descriptor.h"
#include "goroutines/stack_words.h"
#include "goroutines/sync_object.h"
#include "process/descriptor.h"

/* Of the stacks that are looked through. */
#define MAX_ALL_BYTES (UINT64_C(32) << 20)
/* Of the stack of one who waits, and of what its words point to. */
#define MAX_WORDS    1024
#define OBJECT_WORDS 32

/* Of what somebody waits for, in one object. */
#define MAX_MARKED 4

/* What is looked for on stacks. */
struct mark {
	struct hash_key key; /* its address */
	bool is_context; /* it is a context's channel: others end that, whom nobody waits for */
	size_t num_marked;
	struct marked {
		uint64_t object; /* that somebody waits for: it is the mark, or the mark holds it */
		size_t num_holders;
		size_t holders[LEADS_MAX]; /* the first of them */
	} marked[MAX_MARKED];
};

struct search {
	const struct snapshot_source *source;
	const struct snapshot *snapshot;
	struct places *places;
	struct hash marks;
	struct leads *found;
	size_t count;
	bool is_short_of_memory;
	/* While one's stack is looked at. */
	const struct goroutine *one;
	size_t index;
	uint64_t words[MAX_WORDS];
	bool live[MAX_WORDS];
	uint64_t objects[MAX_WORDS][OBJECT_WORDS];
	struct memory_piece pieces[MAX_WORDS];
	size_t slots[MAX_WORDS]; /* of the words that lead to these */
};

static void free_search(struct search **search)
{
	if (*search)
		hash_free_items(&(*search)->marks);
	free(*search);
}

/* ---- what is waited for ---- */

struct objects {
	uint64_t first; /* what `items` is of one */
	const uint64_t *items;
	size_t count;
};

static void objects_of(const struct search *search, const struct goroutine *one,
		       struct objects *objects)
{
	struct sync_object object = sync_object_awaited(search->places, search->snapshot, one);

	*objects = (struct objects){.first = object.address};
	if (object.kind == SYNC_SELECT) {
		objects->items = snapshot_channels(search->snapshot, one);
		objects->count = one->awaited.num_channels;
	} else if (object.kind == SYNC_CHANNEL || object.kind == SYNC_WAIT_GROUP) {
		objects->items = &objects->first;
		objects->count = 1;
	}
}

static bool waits_for(const struct search *search, const struct goroutine *one, uint64_t object)
{
	struct objects objects;

	objects_of(search, one, &objects);
	for (size_t i = 0; i < objects.count; i++)
		if (objects.items[i] == object)
			return true;
	return false;
}

static struct mark *find_mark(const struct search *search, uint64_t address)
{
	return hash_find(&search->marks, (struct hash_key){.first = address});
}

static void add_mark(struct search *search, uint64_t address, uint64_t object)
{
	struct mark *mark = find_mark(search, address);

	if (!mark) {
		mark = calloc(1, sizeof(*mark));
		if (mark)
			mark->key.first = address;
		if (!mark || !hash_add(&search->marks, &mark->key)) {
			free(mark);
			search->is_short_of_memory = true;
			return;
		}
	}
	for (size_t i = 0; i < mark->num_marked; i++)
		if (mark->marked[i].object == object)
			return;
	if (mark->num_marked < MAX_MARKED)
		mark->marked[mark->num_marked++].object = object;
}

/* ---- what holds it ---- */

static void note_live(void *context, size_t slot, uint64_t word)
{
	struct search *search = context;

	(void)word;
	if (slot < MAX_WORDS)
		search->live[slot] = true;
}

/* A context keeps its channel in an interface (src/context/context.go, cancelCtx.done), whose type is before it: of a
 * channel (src/internal/abi/type.go). */
static bool is_in_interface(const struct search *search, const uint64_t *object, size_t at)
{
	enum { SIZE = 0, PTR_BYTES = 1, KIND_AT = 23, KIND_MASK = 31, KIND_CHAN = 18 };
	uint64_t type[3];

	return at && object[at - 1] &&
	       memory_read(&search->source->memory, object[at - 1], type, sizeof(type)) &&
	       type[SIZE] == 8 && type[PTR_BYTES] == 8 &&
	       (((const uint8_t *)type)[KIND_AT] & KIND_MASK) == KIND_CHAN;
}

static void look_at_object(struct search *search, uint64_t address, const uint64_t *object,
			   bool is_live)
{
	struct objects objects;

	/* What is behind a channel is none of its business. */
	if (waits_for(search, search->one, address))
		return;
	objects_of(search, search->one, &objects);
	for (size_t i = 0; i < OBJECT_WORDS; i++)
		for (size_t j = 0; j < objects.count; j++) {
			if (object[i] != objects.items[j])
				continue;
			if (is_in_interface(search, object, i)) {
				struct mark *mark = find_mark(search, object[i]);

				if (mark)
					mark->is_context = true;
			} else if (is_live) {
				add_mark(search, address, object[i]);
			}
		}
}

/* What words of the stack point to, elsewhere. Returns of how many. */
static size_t read_objects(struct search *search, size_t num_words)
{
	const struct goroutine *one = search->one;
	size_t count = 0;

	for (size_t i = 0; i < num_words; i++) {
		uint64_t word = search->words[i];

		if (word < 4096 || word % 8 || (word >= one->all_lo && word < one->all_hi))
			continue;
		search->slots[count] = i;
		search->pieces[count] =
			(struct memory_piece){.at = word,
					      .to = search->objects[count],
					      .len = sizeof(search->objects[count])};
		count++;
	}
	return memory_read_all(&search->source->memory, search->pieces, count) ? count : 0;
}

static void add_marks(struct search *search, const struct goroutine *one)
{
	uint64_t len = one->hi - one->sp;
	const struct stack_bytes stack = {one->sp, (const uint8_t *)search->words,
					  len < sizeof(search->words) ? len & ~UINT64_C(7)
								      : sizeof(search->words)};
	struct objects objects;
	size_t count;

	search->one = one;
	objects_of(search, one, &objects);
	for (size_t i = 0; i < objects.count; i++)
		add_mark(search, objects.items[i], objects.items[i]);
	if (!objects.count || !one->sp ||
	    !memory_read(&search->source->memory, one->sp, search->words, stack.len))
		return;
	memset(search->live, 0, sizeof(search->live));
	live_stack_visit(&search->source->code, &stack, one->ip, note_live, search);
	count = read_objects(search, stack.len / sizeof(search->words[0]));
	for (size_t i = 0; i < count; i++)
		if (search->pieces[i].is_read)
			look_at_object(search, search->pieces[i].at, search->objects[i],
				       search->live[search->slots[i]]);
}

/* ---- who has it ---- */

static void add_holder(struct marked *marked, size_t index)
{
	for (size_t i = 0; i < marked->num_holders && i < LEADS_MAX; i++)
		if (marked->holders[i] == index)
			return;
	if (marked->num_holders < LEADS_MAX)
		marked->holders[marked->num_holders] = index;
	marked->num_holders++;
}

static void note_holder(void *context, size_t slot, uint64_t word)
{
	struct search *search = context;
	struct mark *mark = find_mark(search, word);

	(void)slot;
	if (!mark || mark->is_context)
		return;
	for (size_t i = 0; i < mark->num_marked; i++)
		if (!waits_for(search, search->one, mark->marked[i].object))
			add_holder(&mark->marked[i], search->index);
}

static void look_through(void *context, const struct stack_words *words)
{
	struct search *search = context;
	const struct stack_bytes stack = {words->at, (const uint8_t *)words->words,
					  words->count * sizeof(*words->words)};

	search->index = words->index;
	search->one = &search->snapshot->goroutines[words->index];
	for (size_t i = 0; i < words->count; i++) {
		if (!find_mark(search, words->words[i]))
			continue;
		live_stack_visit(&search->source->code, &stack, search->one->ip, note_holder,
				 search);
		return;
	}
}

/* ---- leads ---- */

static void add_lead(struct leads *leads, size_t index, uint64_t object, enum lead_by by)
{
	if (index == leads->waiter)
		return;
	for (size_t i = 0; i < leads->count && i < LEADS_MAX; i++)
		if (leads->items[i].index == index)
			return;
	if (leads->count < LEADS_MAX)
		leads->items[leads->count] =
			(struct lead){.index = index, .object = object, .by = by};
	leads->count++;
}

static void add_marked(const struct search *search, const struct marked *marked, enum lead_by by,
		       struct leads *leads)
{
	if (marked->num_holders <= LEADS_MAX &&
	    waits_for(search, &search->snapshot->goroutines[leads->waiter], marked->object))
		for (size_t i = 0; i < marked->num_holders; i++)
			add_lead(leads, marked->holders[i], marked->object, by);
}

/* By marks that are what is waited for (LEAD_HAS), or hold it. */
static void add_holders(const struct search *search, struct leads *leads, enum lead_by by)
{
	for (size_t i = 0; i < search->marks.capacity; i++) {
		const struct mark *mark = (const void *)search->marks.slots[i].item;

		for (size_t j = 0; mark && j < mark->num_marked; j++)
			if ((mark->key.first == mark->marked[j].object) == (by == LEAD_HAS))
				add_marked(search, &mark->marked[j], by, leads);
	}
}

/* What Go's library starts for its own ends tells nothing: a server's handler has such a one beside it. */
static bool is_started_by_own(const struct search *search, const struct goroutine *one)
{
	const struct shown_frames *frames =
		one->gopc_va ? places_frames(search->places, one->gopc_va - 1) : NULL;

	return frames && frames->count && frames->items[0].is_own;
}

static void add_started(struct search *search, struct leads *leads)
{
	const struct goroutine *waiter = &search->snapshot->goroutines[leads->waiter];
	struct objects objects;

	objects_of(search, waiter, &objects);
	for (size_t i = 0; objects.count && i < search->snapshot->count; i++) {
		const struct goroutine *one = &search->snapshot->goroutines[i];
		bool is_rival = false;

		if (!one->parent_goid || one->parent_goid != waiter->goid ||
		    !is_started_by_own(search, one))
			continue;
		for (size_t j = 0; j < objects.count; j++)
			is_rival = is_rival || waits_for(search, one, objects.items[j]);
		if (!is_rival)
			add_lead(leads, i, 0, LEAD_STARTED);
	}
}

static bool is_still(const struct snapshot *now, const struct goroutine *then)
{
	for (size_t i = 0; i < now->count; i++)
		if (goroutine_is_still(&now->goroutines[i], then))
			return true;
	return false;
}

/* Those that are where they were, if who waits is. */
static void keep_true_ones(struct search *search, struct leads *leads)
{
	const struct goroutine *all = search->snapshot->goroutines;
	_cleanup_error_ struct error *err = NULL;
	uint64_t addresses[LEADS_MAX + 1] = {all[leads->waiter].g};
	size_t shown = leads->count < LEADS_MAX ? leads->count : LEADS_MAX;
	struct snapshot now;

	for (size_t i = 0; i < shown; i++)
		addresses[i + 1] = all[leads->items[i].index].g;
	err = snapshot_take_some(search->source, addresses, shown + 1, &now);
	if (err || !is_still(&now, &all[leads->waiter]))
		leads->count = shown = 0;
	for (size_t i = shown; i--;) {
		if (is_still(&now, &all[leads->items[i].index]))
			continue;
		memmove(&leads->items[i], &leads->items[i + 1],
			(--shown - i) * sizeof(leads->items[0]));
		leads->count--;
	}
	snapshot_release(&now);
}

static void make_leads(struct search *search, pid_t pid, struct leads *leads)
{
	add_holders(search, leads, LEAD_HAS);
	add_holders(search, leads, LEAD_SHARES);
	if (!leads->count)
		add_started(search, leads);
	if (leads->count > LEADS_MAX) {
		leads->count = 0;
		return;
	}
	for (size_t i = 0; i < leads->count && pid; i++) {
		struct lead *lead = &leads->items[i];
		int fd = polled_descriptor(search->source, search->places,
					   &search->snapshot->goroutines[lead->index]);

		if (fd >= 0)
			descriptor_tell(pid, fd, &lead->on);
	}
	if (leads->count)
		keep_true_ones(search, leads);
}

bool leads_may_have(const struct goroutine *one)
{
	return one->awaited.kind == AWAITED_CHANNEL || one->awaited.kind == AWAITED_SELECT ||
	       one->awaited.kind == AWAITED_SEMAPHORE;
}

struct error *leads_find(const struct snapshot_source *source, struct places *places,
			 const struct snapshot *snapshot, pid_t pid, struct leads *found,
			 size_t count)
{
	const struct stack_words_options options = {.max_bytes = MAX_ALL_BYTES};
	_cleanup_(free_search) struct search *search = calloc(1, sizeof(*search));
	struct error *err;

	if (!search)
		return error_out_of_memory();
	search->source = source;
	search->places = places;
	search->snapshot = snapshot;
	for (size_t i = 0; i < count; i++) {
		found[i].count = 0;
		add_marks(search, &snapshot->goroutines[found[i].waiter]);
	}
	if (!search->marks.count)
		return NULL;
	err = stack_words_visit(snapshot, &source->memory, &options, look_through, search);
	if (err || search->is_short_of_memory)
		return err ?: error_out_of_memory();
	for (size_t i = 0; i < count; i++)
		make_leads(search, pid, &found[i]);
	return NULL;
}
