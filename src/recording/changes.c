/* SPDX-License-Identifier: MIT */
/* changes.c - what changes among the records of a recording; see changes.h. */
#include "recording/changes.h"

#include <string.h>

#include "recording/clock_block.h"
#include "recording/format.h"

static bool take_hit_times(struct player_state *state, struct cursor *bytes)
{
	struct hit_time *times = state->hit_times;
	size_t num_sites = state->about.num_sites, at = 0;

	while (!cursor_is_at_end(bytes)) {
		uint64_t count = cursor_number(bytes);
		struct hit_time time = {.before_ns = (uint32_t)cursor_number(bytes)};

		time.behind_ns = (uint32_t)cursor_number(bytes);
		if (bytes->failed || count > num_sites - at)
			return false;
		for (; count; count--)
			times[at++] = time;
	}
	return true;
}

static bool take_share(struct player_state *state, struct cursor *bytes)
{
	double share;
	const uint8_t *data = cursor_take(bytes, sizeof(share));

	if (!data)
		return false;
	memcpy(&share, data, sizeof(share));
	if (!(share >= 0 && share <= 1))
		return false;
	state->share_of_exact = share;
	return true;
}

static bool take_process(struct player_state *state, struct cursor *bytes)
{
	uint32_t pid = (uint32_t)cursor_number(bytes);
	bool is_cut = cursor_number(bytes);
	size_t size;
	const uint8_t *arguments = cursor_sized(bytes, &size);

	if (arguments &&
	    !command_lines_tell(state->command_lines, pid, (const char *)arguments, size, is_cut))
		cursor_need(bytes, NULL);
	return !bytes->failed;
}

bool change_take(struct player_state *state, uint32_t kind, struct cursor *bytes)
{
	switch (kind) {
	case BLOCK_HIT_TIMES:
		return take_hit_times(state, bytes);
	case BLOCK_CLOCK:
		return clock_take(bytes, &state->clock);
	case BLOCK_PROCESS:
		return take_process(state, bytes);
	case BLOCK_SHARE_OF_EXACT:
		return take_share(state, bytes);
	case BLOCK_SEVERAL:
		command_lines_expect_several(state->command_lines);
		return true;
	default:
		/* A newer version's, that can be left out. */
		return true;
	}
}
