/* SPDX-License-Identifier: MIT */
/* test_hunt_objects.c - what waits were on: as text, and shared out among waits that are told as one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "hunt/objects.h"
#include "hunt_world.h"

static void assert_object(const struct waited_on *on, enum hunt_object_kind kind, const char *text)
{
	struct objects objects = {0};
	uint32_t number = objects_number(&objects, on);
	struct hunt_object object;

	assert_int_equal(number, text ? 1 : 0);
	if (text) {
		object = objects_find(&objects, number);
		assert_int_equal(object.kind, kind);
		assert_string_equal(object.text, text);
	}
	objects_clear(&objects);
}

static void test_files(void **state)
{
	struct waited_on on = {.kind = ON_PATH, .text = "../a \x1b[1m\n"};
	char text[ON_TEXT_SIZE + 8];

	assert_object(&on, HUNT_FILE, "../a \\x1b[1m\\x0a");
	/* cut off */
	memset(on.text, 'x', sizeof(on.text));
	snprintf(text, sizeof(text), "%.160s...", on.text);
	assert_object(&on, HUNT_FILE, text);
	on.kind = ON_FILE;
	on.above = ON_ROOT;
	on.text[ON_NAME_SIZE - 1] = on.text[ON_NAME_SIZE] = 0;
	snprintf(text, sizeof(text), "/%s...", on.text);
	assert_object(&on, HUNT_FILE, text);
	on = (struct waited_on){.kind = ON_FILE, .above = ON_ROOT, .text = "7.wal\0db\0\xff\0"};
	assert_object(&on, HUNT_FILE, "/\\xff/db/7.wal");
	on.above = ON_MORE;
	assert_object(&on, HUNT_FILE, ".../\\xff/db/7.wal");
	assert_object(&(struct waited_on){.kind = ON_FILE, .above = ON_ROOT}, HUNT_FILE, "/");
	assert_object(&(struct waited_on){.kind = ON_FILE, .above = ON_NO_FOLDER, .mode = S_IFIFO},
		      HUNT_FILE, "pipe");
	assert_object(
		&(struct waited_on){.kind = ON_FILE, .above = ON_NO_FOLDER, .text = "[eventfd]"},
		HUNT_FILE, "[eventfd]");
	assert_object(&(struct waited_on){.kind = ON_FILE, .mode = S_IFREG}, HUNT_FILE, NULL);
	assert_object(&(struct waited_on){.kind = ON_NOTHING, .text = "a"}, HUNT_FILE, NULL);
	assert_object(&(struct waited_on){.kind = 200, .text = "a"}, HUNT_FILE, NULL);
}

static void test_sockets(void **state)
{
	struct waited_on on = {
		.kind = ON_PEER, .family = AF_INET, .port = 5432, .address = {10, 0, 0, 7}};

	assert_object(&on, HUNT_PEER, "10.0.0.7:5432");
	on = (struct waited_on){.kind = ON_LISTENER, .family = AF_INET6, .port = 80};
	assert_object(&on, HUNT_LISTENER, "[::]:80");
	on = (struct waited_on){.kind = ON_PEER,
				.family = AF_INET6,
				.port = 443,
				.address = {[10] = 0xff, [11] = 0xff, 192, 0, 2, 1}};
	assert_object(&on, HUNT_PEER, "192.0.2.1:443");
	on = (struct waited_on){.kind = ON_PEER, .family = AF_UNIX, .text = "/run/d.sock"};
	assert_object(&on, HUNT_PEER, "unix:/run/d.sock");
	on.text[0] = 0;
	assert_object(&on, HUNT_PEER, "unix socket");
	on.family = AF_NETLINK;
	assert_object(&on, HUNT_PEER, NULL);
}

/* The same text has one number. */
static void test_numbers(void **state)
{
	struct objects objects = {0};
	struct waited_on on = {.kind = ON_PATH, .text = "a"};

	assert_int_equal(objects_number(&objects, &on), 1);
	on.text[0] = 'b';
	assert_int_equal(objects_number(&objects, &on), 2);
	on.text[0] = 'a';
	on.text[2] = 'c'; /* behind its end */
	assert_int_equal(objects_number(&objects, &on), 1);
	on = (struct waited_on){.kind = ON_PEER, .family = AF_UNIX};
	for (uint32_t i = 0; i < MAX_OBJECTS; i++) {
		snprintf(on.text, sizeof(on.text), "%u", i);
		assert_int_equal(objects_number(&objects, &on), i + 3 <= MAX_OBJECTS ? i + 3 : 0);
	}
	objects_clear(&objects);
}

