/* SPDX-License-Identifier: MIT */
#include "gofuncgraph/modules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "gobin/image.h"
#include "gofuncgraph/record.h"
#include "process/mappings.h"

/* A process may load files while it runs; one that jumps about in no file at all is not asked for
 * each address. */
#define MAX_AGE_NS     1000000000ull
#define MAX_MISS_NS    20000000ull
#define MAX_PROCESSES  256
#define MAX_FILES      4096
#define MAX_PLACES     65536
#define UNKNOWN_NUMBER 0

struct file {
	struct hash_key key; /* of its identity */
	char *identity; /* of struct mapping */
	char *name;
	struct image_segment *segments; /* NULL: it could not be read */
	size_t num_segments;
};

struct process_files {
	struct hash_key pid;
	uint64_t read_ns;
	struct mappings mappings;
};

struct known_place {
	struct hash_key key; /* of both: */
	const struct file *file; /* NULL: none */
	uint64_t va;
	uint64_t number;
};

struct modules {
	struct hash processes, files, places;
	struct known_place **by_number;
	size_t num_places, capacity;
};

struct error *modules_new(struct modules **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? NULL : error_out_of_memory();
}

static void process_free(struct process_files *process)
{
	mappings_release(&process->mappings);
	free(process);
}

static void forget_process(struct modules *modules, struct process_files *process)
{
	hash_remove(&modules->processes, &process->pid);
	process_free(process);
}

static void forget_processes(struct modules *modules)
{
	struct process_files *process;

	for (size_t at = 0; (process = hash_next(&modules->processes, &at));)
		process_free(process);
	hash_clear(&modules->processes);
}

static void file_free(struct file *file)
{
	free(file->identity);
	free(file->name);
	free(file->segments);
	free(file);
}

void modules_free(struct modules *modules)
{
	struct file *file;

	if (!modules)
		return;
	forget_processes(modules);
	for (size_t i = 0; i < modules->num_places; i++)
		free(modules->by_number[i]);
	hash_clear(&modules->places);
	for (size_t at = 0; (file = hash_next(&modules->files, &at));)
		file_free(file);
	hash_clear(&modules->files);
	free(modules->by_number);
	free(modules);
}

/* ---- processes ---- */

static struct process_files *find_process(struct modules *modules, uint32_t pid)
{
	return hash_find(&modules->processes, (struct hash_key){.first = pid});
}

void modules_forget(struct modules *modules, uint32_t pid)
{
	struct process_files *process = find_process(modules, pid);

	if (process)
		forget_process(modules, process);
}

static struct process_files *add_process(struct modules *modules, uint32_t pid)
{
	struct process_files *process = calloc(1, sizeof(*process));

	if (!process)
		return NULL;
	if (modules->processes.count >= MAX_PROCESSES)
		forget_processes(modules);
	process->pid = (struct hash_key){.first = pid};
	if (hash_add(&modules->processes, &process->pid))
		return process;
	free(process);
	return NULL;
}

static const struct mapping *find_mapping(struct modules *modules, uint32_t pid, uint64_t address,
					  uint64_t now_ns)
{
	struct process_files *process = find_process(modules, pid);
	const struct mapping *found = process ? mappings_at(&process->mappings, address) : NULL;
	struct mappings mappings;
	struct error *err;

	if (!process && !(process = add_process(modules, pid)))
		return NULL;
	if (process->read_ns && now_ns - process->read_ns < (found ? MAX_AGE_NS : MAX_MISS_NS))
		return found;
	process->read_ns = now_ns;
	err = mappings_read(pid, &mappings);
	if (err) {
		error_free(err); /* it is gone: what was known of it still holds */
		return found;
	}
	mappings_release(&process->mappings);
	process->mappings = mappings;
	return mappings_at(&process->mappings, address);
}

/* ---- files ---- */

/* The file as the process has it; where that may not be opened, what has its path and number. */
static struct image *open_image(uint32_t pid, const struct mapping *mapping)
{
	_cleanup_free_ char *path = NULL;
	char link[MAPPING_LINK_SIZE];
	struct image *image;
	struct stat file;

