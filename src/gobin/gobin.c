/* SPDX-License-Identifier: MIT */
/* gobin.c - puts the sources of a Go executable together behind gofuncgraph/gobin.h. */
#include "gofuncgraph/gobin.h"

#include <elf.h>
#include <string.h>

#include "base/log.h"
#include "gobin/buildinfo.h"
#include "gobin/debugfile.h"
#include "gobin/dwarf.h"
#include "gobin/funcs.h"
#include "gobin/image.h"
#include "gobin/layout.h"
#include "gobin/pclntab.h"
#include "gobin/reasons.h"
#include "gobin/selfcheck.h"
#include "gobin/symbols.h"
#include "gobin/tls.h"
#include "gobin/types.h"

/* Register arguments and g in R14: src/cmd/compile/abi-internal.md, amd64. */
#define OLDEST_MINOR 17
/* An ABI0 wrapper sets R14 before its call; both are near its begin. */
#define MAX_WRAPPER_BYTES 1024

/*
 * DWARF that unpacks to less is read in 0.1 s. For larger programs the function table is asked for
 * lines first and the table of versions for the layout of a release that it knows.
 */
#define MAX_CHEAP_DWARF (16 << 20)

struct gobin {
	struct image *image;
	struct image *debug_image; /* a separate debug file, or NULL */
	char *version;
	unsigned minor;
	struct pclntab *table; /* or NULL */
	struct funcs funcs;
	enum gobin_runtime runtime;
	struct dwarf *lines; /* NULL before it is needed, and where there is none */
	bool lines_are_open; /* they were looked for */
	struct dwarf *types; /* the same, for gobin_struct_offset() */
	bool types_are_open;
	struct symbol *symbols; /* the image's own; NULL before they are needed, and without any */
	size_t num_symbols;
	bool symbols_are_read;
	struct reasons *reasons; /* NULL before they are needed, and where no table is found */
	bool reasons_are_read;
	struct selfcheck selfcheck;
	bool selfcheck_is_found;
};

static struct error *no_version_error(const struct gobin *bin)
{
	if (bin->table)
		return error_new(
			"%s has a table of Go functions, but nothing in it says which Go made it: build it with a newer Go, or with its build info",
			image_path(bin->image));
	if (image_is_packed(bin->image))
		return error_new(
			"%s is packed by UPX: its code is not in the file before it runs; unpack it with `upx -d`",
			image_path(bin->image));
	return error_new(
		"%s is not a Go program: it has no Go build info; if a script or a launcher starts the program, name the program itself",
		image_path(bin->image));
}

/* Plugins have no build info before Go 1.21, but the releases that wrote the table are alike. */
static struct error *take_version_of_table(struct gobin *bin)
{
	_cleanup_error_ struct error *err = pclntab_open(bin->image, 0, &bin->table);

	if (err)
		log_verbose("%s", error_message(err));
	if (!bin->table || !pclntab_version(bin->table))
		return no_version_error(bin);
	bin->version = strdup(pclntab_version(bin->table));
	return bin->version ? NULL : error_out_of_memory();
}

static struct error *read_version(struct gobin *bin)
{
	struct error *err = buildinfo_read_version(bin->image, &bin->version);
	uint64_t va, size;

	if (err)
		return err;
	/* Build info can be taken out of a program; the runtime's own variable stays. */
	if (!bin->version && symbols_find_object(bin->image, "runtime.buildVersion", &va, &size))
		bin->version = buildinfo_string_at(bin->image, va);
	if (!bin->version && (err = take_version_of_table(bin)))
		return err;
	bin->minor = buildinfo_minor_version(bin->version);
	if (bin->minor < OLDEST_MINOR)
		return error_new(
			"%s was built with %s; only Go 1.17 and newer can be traced, as older ones keep neither arguments nor the current goroutine in registers: rebuild it with a newer Go",
			image_path(bin->image), bin->version);
	return NULL;
}

static bool has_symbols(const struct image *image)
{
	return image_section(image, ".symtab");
}

static struct error *read_funcs(struct gobin *bin)
{
	const struct image *symbol_image = bin->image;
	struct error *err = NULL;

	if (!bin->table)
		err = pclntab_open(bin->image, bin->minor, &bin->table);
	if (err) {
		/* Symbols may do without it. */
		if (!has_symbols(bin->image) && !bin->debug_image)
			return err;
		log_verbose("%s", error_message(err));
		error_free(err);
	}
	if (!has_symbols(bin->image) && bin->debug_image)
		symbol_image = bin->debug_image;
	err = funcs_merge(bin->image, symbol_image, bin->table, &bin->funcs);
	if (err)
		return err;
	if (!bin->funcs.count)
		return error_new(
			"%s has neither Go's function table nor function symbols: nothing in it has a name to trace",
			image_path(bin->image));
	return NULL;
}

