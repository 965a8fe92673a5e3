/* SPDX-License-Identifier: MIT */
/*
 * processes.h - what belongs to which process: lists that are found by pid, so that what happens to
 * one process costs nothing for the members of others.
 */
#ifndef GOFUNCGRAPH_PROCESSES_H
#define GOFUNCGRAPH_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Inside of what belongs to a process. */
struct process_member {
	struct process_member *prev, *next;
};

/* The structure of this type that this is the member `name` of. */
#define process_member_of(member, type, name) ((type *)((char *)(member)-offsetof(type, name)))

struct process;

/* Those that have members. All zero: there are none. */
struct processes {
	struct process *table; /* hash table */
};

/* Adds it, behind the others of this process. False: out of memory. */
bool processes_add(struct processes *processes, uint32_t pid, struct process_member *member);

/* It must be there. */
void processes_remove(struct processes *processes, uint32_t pid, struct process_member *member);

/* The first one of this process, in order of adding, and by `next` the others; NULL: none. */
struct process_member *processes_first(const struct processes *processes, uint32_t pid);

/* Forgets all. */
void processes_destroy(struct processes *processes);

#endif
