/* SPDX-License-Identifier: MIT */
/*
 * gobin.h - what a Go executable is.
 *
 * Takes a path; hands on functions, lines, code bytes, the Go version and where the runtime keeps
 * what the tracer needs. Works on ELF executables for x86-64 and arm64 of Go 1.17 and newer,
 * stripped or not, PIE or not. Sources, function by function and line by line: .symtab and DWARF
 * (also from a separate debug file) where they are, else Go's own function table (runtime.pclntab);
 * DWARF of very large programs only for what the table lacks, as the two say the same. Nothing is
 * parsed before it is asked for.
 *
 * The file is hostile input: every read is bounded, and a name may hold any byte but NUL. Addresses
 * are link-time virtual addresses (`_va`), offsets (`_off`) are file offsets, both in bytes.
 *
 * Everything returned by pointer is owned by the gobin and lives as long as it does.
 */
#ifndef GOFUNCGRAPH_GOBIN_H
#define GOFUNCGRAPH_GOBIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "arch/arch.h"
#include "base/error.h"
#include "gofuncgraph/types.h"

struct gobin;

/* One function with code of its own. Two with one name are two functions; `va` is the key. */
struct gobin_func {
	const char *name; /* as Go prints it; ABI0 symbols of .symtab keep ".abi0" */
	uint64_t va; /* first byte */
	uint64_t size; /* bytes up to its end, padding (int3) left out where it is known; > 0 */
	/* Other names that symbols give it, as "local.main.f" of programs that can load plugins;
	 * NULL at the end. NULL: none. */
	const char *const *aliases;
};

struct gobin_line {
	const char *file; /* NULL: unknown */
	unsigned line; /* 0: unknown */
};

/* A place into which a function was inlined. */
struct gobin_inlining {
	const char *name; /* the function that was inlined */
	const struct gobin_func *into; /* the function whose code holds it */
	struct gobin_line call; /* the line of the call */
};

/* A call that was inlined. */
struct gobin_inlined {
	const char *name; /* the function that is called; NULL: unknown */
	uint64_t call_va; /* an instruction with the file and line of the call */
};

/* How the program's own code is told from Go's library. Texts are not owned. */
struct own_code {
	/* The folder of the library's sources, "/usr/lib/go-1.19/src/"; empty: files have no folders in
	 * front of their packages, as -trimpath makes it; NULL: unknown. */
	const char *goroot;
	const char *module; /* the main module's path, where that is known; else NULL */
};

/* A function in a file: both may be hostile. `file` may be NULL. What cgo generates is not. */
bool own_code_has(const struct own_code *own, const char *function, const char *file);
/* Go's own traces leave it out: src/runtime/traceback.go, showframe(). */
bool own_code_is_hidden(const char *function, const char *file);

/* Where the traced program's runtime keeps things. Offsets in bytes. */
struct gobin_layout {
	uint32_t g_stack_lo; /* 0: src/runtime/runtime2.go, type g */
	uint32_t g_stack_hi; /* 8 */
	uint32_t g_m; /* 48 */
	uint32_t g_goid;
	uint32_t g_atomicstatus;
	uint32_t g_waitreason; /* one byte */
	uint32_t g_gopc;
	uint32_t g_startpc;
	uint32_t g_sched_sp; /* of g.sched, a gobuf: where the goroutine's stack is left */
	uint32_t g_sched_pc;
	uint32_t g_sched_bp;
	uint32_t g_syscallsp; /* the same while it is in a system call */
	uint32_t g_syscallpc;
	uint32_t
		g_waitsince; /* nanotime() of a garbage collection that found it waiting, 0: none did */
	uint32_t g_parent_goid; /* 0: before Go 1.21 there is none */
	uint32_t g_lockedm; /* not 0: the goroutine keeps its thread, runtime.LockOSThread() */
	uint32_t g_waiting; /* the sudogs by which it waits, a list */
	uint32_t g_labels; /* see goroutines/labels.h */
	uint32_t sudog_elem; /* of type sudog: what it waits for, if that is no channel */
	uint32_t sudog_waitlink;
	uint32_t sudog_c;
	uint32_t m_curg;
	/* of g, from the thread pointer, in bytes. 0: see tls_g_slot_va, and gobin_knows_tls() */
	int32_t tls_g;
	/* of the 8 bytes where the dynamic loader puts that offset, where it depends on what else
	 * is loaded (libraries); else 0 */
	uint64_t tls_g_slot_va;
	/* this Go is newer than the newest in the table, or a development version: the nearest
	 * offsets were taken, and have to be checked while running */
	bool newer_than_known;
	bool labels_are_maps; /* before Go 1.24 */
};

