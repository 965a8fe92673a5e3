/* SPDX-License-Identifier: MIT */
#include "otlp/resources.h"

#include <stdlib.h>

/* ---- one resource ---- */

struct otlp_resource *otlp_resource_new(const struct otlp_process *process)
{
	struct otlp_resource *resource = calloc(1, sizeof(*resource));

	if (!resource)
		return NULL;
	atomic_init(&resource->num_owners, 1);
	otlp_resource_write(&resource->bytes, process);
	if (resource->bytes.failed) {
		otlp_resource_free(resource);
		return NULL;
	}
	return resource;
}

struct otlp_resource *otlp_resource_share(struct otlp_resource *resource)
{
	atomic_fetch_add(&resource->num_owners, 1);
	return resource;
}

void otlp_resource_free(struct otlp_resource *resource)
{
	if (!resource || atomic_fetch_sub(&resource->num_owners, 1) > 1)
		return;
	bytes_destroy(&resource->bytes);
	free(resource);
}

/* ---- lives of processes ---- */

struct life {
	struct hash_key key; /* the pid */
	struct life *before; /* that had the number; NULL: none that is kept */
	uint64_t over_ns; /* 0: it goes on */
	struct otlp_resource *resource;
};

static struct life *life_of(const struct otlp_resources *resources, uint32_t pid)
{
	return hash_find(&resources->lives, (struct hash_key){.first = pid});
}

/* With those before it. */
static void free_life(struct otlp_resources *resources, struct life *life)
{
	while (life) {
		struct life *before = life->before;

		otlp_resource_free(life->resource);
		free(life);
		resources->num_lives--;
		life = before;
	}
}

/* Of those that are over nothing is kept. */
static void make_room(struct otlp_resources *resources)
{
	struct hash kept = {};
	struct life *life;

	for (size_t at = 0; (life = hash_next(&resources->lives, &at));) {
		free_life(resources, life->before);
		life->before = NULL;
		if (life->over_ns || !hash_add(&kept, &life->key))
			free_life(resources, life);
	}
	hash_clear(&resources->lives);
	resources->lives = kept;
	resources->num_over = 0;
}

static void begin_life(struct otlp_resources *resources, uint32_t pid)
{
	struct otlp_process process = resources->common;
	struct life *life, *before;

	if (resources->num_lives >= OTLP_RESOURCES_MAX && resources->num_over)
		make_room(resources);
	if (resources->num_lives >= OTLP_RESOURCES_MAX)
		return;
	life = calloc(1, sizeof(*life));
	process.pid = (pid_t)pid;
	if (life)
		life->resource = otlp_resource_new(&process);
	if (!life || !life->resource) {
		free(life);
		return;
	}
	before = life_of(resources, pid);
	if (before)
		hash_remove(&resources->lives, &before->key);
	life->key.first = pid;
	life->before = before;
	resources->num_lives++;
	if (!hash_add(&resources->lives, &life->key))
		free_life(resources, life);
}

void otlp_resources_hear(struct otlp_resources *resources, uint32_t pid, uint64_t time_ns)
{
	struct life *life;

	if (pid == resources->last || !pid)
		return;
	life = life_of(resources, pid);
	/* What comes late is of the one that is over. */
	if (!life || (life->over_ns && time_ns > life->over_ns))
		begin_life(resources, pid);
	life = life_of(resources, pid);
	resources->last = life && !life->over_ns ? pid : 0;
}

void otlp_resources_end(struct otlp_resources *resources, uint32_t pid, uint64_t time_ns)
{
	struct life *life = life_of(resources, pid);

	if (life && !life->over_ns) {
		life->over_ns = time_ns;
		resources->num_over++;
	}
	if (resources->last == pid)
		resources->last = 0;
}

struct otlp_resource *otlp_resources_at(const struct otlp_resources *resources, uint32_t pid,
					uint64_t time_ns)
{
	struct otlp_process unknown = resources->common;
	struct life *life = life_of(resources, pid);

	while (life && life->before && time_ns <= life->before->over_ns)
		life = life->before;
	if (life)
		return otlp_resource_share(life->resource);
	/* Nobody knows who has its number now. */
	unknown.pid = (pid_t)pid;
	unknown.is_here = false;
	return otlp_resource_new(&unknown);
}

void otlp_resources_destroy(struct otlp_resources *resources)
{
	struct life *life;

	for (size_t at = 0; (life = hash_next(&resources->lives, &at));)
		free_life(resources, life);
	hash_clear(&resources->lives);
}
