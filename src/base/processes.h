/* SPDX-License-Identifier: MIT */
/*
 * processes.h - lists of what belongs to which process. Each is found by its pid, so that what
 * happens to one process costs nothing for the members of others.
 */
#ifndef GOFUNCGRAPH_PROCESSES_H
#define GOFUNCGRAPH_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

/* A part of each structure that belongs to a process. */
struct process_member {
	struct process_member *prev, *next;
};

/* The structure of type `type` whose member `name` this is. */
#define process_member_of(member, type, name) ((type *)((char *)(member) - offsetof(type, name)))

/* The processes that have members. All zero: there are none. */
struct processes {
	struct hash table; /* by pid */
};

/* Adds a member behind the others of its process. False: out of memory. */
bool processes_add(struct processes *processes, uint32_t pid, struct process_member *member);

/* Takes a member out, which must be there. */
void processes_remove(struct processes *processes, uint32_t pid, struct process_member *member);

/*
 * The first member of this process, in order of adding; its `next` leads to the others. NULL: none.
 */
struct process_member *processes_first(const struct processes *processes, uint32_t pid);

/* Forgets all members, and frees none of them. */
void processes_destroy(struct processes *processes);

#endif
