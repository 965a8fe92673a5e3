/* SPDX-License-Identifier: MIT */
/*
 * guilt.c - whose doing waits were: what blame.c found for each call, as one.
 *
 * Goroutines that wait for the same behind each other have done nothing themselves: such a convoy is
 * folded, and whoever is at its head is told.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "hunt/analysis.h"

/* Something that another goroutine did, in one of the calls. */
struct deed {
	const struct kept_call *call;
	uint32_t blame; /* its index there */
	double weight;
};

struct deeds {
	struct deed *items;
	size_t count, capacity;
};

static const struct blame *blame_of(const struct deed *deed)
{
	return &deed->call->blames.items[deed->blame];
}

static bool add_deed(struct deeds *deeds, const struct kept_call *call, uint32_t blame,
		     double weight)
{
	if (!array_reserve(&deeds->items, &deeds->capacity, deeds->count + 1,
			   sizeof(*deeds->items)))
		return false;
	deeds->items[deeds->count++] = (struct deed){call, blame, weight};
	return true;
}

/* Those below `parent`, of `piece`. Where they wait for the same as `matter` (NULL: nothing is the same),
 * those below them in their place. */
static bool add_children(struct sites *sites, const struct guilt_wait *wait, uint32_t parent,
			 const struct piece *matter, struct deeds *deeds)
{
	const struct blames *blames = &wait->call->blames;

	/* Children come behind their parent. */
	for (uint32_t i = parent == BLAME_TOP ? 0 : parent + 1; i < blames->count; i++) {
		const struct blame *blame = &blames->items[i];
		bool is_full;

		if (blame->parent != parent || blame->piece != wait->piece)
			continue;
		if (matter && group_is_same_matter(sites, matter, &blame->what))
			is_full = add_children(sites, wait, i, matter, deeds);
		else
			is_full = add_deed(deeds, wait->call, i, wait->weight);
		if (!is_full)
			return false;
	}
	return true;
}

/* ---- who ended them ---- */

struct waker {
	uint64_t goid;
	struct place place;
	double ns;
	bool may_hold; /* it did not end the wait, but may hold what is waited for */
};

/* Different ones that are told apart; the rest is in no place of its own. */
#define MAX_WAKERS 64

struct wakers {
	struct waker items[MAX_WAKERS];
	size_t count;
	double behind, ns; /* of all, by their times */
	bool by_several;
};

/* Down the convoy, as long as it made most of the wait. */
static const struct piece *find_head(struct sites *sites, const struct guilt_wait *wait,
				     unsigned *behind)
{
	const struct piece *matter = &wait->call->pieces.items[wait->piece], *at = matter;
	const struct blames *blames = &wait->call->blames;
	uint32_t parent = BLAME_TOP;

	*behind = 0;
	for (uint32_t i = 0; i < blames->count; i++) {
		const struct blame *blame = &blames->items[i];

		if (blame->parent != parent || blame->piece != wait->piece ||
		    blame->what.ns < at->ns / 2 || !blame->what.by_goid ||
		    !group_is_same_matter(sites, matter, &blame->what))
			continue;
		at = &blame->what;
		parent = i;
		++*behind;
	}
	return at;
}

static bool is_same_place(const struct place *a, const struct place *b)
{
	return a->function == b->function && a->line == b->line;
}

static void count_waker(struct sites *sites, const struct guilt_wait *wait, struct wakers *wakers)
{
	unsigned behind;
	const struct piece *head = find_head(sites, wait, &behind);
	struct place place = sites_find(sites, head->by_stack, false)->own;
	double ns = (double)wait->call->pieces.items[wait->piece].ns * wait->weight;
	size_t at = 0;

	wakers->ns += ns;
	wakers->behind += behind * ns;
	while (at < wakers->count && !(wakers->items[at].goid == head->by_goid &&
				       is_same_place(&wakers->items[at].place, &place)))
		at++;
	if (at == MAX_WAKERS)
		return;
	if (at == wakers->count)
		wakers->items[wakers->count++] =
			(struct waker){head->by_goid, place, 0, head->flags & PIECE_BY_HOLDER};
	wakers->items[at].ns += ns;
}

static bool has_waker(const struct piece *piece)
{
	return (piece->kind == PIECE_WAIT || piece->kind == PIECE_STOPPED) && piece->by_goid;
}

