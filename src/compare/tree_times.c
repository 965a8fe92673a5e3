/* SPDX-License-Identifier: MIT */
#include "compare/tree_times.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "output/amounts.h"

/* Calls of one function in a tree that is open. */
struct open_calls {
	struct hash_key key; /* where the row is, and the tree's number */
	struct open_calls *next; /* in the tree */
	struct times_row *row;
	uint64_t own_ns;
	struct spent own;
	bool lacks_states;
};

struct open_tree {
	struct hash_key key; /* its number */
	const struct name *root;
	struct open_calls *calls;
	bool has_taken_off; /* a call was open when its function lost its probes */
};

/* What untraced calls directly inside an open call took themselves. */
struct handed {
	struct hash_key key; /* number of the open call, and of its tree */
	uint64_t ns;
	struct spent spent;
};

/* A row by the numbers of its names: texts are compared once. */
struct numbered {
	struct hash_key key; /* root and function */
	struct times_row *row;
};

static uint64_t number_of(const struct name *name)
{
	return name ? name->number : 0;
}

static const char *text_of(const struct name *name)
{
	return name ? name->text : "?";
}

/* ---- rows ---- */

static bool is_row_of(const struct times_row *row, const char *root, const char *function)
{
	return !strcmp(row->root, root) && !strcmp(row->function, function);
}

/* *key: where it is, or would be. */
static struct times_row *find_text(const struct tree_times *times, const char *root,
				   const char *function, struct hash_key *key)
{
	struct times_row *row;

	*key = (struct hash_key){hash_key_of_text(root).first, hash_key_of_text(function).first};
	while ((row = hash_find(&times->rows, *key)) && !is_row_of(row, root, function))
		key->second++;
	return row;
}

static void row_free(struct times_row *row)
{
	for (size_t i = 0; i < row->num_kinds; i++)
		free(row->kinds[i].name);
	free(row->kinds);
	histogram_destroy(&row->durations);
	histogram_destroy(&row->own);
	free(row->root);
	free(row->function);
	free(row);
}

static struct times_row *make_row(struct tree_times *times, const char *root, const char *function)
{
	struct hash_key key;
	struct times_row *row = find_text(times, root, function, &key);

	if (row)
		return row;
	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	row->key = key;
	row->root = strdup(root);
	row->function = strdup(function);
	row->is_untraced = times->untraced && untraced_has(times->untraced, function);
	if (row->root && row->function && hash_add(&times->rows, &row->key))
		return row;
	row_free(row);
	return NULL;
}

static struct times_row *find_row(struct tree_times *times, const struct name *root,
				  const struct name *function)
{
	struct hash_key key = {number_of(root), number_of(function)};
	struct numbered *numbered = hash_find(&times->numbered, key);

	if (numbered)
		return numbered->row;
	numbered = calloc(1, sizeof(*numbered));
	if (!numbered)
		return NULL;
	numbered->key = key;
	numbered->row = make_row(times, text_of(root), text_of(function));
	if (numbered->row && hash_add(&times->numbered, &numbered->key))
		return numbered->row;
	free(numbered);
	return NULL;
}

const struct times_row *tree_times_find(const struct tree_times *times, const char *root,
					const char *function)
{
	struct hash_key key;

	return find_text(times, root, function, &key);
}

/* ---- kinds of time ---- */

static bool add_kind(struct times_row *row, const char *name, uint64_t ns)
{
	struct times_kind *kind;

	for (size_t i = 0; i < row->num_kinds; i++) {
		if (strcmp(row->kinds[i].name, name))
			continue;
		row->kinds[i].ns += ns;
		return true;
	}
	if (!array_reserve(&row->kinds, &row->capacity, row->num_kinds + 1, sizeof(*row->kinds)))
		return false;
	kind = &row->kinds[row->num_kinds];
	*kind = (struct times_kind){strdup(name), ns};
	row->num_kinds += kind->name != NULL;
	return kind->name;
}

static bool add_kinds(struct names *names, const struct open_calls *calls)
{
	struct amount amounts[MAX_AMOUNTS];
	struct call all = {.end_ns = calls->own_ns,
			   .parts = calls->own.parts,
			   .num_parts = (uint16_t)calls->own.num_parts};
	uint64_t run_ns;
	size_t count = amounts_of_call(names, &all, "?", amounts, &run_ns);
	bool is_complete = add_kind(calls->row, names_state(names, STATE_RUNNING), run_ns);

	for (size_t i = 0; is_complete && i < count; i++)
		is_complete = add_kind(calls->row, amounts[i].name, amounts[i].ns);
	return is_complete;
}

/* ---- trees ---- */

static struct open_tree *begin_tree(struct tree_times *times, const struct name *root,
				    const struct tree *tree)
{
	struct open_tree *open = calloc(1, sizeof(*open));

	if (!open)
		return NULL;
	open->key = (struct hash_key){.first = tree->number};
	open->root = root;
	if (hash_add(&times->trees, &open->key))
		return open;
	free(open);
	return NULL;
}

/* Of a tree that is over: counts them, or forgets them. */
static bool end_calls(struct tree_times *times, struct open_tree *open, bool is_good)
{
	struct open_calls *calls;
	bool is_complete = true;

	while ((calls = open->calls)) {
		open->calls = calls->next;
		hash_remove(&times->calls, &calls->key);
		if (is_good) {
			calls->row->lacks_states |= calls->lacks_states;
			is_complete &= histogram_add(&calls->row->own, calls->own_ns) &&
				       (calls->lacks_states || add_kinds(times->names, calls));
		}
		spent_destroy(&calls->own);
		free(calls);
	}
	return is_complete;
}