/* Errors: cannot be read, not ELF, of a processor that is not known, not Go, Go older than 1.17 (and
 * what that would need), no function table and no symbols. */
struct error *gobin_open(const char *path, struct gobin **bin);
/* With symbols and DWARF out of `debug_file` where the file has none itself; NULL: out of one where
 * distributions put it. Errors, besides: it cannot be read, or belongs to another build. */
struct error *gobin_open_with(const char *path, const char *debug_file, struct gobin **bin);
void gobin_close(struct gobin *bin); /* NULL is fine */

const struct arch *gobin_arch(const struct gobin *bin); /* the processor it is for */
const char *gobin_path(const struct gobin *bin);
int gobin_fd(const struct gobin *bin); /* open for reading, owned by the gobin */
/*
 * A file may be written to at any time. Settled: its last change was so long before it was opened
 * that any later one shows in its times: file_is_unchanged() of base/file_age.h says whether there was
 * one, from the size and times of then.
 */
bool gobin_is_settled(const struct gobin *bin);
const struct stat *gobin_stat(const struct gobin *bin);
/* The file is being changed: what was not read yet is not there. */
void gobin_freeze(struct gobin *bin);
bool gobin_is_pie(const struct gobin *bin);

bool gobin_is_library(const struct gobin *bin);

/* Where the runtime is that the goroutines belong to which run the file's code. */
enum gobin_runtime {
	GOBIN_RUNTIME_HERE,
	GOBIN_RUNTIME_IN_PROGRAM, /* it is a plugin, with functions of a runtime that is not used */
	GOBIN_RUNTIME_IN_LIBRARY, /* -linkshared */
};
enum gobin_runtime gobin_runtime(const struct gobin *bin);

/* False: nothing in the file says where a thread keeps its g, and code that has it in no register
 * cannot be traced. Only where the runtime is not here. */
bool gobin_knows_tls(struct gobin *bin);

/* Lowest va of an executable segment: what mm->start_code is without the load bias
 * (fs/binfmt_elf.c). */
uint64_t gobin_start_code_va(const struct gobin *bin);

/* All segments, as they are in memory, are in [start, end). */
void gobin_extent(const struct gobin *bin, uint64_t *start_va, uint64_t *end_va);

/* "go1.22.3" as the linker wrote it (debug/buildinfo), and the 22 in it. Development versions
 * ("devel go1.23-abc") have the number they name; one without any counts as newest (UINT_MAX). */
const char *gobin_version(const struct gobin *bin);
unsigned gobin_minor_version(const struct gobin *bin);

/* False where there is no such place in the file. */
bool gobin_va_to_off(const struct gobin *bin, uint64_t va, uint64_t *off);
/* The bytes of the file that are loaded at va: at least one, at most `*len`, which is set. NULL:
 * none. */
const uint8_t *gobin_bytes(const struct gobin *bin, uint64_t va, size_t *len);

/* All functions, by rising va; sizes do not overlap. */
const struct gobin_func *gobin_funcs(const struct gobin *bin, size_t *count);
/* The function that holds va, or NULL. */
const struct gobin_func *gobin_func_at(const struct gobin *bin, uint64_t va);
/* The first one of exactly this name, or NULL. Looks at all. */
const struct gobin_func *gobin_func_named(const struct gobin *bin, const char *name);

/* The line of the instruction at va, of the innermost inlined call there. For the line of a call
 * look up its return address minus one. Never fails: what is unknown is NULL and 0. */
struct gobin_line gobin_line_at(struct gobin *bin, uint64_t va);

/* An instruction of the same function, whose line is that in the function's own source: where calls
 * were inlined, that of the outermost one. va itself where there are none, or none are known. */
uint64_t gobin_outermost_va(const struct gobin *bin, uint64_t va);

/* The inlined calls that the instruction at va belongs to, the innermost first: the first `max` of
 * them. Returns how many. */
size_t gobin_inlined_at(const struct gobin *bin, uint64_t va, struct gobin_inlined *calls,
			size_t max);

/* True when the function is assembly (its file ends in ".s"), an ABI0 wrapper, or C. */
bool gobin_func_is_abi0(struct gobin *bin, const struct gobin_func *func);
/* True when the register that holds g in Go's own code does not in this function: C, and on x86-64 all
 * of gobin_func_is_abi0(). */
bool gobin_func_lacks_g(struct gobin *bin, const struct gobin_func *func);

