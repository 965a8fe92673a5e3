/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* settings.h - what user space sets before it loads the programs, and the maps they share. */
#ifndef GOFUNCGRAPH_SETTINGS_H
#define GOFUNCGRAPH_SETTINGS_H

#include "kernel.h"
#include "gofuncgraph/maps.h"
#include "gofuncgraph/record.h"
#include "gofuncgraph/site.h"

#define PROCESS_HAS_LOST 1 /* records of its goroutines */

/* ---- set by user space before loading ---- */

const volatile bool use_cookies = true; /* else sites are found by address */
const volatile bool is_pie = false; /* or a library: it is loaded anywhere */
const volatile __u64 start_code_va = 0; /* see gobin_start_code_va() */
const volatile __u64 image_start_va = 0; /* all segments of the probed file are in here */
const volatile __u64 image_size = 0;
const volatile __u32 g_stack_hi = 8;
const volatile __u32 g_m = 48;
const volatile __u32 g_goid = 152;
const volatile __u32 g_head_size = 160; /* all of g up to and with stack.hi, m, goid */
const volatile __u32 g_atomicstatus = 144;
const volatile __u32 g_waitreason = 176;
const volatile __u32 g_gopc = 280;
const volatile __u32 g_startpc = 296;
const volatile __u32 g_sched_sp = 56;
const volatile __u32 g_sched_bp = 104;
const volatile __u32 m_curg = 192;
const volatile __s32 tls_g = -8;
const volatile __u64 tls_g_slot_va = 0; /* not 0: tls_g is in these 8 bytes of the process */
const volatile __u32 only_pid = 0; /* 0: every process; numbered as below */
const volatile bool chooses_cgroup = false; /* that in the map: see chosen.h */
const volatile __u64
	chosen_comm[COMM_SIZE / 8]; /* with zeros behind its end; the first one 0: any */
const volatile bool all_goroutines = false; /* see run_options */
const volatile __u64 min_wait_ns = 0;
const volatile __u64 chosen_goids[MAX_GOIDS]; /* see run_options.goids */
const volatile __u32 num_chosen_goids = 0;
/* See labels.h. */
const volatile __u32 g_labels = 352;
const volatile bool labels_are_maps = false;
const volatile __u32 num_labels = 0;
const volatile struct condition_text label_keys[MAX_TOLD_LABELS];
const volatile __u32 chosen_labels =
	0; /* of which values are asked for, a bit each: see label_choice.h */
const volatile struct condition_text label_values[MAX_TOLD_LABELS];
const volatile struct trace_types trace_types = {}; /* see trace.h */
const volatile bool tells_traces = false;
const volatile bool tells_id_labels = false;
const volatile struct id_label_key id_label_keys[ID_LABEL_KEYS]; /* see id_labels.h */
const volatile struct found_id_labels no_id_labels = {};
const volatile bool opens_elsewhere = false; /* see begin_tree_elsewhere() */
const volatile bool wants_stacks = false; /* see run_options.stacks */
const volatile bool hunts = false; /* see run_options.hunt */
const volatile bool tells_no_cpu = false; /* STATE_NO_CPU is told */
const volatile __u64 long_wait_ns = 0;
const volatile __u64 outside_min_wait_ns = 0;
const volatile __u64 jiffy_ns = 0; /* 0: unknown */
const volatile bool sees_resumes = false; /* there is a SITE_RESUME */
const volatile __u64 system_starts[MAX_SYSTEM_STARTS]; /* see is_system() */
const volatile __u64 preempt_va = 0; /* with `hunts`: runtime.asyncPreempt2 */
const volatile __u64 preempt_size = 0;
const volatile __u64 futex_va = 0; /* runtime.futex */
const volatile __u64 futex_size = 0;
const volatile __u64 poll_va = 0; /* internal/poll.runtime_pollWait */
const volatile __u64 poll_size = 0;
const volatile __u8 poll_reason = 0; /* the wait's in it; 0: unknown */
const volatile __u8 syscall_on[MAX_SYSCALL_NUMBERS]; /* enum syscall_on, by number */
const volatile __u64 ready_va = 0; /* runtime.ready, the inside of runtime.goready */
const volatile __u64 ready_size = 0;
const volatile __u32 pidns_ino = 0; /* the PID namespace that numbers are of; 0: the initial one */
const volatile __u64 wakeup_bytes = 1 << 20; /* data in the ring buffer that wakes the reader */

const volatile __u32 num_hit_sites = 1; /* sites of the plan, one at least */
const volatile __u32 hit_shard_mask = 0; /* of the processor's number: see `site_hits` */

/* ---- set by user space while they are attached ---- */

/* False while probes come and go: then only some of what happens would be seen. */
volatile bool is_tracing = false;
/* Since when it is true. What a goroutine does that was not seen to begin it, it has done since before. */
volatile __u64 tracing_since_ns = 0;
/* How often a thread of only_pid that was not its first one executed a program: see
 * attach_options.pid. */