static enum gobin_runtime find_runtime(const struct gobin *bin)
{
	struct image_relocation relocation;

	/* What every runtime has, and what tells one in another file of this one
	 * (src/cmd/link/internal/amd64/asm.go, gentext()). */
	if (!gobin_func_named(bin, "runtime.mcall") &&
	    (gobin_func_named(bin, "go:link.addmoduledata") ||
	     gobin_func_named(bin, "go.link.addmoduledata")))
		return GOBIN_RUNTIME_IN_LIBRARY;
	/* c-shared libraries have a runtime for themselves, and its symbols are not for others; those
	 * of -buildmode=shared, which are for others, have a note
	 * (src/cmd/link/internal/ld/elf.go, ELF_NOTE_GOABIHASH_TAG). */
	if (image_is_library(bin->image) && !image_section(bin->image, ".note.go.abihash") &&
	    image_relocation_naming(bin->image, gobin_arch(bin)->relocation_tls, "runtime.tlsg",
				    &relocation))
		return GOBIN_RUNTIME_IN_PROGRAM;
	return GOBIN_RUNTIME_HERE;
}

struct error *gobin_open(const char *path, struct gobin **out)
{
	struct gobin *bin = calloc(1, sizeof(*bin));
	struct error *err;

	*out = NULL;
	if (!bin)
		return error_out_of_memory();
	err = image_open(path, &bin->image);
	if (!err)
		err = read_version(bin);
	if (!err && (!has_symbols(bin->image) || !dwarf_is_present(bin->image)))
		bin->debug_image = debugfile_open(bin->image);
	if (!err)
		err = read_funcs(bin);
	if (err) {
		gobin_close(bin);
		return err;
	}
	bin->runtime = find_runtime(bin);
	*out = bin;
	return NULL;
}

void gobin_close(struct gobin *bin)
{
	if (!bin)
		return;
	dwarf_close(bin->lines);
	dwarf_close(bin->types);
	free(bin->symbols);
	free(bin->reasons);
	funcs_release(&bin->funcs);
	pclntab_close(bin->table);
	free(bin->version);
	image_close(bin->debug_image);
	image_close(bin->image);
	free(bin);
}

const struct arch *gobin_arch(const struct gobin *bin)
{
	return image_arch(bin->image);
}

const char *gobin_path(const struct gobin *bin)
{
	return image_path(bin->image);
}

int gobin_fd(const struct gobin *bin)
{
	return image_fd(bin->image);
}

bool gobin_is_settled(const struct gobin *bin)
{
	return image_is_settled(bin->image);
}

const struct stat *gobin_stat(const struct gobin *bin)
{
	return image_stat(bin->image);
}

void gobin_freeze(struct gobin *bin)
{
	image_freeze(bin->image);
}

bool gobin_is_pie(const struct gobin *bin)
{
	return image_is_pie(bin->image);
}

bool gobin_is_library(const struct gobin *bin)
{
	return image_is_library(bin->image);
}

uint64_t gobin_start_code_va(const struct gobin *bin)
{
	return image_start_code_va(bin->image);
}

void gobin_extent(const struct gobin *bin, uint64_t *start_va, uint64_t *end_va)
{
	size_t count;
	const struct image_segment *segments = image_segments(bin->image, &count);

	*start_va = segments[0].va;
	*end_va = *start_va;
	for (size_t i = 0; i < count; i++) {
		uint64_t segment_end_va = segments[i].va + segments[i].memsz;
		if (segment_end_va > *end_va)
			*end_va = segment_end_va;
	}
}

const char *gobin_version(const struct gobin *bin)
{
	return bin->version;
}

unsigned gobin_minor_version(const struct gobin *bin)
{
	return bin->minor;
}

bool gobin_va_to_off(const struct gobin *bin, uint64_t va, uint64_t *off)
{
	return image_va_to_off(bin->image, va, off);
}

const uint8_t *gobin_bytes(const struct gobin *bin, uint64_t va, size_t *len)
{
	uint64_t available = image_available(bin->image, va);

	if (*len > available)
		*len = available;
	return image_at_va(bin->image, va, *len);
}

const struct gobin_func *gobin_funcs(const struct gobin *bin, size_t *count)
{
	*count = bin->funcs.count;
	return bin->funcs.items;
}

const struct gobin_func *gobin_func_at(const struct gobin *bin, uint64_t va)
{
	size_t i = funcs_search(bin->funcs.items, bin->funcs.count, va);

	if (i == bin->funcs.count || va - bin->funcs.items[i].va >= bin->funcs.items[i].size)
		return NULL;
	return &bin->funcs.items[i];
}

