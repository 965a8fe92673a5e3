/* SPDX-License-Identifier: MIT */
#include "goroutines/labels.h"

#include <stdlib.h>
#include <string.h>

/* A program that has others in each goroutine does not fill our memory. */
#define MAX_BYTES (64u << 20)
/* Of a map. */
#define MAX_BUCKETS 16

/* Type label: two strings. */
struct string {
	uint64_t at, len;
};

struct raw_label {
	struct string key, value;
};

struct raw_labels {
	struct raw_label items[LABELS_MAX];
	size_t count;
	bool is_cut;
};

struct texts {
	char bytes[LABELS_MAX][2][LABELS_MAX_TEXT];
	struct label items[LABELS_MAX];
};

static bool is_read(const struct memory *memory, uint64_t at, void *to, size_t len)
{
	return at && memory_read(memory, at, to, len);
}

/* ---- where they are ---- */

static bool find_in_slice(const struct memory *memory, uint64_t at, struct raw_labels *raw)
{
	uint64_t slice[2]; /* and its capacity */

	if (!is_read(memory, at, slice, sizeof(slice)))
		return false;
	raw->is_cut = slice[1] > LABELS_MAX;
	raw->count = raw->is_cut ? LABELS_MAX : slice[1];
	return !raw->count ||
	       is_read(memory, slice[0], raw->items, raw->count * sizeof(raw->items[0]));
}

/* src/runtime/map.go, hmap and bmap, of strings to strings. */
struct map {
	uint64_t count;
	uint8_t flags, b;
	uint16_t num_overflow;
	uint32_t seed;
	uint64_t buckets, old_buckets;
};
#define MAP_GROWS_TO_SAME_SIZE 8

#define BUCKET_ITEMS 8
struct bucket {
	uint8_t top[BUCKET_ITEMS];
	struct string keys[BUCKET_ITEMS], values[BUCKET_ITEMS];
	uint64_t overflow;
};
enum { TOP_MOVED = 2, TOP_MIN = 5 }; /* evacuatedX, minTopHash */

static void add_items(const struct bucket *bucket, struct raw_labels *raw)
{
	for (size_t i = 0; i < BUCKET_ITEMS; i++) {
		if (bucket->top[i] < TOP_MIN)
			continue;
		raw->is_cut |= raw->count == LABELS_MAX;
		if (raw->count < LABELS_MAX)
			raw->items[raw->count++] =
				(struct raw_label){bucket->keys[i], bucket->values[i]};
	}
}

/* `num` of them, with those that they overflow into. False: one cannot be read. */
static bool find_in_buckets(const struct memory *memory, uint64_t at, size_t num,
			    struct raw_labels *raw)
{
	struct bucket bucket;
	size_t left = MAX_BUCKETS;

	for (size_t i = 0; i < num; i++) {
		uint64_t next = at + i * sizeof(bucket);

		for (; next && left; left--, next = bucket.overflow) {
			if (!is_read(memory, next, &bucket, sizeof(bucket)))
				return false;
			if (bucket.top[0] >= TOP_MOVED && bucket.top[0] < TOP_MIN)
				break; /* to the new ones */
			add_items(&bucket, raw);
		}
		raw->is_cut |= !left;
	}
	return true;
}

static bool find_in_map(const struct memory *memory, uint64_t at, struct raw_labels *raw)
{
	uint64_t map_at;
	struct map map;
	size_t num;

	if (!is_read(memory, at, &map_at, sizeof(map_at)))
		return false;
	if (!map_at)
		return true;
	if (!is_read(memory, map_at, &map, sizeof(map)))
		return false;
	if (!map.count)
		return true;
	num = map.b < 5 ? (size_t)1 << map.b : MAX_BUCKETS;
	if (!find_in_buckets(memory, map.buckets, num, raw))
		return false;
	if (map.flags & MAP_GROWS_TO_SAME_SIZE)
		num *= 2;
	return !map.old_buckets || find_in_buckets(memory, map.old_buckets, num / 2, raw);
}

/* ---- what they are ---- */

static struct memory_piece piece_of(const struct string *string, char *to, struct raw_labels *raw)
{
	raw->is_cut |= string->len > LABELS_MAX_TEXT;
	return (struct memory_piece){.at = string->at,
				     .to = to,
				     .len = string->len < LABELS_MAX_TEXT ? string->len
									  : LABELS_MAX_TEXT};
}

static int compare_texts(const char *one, size_t one_len, const char *other, size_t other_len)
{
	int order = memcmp(one, other, one_len < other_len ? one_len : other_len);

	return order ? order : (one_len > other_len) - (one_len < other_len);
}

