/* SPDX-License-Identifier: MIT */
/* clear_map.h - takes all out of a BPF map. */
#ifndef GOFUNCGRAPH_SOURCE_CLEAR_MAP_H
#define GOFUNCGRAPH_SOURCE_CLEAR_MAP_H

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdint.h>

/* A hash map whose keys have 16 bytes at most, and that nothing is put into meanwhile. */
static inline void clear_map(const struct bpf_map *map)
{
	int fd = bpf_map__fd(map);
	uint8_t key[16];

	assert(bpf_map__key_size(map) <= sizeof(key));
	while (!bpf_map_get_next_key(fd, NULL, key) && !bpf_map_delete_elem(fd, key))
		;
}

#endif
