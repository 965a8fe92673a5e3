/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * values.h - values of a call: what the BPF programs are to fetch at a site, and what they hand on. The
 * contract between those, records, and who reads them (src/values/).
 *
 * A site (struct site) names a list of values, which is a small program: operations on one word. Each
 * value begins with FETCH_REGISTER, FETCH_STACK_POINTER or FETCH_CONSTANT, and ends with a FETCH_SAVE_...;
 * what cannot be read on the way decides its state, and the next value begins anew.
 *
 * What was saved lies in slots. User space has laid them out, so that a slot's place and size follow from
 * the list alone, whatever was read.
 */
#ifndef GOFUNCGRAPH_VALUES_H
#define GOFUNCGRAPH_VALUES_H

#ifndef __bpf__
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#endif

/* Values of a list, and its operations. */
#define VALUES_MAX     64
#define VALUES_MAX_OPS 64
/* Of what users write themselves: see site.unknown_values. */
#define VALUES_MAX_WRITTEN 16

enum fetch_code {
	FETCH_REGISTER, /* word = `reg`, as the instruction set numbers it */
	/* word = that at the function's first instruction, which it also is at every `ret` */
	FETCH_STACK_POINTER,
	FETCH_CONSTANT, /* word = `number` */
	FETCH_LENGTH, /* length = word: a text's, whose address comes next */
	/* word = what is at word + `number`; with a `size` of 16 length = the word behind that, too */
	FETCH_LOAD,
	FETCH_LOAD_LONG, /* the same of one word, if the length is not 0; else nothing is done */
	FETCH_LABEL, /* word, length = the goroutine's label number `number` of those that are wanted */
	/* What ends a value, or (FETCH_SAVE_WORD) a part of it: */
	FETCH_SAVE_WORD, /* the word, 8 bytes, in its slot */
	FETCH_SAVE_MEMORY, /* what is at word + `number`: as many bytes as the slot has */
	FETCH_SAVE_BYTES, /* the same into a struct captured_text */
	FETCH_SAVE_TEXT, /* the same of `length` bytes, at most as many as there is room for */
	FETCH_SAVE_CONTEXT, /* word, length: the words of a context.Context, into a struct captured_trace */
	/* In conditions alone, and what ends a value there: */
	FETCH_TEST_NUMBER, /* the word's first `size` bytes, as `is_signed` says, to `number` */
	FETCH_TEST_NIL, /* equal: the way to it leads over nil, or its first `size` bytes are 0 */
	FETCH_TEST_TEXT, /* equal to texts[number], of `length` bytes at word */
	FETCH_TEST_AND, /* the last two answers */
	FETCH_TEST_OR,
};

/* What comes before an operation, but in conditions. */
enum fetch_source {
	FETCH_FROM_NOTHING,
	FETCH_FROM_REGISTER, /* word = `reg` */
	/* word = what was saved at `from`, of the value `parent`, of which at least `needs` bytes are there */
	FETCH_FROM_SAVED,
	FETCH_FROM_SAVED_PAIR, /* the same; length = the word behind it, times `scale` unless that is 0 */
};

/* What a test finds: the answer is whether that is among the op's `reg`. */
enum outcome { OUTCOME_LESS = 1 << 0, OUTCOME_EQUAL = 1 << 1, OUTCOME_GREATER = 1 << 2 };

struct fetch_op {
	__s64 number;
	__u16 at; /* of the slot, in captured.bytes */
	__u16 size; /* of the slot, of a struct captured_text: of its bytes; FETCH_LOAD: 8 or 16 */
	__u8 code; /* enum fetch_code */
	__u8 reg; /* FETCH_TEST_...: enum outcome, a bit each */
	__u8 value; /* whose it is, from 0 */
	__u8 is_signed;
	__u8 source; /* enum fetch_source */
	__u8 parent;
	__u16 from, needs, scale;
};

/*
 * Of how many bytes a record has room for, since the kernel's ring buffer only takes constants. The
 * verifier (Linux 5.10 to the newest) knows no sums of two numbers: so no slot begins behind max_at, and
 * none is larger than what is left behind that. User space puts the largest last.
 */
enum values_shape { VALUES_SMALL, VALUES_LARGE };
#define VALUES_SMALL_BYTES  256
#define VALUES_SMALL_MAX_AT 112
#define VALUES_SMALL_OPS    48
#define VALUES_LARGE_BYTES  5128
#define VALUES_LARGE_MAX_AT 4088

struct fetch_list {
	__u32 num_ops;
	__u16 size; /* of all slots, bytes */
	__u8 shape; /* enum values_shape */
	__u8 has_trace; /* at a tree's beginning, what it is part of is looked for: */
	__u16 trace_at; /* the slot, a struct captured_trace */
	__u16 trace_value; /* its number */
	__u16 header_value; /* that of the word with the header of a request, or 0: there is none */
	/* At a tree's beginning, labels that may hold ids are looked for: their slots, one behind the other, and the
	 * number of all of them. */
	__u16 id_labels_at;
	__u16 id_labels_value;
	__u8 has_id_labels;
	__u8 unused[5];
	struct fetch_op ops[VALUES_MAX_OPS];
};

/* ---- conditions ---- */

#define CONDITION_MAX_OPS   40
#define CONDITION_TEXTS     4
#define CONDITION_TEXT_SIZE 64