/* The place that ended most of the time, whoever was there, and who was there most. */
static void tell_waker(const struct wakers *wakers, struct hunt_doing *doing)
{
	const struct waker *best = NULL;
	double best_ns = 0;

	for (size_t i = 0; i < wakers->count; i++) {
		double ns = 0;

		for (size_t j = 0; j < wakers->count; j++)
			if (is_same_place(&wakers->items[i].place, &wakers->items[j].place))
				ns += wakers->items[j].ns;
		if (ns > best_ns || (ns == best_ns && best && wakers->items[i].ns > best->ns)) {
			best = &wakers->items[i];
			best_ns = ns;
		}
	}
	if (!best)
		return;
	doing->by_goid = best->goid;
	doing->by = best->place;
	doing->by_holder = best->may_hold;
	doing->by_several = wakers->count > 1;
	doing->behind = (unsigned)(wakers->behind / wakers->ns + 0.5);
}

/* ---- what they did ---- */

/* Deeds of one group. */
struct deed_group {
	struct hash_key key;
	struct deeds deeds;
	double ns, count, ended_ns; /* ended_ns: of those that a goroutine ended */
	struct piece piece, ended; /* the longest, and that of those */
	struct object_sums objects;
	uint64_t goid;
	bool by_several;
};

struct deed_groups {
	struct deed_group *items;
	size_t count, capacity;
};

static void groups_free(struct deed_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++) {
		free(groups->items[i].deeds.items);
		object_sums_clear(&groups->items[i].objects);
	}
	free(groups->items);
}

static struct deed_group *find_group(struct deed_groups *groups, struct hash_key key)
{
	for (size_t i = 0; i < groups->count; i++)
		if (groups->items[i].key.first == key.first &&
		    groups->items[i].key.second == key.second)
			return &groups->items[i];
	if (!array_reserve(&groups->items, &groups->capacity, groups->count + 1,
			   sizeof(*groups->items)))
		return NULL;
	groups->items[groups->count] = (struct deed_group){.key = key};
	return &groups->items[groups->count++];
}

/* Times without a processor are told by who had it. */
static struct hash_key deed_key(struct sites *sites, const struct piece *piece)
{
	struct hash_key key = group_key(sites, piece);
	uint64_t words[PIECE_COMM_SIZE / sizeof(uint64_t)];

	if (piece->kind != PIECE_NO_CPU)
		return key;
	memcpy(words, piece->by_comm, sizeof(words));
	key.first = hash_mix(words[0] ^ hash_mix(words[1] + (piece->flags & PIECE_BY)));
	return key;
}

static bool divide(struct sites *sites, const struct deeds *deeds, struct deed_groups *groups)
{
	for (size_t i = 0; i < deeds->count; i++) {
		const struct deed *deed = &deeds->items[i];
		const struct blame *blame = blame_of(deed);
		struct deed_group *group = find_group(groups, deed_key(sites, &blame->what));

		if (!group || !add_deed(&group->deeds, deed->call, deed->blame, deed->weight) ||
		    !object_sums_add(&group->objects, blame->what.object,
				     (double)blame->what.ns * deed->weight))
			return false;
		if (!group->goid)
			group->goid = blame->goid;
		group->by_several = group->by_several || group->goid != blame->goid;
		group->ns += (double)blame->what.ns * deed->weight;
		group->count += blame->what.count * deed->weight;
		if (blame->what.ns >= group->piece.ns)
			group->piece = blame->what;
		if (!has_waker(&blame->what))
			continue;
		group->ended_ns += (double)blame->what.ns * deed->weight;
		if (blame->what.ns >= group->ended.ns)
			group->ended = blame->what;
	}
	return true;
}

static int compare(const void *one, const void *other)
{
	const struct deed_group *a = one, *b = other;

	return a->ns > b->ns ? -1 : a->ns < b->ns;
}

static bool tell_deeds(struct sites *sites, const struct deeds *deeds, double total_ns,
		       double divisor, unsigned depth, struct hunt_doing *doing);

/* Who ended the waits of a group, the longest or most of their time, and what that one did; of those that nobody ended, and
 * of other times, what held them up. */
