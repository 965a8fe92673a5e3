/* SPDX-License-Identifier: MIT */
/* test_awaited.c - what goroutines wait for, who may have it, and circles, out of a memory that is made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_goroutines.h"
#include "goroutines/locks.h"

/* ---- what is waited for ---- */

#define SUDOGS 0x18000

static void put_sudog(struct fake *fake, uint64_t at, uint64_t g, uint64_t elem, uint64_t channel)
{
	put(fake, at, g);
	put(fake, at + fake->layout.sudog_elem, elem);
	put(fake, at + fake->layout.sudog_waitlink, 0);
	put(fake, at + fake->layout.sudog_c, channel);
}

static void assert_awaited(const struct fake *fake, const struct waiter *waiter, size_t *slot,
			   enum awaited_kind kind, uint64_t address)
{
	const struct memory memory = {fake, read_fake};
	struct awaited_channels channels = {0};
	struct awaited awaited = awaited_read(&memory, &fake->layout, waiter, slot, &channels);

	assert_int_equal(awaited.kind, kind);
	assert_int_equal(awaited.address, address);
	assert_int_equal(channels.count, 0);
}

static void test_channels(void **state)
{
	struct fake *fake = new_fake();
	struct waiter waiter = {.g = FIRST_G, .waiting = SUDOGS};
	size_t slot = 0;

	put_sudog(fake, SUDOGS, FIRST_G, 0x4444, 0x5550);
	assert_awaited(fake, &waiter, &slot, AWAITED_CHANNEL, 0x5550);
	/* One of several, the others of which are gone; another goroutine's; nowhere; for something else. */
	put(fake, SUDOGS + fake->layout.sudog_waitlink, SUDOGS + 0x100);
	assert_awaited(fake, &waiter, &slot, AWAITED_UNKNOWN, 0);
	put_sudog(fake, SUDOGS, FIRST_G + 8, 0x4444, 0x5550);
	assert_awaited(fake, &waiter, &slot, AWAITED_UNKNOWN, 0);
	waiter.waiting = 8;
	assert_awaited(fake, &waiter, &slot, AWAITED_UNKNOWN, 0);
	waiter.waiting = 0;
	assert_awaited(fake, &waiter, &slot, AWAITED_UNKNOWN, 0);
	free(fake);
}

/* A select with so many cases, two of them with the same channel, for each of two goroutines. */
static struct awaited select_of(struct fake *fake, unsigned num_cases,
				struct awaited_channels *channels)
{
	const struct memory memory = {fake, read_fake};
	const struct waiter waiter = {.g = FIRST_G, .waiting = SUDOGS};
	size_t slot = 0;

	for (unsigned i = 0; i < num_cases; i++) {
		uint64_t at = SUDOGS + i * 0x80;

		put_sudog(fake, at, FIRST_G, 0x4444, 0x5550 + (i < 2 ? 0 : i) * 16);
		put(fake, at + fake->layout.sudog_waitlink, i + 1 < num_cases ? at + 0x80 : 0);
	}
	return awaited_read(&memory, &fake->layout, &waiter, &slot, channels);
}

static void test_selects(void **state)
{
	struct fake *fake = new_fake();
	struct awaited_channels channels = {0};
	struct awaited awaited = select_of(fake, 2, &channels);

	assert_int_equal(awaited.kind, AWAITED_CHANNEL);
	assert_int_equal(awaited.address, 0x5550);
	awaited = select_of(fake, 4, &channels);
	assert_int_equal(awaited.kind, AWAITED_SELECT);
	awaited = select_of(fake, 4, &channels);
	assert_true(awaited.first_channel == 3 && awaited.num_channels == 3);
	assert_int_equal(channels.count, 6);
	assert_int_equal(channels.items[3], 0x5550);
	assert_int_equal(channels.items[5], 0x5580);
	assert_int_equal(select_of(fake, AWAITED_MAX_CHANNELS, &channels).num_channels,
			 AWAITED_MAX_CHANNELS - 1);
	assert_int_equal(select_of(fake, AWAITED_MAX_CHANNELS + 1, &channels).kind,
			 AWAITED_UNKNOWN);
	/* A list without an end. */
	select_of(fake, 3, &channels);
	put(fake, SUDOGS + 0x100 + fake->layout.sudog_waitlink, SUDOGS);
	channels.count = 0;
	assert_awaited(fake, &(struct waiter){.g = FIRST_G, .waiting = SUDOGS}, &(size_t){0},
		       AWAITED_UNKNOWN, 0);
	free(channels.items);
	free(fake);
}

