/* SPDX-License-Identifier: MIT */
/*
 * calls.c - calls of targets by goroutine: from the record that opens a gate to the one that closes it.
 *
 * A call is in turn in a long wait, which has a record, or in a span between two of these (span.h). Times
 * that overlap, as records of a hostile program may have them, are cut off at what is known already: so
 * the pieces of a call always add up to its duration.
 */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "hunt/hunt_internal.h"
#include "hunt/waits.h"

static struct hash_key key_of(const struct record *record)
{
	return (struct hash_key){.first = record->goid, .second = record->pid};
}

struct hunt_goroutine *calls_find(const struct hunt *hunt, const struct record *record)
{
	return hash_find(&hunt->goroutines, key_of(record));
}

/* ---- targets ---- */

static struct hunt_target *add_target(struct hunt *hunt, uint32_t func, uint32_t site)
{
	struct hunt_target *target;

	if (hunt->num_targets == HUNT_MAX_TARGETS)
		return NULL;
	target = calloc(1, sizeof(*target));
	if (!target)
		return NULL;
	target->func.first = func;
	target->site = site;
	if (kept_init(&target->kept, hunt->settings.num_slowest) &&
	    hash_add(&hunt->targets, &target->func)) {
		hunt->num_targets++;
		if (hunt->last_target)
			hunt->last_target->next = target;
		else
			hunt->first_target = target;
		hunt->last_target = target;
		return target;
	}
	kept_destroy(&target->kept);
	free(target);
	return NULL;
}

static struct hunt_target *find_target(struct hunt *hunt, uint32_t site)
{
	uint32_t func = hunt->sink.func_of_site(hunt->sink.context, site);

	return hash_find(&hunt->targets, (struct hash_key){.first = func})
		       ?: add_target(hunt, func, site);
}

/* ---- begin and end ---- */

static bool has_enough(const struct hunt *hunt)
{
	return hunt->settings.max_calls && hunt->num_calls >= hunt->settings.max_calls;
}

static struct hunt_goroutine *add_goroutine(struct hunt *hunt, const struct record *record)
{
	struct hunt_goroutine *goroutine = calloc(1, sizeof(*goroutine));

	if (!goroutine)
		return NULL;
	goroutine->key = key_of(record);
	if (!processes_add(&hunt->processes, record->pid, &goroutine->of_process)) {
		free(goroutine);
		return NULL;
	}
	if (!hash_add(&hunt->goroutines, &goroutine->key)) {
		processes_remove(&hunt->processes, record->pid, &goroutine->of_process);
		free(goroutine);
		return NULL;
	}
	DL_APPEND(hunt->open, goroutine);
	return goroutine;
}

static void remove_goroutine(struct hunt *hunt, struct hunt_goroutine *goroutine)
{
	hash_remove(&hunt->goroutines, &goroutine->key);
	processes_remove(&hunt->processes, (uint32_t)goroutine->key.second, &goroutine->of_process);
	DL_DELETE(hunt->open, goroutine);
	pieces_clear(&goroutine->call.pieces);
	span_clear(&goroutine->call.span);
	starts_clear(&goroutine->call.starts);
	free(goroutine);
}

bool calls_begin(struct hunt *hunt, const struct record_entry *entry)
{
	const struct record *header = &entry->at.header;
	struct hunt_target *target = find_target(hunt, entry->at.site);
	struct hunt_goroutine *goroutine;

	if (!target)
		return hunt->num_targets == HUNT_MAX_TARGETS;
	/* When probes go, some entries are told late. */
	if (target->is_taken_off || hunt->rest_ns || has_enough(hunt))
		return true;
	if (hunt->goroutines.count == HUNT_MAX_OPEN)
		calls_drop(hunt, hunt->open);
	goroutine = add_goroutine(hunt, header);
	if (!goroutine)
		return false;
	if (!target->first_ns)
		target->first_ns = header->time_ns;
	goroutine->call = (struct open_call){
		.target = target,
		.site = entry->at.site,
		.frame = entry->at.frame,
		.g = record_entry_g(header),
		.start_ns = header->time_ns,
		.looked_from_ns = header->time_ns,
		.span.start_ns = header->time_ns,
		.has_holes = hunt->is_in_gap,
	};
	return true;
}

void calls_drop(struct hunt *hunt, struct hunt_goroutine *goroutine)
{
	goroutine->call.target->lost++;
	remove_goroutine(hunt, goroutine);
}

/* ---- waits ---- */

/* Only what is behind all that is known. */
static bool add_wait(struct hunt *hunt, struct open_call *call, const struct record_wait *wait,
		     struct piece piece)
{
	uint64_t from_ns =
		call->span.start_ns > wait->start_ns ? call->span.start_ns : wait->start_ns;
	uint64_t end_ns = wait->header.time_ns, ready_ns = wait_ready_ns(wait);

	if (ready_ns < from_ns)
		ready_ns = from_ns;