static bool tell_further(struct sites *sites, const struct deed_group *group, double divisor,
			 unsigned depth, struct hunt_doing *doing)
{
	bool tells_waker = has_waker(&group->piece) || group->ended_ns > group->ns / 2;
	struct deeds below = {0};
	bool is_full = true;

	if (tells_waker) {
		doing->by_goid = group->ended.by_goid;
		doing->by = sites_find(sites, group->ended.by_stack, false)->own;
		doing->by_holder = group->ended.flags & PIECE_BY_HOLDER;
	}
	for (size_t i = 0; is_full && i < group->deeds.count; i++) {
		const struct deed *deed = &group->deeds.items[i];
		const struct guilt_wait wait = {deed->call, blame_of(deed)->piece, deed->weight};

		if (!tells_waker && has_waker(&blame_of(deed)->what))
			continue;
		is_full = add_children(sites, &wait, deed->blame, &blame_of(deed)->what, &below);
	}
	is_full = is_full && tell_deeds(sites, &below, group->ns, divisor, depth + 1, doing);
	free(below.items);
	return is_full;
}

/* Fills in doing->meanwhile. total_ns: of the waits that they were done in. */
static bool tell_deeds(struct sites *sites, const struct deeds *deeds, double total_ns,
		       double divisor, unsigned depth, struct hunt_doing *doing)
{
	struct deed_groups groups = {0};
	bool is_full = divide(sites, deeds, &groups);

	if (groups.count)
		qsort(groups.items, groups.count, sizeof(*groups.items), compare);
	doing->meanwhile = calloc(groups.count + 1, sizeof(*doing->meanwhile));
	is_full = is_full && doing->meanwhile;
	for (size_t i = 0; is_full && i < groups.count; i++) {
		struct deed_group *group = &groups.items[i];
		struct hunt_doing *one = &doing->meanwhile[i];

		doing->num_meanwhile++;
		is_full = doing_fill(sites, &group->piece, false, one) &&
			  object_sums_tell(sites->objects, &group->objects, divisor, one);
		one->ns = (uint64_t)(group->ns / divisor);
		one->share = total_ns > 0 ? group->ns / total_ns : 0;
		one->count = (uint64_t)(group->count + 0.5);
		one->goid = group->by_several ? 0 : group->goid;
		if (depth < BLAME_MAX_DEPTH)
			is_full = is_full && tell_further(sites, group, divisor, depth, one);
	}
	groups_free(&groups);
	return is_full;
}

bool guilt_find(struct sites *sites, const struct guilt_wait *waits, size_t count, double divisor,
		struct hunt_doing *doing)
{
	struct wakers *wakers = calloc(1, sizeof(*wakers));
	struct object_sums objects = {0};
	struct deeds deeds = {0};
	bool is_full = wakers;

	for (size_t i = 0; is_full && i < count; i++) {
		const struct piece *piece = &waits[i].call->pieces.items[waits[i].piece];

		if (has_waker(piece))
			count_waker(sites, &waits[i], wakers);
		is_full = object_sums_add(&objects, piece->object,
					  (double)piece->ns * waits[i].weight) &&
			  add_children(sites, &waits[i], BLAME_TOP, has_waker(piece) ? piece : NULL,
				       &deeds);
	}
	if (is_full)
		tell_waker(wakers, doing);
	is_full = is_full && object_sums_tell(sites->objects, &objects, divisor, doing) &&
		  tell_deeds(sites, &deeds, objects.total_ns, divisor, 0, doing);
	object_sums_clear(&objects);
	free(deeds.items);
	free(wakers);
	return is_full;
}

bool guilt_find_started(struct sites *sites, const struct guilt_wait *starts, size_t count,
			double divisor, struct hunt_doing *doing)
{
	struct deeds deeds = {0};
	double total_ns = 0;
	bool is_full = true;

	for (size_t i = 0; is_full && i < count; i++)
		is_full = add_children(sites, &starts[i], BLAME_TOP, NULL, &deeds);
	for (size_t i = 0; i < deeds.count; i++)
		total_ns += (double)blame_of(&deeds.items[i])->what.ns * deeds.items[i].weight;
	doing->ns = (uint64_t)(total_ns / divisor);
	is_full = is_full && tell_deeds(sites, &deeds, total_ns, divisor, 0, doing);
	free(deeds.items);
	return is_full;
}
