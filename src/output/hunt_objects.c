/* SPDX-License-Identifier: MIT */
#include "output/hunt_objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "output/hunt_line.h"

/* What a wait was on stands in its line if it is so much of it; else in lines of its own, smaller shares than
 * LEAST_SHARE are left out. */
#define ALL_OF_IT   0.995
#define LEAST_SHARE 0.03
/* Of one kind; more are only counted. */
#define MAX_SHOWN 4
/* If those that are shown make less of it, a host's ports say less than the host does: clients have one for each of
 * their connections. */
#define ENOUGH 0.5

static const struct {
	const char *one, *several;
} words[] = {
	[HUNT_FILE] = {"on", "on"},
	[HUNT_PEER] = {"peer", "peers"},
	[HUNT_LISTENER] = {"listener", "listeners"},
};

const char *hunt_object_put(char text[HUNT_OBJECT_SIZE], const struct hunt_object *object)
{
	snprintf(text, HUNT_OBJECT_SIZE, ", %s %s", words[object->kind].one, object->text);
	return text;
}

const char *hunt_objects_only(const struct hunt_doing *doing, char text[HUNT_OBJECT_SIZE])
{
	if (!doing->num_objects || doing->objects->share < ALL_OF_IT)
		return NULL;
	return hunt_object_put(text, doing->objects);
}

/* ---- files ---- */

static void put_files(struct output *out, size_t indent, const struct hunt_doing *doing)
{
	char before[64], amount[HUNT_AMOUNT_SIZE];
	size_t shown = 0, left = 0;

	for (size_t i = 0; i < doing->num_objects; i++) {
		const struct hunt_object *object = &doing->objects[i];

		if (object->kind != HUNT_FILE)
			continue;
		if (shown == MAX_SHOWN || (shown && object->share < LEAST_SHARE)) {
			left++;
			continue;
		}
		snprintf(before, sizeof(before), "%.0f %% %s: %s ", 100 * object->share,
			 hunt_amount(amount, object->ns), words[HUNT_FILE].one);
		hunt_line_put(out, &(struct hunt_line){.indent = indent,
						       .before = before,
						       .name = object->text});
		shown++;
	}
	if (!left)
		return;
	snprintf(before, sizeof(before), "and %s more", text_count(left).text);
	hunt_line_put(out, &(struct hunt_line){.indent = indent, .before = before});
}

/* ---- sockets ---- */

/* An address, or several ports of a host. */
struct socket {
	const char *text;
	size_t len; /* of the address, or the host alone */
	size_t num_ports; /* 1: it is an address */
	double share;
};

struct sockets {
	struct socket *items; /* the largest share first */
	size_t count;
	double share; /* of all */
};

/* "10.0.0.7" of "10.0.0.7:80"; of what has no port, all of it. */
static size_t host_of(const struct socket *socket)
{
	const char *colon = strrchr(socket->text, ':');

	if (!colon || text_starts_with(socket->text, "unix"))
		return strlen(socket->text);
	return (size_t)(colon - socket->text);
}

static bool is_same_host(const struct socket *a, const struct socket *b)
{
	size_t len = host_of(a);

	return len == host_of(b) && memcmp(a->text, b->text, len) == 0;
}

static int compare(const void *one, const void *other)
{
	const struct socket *a = one, *b = other;

	return a->share > b->share ? -1 : a->share < b->share;
}

static void fold_hosts(struct sockets *sockets)
{
	size_t count = 0;

	for (size_t i = 0; i < sockets->count; i++) {
		const struct socket *socket = &sockets->items[i];
		size_t at = 0;

		while (at < count && !is_same_host(&sockets->items[at], socket))
			at++;
		if (at == count) {
			sockets->items[count++] = *socket;
			continue;
		}
		sockets->items[at].len = host_of(socket);
		sockets->items[at].num_ports++;
		sockets->items[at].share += socket->share;
	}
	sockets->count = count;
	qsort(sockets->items, count, sizeof(*sockets->items), compare);
}

/* As many as are worth a word, `most` of them at most. */
static size_t num_shown(const struct sockets *sockets, size_t most)
{
	size_t count = sockets->count < most ? sockets->count : most;

	while (count > 1 && sockets->items[count - 1].share < LEAST_SHARE)
		count--;
	return count;
}

static double share_of(const struct sockets *sockets, size_t count)
{
	double share = 0;

	for (size_t i = 0; i < count; i++)
		share += sockets->items[i].share;
	return share;
}

/* The caller frees the items. False: there are none, or memory is short. */
static bool list_sockets(const struct hunt_doing *doing, enum hunt_object_kind kind,
			 struct sockets *sockets)
{
	*sockets = (struct sockets){.items = calloc(doing->num_objects, sizeof(struct socket))};
	for (size_t i = 0; sockets->items && i < doing->num_objects; i++) {
		const struct hunt_object *object = &doing->objects[i];

		if (object->kind == kind)
			sockets->items[sockets->count++] = (struct socket){
				object->text, strlen(object->text), 1, object->share};
	}
	sockets->share = share_of(sockets, sockets->count);
	if (share_of(sockets, num_shown(sockets, MAX_SHOWN)) < ENOUGH)
		fold_hosts(sockets);
	return sockets->count;
}

/* " 10.0.0.7:80 (62 %), 10.0.0.8 (7 ports, 20 %), 3 others (10 %), unknown (8 %)". NULL: out of memory. */
static char *sockets_text(const struct sockets *sockets, size_t shown, double unknown)
{
	double others = sockets->share - share_of(sockets, shown);
	size_t num_others = sockets->count - shown, size;
	char *text = NULL;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	for (size_t i = 0; i < shown; i++) {
		const struct socket *socket = &sockets->items[i];

		fprintf(to, "%s%.*s (", i ? ", " : " ", (int)socket->len, socket->text);
		if (socket->num_ports > 1)
			fprintf(to, "%s ports, ", text_count(socket->num_ports).text);
		fprintf(to, "%.0f %%)", 100 * socket->share);
	}
	if (num_others)
		fprintf(to, ", %s (%.0f %%)", text_counted(num_others, "other", "others").text,
			100 * others);
	if (unknown >= LEAST_SHARE)
		fprintf(to, ", unknown (%.0f %%)", 100 * unknown);
	fclose(to);
	return text;
}

/* All in one line; on a terminal as many as it has room for. */
static void put_sockets(struct output *out, size_t indent, const struct hunt_doing *doing,
			enum hunt_object_kind kind, double unknown)
{
	struct sockets sockets;
	bool is_there = list_sockets(doing, kind, &sockets);

	for (size_t shown = num_shown(&sockets, MAX_SHOWN); is_there && shown; shown--) {
		_cleanup_free_ char *text = sockets_text(&sockets, shown, unknown);
		bool is_one = sockets.count == 1 && sockets.items->num_ports == 1;
		struct hunt_line line = {.indent = indent,
					 .before = is_one ? words[kind].one : words[kind].several,
					 .name = text};

		if (shown > 1 && !hunt_line_fits(out, &line))
			continue;
		hunt_line_put(out, &line);
		break;
	}
	free(sockets.items);
}

void hunt_objects_put(struct output *out, size_t indent, const struct hunt_doing *doing)
{
	double unknown = 1;

	if (!doing->num_objects || doing->objects[0].share >= ALL_OF_IT)
		return;
	for (size_t i = 0; i < doing->num_objects; i++)
		unknown -= doing->objects[i].share;
	put_sockets(out, indent, doing, HUNT_PEER, unknown);
	put_sockets(out, indent, doing, HUNT_LISTENER, unknown);
	put_files(out, indent, doing);
}
