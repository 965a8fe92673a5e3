/* SPDX-License-Identifier: MIT */
/* frames.c - return addresses of a stack as the calls that they stand for; see names_frames(). */
#include <stdlib.h>

#include "base/hash.h"
#include "names/names_internal.h"

/* Those of one address. */
struct frames {
	struct hash_key va;
	struct name_frames list;
	struct place places[];
};

void frames_clear(struct hash *known)
{
	hash_free_items(known);
}

static bool fill_frame(struct names *names, struct place *place, const char *function,
		       const char *file, unsigned line)
{
	*place = (struct place){.line = line};
	return names_text(names, function, &place->function) &&
	       names_text(names, file, &place->file);
}

/* What is called where, the innermost first; the last one is the function that has the code. */
static bool fill_frames(struct names *names, struct frames *frames, uint64_t at_va,
			const struct gobin_inlined *inlined, size_t num_inlined)
{
	const struct name_source *source = &names->source;
	const struct gobin_func *func = source->func_at(source->context, at_va);

	for (size_t i = 0; i <= num_inlined; i++) {
		const char *name = i < num_inlined ? inlined[i].name : func ? func->name : NULL;
		struct gobin_line line = source->line_at(source->context, at_va);

		if (!fill_frame(names, &frames->places[i], name, line.file, line.line))
			return false;
		if (i < num_inlined)
			at_va = inlined[i].call_va;
	}
	frames->places[num_inlined].va = frames->va.first;
	return true;
}

static struct frames *make_frames(struct names *names, uint64_t va)
{
	const struct name_source *source = &names->source;
	struct gobin_inlined inlined[NAMES_MAX_INLINED];
	bool is_here = va && !(va & FOREIGN_ADDRESS);
	size_t num_inlined = 0;
	struct frames *frames;
	bool is_full = true;

	if (is_here && source->inlined_at)
		num_inlined =
			source->inlined_at(source->context, va - 1, inlined, NAMES_MAX_INLINED);
	frames = calloc(1, sizeof(*frames) + (num_inlined + 1) * sizeof(*frames->places));
	if (!frames)
		return NULL;
	frames->va = (struct hash_key){.first = va};
	frames->list = (struct name_frames){frames->places, num_inlined + 1};
	if (is_here)
		is_full = fill_frames(names, frames, va - 1, inlined, num_inlined);
	else
		frames->places[0] = *names_caller(names, va);
	if (is_full && hash_add(&names->frames, &frames->va))
		return frames;
	free(frames);
	return NULL;
}

struct name_frames names_frames(struct names *names, uint64_t va)
{
	static const struct place unknown;
	struct frames *frames = hash_find(&names->frames, (struct hash_key){.first = va});

	if (!frames) {
		if (names->frames.count >= NAMES_MAX_FRAMES)
			frames_clear(&names->frames);
		frames = make_frames(names, va);
	}
	return frames ? frames->list : (struct name_frames){&unknown, 1};
}
