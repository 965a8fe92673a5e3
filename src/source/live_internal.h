/* SPDX-License-Identifier: MIT */
/* live_internal.h - the kernel as a source, for the files that make it: live_*.c. */
#ifndef SOURCE_LIVE_INTERNAL_H
#define SOURCE_LIVE_INTERNAL_H

#include "gofuncgraph/live.h"
#include "source/followed_cgroup.h"
#include "source/gates.h"
#include "source/hits.h"
#include "source/layers.h"
#include "source/looks.h"
#include "source/open_waits.h"
#include "source/processors.h"
#include "source/resting.h"

struct live {
	struct source source;
	struct live_options options;
	struct graph_bpf *bpf;
	struct bpf_link *process_links[2];
	struct ring_buffer *ring;
	struct attachment *attachment;
	struct gates gates;
	struct hits hits;
	struct layers layers;
	struct followed_cgroup cgroup;
	struct processors *processors;
	struct open_waits *open_waits; /* NULL: of no interest */
	struct looks *looks; /* NULL: waits are seen, or of no interest */
	bool has_news_of_looks; /* RECORD_STATES_OFF is to be told */
	enum attach_method method;
	size_t num_sites; /* when they were detached */
	unsigned batch; /* records handed on in this go */
	bool file_is_changed;
	bool is_gap; /* RECORD_GAP was told, and its end was not yet */
	bool is_resting; /* the same of RECORD_REST */
	struct resting resting;
	uint32_t num_moves; /* execs that the probes have followed */
	uint64_t num_received; /* records */
	uint64_t num_lost; /* the same, as was told last */
	uint64_t next_statistics_ns; /* when they are told again, whatever they are */
	uint64_t stop_ns;
};

static inline struct live *live_of(struct source *source)
{
	return (struct live *)source;
}

static inline const struct live *live_in(const struct source *source)
{
	return (const struct live *)source;
}

static inline uint64_t live_now_ns(const struct live *live)
{
	return event_clock_now_ns(live->options.clock);
}

/* From now on all is seen that happens. */
static inline void live_note_begin(struct live *live, uint64_t now_ns)
{
	live->bpf->bss->tracing_since_ns = now_ns;
	live->bpf->bss->is_tracing = true;
}

/* ---- live_records.c ---- */

void live_hand_on(struct live *live, const struct record *record);
/* The same; `context`: the struct live. */
void live_hand_on_made(void *context, const struct record *record);
/* A record that tells no more than its kind and time. */
void live_hand_on_time(struct live *live, uint8_t kind, uint64_t time_ns);
void live_hand_on_statistics(struct live *live, uint64_t time_ns);
/* `stat`: enum statistic. */
uint64_t live_read_count(const struct live *live, uint32_t stat);

/* For ring_buffer__new(); `context`: the struct live. */
int live_handle_record(void *context, void *data, size_t size);
/* What the ring buffer has. */
struct error *live_consume(struct live *live);
/* All that is there by now; in a flood some of what comes meanwhile. */
struct error *live_consume_all(struct live *live);

/* ---- live_waits.c ---- */

/* Before probes are attached: whether there are to be any where goroutines change their states. */
struct error *live_begin_waits(struct live *live);
void live_hand_on_states_off(struct live *live);
/* If there are none from the beginning on: before any other record, since of calls that began before it some is missing. */
void live_tell_of_looks(struct live *live);
/* There are none any more. */
struct error *live_leave_states(struct live *live);
/* Looks, if it is time. */
struct error *live_look(struct live *live);
/* As ring_buffer__poll(), but until it is time to look; then records are not read yet. */
int live_wait_for_look(const struct live *live, int timeout_ms);

/* ---- live_changes.c ---- */

struct error *live_go_on_changing(struct live *live);
/* After an exec by a thread that was not the first one the kernel keeps the probes out of the
 * process itself, too. */
struct error *live_follow_exec(struct live *live);

#endif
