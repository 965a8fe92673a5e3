/* SPDX-License-Identifier: MIT */
#include "recording/clock_block.h"

void clock_put(struct bytes *bytes, const struct event_clock *clock)
{
	bytes_put_number(bytes, clock->num_steps);
	for (size_t i = 0; i < clock->num_steps; i++) {
		bytes_put_number(bytes, clock->steps[i].since_ns);
		bytes_put_signed(bytes, clock->steps[i].offset_ns);
	}
}

bool clock_take(struct cursor *bytes, struct event_clock *clock)
{
	struct event_clock told = {};
	uint64_t count = cursor_number(bytes);

	if (!count || count > EVENT_CLOCK_STEPS)
		return false;
	for (; told.num_steps < count; told.num_steps++) {
		told.steps[told.num_steps].since_ns = cursor_number(bytes);
		told.steps[told.num_steps].offset_ns = cursor_signed(bytes);
	}
	if (!bytes->failed)
		*clock = told;
	return !bytes->failed;
}
