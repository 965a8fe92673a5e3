/* SPDX-License-Identifier: MIT */
/* gobin.c - opens a Go executable and puts the sources of what is known of it together. */
#include <string.h>

#include "base/log.h"
#include "gobin/buildinfo.h"
#include "gobin/debugfile.h"
#include "gobin/gobin_internal.h"

/* Register arguments and the goroutine in a register: src/cmd/compile/abi-internal.md. */
#define OLDEST_MINOR 17

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

static struct error *open_debug_image(struct gobin *bin, const char *debug_file)
{
	if (debug_file)
		return debugfile_open_given(bin->image, debug_file, &bin->debug_image);
	if (!has_symbols(bin->image) || !dwarf_is_present(bin->image))
		bin->debug_image = debugfile_open(bin->image);
	return NULL;
}

struct error *gobin_open(const char *path, struct gobin **out)
{
	return gobin_open_with(path, NULL, out);
}

struct error *gobin_open_with(const char *path, const char *debug_file, struct gobin **out)
{
	struct gobin *bin = calloc(1, sizeof(*bin));
	struct error *err;

	*out = NULL;
	if (!bin)
		return error_out_of_memory();
	err = image_open(path, &bin->image);
	if (!err)
		err = read_version(bin);
	if (!err)
		err = open_debug_image(bin, debug_file);
	if (!err)
		err = read_funcs(bin);
	if (err) {
		gobin_close(bin);
		return err;
	}
	bin->runtime = gobin_find_runtime(bin);
	*out = bin;
	return NULL;
}

void gobin_close(struct gobin *bin)
{
	if (!bin)
		return;
	dwarf_close(bin->lines);
	dwarf_close(bin->types);
	runtime_types_close(bin->runtime_types);
	dwarf_close(bin->values);
	go_types_free(bin->go_types);
	free(bin->symbols);
	free(bin->reasons);
	funcs_release(&bin->funcs);
	pclntab_close(bin->table);
	free(bin->version);
	free(bin->goroot);
	free(bin->module);
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

char *gobin_build_id(const struct gobin *bin)
{
	return buildinfo_read_id(bin->image);
}