struct condition_text {
	__u64 words[CONDITION_TEXT_SIZE / 8];
	__u64 masks[CONDITION_TEXT_SIZE / 8]; /* bits of them that count */
	__u32 size; /* bytes of them */
	__u32 is_exact; /* else a text may be longer */
	__u64 length; /* that a text has at least */
};

/*
 * What the values at a target's entry must be for a tree to begin there: operations like the above, whose
 * tests leave answers, the last of which counts. What could not be read may be anything, so that there are
 * three: yes, no, and not known.
 */
struct condition {
	__u32 num_ops; /* 0: there is none */
	__u32 unused;
	struct fetch_op ops[CONDITION_MAX_OPS];
	struct condition_text texts[CONDITION_TEXTS];
};

enum value_state {
	VALUE_UNKNOWN, /* it was not looked at: what it is made of is something else by then */
	VALUE_WHOLE,
	VALUE_TRUNCATED, /* only its beginning is there */
	VALUE_NIL, /* it is where a pointer leads that is nil */
	VALUE_UNREADABLE, /* nothing is at the address, or it is in no memory right now */
	VALUE_DEPTH, /* user space's own: it lies deeper than what is looked at, or there was no room */
};

/* Behind the record of a call's entry, or of its return: its arguments, or its results. */
struct captured {
	__u16 list; /* number of the list; from 0 */
	__u16 size; /* of `bytes` */
	__u32 unused;
	__u64 bias; /* of the probed file in this process: address - va */
	__u8 states[VALUES_MAX]; /* enum value_state */
	__u8 bytes[]; /* the slots; of values that are whole, or truncated */
};

#ifndef __bpf__
/* Something was captured of it. */
static inline bool value_state_is_there(__u8 state)
{
	return state == VALUE_WHOLE || state == VALUE_TRUNCATED;
}

static inline size_t captured_size(const struct captured *captured)
{
	return sizeof(*captured) + captured->size;
}
#endif

/* Which trace and span a call is part of; VALUE_UNKNOWN: no span was found. */
struct captured_trace {
	/* Of a context.Context, in the end of the last one that was looked at; itab 0: the ids are those of a header. */
	__u64 itab, data;
	union {
		struct trace_ids {
			__u8 trace_id[16];
			union {
				__u8 span_id[8];
				__u64 span_number;
			};
		} ids;
		__u64 header; /* before that: a request's, which is a map */
	};
};

#define TRACE_CONTEXTS 8
#define TRACE_SPANS    7

/* Types that lead from a context to its span: their descriptors' addresses in the file, 0: none. */
struct trace_types {
	__u64 value_context; /* of a context with a value, an `any` at `value_at` */
	__u64 value_at;
	/* Of this one and others, whose first two words are the context that they are made from. */
	__u64 contexts[TRACE_CONTEXTS];
	/* Of values that are spans, and of contexts that have one: where the ids are, in what is there at `at`, or in
	 * what that points to. */
	struct trace_span {
		__u64 type;
		__u16 at, trace_id_at, span_id_at;
		__u8 is_pointer;
		__u8 is_number; /* the span's id is one, and not eight bytes as they are written */
	} spans[TRACE_SPANS];
	/* Groups of the map that a request's header is, whose entries are in eight slots each: see struct
	 * typed_map_layout. `size`: up to the pointer to another one, which those that are not swiss end with. */
	struct trace_headers {
		__u64 is_swiss, keys, key_stride, elems, elem_stride, size;
	} headers;
};

struct captured_text {
	__u64 length; /* as the program has it, whatever that is */
	__u32 got; /* bytes that follow */
	__u32 key; /* in a slot of enum id_label: the label's, 0: there is none; else 0 */
	__u8 bytes[];
};

/* Labels of a goroutine that may hold ids of a trace, as programs write them. Of those that stand for the same, the
 * last one counts. */
enum id_label {
	ID_LABEL_TRACE, /* or all of a `traceparent` */
	ID_LABEL_SPAN,
	ID_LABEL_OTHER, /* a span that the call need not be in */
	ID_LABELS,
};

/* Bytes that there is room for of each, behind a struct captured_text: of a longer one it is known that it is no id. */
#define ID_LABEL_TRACE_SIZE 56
#define ID_LABEL_SPAN_SIZE  24
#define ID_LABEL_SPAN_AT    (sizeof(struct captured_text) + ID_LABEL_TRACE_SIZE)
#define ID_LABEL_OTHER_AT   (ID_LABEL_SPAN_AT + sizeof(struct captured_text) + ID_LABEL_SPAN_SIZE)
#define ID_LABELS_SIZE      (ID_LABEL_OTHER_AT + sizeof(struct captured_text) + ID_LABEL_SPAN_SIZE)

struct id_label_slots {
	__u64 words[ID_LABELS_SIZE / sizeof(__u64)];
};

/* What may be added to where they begin: one less than a power of two. */
#define ID_LABELS_AT_MASK 127

/* With room for the largest one behind any such place. */
struct found_id_labels {
	__u64 words[4]; /* for use while they are looked for */
	__u64 slots[(ID_LABELS_AT_MASK + 1 + sizeof(struct captured_text) + ID_LABEL_TRACE_SIZE) /
		    sizeof(__u64)];
};

/* Keys of such labels, by number; that of number 0, and those behind the last one, are empty. A power of two. */
#define ID_LABEL_KEYS     16
#define ID_LABEL_KEY_SIZE 24

struct id_label_key {
	__u64 words[ID_LABEL_KEY_SIZE / 8];
	__u64 length;
	__u16 at; /* of its slot, among them */
	__u16 size;
	__u32 unused;
};

#endif