static void test_conditions(void **state)
{
	const uint64_t words[] = {1, SUDOGS + 0x100, STACKS, SUDOGS, SUDOGS + 0x80};
	const struct stack_bytes stack = {STACKS, (const uint8_t *)words, sizeof(words)};
	struct fake *fake = new_fake();
	struct waiter waiter = {.g = FIRST_G,
				.lo = STACKS,
				.hi = STACKS + 0x800,
				.stack = &stack,
				.way = AWAITED_BY_CONDITION};
	size_t slot = 0;

	/* Of two, nobody waits for the first. */
	for (uint64_t at = SUDOGS; at <= SUDOGS + 0x80; at += 0x80) {
		put(fake, at + 16, 2 | UINT64_C(2) << 32);
		put(fake, at + 32, SUDOGS + 0x200);
		put(fake, at + 48, at + 48);
	}
	put(fake, SUDOGS + 0x80 + 8, 0x4448);
	put(fake, SUDOGS + 0x80 + 16, 3 | UINT64_C(2) << 32);
	assert_awaited(fake, &waiter, &slot, AWAITED_CONDITION, SUDOGS + 0x80);
	assert_int_equal(
		awaited_read(&(struct memory){fake, read_fake}, &fake->layout, &waiter, &slot, NULL)
			.unlocked,
		0x4448);
	/* What does not have its own address. */
	put(fake, SUDOGS + 0x80 + 48, SUDOGS + 48);
	assert_awaited(fake, &waiter, &slot, AWAITED_UNKNOWN, 0);
	waiter.stack = NULL;
	assert_awaited(fake, &waiter, &slot, AWAITED_UNKNOWN, 0);
	free(fake);
}

static void test_semaphores(void **state)
{
	const uint64_t words[] = {1, SUDOGS + 0x100, STACKS, 0, SUDOGS, 7};
	const struct stack_bytes stack = {STACKS, (const uint8_t *)words, sizeof(words)};
	struct fake *fake = new_fake();
	struct waiter waiter = {.g = FIRST_G,
				.lo = STACKS,
				.hi = STACKS + 0x800,
				.stack = &stack,
				.way = AWAITED_BY_SEMAPHORE};
	size_t slot = 0;

	/* One that the goroutine had before has no semaphore any more. */
	put_sudog(fake, SUDOGS + 0x100, FIRST_G, 0, 0);
	assert_awaited(fake, &waiter, &slot, AWAITED_UNKNOWN, 0);
	put_sudog(fake, SUDOGS, FIRST_G, 0x4444, 0);
	assert_awaited(fake, &waiter, &slot, AWAITED_SEMAPHORE, 0x4444);
	assert_int_equal(slot, 4);
	/* Found at once, or anew. */
	assert_awaited(fake, &waiter, &slot, AWAITED_SEMAPHORE, 0x4444);
	slot = 1;
	assert_awaited(fake, &waiter, &slot, AWAITED_SEMAPHORE, 0x4444);
	waiter.stack = NULL;
	assert_awaited(fake, &waiter, &slot, AWAITED_UNKNOWN, 0);
	/* From Go 1.26 on. */
	layout_from_table("go1.26", 26, &fake->layout);
	put_sudog(fake, SUDOGS, FIRST_G, 0x4448, 0);
	waiter.waiting = SUDOGS;
	assert_awaited(fake, &waiter, &slot, AWAITED_SEMAPHORE, 0x4448);
	waiter.way = AWAITED_BY_CONDITION;
	assert_awaited(fake, &waiter, &slot, AWAITED_UNKNOWN, 0);
	free(fake);
}

