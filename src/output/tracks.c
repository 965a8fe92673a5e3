/* SPDX-License-Identifier: MIT */
#include "output/tracks.h"

#include <string.h>

#include "base/text.h"

bool tracks_is_new(struct tracks *tracks, uint32_t pid, uint64_t number)
{
	return hash_note(&tracks->told, (struct hash_key){pid, number});
}

void tracks_clear(struct tracks *tracks)
{
	hash_free_items(&tracks->told);
}

void track_name(uint64_t number, char name[TRACK_NAME_SIZE])
{
	bool is_thread = track_is_thread(number);

	snprintf(name, TRACK_NAME_SIZE, "%s %llu", is_thread ? "thread" : "goroutine",
		 (unsigned long long)(is_thread ? number - (1ull << 48) : number));
}

void track_process_name(const struct output *out, uint32_t pid, char name[TRACK_NAME_SIZE])
{
	const char *path = out->options.about.binary ?: "process";
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	_cleanup_free_ char *clean = text_escape(base, strlen(base));

	snprintf(name, TRACK_NAME_SIZE, "%.100s (%u)", clean ?: "process", pid);
}
