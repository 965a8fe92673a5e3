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

const struct waited_on *polled_find(struct polled *polled, const struct graph_bpf *bpf,
				    const struct gate_key *key, const struct left_at *left)
{
	int fd = open_on_polled(bpf, key, left);
	uint64_t file = fd < 0 ? 0 : file_of((pid_t)key->pid, fd);
	size_t slot = file % POLLED_FILES;

	/* The descriptor was that file while the goroutine waited for it. */
	if (!file || open_on_polled(bpf, key, left) != fd)
		return NULL;
	if (file == polled->known[slot].file)
		return &polled->known[slot].on;
	if (!open_on_find_polled(bpf, key, left, &polled->unknown) ||
	    file_of((pid_t)key->pid, fd) != file || open_on_polled(bpf, key, left) != fd)
		return NULL;
	/* A socket without a peer may have one later. */
	if (polled->unknown.kind != ON_PEER)
		return &polled->unknown;
	polled->known[slot].file = file;
	polled->known[slot].on = polled->unknown;
	return &polled->known[slot].on;
}
