// SPDX-License-Identifier: MIT
/*
 * holder_detach.c - takes layers off. To close a link waits for a grace period of some 50 ms, which
 * all that are closed at the same time have in common.
 */
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/event_clock.h"
#include "probe/attach/holder.h"

#define MAX_THREADS   16
#define TELL_EVERY_NS 200000000ull

/* Links that are to be closed, by whichever thread takes one first. */
struct closing {
	const struct attach_method_ops *ops;
	const struct holder_link *links;
	size_t count;
	atomic_size_t next;
};

static bool close_next(struct closing *closing)
{
	size_t i = atomic_fetch_add(&closing->next, 1);
	if (i >= closing->count)
		return false;
	/* Entries went in last and go out first. */
	closing->ops->close(&closing->links[closing->count - 1 - i]);
	return true;
}

static void *help_closing(void *closing)
{
	while (close_next(closing))
		;
	return NULL;
}

/* Returns how many there are. */
static size_t start_helpers(struct closing *closing, pthread_t helpers[MAX_THREADS])
{
	size_t wanted = closing->count < closing->ops->max_closing ? closing->count
								   : closing->ops->max_closing;
	size_t count = 0;
	pthread_attr_t attributes;
	if (pthread_attr_init(&attributes))
		return 0;
	/* They need little, where address space is limited. */
	pthread_attr_setstacksize(&attributes, (size_t)64 << 10);
	while (count + 1 < wanted && count < MAX_THREADS &&
	       pthread_create(&helpers[count], &attributes, help_closing, closing) == 0)
		count++;
	pthread_attr_destroy(&attributes);
	return count;
}

/* Sites of links that nobody has taken yet. */
static size_t count_left(struct closing *closing)
{
	size_t taken = atomic_load(&closing->next), count = 0;
	for (size_t i = 0; i + taken < closing->count; i++)
		count += closing->links[i].count;
	return count;
}

static void close_links(struct holder *holder, const struct holder_link *links, size_t count)
{
	struct closing closing = {.ops = holder->ops, .links = links, .count = count};
	pthread_t helpers[MAX_THREADS];
	size_t num_helpers = start_helpers(&closing, helpers), num_sites = count_left(&closing);
	uint64_t next_ns = monotonic_ns() + TELL_EVERY_NS;
	/* Who starts the program meanwhile, unchanged, is not to wait for all of them. */
	while (close_next(&closing)) {
		file_watch_is_changed(&holder->watch);
		if (monotonic_ns() < next_ns)
			continue;
		next_ns = monotonic_ns() + TELL_EVERY_NS;
		holder_tell_left(holder, holder->num_attached - num_sites + count_left(&closing));
	}
	for (size_t i = 0; i < num_helpers; i++)
		pthread_join(helpers[i], NULL);
	for (size_t i = 0; i < count && holder->ops->forget; i++)
		holder->ops->forget(holder, &links[i]);
}

static bool is_one_of(uint32_t layer, const uint32_t *layers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (layers[i] == layer)
			return true;
	}
	return !layers;
}

static void swap(struct holder_link *a, struct holder_link *b)
{
	struct holder_link saved = *a;
	*a = *b;
	*b = saved;
}

void holder_detach(struct holder *holder, const uint32_t *layers, size_t count)
{
	size_t num_kept = 0;
	/* Those that stay come first, in the order that they had. */
	for (size_t i = 0; i < holder->num_links; i++) {
		if (!is_one_of(holder->links[i].layer, layers, count))
			swap(&holder->links[num_kept++], &holder->links[i]);
	}
	const struct holder_link *leaving = holder->links + num_kept;
	size_t num_leaving = holder->num_links - num_kept;
	close_links(holder, leaving, num_leaving);
	for (size_t i = 0; i < num_leaving; i++)
		holder->num_attached -= leaving[i].count;
	holder->num_links = num_kept;
}
