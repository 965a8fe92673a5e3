/* SPDX-License-Identifier: MIT */
/* live_waits.c - without probes where goroutines change their states: looks into memory find what they do. */
#include "source/live_internal.h"

#include <errno.h>
#include <poll.h>
#include <bpf/libbpf.h>

#include "source/open_wait.h"

static void look_at(void *context, const struct gate_key *key, uint64_t goid)
{
	struct live *live = context;

	looks_add(live->looks, goid, (uint32_t)key->pid, key->g);
}

/* Of calls that are open, too. */
static struct error *begin_looks(struct live *live)
{
	struct error *err;

	if (!live->options.run.hunt.is_wanted || live->looks)
		return NULL;
	live->bpf->bss->samples_waits = true;
	err = looks_new(live->options.plan, live->bpf, live->options.run.hunt.frequency_hz,
			live->options.clock, &live->looks);
	if (!err)
		gates_visit_open(&live->gates, look_at, live);
	return err;
}

void live_hand_on_states_off(struct live *live)
{
	const struct record record = {
		.kind = RECORD_STATES_OFF,
		.flags = layers_have_births(&live->layers) ? RECORD_TELLS_STARTS : 0,
		.size = sizeof(record),
		.time_ns = live_now_ns(live),
	};

	live_hand_on(live, &record);
}

struct error *live_begin_waits(struct live *live)
{
	live->has_news_of_looks = live->options.run.hunt.waits == HUNT_WAITS_SAMPLED;
	return live->has_news_of_looks ? begin_looks(live) : NULL;
}

void live_tell_of_looks(struct live *live)
{
	if (live->has_news_of_looks)
		live_hand_on_states_off(live);
	live->has_news_of_looks = false;
}

/* Who runs a goroutine is not known any more. */
struct error *live_leave_states(struct live *live)
{
	if (!live->options.run.hunt.is_wanted)
		processors_detach(live->processors);
	return begin_looks(live);
}

bool live_find_on(const struct source *source, uint32_t pid, uint64_t g, struct waited_on *on)
{
	const struct live *live = live_in(source);
	const struct gate_key key = {.g = g, .pid = pid};

	return open_wait_find_on(live->bpf, &key, live_now_ns(live), on);
}

struct error *live_look(struct live *live)
{
	struct error *err;

	if (!live->looks || looks_wait_ns(live->looks, live_now_ns(live)))
		return NULL;
	err = live_consume_all(live);
	looks_take(live->looks);
	err = err ?: live_consume_all(live);
	looks_tell(live->looks, UINT64_MAX, live_hand_on_made, live);
	return err;
}

int live_wait_for_look(const struct live *live, int timeout_ms)
{
	struct pollfd ring = {.fd = ring_buffer__epoll_fd(live->ring), .events = POLLIN};
	uint64_t ns = looks_wait_ns(live->looks, live_now_ns(live));
	struct timespec timeout;

	if (ns > (uint64_t)timeout_ms * 1000000)
		ns = (uint64_t)timeout_ms * 1000000;
	timeout = (struct timespec){.tv_sec = (time_t)(ns / 1000000000),
				    .tv_nsec = (long)(ns % 1000000000)};
	return ppoll(&ring, 1, &timeout, NULL) < 0 ? -errno : 0;
}
