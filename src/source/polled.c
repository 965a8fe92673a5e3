/* SPDX-License-Identifier: MIT */
#include "source/polled.h"

#include <stdio.h>
#include <unistd.h>

#include "base/hash.h"

/* What the descriptor is: "socket:[4711]", as a number. 0: it is not there. */
static uint64_t file_of(pid_t pid, int fd)
{
	char path[64], text[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	len = readlink(path, text, sizeof(text) - 1);
	if (len <= 0)
		return 0;
	text[len] = 0;
	return hash_key_of_text(text).first;
}

const struct waited_on *polled_find(struct polled *last, const struct graph_bpf *bpf,
				    const struct gate_key *key)
{
	int fd = open_on_polled(bpf, key);
	uint64_t file = fd < 0 ? 0 : file_of((pid_t)key->pid, fd);

	if (!file)
		return NULL;
	if (file == last->file)
		return &last->on;
	last->file = 0;
	if (!open_on_find_polled(bpf, key, &last->on) || open_on_polled(bpf, key) != fd ||
	    file_of((pid_t)key->pid, fd) != file)
		return NULL;
	/* A socket without a peer may have one later. */
	if (last->on.kind == ON_PEER)
		last->file = file;
	return &last->on;
}