static int compare(const void *a, const void *b)
{
	const struct label *one = a, *other = b;
	int order = compare_texts(one->key, one->key_len, other->key, other->key_len);

	return order ? order
		     : compare_texts(one->value, one->value_len, other->value, other->value_len);
}

static bool read_texts(const struct memory *memory, struct raw_labels *raw, struct texts *texts)
{
	struct memory_piece pieces[2 * LABELS_MAX];

	for (size_t i = 0; i < raw->count; i++) {
		struct raw_label *item = &raw->items[i];

		pieces[2 * i] = piece_of(&item->key, texts->bytes[i][0], raw);
		pieces[2 * i + 1] = piece_of(&item->value, texts->bytes[i][1], raw);
	}
	if (!memory_read_all(memory, pieces, 2 * raw->count))
		return false;
	for (size_t i = 0; i < raw->count; i++) {
		const struct memory_piece *key = &pieces[2 * i], *value = key + 1;

		if ((key->len && !key->is_read) || (value->len && !value->is_read))
			return false;
		texts->items[i] = (struct label){key->to, value->to, key->len, value->len};
	}
	qsort(texts->items, raw->count, sizeof(texts->items[0]), compare);
	return true;
}

/* ---- sets ---- */

static uint64_t hash_text(uint64_t hash, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3u;
	return hash_mix(hash ^ len);
}

static bool is_same(const struct label_set *set, const struct label *items, size_t count,
		    bool is_cut)
{
	if (set->count != count || set->is_cut != is_cut)
		return false;
	for (size_t i = 0; i < count; i++)
		if (compare(&set->items[i], &items[i]))
			return false;
	return true;
}

static const char *keep_text(char **room, const char *text, size_t len)
{
	char *kept = *room;

	memcpy(kept, text, len);
	*room += len;
	return kept;
}

/* A copy. NULL: there is no room for it. */
static struct label_set *keep(struct label_sets *sets, struct hash_key key,
			      const struct label *items, size_t count, bool is_cut)
{
	struct label_set *set;
	size_t bytes = sizeof(*set) + count * sizeof(*items);
	char *room;

	for (size_t i = 0; i < count; i++)
		bytes += items[i].key_len + items[i].value_len;
	set = bytes <= MAX_BYTES - sets->bytes ? malloc(bytes) : NULL;
	if (!set)
		return NULL;
	*set = (struct label_set){.key = key, .count = count, .is_cut = is_cut};
	room = (char *)&set->items[count];
	for (size_t i = 0; i < count; i++) {
		set->items[i] = items[i];
		set->items[i].key = keep_text(&room, items[i].key, items[i].key_len);
		set->items[i].value = keep_text(&room, items[i].value, items[i].value_len);
	}
	if (!hash_add(&sets->sets, &set->key)) {
		free(set);
		return NULL;
	}
	sets->bytes += bytes;
	return set;
}

static const struct label_set *find_or_keep(struct label_sets *sets, const struct label *items,
					    size_t count, bool is_cut)
{
	struct hash_key key = {.first = 0xcbf29ce484222325u, .second = 0};
	struct label_set *set;

	for (size_t i = 0; i < count; i++) {
		key.first = hash_text(key.first, items[i].key, items[i].key_len);
		key.first = hash_text(key.first, items[i].value, items[i].value_len);
	}
	/* A program could make two sets look alike. */
	for (; key.second < 4; key.second++) {
		set = hash_find(&sets->sets, key);
		if (!set)
			return keep(sets, key, items, count, is_cut);
		if (is_same(set, items, count, is_cut))
			return set;
	}
	return NULL;
}

const struct label_set *label_sets_read(struct label_sets *sets, const struct memory *memory,
					const struct gobin_layout *layout, uint64_t g, uint64_t at)
{
	struct raw_labels raw = {.count = 0};
	struct texts texts;
	uint64_t again;
	bool is_found;

	if (!at)
		return NULL;
	is_found = layout->labels_are_maps ? find_in_map(memory, at, &raw)
					   : find_in_slice(memory, at, &raw);
	if (!is_found || !raw.count || !read_texts(memory, &raw, &texts) ||
	    !is_read(memory, g + layout->g_labels, &again, sizeof(again)) || again != at)
		return NULL;
	return find_or_keep(sets, texts.items, raw.count, raw.is_cut);
}

void label_sets_release(struct label_sets *sets)
{
	hash_free_items(&sets->sets);
	sets->bytes = 0;
}
