/* SPDX-License-Identifier: MIT */
/*
 * tracefs.h - the file system in which uprobe events are defined: finding it, defining, removing.
 * All functions return 0 (or a file descriptor) or a negative errno.
 */
#ifndef GOFUNCGRAPH_TRACEFS_H
#define GOFUNCGRAPH_TRACEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TRACEFS_GROUP_SIZE 64 /* kernel/trace/trace_probe.h, MAX_EVENT_NAME_LEN */
#define TRACEFS_EVENT_SIZE 64

/* The root of tracefs, opened; mounted for this file descriptor alone when it is mounted nowhere.
 */
int tracefs_open_root(void);
/* Its uprobe_events, open for appending. */
int tracefs_open_definitions(int root);

/* Writes whole lines. */
int tracefs_write(int definitions, const char *text, size_t len);
int tracefs_event_id(int root, const char *group, const char *name, uint64_t *id);
/* Removes a definition, unless the kernel's ftrace uses it. One that does not exist is no error. */
int tracefs_remove_event(int root, int definitions, const char *group, const char *name);

/* The inode of this process's PID namespace; 0 when /proc does not say. */
uint64_t tracefs_pid_namespace(void);
void tracefs_group_name(char group[TRACEFS_GROUP_SIZE], uint64_t namespace, pid_t pid);
/*
 * Removes the definitions of processes that are no more. Those made in other PID namespaces are
 * left alone: whether their makers live cannot be seen from here.
 */
void tracefs_clear_dead(int root, int definitions, uint64_t namespace);
/* The same of this PID namespace, for who has no tracefs open. */
void tracefs_clear_all_dead(void);

#endif