/* ---- shares ---- */

static struct waited_on peer(uint16_t port)
{
	return (struct waited_on){
		.kind = ON_PEER, .family = AF_INET, .port = port, .address = {127, 0, 0, 1}};
}

static void check_shares(const struct hunt_report *report)
{
	const struct hunt_doing *cause = &report->causes[0], *behind;

	assert_int_equal(report->num_causes, 2);
	assert_string_equal(cause->kind_name, "IO wait");
	assert_int_equal(cause->num_objects, 2);
	assert_string_equal(cause->objects[0].text, "127.0.0.1:2");
	assert_int_equal(cause->objects[0].ns, 30000000);
	assert_float_equal(cause->objects[0].share, 0.6, 1e-9);
	assert_string_equal(cause->objects[1].text, "127.0.0.1:1");
	assert_float_equal(cause->objects[1].share, 0.2, 1e-9);
	cause = &report->causes[1];
	assert_int_equal(cause->num_objects, 0);
	behind = &cause->meanwhile[0];
	assert_string_equal(behind->kind_name, "IO wait");
	assert_int_equal(behind->num_objects, 1);
	assert_string_equal(behind->objects[0].text, "127.0.0.1:3");
	assert_float_equal(behind->objects[0].share, 1, 1e-9);
}

/* Waits at one place on several peers, one of them unknown; and the peer of who kept the call waiting. */
static void test_shares(void **state)
{
	struct world world;
	uint64_t get, load;
	struct waited_on on[] = {peer(1), peer(2), {0}, peer(2), peer(3)};
	const uint64_t ends_us[] = {0, 10000, 30000, 40000, 50000};

	world_begin(&world, &(struct hunt_settings){0});
	get = STACK(&world, PARK, GET, HANDLE);
	load = STACK(&world, PARK, LOAD, REFRESH);
	world_enter(&world, 1, 0);
	for (unsigned i = 0; i < 4; i++)
		world_wait_on(&world, 1, ends_us[i], ends_us[i + 1], get, &on[i]);
	world_wait_on(&world, 20, 50000, 70000, load, &on[4]);
	world_wait(&world, 1, 50000, 70000, 70000, REASON_CHAN, get, 20, load);
	world_leave(&world, 1, 70000);
	world_report(&world, &(struct hunt_report_options){0}, check_shares);
	world_end(&world);
}

static void check_c_code(const struct hunt_report *report)
{
	const struct hunt_doing *asleep = &report->causes[1];

	assert_string_equal(report->causes[0].kind_name, "c code");
	assert_int_equal(report->causes[0].num_objects, 0);
	assert_string_equal(asleep->kind_name, "asleep in c code");
	assert_int_equal(asleep->ns, 20000000);
	assert_int_equal(asleep->num_objects, 1);
	assert_string_equal(asleep->objects[0].text, "127.0.0.1:1");
	assert_int_equal(asleep->objects[0].ns, 20000000);
}

/* C code that slept for the smaller part of its time did so on something; the rest was on nothing. */
static void test_c_code(void **state)
{
	struct world world;
	union any_record room = {.wait_on = {.wait = {.start_ns = world_ns(0),
						      .ready_ns = world_ns(50000),
						      .asleep_ns = 20000000,
						      .state = STATE_SYSCALL,
						      .syscall = 45},
					     .on = peer(1)}};

	world_begin(&world, &(struct hunt_settings){0});
	world_enter(&world, 1, 0);
	room.wait_on.wait.stack = STACK(&world, NAP, HANDLE);
	room.header.size = sizeof(room.wait_on);
	world_feed(&world, &room, RECORD_WAIT, 50000, 1);
	world_leave(&world, 1, 50000);
	world_report(&world, &(struct hunt_report_options){0}, check_c_code);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),   cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_shares),
		cmocka_unit_test(test_c_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