static void test_ways(void **state)
{
	assert_int_equal(awaited_way("semacquire"), AWAITED_BY_SEMAPHORE);
	assert_int_equal(awaited_way("sync.Mutex.Lock"), AWAITED_BY_SEMAPHORE);
	assert_int_equal(awaited_way("sync.WaitGroup.Wait"), AWAITED_BY_SEMAPHORE);
	assert_int_equal(awaited_way("sync.Cond.Wait"), AWAITED_BY_CONDITION);
	assert_int_equal(awaited_way("chan receive"), AWAITED_BY_CHANNELS);
	assert_int_equal(awaited_way(NULL), AWAITED_BY_CHANNELS);
}

/* ---- locks ---- */

#define LOCK 0x5000

/* Of what goroutines wait for, what is above is a channel; above these are selects, of that channel and the next; and
 * then conditions, and those that have the first lock as their own. */
#define CHANNEL   8
#define SELECT    16
#define CONDITION 24
#define OWNER     32

static uint64_t address_of(unsigned number)
{
	if (number > SELECT && number <= CONDITION)
		number -= SELECT - CHANNEL;
	return number ? LOCK + number * 16 : 0;
}

/* By the addresses that find_locks() has made. */
static struct sync_object awaited_lock(void *context, const struct goroutine *one)
{
	const unsigned *number = (const unsigned *)context + (one->goid - 1);

	if (*number > SELECT && *number <= CONDITION)
		return (struct sync_object){.kind = SYNC_SELECT};
	return (struct sync_object){one->awaited.address, *number > CONDITION ? SYNC_CONDITION
							  : *number > CHANNEL ? SYNC_CHANNEL
							  : *number           ? SYNC_LOCK
									      : SYNC_NONE};
}

/* Goroutines 1, 2, ...: `awaited` and `held` name locks and channels, 0 none. */
static void find_locks(struct fake *fake, const unsigned *awaited, const unsigned *held,
		       size_t count, struct locks *locks)
{
	struct goroutine goroutines[8] = {0};
	uint64_t channels[16];
	const struct snapshot snapshot = {
		.goroutines = goroutines, .count = count, .channels = {.items = channels}};
	const struct memory memory = {fake, read_fake};

	for (size_t i = 0; i < count; i++) {
		uint64_t stack = STACKS + i * 0x100;

		channels[2 * i] = address_of(awaited[i]);
		channels[2 * i + 1] = channels[2 * i] + 16;
		goroutines[i].awaited.first_channel = 2 * i;
		goroutines[i].awaited.num_channels = 2;

		goroutines[i].goid = i + 1;
		goroutines[i].sp = stack;
		goroutines[i].hi = stack + 0x40;
		goroutines[i].awaited.address = address_of(awaited[i]);
		goroutines[i].awaited.unlocked = awaited[i] > OWNER ? address_of(1) : 0;
		put(fake, stack + 8, goroutines[i].awaited.address); /* an argument */
		put(fake, stack + 0x38, address_of(held[i]));
		put(fake, stack + 0x40, LOCK + 16); /* of another stack */
	}
	assert_null(locks_find(&snapshot, &memory, awaited_lock, (void *)awaited, locks));
}

static void test_who_may_hold_a_lock(void **state)
{
	struct fake *fake = new_fake();
	struct locks locks;

	find_locks(fake, (unsigned[]){1, 1, 0, 0, 2}, (unsigned[]){0, 0, 1, 3, 0}, 5, &locks);
	assert_int_equal(locks_at(&locks, LOCK + 16)->num_holders, 1);
	assert_int_equal(locks_at(&locks, LOCK + 16)->holders[0], 2);
	assert_int_equal(locks_at(&locks, LOCK + 32)->num_holders, 0);
	assert_null(locks_at(&locks, LOCK + 48)); /* nobody waits for it */
	assert_int_equal(locks.circle_len, 0);
	locks_release(&locks);
	find_locks(fake, (unsigned[]){1, 0, 0, 0, 0, 0, 0}, (unsigned[]){0, 1, 1, 1, 1, 1, 1}, 7,
		   &locks);
	assert_int_equal(locks_at(&locks, LOCK + 16)->num_holders, 6);
	assert_int_equal(locks_at(&locks, LOCK + 16)->holders[3], 4);
	locks_release(&locks);
	free(fake);
}

