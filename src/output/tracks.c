/* SPDX-License-Identifier: MIT */
#include "output/tracks.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct told_track {
	struct hash_key key; /* pid and number */
};

bool tracks_is_new(struct tracks *tracks, uint32_t pid, uint64_t number)
{
	struct hash_key key = {pid, number};
	struct told_track *track;

	if (hash_find(&tracks->told, key))
		return false;
	track = malloc(sizeof(*track));
	if (track)
		track->key = key;
	if (!track || !hash_add(&tracks->told, &track->key))
		free(track);
	return true;
}

void tracks_clear(struct tracks *tracks)
{
	struct told_track *track;

	for (size_t at = 0; (track = hash_next(&tracks->told, &at));)
		free(track);
	hash_clear(&tracks->told);
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