	if (end_ns <= from_ns)
		return true;
	if (!span_end(&call->span, from_ns, hunt->settings.sample_ns, &call->pieces))
		return false;
	piece.start_ns = from_ns;
	piece.ns = ready_ns - from_ns;
	if (!(piece.kind == PIECE_SYSCALL ? span_add_syscall(&call->span, &piece, &call->pieces)
					  : pieces_add(&call->pieces, &piece)))
		return false;
	span_skip(&call->span, end_ns);
	return pieces_add(&call->pieces, &(struct piece){.start_ns = ready_ns,
							 .ns = end_ns - ready_ns,
							 .kind = PIECE_RUNNABLE,
							 .stack = wait->stack,
							 .count = 1});
}

bool calls_wait(struct hunt *hunt, struct hunt_goroutine *goroutine, const struct record_wait *wait,
		uint32_t object)
{
	struct open_call *call = goroutine ? &goroutine->call : NULL;
	struct piece piece;

	if (wait->header.time_ns < wait->start_ns)
		return true;
	piece = wait_piece(wait);
	piece.object = object;
	if (!wait_remember(&hunt->history, wait, &piece, call))
		return false;
	return !call || add_wait(hunt, call, wait, piece);
}

static void add_up(uint64_t *sum, uint64_t ns)
{
	if (__builtin_add_overflow(*sum, ns, sum))
		*sum = UINT64_MAX;
}

void calls_short_waits(struct hunt_goroutine *goroutine, const struct record_short_waits *waits)
{
	struct span *span = &goroutine->call.span;

	add_up(&span->waiting_ns, waits->waiting_ns);
	add_up(&span->syscall_ns, waits->syscall_ns);
	add_up(&span->runnable_ns, waits->runnable_ns);
	add_up(&span->num_short, waits->count);
}

/* ---- looks ---- */

/* What is not known of the time up to now never will be. */
static bool see_less(const struct hunt *hunt, struct open_call *call, uint64_t now_ns)
{
	if (now_ns < call->span.start_ns)
		return true;
	call->looked_from_ns = now_ns;
	call->span.is_doubtful = true;
	return span_end(&call->span, now_ns, hunt->settings.sample_ns, &call->pieces);
}

bool calls_see_less(struct hunt *hunt, uint64_t now_ns)
{
	bool is_full = true;

	for (struct hunt_goroutine *one = hunt->open; one; one = one->next)
		is_full = see_less(hunt, &one->call, now_ns) && is_full;
	return is_full;
}

/* What looks found last ends. */
static bool end_stretch(struct hunt *hunt, struct hunt_goroutine *goroutine, uint64_t end_ns,
			bool is_open)
{
	struct open_call *call = &goroutine->call;
	struct stretch *stretch = &call->stretch;
	struct record_wait wait;
	struct piece piece;

	if (!stretch_wait(stretch, goroutine->key, stretch->start_ns, end_ns, &wait, &piece))
		return true;
	piece.flags |= is_open ? PIECE_IS_OPEN : 0;
	return stretch_remember(stretch, goroutine->key, end_ns, true, &hunt->history) &&
	       add_wait(hunt, call, &wait, piece);
}

bool calls_look(struct hunt *hunt, struct hunt_goroutine *goroutine, const struct record_look *look,
		uint32_t object)
{
	struct open_call *call = &goroutine->call;
	struct stretch *stretch = &call->stretch;
	uint64_t time_ns = look->header.time_ns, from_ns = call->start_ns;

	/* It may have been found in the call before. */
	if (look->since_ns < call->start_ns || time_ns < call->start_ns ||
	    time_ns < stretch->last_ns)
		return true;
	call->target->num_looks++;
	if (stretch_goes_on(stretch, look, object))
		return true;
	if (stretch->last_ns)
		from_ns = stretch_border_ns(stretch, look);
	if (!end_stretch(hunt, goroutine, from_ns, false))
		return false;
	stretch_begin(stretch, from_ns, look, object);
	return true;
}

bool calls_holder(struct hunt *hunt, struct hunt_goroutine *goroutine,
		  const struct record_holder *holder)
{
	struct stretch *stretch = &goroutine->call.stretch;

	if (stretch_note_holder(stretch, holder))
		return true;
	if (!end_stretch(hunt, goroutine, holder->header.time_ns, false))
		return false;
	stretch_change_holder(stretch, holder);
	return true;
}

/* What was found of who may have held what the call waited for, and of whom those waited for, up to now. */
static bool tell_holders(struct hunt *hunt, uint64_t goid, uint32_t pid)
{
	bool is_full = true;

	for (unsigned depth = 0; goid && is_full && depth < BLAME_MAX_DEPTH; depth++) {
		const struct record key = {.goid = goid, .pid = pid};
		struct hunt_goroutine *inside = calls_find(hunt, &key);
		struct stretch *stretch =
			inside ? &inside->call.stretch : outside_stretch(&hunt->outside, goid, pid);

		if (!stretch)
			break;
		is_full = stretch_remember(stretch, key_of(&key), stretch->last_ns, inside,
					   &hunt->history);
		goid = stretch->by_goid;
	}
	return is_full;
}