volatile __u32 num_moves = 0;

/* Records that were sent to tell of one that was lost, and counted so. */
volatile __u32 num_told_ends = 0;

/* Gates that there are, shut ones too. */
volatile __u32 num_gates = 0;

/* It is 0, and any number to the verifier. */
volatile __u64 nothing = 0;

/* True once there is a process in `distrusted`. */
volatile bool has_distrusted = false;

/* Of so many calls that could begin a tree one does, chosen by chance; 0: all do. */
volatile __u32 sample_one_in = 0;

/* Goroutines that came into `waits`. */
volatile __u32 num_made_waits = 0;

/* With `hunts`: there are no sites (any more) where goroutines change their states. */
volatile bool samples_waits = false;

/* See switch.h. The number of the one that goes on, or 0. */
volatile __u32 switch_number = 0;
volatile bool is_switched = false;

/* Runs of programs at sites that were timed, and how long they took together; the same of those that
 * sent a record. */
volatile __u64 timed_runs = 0, timed_ns = 0;
volatile __u64 told_runs = 0, told_ns = 0;

/* With `hunts` or tells_no_cpu: a process that has a target, or a goroutine that is told of, as the initial PID
 * namespace numbers it, has 1 here, and so have few others. */
#define HUNTED_TGIDS 256
volatile __u8 hunted_tgids[HUNTED_TGIDS] = {};

/* ---- maps ---- */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 24); /* --ring-size */
} records SEC(".maps");

/*
 * Goroutines inside a target. A gate that is shut stays, since to take it out and in again costs more
 * than all else at a target's entry and exit; until its goroutine ends, its program does
 * (src/source/gates.h), or there are many.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_OPEN_GATES + MAX_SHUT_GATES);
	__type(key, struct gate_key);
	__type(value, struct gate);
} gates SEC(".maps");

/* Who had which goroutine id when its gate was made: two with one id mean wrong offsets, or forged
 * ids. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 14);
	__type(key, struct goid_key);
	__type(value, struct goid_owner);
} goids SEC(".maps");

/* Processes that ever opened the gate, whose end is of interest. -> PROCESS_... */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 13);
	__type(key, __u32);
	__type(value, __u8);
} processes SEC(".maps");

/* With chooses_cgroup. */
struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} chosen_cgroup SEC(".maps");

/* Processes whose goroutine ids are none (RECORD_WRONG_GOID). pid -> program */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 13);
	__type(key, __u32);
	__type(value, __u64);
} distrusted SEC(".maps");

/* With sees_resumes: whose frames there may be on a thread's system stack. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 13);
	__type(key, struct thread_key);
	__type(value, struct served);
} served SEC(".maps");

/* With `hunts`. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_WAITS);
	__type(key, struct gate_key);
	__type(value, struct hunted_wait);
} waits SEC(".maps");

/* The same, or with tells_no_cpu. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_THREADS);
	__type(key, __u32);
	__type(value, struct thread);
} threads SEC(".maps");

/* With `hunts`. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* processors that there may be */
	__type(key, __u32);
	__type(value, struct processor);
} processors SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_HUNTED);
	__type(key, __u32);
	__type(value, struct hunted);
} hunted_processes SEC(".maps");

/* With wants_stacks or `hunts`: those that were told. -> nothing */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_TOLD_STACKS);
	__type(key, __u64);
	__type(value, __u8);
} told_stacks SEC(".maps");

/* The plan's, by index. Filled before anything is attached, and frozen. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct site);
} sites SEC(".maps");

/* What is fetched at sites with values (SITE_VALUES), by site.values. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fetch_list);
} fetch_lists SEC(".maps");

/* What opens the gate at sites with SITE_CONDITION, by site.values. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct condition);
} conditions SEC(".maps");

/* How often each site was hit: counters by site's index, several times over, for processors that hit
 * one at the same time. Where processes are chosen, as many again behind them, for hits of others. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} site_hits SEC(".maps");

/* See switch.h. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct switch_key);
	__type(value, __u64);
} switch_marks SEC(".maps");

/* Where the kernel has no cookies: those of the sites by va, and by SITE_OFFSET_KEY. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u64);
} site_cookies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STAT_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} stats SEC(".maps");

/* With tells_id_labels: what threads have found that are about to begin a tree, by bpf_get_current_pid_tgid(). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_FINDING_THREADS);
	__type(key, __u64);
	__type(value, struct found_id_labels);
} id_labels SEC(".maps");

/* With opens_elsewhere: what begins trees with values, by enum opening. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, OPENINGS);
	__type(key, __u32);
	__type(value, __u32);
} openings SEC(".maps");

/* Always empty, see keep_own_stack(). One for each kind of program: the kernel lets no others share
 * one. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} no_programs SEC(".maps"), no_writing_programs SEC(".maps");

#endif