/* The file that DWARF is in, or NULL. */
static const struct image *dwarf_image(const struct gobin *bin)
{
	if (dwarf_is_present(bin->image))
		return bin->image;
	return bin->debug_image && dwarf_is_present(bin->debug_image) ? bin->debug_image : NULL;
}

/* Whether DWARF may be read although the same is known otherwise. */
static bool dwarf_is_cheap(const struct gobin *bin, enum dwarf_use use)
{
	const struct image *image = dwarf_image(bin);

	return image && dwarf_unpacked_size(image, use) <= MAX_CHEAP_DWARF;
}

static struct gobin_line line_from_dwarf(struct gobin *bin, uint64_t va)
{
	if (!bin->lines_are_open) {
		bin->lines_are_open = true;
		if (dwarf_image(bin))
			bin->lines = dwarf_open(dwarf_image(bin), DWARF_FOR_LINES);
	}
	return bin->lines ? dwarf_line(bin->lines, va) : (struct gobin_line){0};
}

static struct gobin_line line_from_table(struct gobin *bin, uint64_t va)
{
	return bin->table ? pclntab_line(bin->table, va) : (struct gobin_line){0};
}

struct gobin_line gobin_line_at(struct gobin *bin, uint64_t va)
{
	bool dwarf_first = bin->lines || dwarf_is_cheap(bin, DWARF_FOR_LINES);
	/* They say the same, as long as both know the function. */
	struct gobin_line line = dwarf_first ? line_from_dwarf(bin, va) : line_from_table(bin, va);
	if (!line.line)
		line = dwarf_first ? line_from_table(bin, va) : line_from_dwarf(bin, va);
	return line;
}

uint64_t gobin_outermost_va(const struct gobin *bin, uint64_t va)
{
	return bin->table ? pclntab_outermost_va(bin->table, va) : va;
}

static bool has_suffix(const char *text, const char *suffix)
{
	size_t len = strlen(text), suffix_len = strlen(suffix);

	return len >= suffix_len && strcmp(text + len - suffix_len, suffix) == 0;
}

/* Calls a function in the code before `end`. */
static bool calls_before(const struct gobin *bin, const struct gobin_func *func, size_t end)
{
	struct code code = {.arch = gobin_arch(bin),
			    .bytes = image_at_va(bin->image, func->va, end),
			    .size = end};
	struct insn insn;

	if (!code.bytes)
		return false;
	for (uint32_t offset = 0; code.arch->decode(&code, offset, NULL, &insn);
	     offset += insn.length) {
		if (insn.kind != INSN_CALL || !insn.has_target)
			continue;
		uint64_t target_va = func->va + (uint64_t)insn.target;
		size_t found = funcs_search(bin->funcs.items, bin->funcs.count, target_va);
		if (found < bin->funcs.count && bin->funcs.items[found].va == target_va)
			return true;
	}
	return false;
}

/*
 * Wrappers of both directions load R14 from thread-local storage
 * (src/cmd/compile/internal/ssagen/abi.go and amd64/ssa.go): one that is called by ABI0 code before
 * it calls the function, one that calls ABI0 code afterwards.
 */
static bool loads_g_before_calling(const struct gobin *bin, const struct gobin_func *func)
{
	size_t max = func->size < MAX_WRAPPER_BYTES ? func->size : MAX_WRAPPER_BYTES;
	struct tls_access access;

	if (!tls_find_access(bin->image, func->va, max, &access) || !access.loads)
		return false;
	/* The stack check of ABI0 code is the first thing it does. */
	if (access.at == 0)
		return true;
	if (access.reg != gobin_arch(bin)->goroutine_register)
		return false;
	return !calls_before(bin, func, access.at);
}

bool gobin_func_is_abi0(struct gobin *bin, const struct gobin_func *func)
{
	struct gobin_line line;

	if (has_suffix(func->name, ".abi0"))
		return true;
	/* The function table knows the file for less than DWARF does. */
	line = line_from_table(bin, func->va);
	if (!line.file)
		line = line_from_dwarf(bin, func->va);
	/* What has no file is C, linked in by cgo: g is not in R14 there either. */
	if (!line.file || has_suffix(line.file, ".s"))
		return true;
	return loads_g_before_calling(bin, func);
}

struct inlining_visit {
	struct gobin *bin;
	bool (*visit)(void *context, const struct gobin_inlining *place);
	void *context;
};