static bool tell_all_holders(struct hunt *hunt, const struct hunt_goroutine *goroutine)
{
	const struct pieces *pieces = &goroutine->call.pieces;
	uint64_t last_goid = 0;
	bool is_full = true;

	for (size_t i = 0; i < pieces->count && is_full; i++) {
		const struct piece *piece = &pieces->items[i];

		if (!(piece->flags & PIECE_BY_HOLDER) || piece->by_goid == last_goid)
			continue;
		last_goid = piece->by_goid;
		is_full = tell_holders(hunt, last_goid, (uint32_t)goroutine->key.second);
	}
	return is_full;
}

/* ---- the end ---- */

static bool ask(void *context, struct kept_call *call)
{
	const struct hunt *hunt = context;

	return blame_find(&hunt->history, call->goroutine, &call->pieces, hunt->settings.sample_ns,
			  &call->blames) &&
	       blame_find_started(&hunt->history, call->goroutine, &call->starts, call->end_ns,
				  hunt->settings.sample_ns, &call->blames);
}

bool calls_end(struct hunt *hunt, struct hunt_goroutine *goroutine, uint64_t end_ns, bool is_open)
{
	const struct kept_asker asker = {.ask = ask, .context = hunt};
	struct open_call *call = &goroutine->call;
	struct hunt_target *target = call->target;
	struct kept_call *kept;
	bool is_full;

	if (!is_open && has_enough(hunt)) {
		remove_goroutine(hunt, goroutine);
		return true;
	}
	kept = calloc(1, sizeof(*kept));
	is_full = kept;
	if (end_ns < call->span.start_ns)
		end_ns = call->span.start_ns;
	if (hunt->is_sampled && !call->has_holes)
		target->looked_ns += end_ns - call->looked_from_ns;
	is_full = outside_end(&hunt->outside, &call->starts, (uint32_t)goroutine->key.second,
			      &hunt->history) &&
		  is_full;
	call->span.is_doubtful = hunt->is_sampled && !call->stretch.last_ns;
	is_full = end_stretch(hunt, goroutine, end_ns, is_open) && is_full;
	is_full = span_end(&call->span, end_ns, hunt->settings.sample_ns, &call->pieces) && is_full;
	pieces_place_short(&call->pieces);
	if (hunt->is_sampled)
		is_full = tell_all_holders(hunt, goroutine) && is_full;
	if (kept) {
		*kept = (struct kept_call){.start_ns = call->start_ns,
					   .end_ns = end_ns,
					   .goroutine = goroutine->key,
					   .pieces = call->pieces,
					   .starts = call->starts,
					   .is_open = is_open};
		call->pieces = (struct pieces){0};
		call->starts = (struct starts){0};
		is_full = kept_add(&target->kept, kept, !call->has_holes, &asker) && is_full;
	}
	target->open += is_open;
	if (call->has_holes && !is_open) {
		target->holes++;
		if (target->holes_max_ns < end_ns - call->start_ns)
			target->holes_max_ns = end_ns - call->start_ns;
	}
	hunt->num_calls += !is_open;
	if (target->last_ns < end_ns)
		target->last_ns = end_ns;
	remove_goroutine(hunt, goroutine);
	return is_full;
}

/* ---- running ---- */

bool calls_off_cpu(struct hunt_goroutine *goroutine, const struct record_offcpu *off)
{
	struct span *span = &goroutine->call.span;
	struct piece item = offcpu_piece(off);

	if (off->header.time_ns <= span->start_ns || !item.ns)
		return true;
	if (item.start_ns < span->start_ns)
		item.start_ns = span->start_ns;
	item.ns = off->header.time_ns - item.start_ns;
	item.stack = off->stack;
	item.flags |= off->header.flags & RECORD_IN_SYSCALL ? PIECE_IN_SYSCALL : PIECE_SAMPLED;
	item.flags |= off->header.flags & RECORD_IS_OPEN ? PIECE_IS_OPEN : 0;
	return span_add(span, &item);
}

bool calls_sample(struct hunt *hunt, struct hunt_goroutine *goroutine,
		  const struct record_sample *sample, uint64_t stack)
{
	struct open_call *call = &goroutine->call;
	const struct piece item = {
		.start_ns = sample->header.time_ns,
		.stack = stack,
		.kind = sample->place == SAMPLE_TRACER ? PIECE_TRACER : PIECE_CPU,
		.flags = PIECE_SAMPLED,
		.count = 1,
	};

	call->awaits_copy = false;
	if (sample->state != STATE_RUNNING || item.start_ns < call->span.start_ns)
		return true;
	call->target->num_samples++;
	call->awaits_copy = true;
	return span_add(&call->span, &item);
}