static struct open_calls *find_calls(struct tree_times *times, struct open_tree *open,
				     struct times_row *row)
{
	/* Names that are the same text have one row, and make one observation. */
	struct hash_key key = {(uintptr_t)row, open->key.first};
	struct open_calls *calls = hash_find(&times->calls, key);

	if (calls)
		return calls;
	calls = calloc(1, sizeof(*calls));
	if (!calls)
		return NULL;
	calls->key = key;
	calls->row = row;
	if (!hash_add(&times->calls, &calls->key)) {
		free(calls);
		return NULL;
	}
	calls->next = open->calls;
	open->calls = calls;
	return calls;
}

/* All that happened in the tree is known, of functions that are compared. */
static bool is_good_tree(const struct tree_times *times, const struct open_tree *open,
			 const struct tree *tree, const struct call *root)
{
	return !call_time_is_unknown(root) && root->end != CALL_RUNNING && !root->incomplete &&
	       !tree->lost && !tree->off_ns && !open->has_taken_off &&
	       (times->untraced || !tree->num_off);
}

static void leave_out(struct tree_times *times, const struct tree *tree)
{
	times->num_left_out++;
	times->num_taken_off += tree->num_off != 0;
}

/* ---- untraced calls ---- */

static void handed_free(struct handed *handed)
{
	spent_destroy(&handed->spent);
	free(handed);
}

/* What this call got, for it or for who called it. False: out of memory. */
static bool take_handed(struct tree_times *times, const struct tree *tree, const struct call *call,
			uint64_t *ns, struct spent *spent)
{
	struct hash_key key = {call->number, tree->number};
	struct handed *handed = hash_find(&times->handed, key);
	bool is_complete;

	if (!handed)
		return true;
	*ns += handed->ns;
	is_complete = spent_add_call(
		spent, &(struct call){.parts = handed->spent.parts,
				      .num_parts = (uint16_t)handed->spent.num_parts});
	hash_remove(&times->handed, &handed->key);
	handed_free(handed);
	return is_complete;
}

static bool hand_up(struct tree_times *times, const struct tree *tree, const struct call *call)
{
	struct hash_key key = {call->parent, tree->number};
	struct handed *handed = hash_find(&times->handed, key);

	if (!handed) {
		handed = calloc(1, sizeof(*handed));
		if (!handed)
			return false;
		handed->key = key;
		if (!hash_add(&times->handed, &handed->key)) {
			free(handed);
			return false;
		}
	}
	if (!call_time_is_unknown(call))
		handed->ns += call->end_ns - call->start_ns - call->inner_ns;
	return own_call_ended(&times->own, tree, call, &handed->spent) &&
	       take_handed(times, tree, call, &handed->ns, &handed->spent);
}

/* ---- calls ---- */

bool tree_times_call_began(struct tree_times *times, const struct name *function,
			   const struct tree *tree, const struct call *call)
{
	return call->depth || begin_tree(times, function, tree);
}

/* Of one that is not handed up. */
static bool add_call(struct tree_times *times, const struct tree *tree, const struct call *call,
		     struct open_calls *calls)
{
	uint64_t ns = call->end_ns - call->start_ns;
	bool is_complete = own_call_ended(&times->own, tree, call, &calls->own) &&
			   take_handed(times, tree, call, &calls->own_ns, &calls->own);

	calls->row->num_calls++;
	calls->lacks_states |= call->lacks_states || !times->has_states;
	if (call_time_is_unknown(call))
		return is_complete;
	calls->own_ns += ns - call->inner_ns;
	return histogram_add(&calls->row->durations, ns) && is_complete;
}

bool tree_times_call_ended(struct tree_times *times, const struct name *function,
			   const struct tree *tree, const struct call *call)
{
	struct open_tree *open = hash_find(&times->trees, (struct hash_key){.first = tree->number});
	struct times_row *row = open ? find_row(times, open->root, function) : NULL;
	struct open_calls *calls;
	bool is_complete, is_good;

	if (!row)
		return !open;
	open->has_taken_off |= call->end == CALL_TAKEN_OFF;
	if (call->depth && row->is_untraced)
		return hand_up(times, tree, call);
	calls = find_calls(times, open, row);
	if (!calls)
		return false;
	is_complete = add_call(times, tree, call, calls);
	if (call->depth)
		return is_complete;
	is_good = is_good_tree(times, open, tree, call);
	if (is_good)
		row->trees_ns += call->end_ns - call->start_ns;
	else
		leave_out(times, tree);
	is_complete &= end_calls(times, open, is_good);
	hash_remove(&times->trees, &open->key);
	free(open);
	return is_complete;
}

/* ---- life ---- */

void tree_times_begin(struct tree_times *times, struct names *names, bool has_states)
{
	struct open_tree *open;
	struct handed *handed;

	for (size_t at = 0; (open = hash_next(&times->trees, &at));)
		end_calls(times, open, false);
	for (size_t at = 0; (handed = hash_next(&times->handed, &at));)
		handed_free(handed);
	hash_clear(&times->handed);
	hash_free_items(&times->trees);
	hash_free_items(&times->numbered);
	own_destroy(&times->own);
	times->names = names;
	times->has_states = has_states;
}

void tree_times_destroy(struct tree_times *times)
{
	struct times_row *row;

	tree_times_begin(times, NULL, false);
	hash_clear(&times->calls);
	for (size_t at = 0; (row = hash_next(&times->rows, &at));)
		row_free(row);
	hash_clear(&times->rows);
}