static void test_circles(void **state)
{
	struct fake *fake = new_fake();
	struct locks locks;

	/* Who waits for what the others have is in none. */
	find_locks(fake, (unsigned[]){1, 1, 2}, (unsigned[]){0, 2, 1}, 3, &locks);
	assert_int_equal(locks.circle_len, 2);
	assert_true(locks_has_in_circle(&locks, 1) && locks_has_in_circle(&locks, 2));
	assert_false(locks_has_in_circle(&locks, 0));
	locks_release(&locks);
	/* A chain; the same with its ends together. */
	find_locks(fake, (unsigned[]){1, 2, 3, 4}, (unsigned[]){0, 1, 2, 3}, 4, &locks);
	assert_int_equal(locks.circle_len, 0);
	locks_release(&locks);
	find_locks(fake, (unsigned[]){1, 2, 3, 4}, (unsigned[]){4, 1, 2, 3}, 4, &locks);
	assert_int_equal(locks.circle_len, 4);
	locks_release(&locks);
	free(fake);
}

static void test_circles_with_channels(void **state)
{
	struct fake *fake = new_fake();
	struct locks locks;

	/* Who holds a lock waits for a channel that one has who waits for the lock. */
	find_locks(fake, (unsigned[]){CHANNEL + 1, 1}, (unsigned[]){1, CHANNEL + 1}, 2, &locks);
	assert_int_equal(locks.circle_len, 2);
	locks_release(&locks);
	/* What is in a circle of channels alone, and in one with a lock, too. */
	find_locks(fake, (unsigned[]){CHANNEL + 1, CHANNEL + 2, 1, CHANNEL + 2},
		   (unsigned[]){CHANNEL + 2, CHANNEL + 1, CHANNEL + 1, 1}, 4, &locks);
	assert_int_equal(locks.circle_len, 3);
	assert_false(locks_has_in_circle(&locks, 1));
	locks_release(&locks);
	/* From a lock that leads there the way is as blocked. */
	find_locks(fake, (unsigned[]){2, CHANNEL + 1, CHANNEL + 2, CHANNEL + 1, 1, CHANNEL + 2},
		   (unsigned[]){0, 2, CHANNEL + 1, CHANNEL + 2, CHANNEL + 1, 1}, 6, &locks);
	assert_int_equal(locks.circle_len, 3);
	assert_false(locks_has_in_circle(&locks, 1) || locks_has_in_circle(&locks, 2));
	locks_release(&locks);
	/* No lock is in the circle; and none is waited for. */
	find_locks(fake, (unsigned[]){CHANNEL + 1, CHANNEL + 2, 1},
		   (unsigned[]){CHANNEL + 2, CHANNEL + 1, 0}, 3, &locks);
	assert_int_equal(locks.circle_len, 0);
	assert_non_null(locks_at(&locks, LOCK + 16));
	locks_release(&locks);
	find_locks(fake, (unsigned[]){CHANNEL + 1, CHANNEL + 2},
		   (unsigned[]){CHANNEL + 2, CHANNEL + 1}, 2, &locks);
	assert_int_equal(locks.circle_len, 0);
	assert_null(locks_at(&locks, LOCK + (CHANNEL + 1) * 16));
	locks_release(&locks);
	free(fake);
}