	mapping_link(pid, mapping, link);
	error_free(image_open(link, &image));
	if (image || asprintf(&path, "/proc/%" PRIu32 "/root%s", pid, mapping->path) < 0)
		return image;
	error_free(image_open(path, &image));
	if (!image || (!fstat(image_fd(image), &file) && file.st_ino == mapping->inode))
		return image;
	image_close(image);
	return NULL;
}

static void read_segments(struct file *file, uint32_t pid, const struct mapping *mapping)
{
	const struct image_segment *segments;
	struct image *image = open_image(pid, mapping);
	size_t count;

	if (!image)
		return;
	segments = image_segments(image, &count);
	file->segments = calloc(count, sizeof(*segments));
	if (file->segments) {
		memcpy(file->segments, segments, count * sizeof(*segments));
		file->num_segments = count;
	}
	image_close(image);
}

static struct file *add_file(struct modules *modules, uint32_t pid, const struct mapping *mapping)
{
	struct file *file = calloc(1, sizeof(*file));
	const char *slash = strrchr(mapping->path, '/');

	if (!file || modules->files.count >= MAX_FILES) {
		free(file);
		return NULL;
	}
	file->identity = strdup(mapping->file);
	file->name = strdup(slash ? slash + 1 : mapping->path);
	file->key = hash_key_of_text(mapping->file);
	if (!file->identity || !file->name || !hash_add(&modules->files, &file->key)) {
		file_free(file);
		return NULL;
	}
	read_segments(file, pid, mapping);
	return file;
}

static struct file *find_file(struct modules *modules, uint32_t pid, const struct mapping *mapping)
{
	struct file *file = hash_find(&modules->files, hash_key_of_text(mapping->file));

	if (!file)
		return add_file(modules, pid, mapping);
	/* Two of one key: the second stays unknown. */
	return strcmp(file->identity, mapping->file) ? NULL : file;
}

/* 0: unknown. */
static uint64_t offset_to_va(const struct file *file, uint64_t off)
{
	for (size_t i = 0; i < file->num_segments; i++) {
		const struct image_segment *segment = &file->segments[i];
		if (off >= segment->off && off - segment->off < segment->filesz)
			return off - segment->off + segment->va;
	}
	return 0;
}

/* ---- places ---- */

static uint64_t number_of(struct modules *modules, const struct file *file, uint64_t va)
{
	struct hash_key key = {.first = va, .second = (uintptr_t)file};
	struct known_place *place = hash_find(&modules->places, key);

	if (place)
		return place->number;
	if (modules->num_places >= MAX_PLACES ||
	    !array_reserve(&modules->by_number, &modules->capacity, modules->num_places + 1,
			   sizeof(*modules->by_number)))
		return UNKNOWN_NUMBER;
	place = malloc(sizeof(*place));
	if (!place)
		return UNKNOWN_NUMBER;
	*place = (struct known_place){
		.key = key, .file = file, .va = va, .number = modules->num_places + 1};
	if (!hash_add(&modules->places, &place->key)) {
		free(place);
		return UNKNOWN_NUMBER;
	}
	modules->by_number[modules->num_places++] = place;
	return place->number;
}

uint64_t modules_number(struct modules *modules, uint32_t pid, uint64_t address, uint64_t now_ns)
{
	uint64_t va = address & ~FOREIGN_ADDRESS;
	const struct mapping *mapping = find_mapping(modules, pid, va, now_ns);
	const struct file *file = mapping ? find_file(modules, pid, mapping) : NULL;

	if (file)
		va = offset_to_va(file, va - mapping->start + mapping->off);
	return FOREIGN_ADDRESS | number_of(modules, file, va);
}

struct module_place modules_place(const struct modules *modules, uint64_t number)
{
	const struct known_place *place;

	number &= ~FOREIGN_ADDRESS;
	if (number == UNKNOWN_NUMBER || number > modules->num_places)
		return (struct module_place){0};
	place = modules->by_number[number - 1];
	return (struct module_place){.name = place->file ? place->file->name : NULL,
				     .va = place->va};
}