static bool visit_inlining(void *context, const char *name, uint64_t func_va,
			   struct gobin_line call)
{
	const struct inlining_visit *visit = context;
	struct gobin_inlining place = {
		.name = name,
		.into = gobin_func_at(visit->bin, func_va),
		.call = call,
	};

	return !place.into || visit->visit(visit->context, &place);
}

struct error *gobin_for_each_inlining(struct gobin *bin,
				      bool (*visit)(void *context,
						    const struct gobin_inlining *place),
				      void *context)
{
	struct inlining_visit inlining = {bin, visit, context};

	if (!bin->table)
		return error_new(
			"%s has no usable Go function table: which functions were inlined is unknown",
			gobin_path(bin));
	return pclntab_for_each_inlining(bin->table, visit_inlining, &inlining);
}

enum gobin_runtime gobin_runtime(const struct gobin *bin)
{
	return bin->runtime;
}

static struct error *find_tls(const struct gobin *bin, struct tls_place *tls)
{
	struct error *err = tls_find_g(bin->image, bin->funcs.items, bin->funcs.count, tls);

	if (err && bin->runtime == GOBIN_RUNTIME_IN_LIBRARY) {
		*tls = (struct tls_place){0};
		error_free(take_pointer(err));
	}
	return err;
}

bool gobin_knows_tls(struct gobin *bin)
{
	struct tls_place tls;

	if (bin->runtime != GOBIN_RUNTIME_IN_LIBRARY)
		return true;
	error_free(find_tls(bin, &tls));
	return tls.offset || tls.slot_va;
}

struct error *gobin_layout(struct gobin *bin, struct gobin_layout *layout)
{
	struct tls_place tls;
	struct error *err;
	bool is_certain;

	memset(layout, 0, sizeof(*layout));
	is_certain = layout_from_table(bin->version, bin->minor, layout);
	if (dwarf_image(bin) && (!is_certain || dwarf_is_cheap(bin, DWARF_FOR_TYPES))) {
		struct dwarf *dwarf = dwarf_open(dwarf_image(bin), DWARF_FOR_TYPES);
		if (dwarf && !layout_from_dwarf(dwarf, layout))
			log_verbose("%s: its DWARF does not describe the runtime", gobin_path(bin));
		dwarf_close(dwarf);
	}
	err = find_tls(bin, &tls);
	if (err)
		return err;
	layout->tls_g = tls.offset;
	layout->tls_g_slot_va = tls.slot_va;
	return NULL;
}

const char *gobin_wait_reason(struct gobin *bin, unsigned reason)
{
	if (!bin->reasons_are_read)
		bin->reasons = reasons_read(bin->image, bin->funcs.items, bin->funcs.count);
	bin->reasons_are_read = true;
	if (!bin->reasons)
		return reasons_by_version(bin->minor, reason);
	return reason < bin->reasons->count ? bin->reasons->names[reason] : NULL;
}

struct error *gobin_struct_offset(struct gobin *bin, const char *type, const char *field,
				  uint32_t *offset)
{
	if (!bin->types_are_open && dwarf_image(bin))
		bin->types = dwarf_open(dwarf_image(bin), DWARF_FOR_TYPES);
	bin->types_are_open = true;
	return types_find_offset(bin->types, bin->minor, type, field, offset);
}

const char *gobin_symbol_at(struct gobin *bin, uint64_t va)
{
	size_t low = 0, high;

	if (!bin->symbols_are_read) {
		_cleanup_error_ struct error *err = symbols_read_functions(
			bin->image, bin->image, &bin->symbols, &bin->num_symbols);

		bin->symbols_are_read = true;
		if (err)
			log_verbose("%s", error_message(err));
	}
	for (high = bin->num_symbols; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (bin->symbols[middle].va < va)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == bin->num_symbols || bin->symbols[low].va != va || !bin->symbols[low].size)
		return NULL;
	/* Of several the function's own name, not an alias. */
	const struct gobin_func *func = gobin_func_at(bin, va);
	for (size_t i = low; func && i < bin->num_symbols && bin->symbols[i].va == va; i++) {
		if (bin->symbols[i].size && strcmp(bin->symbols[i].name, func->name) == 0)
			return bin->symbols[i].name;
	}
	return bin->symbols[low].name;
}

const char *gobin_self_check(struct gobin *bin, uint64_t va, uint64_t size)
{
	if (!bin->selfcheck_is_found)
		selfcheck_find(bin->image, bin->table, bin->funcs.items, bin->funcs.count,
			       &bin->selfcheck);
	bin->selfcheck_is_found = true;
	return selfcheck_reason(&bin->selfcheck, va, size);
}

char *gobin_build_id(const struct gobin *bin)
{
	return buildinfo_read_id(bin->image);
}
