/* SPDX-License-Identifier: MIT */
/* ends.c - see ends.h. */
#include "calltree/ends.h"

#include <utlist.h>

#include "calltree/family.h"
#include "calltree/frames.h"
#include "calltree/state.h"

void end_tree(struct calltree *trees, struct owner *owner, enum call_end end, uint64_t time_ns)
{
	struct ending ending = {.end = end};

	timeline_pass(&owner->timeline, time_ns);
	state_stays(trees, owner);
	while (owner->num_frames)
		frames_close_top(trees, owner, &ending);
	trees->num_ended++;
	table_remove(&trees->table, owner);
	family_end(trees, owner);
}

static void lose_tree(struct calltree *trees, struct owner *owner, uint32_t lost, uint64_t now_ns)
{
	add_lost(&owner->tree, lost ? lost : 1);
	end_tree(trees, owner, CALL_LOST, now_ns);
}

void end_process(struct calltree *trees, uint32_t pid, uint64_t time_ns)
{
	struct owner *owner, *next;

	for (owner = table_first_of(&trees->table, pid); owner; owner = next) {
		next = table_next_of(owner);
		end_tree(trees, owner, CALL_PROCESS_EXIT, time_ns);
	}
}

void lose_of_process(struct calltree *trees, uint32_t pid)
{
	struct owner *owner;

	for (owner = table_first_of(&trees->table, pid); owner; owner = table_next_of(owner))
		add_lost(&owner->tree, 1);
}

void distrust_process(struct calltree *trees, uint32_t pid, uint64_t time_ns)
{
	struct owner *owner, *next;

	for (owner = table_first_of(&trees->table, pid); owner; owner = next) {
		next = table_next_of(owner);
		lose_tree(trees, owner, 1, time_ns);
	}
}

void hear_loss(struct calltree *trees, const struct record *record)
{
	struct owner *owner =
		table_find(&trees->table, owner_key(record->pid, record->goid, record->tid));

	if (owner && record->kind == RECORD_LOST_END)
		lose_tree(trees, owner, record->lost, record->time_ns);
	else if (owner)
		add_lost(&owner->tree, record->lost);
}

void end_all(struct calltree *trees, uint64_t now_ns)
{
	struct owner *owner, *next;

	DL_FOREACH_SAFE2(trees->table.owners, owner, next, younger)
	{
		end_tree(trees, owner, CALL_RUNNING, now_ns);
	}
}