static void test_circles_with_selects_and_conditions(void **state)
{
	struct fake *fake = new_fake();
	struct locks locks;

	/* By the second of its channels. */
	find_locks(fake, (unsigned[]){SELECT + 1, 1}, (unsigned[]){1, CHANNEL + 2}, 2, &locks);
	assert_int_equal(locks.circle_len, 2);
	assert_int_equal(locks.circle_channels[locks.circle[1] == 0], address_of(CHANNEL + 2));
	assert_int_equal(locks.circle_channels[locks.circle[0] == 0], 0);
	locks_release(&locks);
	/* One of locks and channels alone is surer. */
	find_locks(fake, (unsigned[]){SELECT + 1, 1, CHANNEL + 4, 2},
		   (unsigned[]){1, CHANNEL + 2, 2, CHANNEL + 4}, 4, &locks);
	assert_int_equal(locks.circle_len, 2);
	assert_true(locks_has_in_circle(&locks, 2) && locks_has_in_circle(&locks, 3));
	locks_release(&locks);
	/* Its own channels are no others'. */
	find_locks(fake, (unsigned[]){SELECT + 1, SELECT + 1, 1}, (unsigned[]){1, CHANNEL + 1, 0},
		   3, &locks);
	assert_int_equal(locks.circle_len, 0);
	locks_release(&locks);
	find_locks(fake, (unsigned[]){CONDITION + 1, 1}, (unsigned[]){1, CONDITION + 1}, 2, &locks);
	assert_int_equal(locks.circle_len, 2);
	assert_int_equal(locks.circle_channels[0] + locks.circle_channels[1], 0);
	locks_release(&locks);
	/* Who waits for a condition has unlocked its lock. */
	find_locks(fake, (unsigned[]){OWNER + 1, 1}, (unsigned[]){1, OWNER + 1}, 2, &locks);
	assert_int_equal(locks_at(&locks, LOCK + 16)->num_holders, 0);
	assert_int_equal(locks.circle_len, 0);
	locks_release(&locks);
	/* None is of locks. */
	find_locks(fake, (unsigned[]){CONDITION + 1, SELECT + 1, 1},
		   (unsigned[]){CHANNEL + 1, CONDITION + 1, 0}, 3, &locks);
	assert_int_equal(locks.circle_len, 0);
	locks_release(&locks);
	free(fake);
}

static struct error *read_nothing(const void *context, struct memory_piece *pieces, size_t count)
{
	return error_new("it has ended");
}

/* Of both goroutines that wait, looked at once more. */
static size_t check_circle(const struct snapshot_source *source, const struct snapshot *snapshot)
{
	struct locks locks = {.circle = {0, 1}, .circle_len = 2};

	locks_check_circle(source, snapshot, &locks);
	return locks.circle_len;
}

static void test_circles_that_do_not_stay(void **state)
{
	struct fake *fake = new_fake();
	struct snapshot_source source = {.memory = {fake, read_fake},
					 .layout = fake->layout,
					 .code = {.at = code_at, .load_bias = BIAS},
					 .allgs = ALLGS};
	struct snapshot snapshot;
	uint64_t g = FIRST_G + G_STEP;

	assert_null(snapshot_take(&source, &snapshot));
	assert_int_equal(check_circle(&source, &snapshot), 2);
	/* It waits elsewhere; for something else; has ended; or all have. */
	put(fake, g + fake->layout.g_sched_sp, STACKS + 0x1000 + 0x7d8);
	assert_int_equal(check_circle(&source, &snapshot), 0);
	put(fake, g + fake->layout.g_sched_sp, STACKS + 0x1000 + 0x7e8);
	assert_int_equal(check_circle(&source, &snapshot), 2);
	put(fake, g + fake->layout.g_waitreason, 1);
	assert_int_equal(check_circle(&source, &snapshot), 0);
	put(fake, g + fake->layout.g_waitreason, 0);
	put(fake, g + fake->layout.g_atomicstatus, STATE_DEAD);
	assert_int_equal(check_circle(&source, &snapshot), 0);
	put(fake, g + fake->layout.g_atomicstatus, STATE_WAITING);
	assert_int_equal(check_circle(&source, &snapshot), 2);
	source.memory.read = read_nothing;
	assert_int_equal(check_circle(&source, &snapshot), 0);
	snapshot_release(&snapshot);
	free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_selects),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_semaphores),
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_who_may_hold_a_lock),
		cmocka_unit_test(test_circles),
		cmocka_unit_test(test_circles_with_channels),
		cmocka_unit_test(test_circles_with_selects_and_conditions),
		cmocka_unit_test(test_circles_that_do_not_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