/*
 * Why no probe may be put into [va, va + size): the program itself reads that code to see whether it
 * was changed, and would panic or abort. A clause for the user, static text. NULL: it does not. The
 * first call looks at all data and at all names.
 */
const char *gobin_self_check(struct gobin *bin, uint64_t va, uint64_t size);

/* Every place of every function that was inlined; `visit` returns false to stop. Slow: reads
 * everything. */
struct error *gobin_for_each_inlining(struct gobin *bin,
				      bool (*visit)(void *context,
						    const struct gobin_inlining *place),
				      void *context);

/* From DWARF where it is there, else from the table of versions and, for tls_g, from code. */
struct error *gobin_layout(struct gobin *bin, struct gobin_layout *layout);

/*
 * What the runtime calls a wait reason (runtime.waitReason, src/runtime/runtime2.go): "chan
 * receive". From the binary's own table where it can be found, else by Go version. NULL: no such
 * reason. The text may hold any byte but NUL. It lives as long as the gobin.
 */
const char *gobin_wait_reason(struct gobin *bin, unsigned reason);

/*
 * Where a struct keeps a field, in bytes: "net/http.Request", "URL". From DWARF where it is there,
 * else from a table of the standard library's structs. Errors: neither knows it.
 */
struct error *gobin_struct_offset(struct gobin *bin, const char *type, const char *field,
				  uint32_t *offset);

/*
 * A function's parameters and results, with their places. The error says what the binary lacks for it.
 * Slow at first.
 */
struct error *gobin_signature(struct gobin *bin, const struct gobin_func *func,
			      struct go_signature *signature);
/* The type that the runtime's descriptor at va is of, which is what interfaces point to. NULL: unknown. */
struct go_type *gobin_type_at(struct gobin *bin, uint64_t va);
/* The type whose descriptor's address is in the word at va of the file. NULL: there is none. */
struct go_type *gobin_type_in(struct gobin *bin, uint64_t va);
/* The type of what is in an interface whose first word is that. NULL: it is none, as far as the file tells. */
struct go_type *gobin_interface_type(struct gobin *bin, uint64_t va);
/* A type with a name, "net/http.Request", and where the runtime's descriptors of it and of the pointer to it are.
 * False: the binary tells of none. */
struct gobin_named {
	struct go_type *type;
	uint64_t va, pointer_va;
};
bool gobin_type_named(struct gobin *bin, const char *name, struct gobin_named *named);
enum go_map_layout gobin_map_layout(const struct gobin *bin);

/*
 * Where the variable runtime.allgs is: a slice of pointers to all g's that there ever were. By its
 * symbol, else from the code of runtime.forEachG. False: neither is there.
 */
bool gobin_allgs(const struct gobin *bin, uint64_t *va);

/*
 * How many bytes of stack the function that holds the instruction at va uses there: on x86-64 down
 * from its return address, on arm64 down from its caller's stack pointer. False: unknown.
 */
bool gobin_stack_delta(const struct gobin *bin, uint64_t va, int32_t *delta);

/* Bits, one a word, the lowest of the first byte is the first: it holds a pointer that the function, which makes a call
 * there, uses later. In the gobin's memory. */
struct gobin_live_words {
	const uint8_t *locals, *arguments;
	uint32_t
		num_locals; /* they end where the function's own variables do, at the highest address */
	uint32_t
		num_arguments; /* from the first of its arguments' words in its caller's frame on */
};

/* Of the function that holds the instruction at va, in a call. False: unknown. */
bool gobin_live_words(const struct gobin *bin, uint64_t va, struct gobin_live_words *words);

/* One of the calls that an instruction belongs to: inlined ones, and the function that has the code. */
struct gobin_frame {
	const char *name;
	struct gobin_line line; /* of the instruction in it, or of the call that it makes */
};

/* The innermost first; at most max, which is at least 1. Returns how many: 0 for code of no function. */
size_t gobin_frames(struct gobin *bin, uint64_t va, struct gobin_frame *frames, size_t max);

/* Looked for when it is asked for first. */
struct own_code gobin_own_code(struct gobin *bin);

/* The name of the function symbol in the file's own .symtab that starts at va and has a size, as
 * tools see it that know nothing of Go; NULL: none, as in stripped files. */
const char *gobin_symbol_at(struct gobin *bin, uint64_t va);

/* The linker's build id in hexadecimal digits, else Go's own as it is; NULL: none, or out of
 * memory. The caller frees it. */
char *gobin_build_id(const struct gobin *bin);

#endif
