// SPDX-License-Identifier: MIT
/* test_layers.c - probes that come and go in layers while others stay, by every method. */
#include "attach_fixture.h"

static void wait_for(struct attachment *attachment)
{
	while (attachment_is_busy(attachment)) {
		struct error *err = attachment_check(attachment);
		if (err)
			fail_msg("%s", error_message(err));
		usleep(100);
	}
}

/* The first function has layer 0, the others none. */
static void leave_out_all_but_first(struct fixture *f)
{
	for (size_t i = 0; i < f->num_sites; i++)
		f->sites[i].layer = f->funcs[i] ? ATTACH_NO_LAYER : 0;
}

/* Sites of functions from first on, into the layers `layer` and `layer` + 1 by turns of halves. */
static size_t choose(const struct fixture *f, uint32_t first, uint32_t layer,
		     struct attach_layer_site *chosen)
{
	size_t count = 0;
	for (uint32_t i = 0; i < f->num_sites; i++) {
		if (f->funcs[i] >= first)
			chosen[count++] = (struct attach_layer_site){
				.site = i, .layer = layer + (i > f->num_sites / 2)};
	}
	return count;
}

/* One call of each function. Returns how many hits that were, of which there had to be so many. */
static uint64_t count_hits(struct fixture *f)
{
	uint64_t hits = 0;
	clear_counters(f);
	call_functions(&f->running, MAX_FUNCS);
	for (uint32_t i = 0; i < MAX_SITES + PROGRAM_COUNT; i++)
		hits += counter(f, i);
	return hits;
}

static uint64_t expected_hits(const struct fixture *f, uint32_t first)
{
	uint64_t hits = 0;
	for (uint32_t i = 0; i < f->num_sites; i++) {
		if (f->funcs[i] >= first)
			hits += f->funcs[i] % 7 + 1;
	}
	return hits;
}

static void test_layers_come_and_go(void **state)
{
	struct fixture *f = need_root(state);
	struct attach_layer_site *chosen = calloc(MAX_SITES, sizeof(*chosen));
	for (size_t i = 0; i < 3; i++) {
		if (!is_usable(all_methods[i]))
			continue;
		make_sites(f, num_funcs_for(all_methods[i]));
		leave_out_all_but_first(f);
		struct attach_options options = make_options(f, all_methods[i]);
		options.is_to_change = true;
		struct attachment *attachment = start(f, &options);
		uint64_t all = expected_hits(f, 0), others = expected_hits(f, 1);
		assert_int_equal(count_hits(f), all - others);

		size_t count = choose(f, 1, 1, chosen);
		attachment_attach(attachment, chosen, count, 0);
		assert_true(attachment_is_busy(attachment));
		wait_for(attachment);
		assert_int_equal(attachment_num_sites(attachment), f->num_sites);
		assert_int_equal(count_hits(f), all);

		/* all of them a second time but the second function, and then the first ones go */
		count = choose(f, 2, 3, chosen);
		attachment_attach(attachment, chosen, count, 0);
		wait_for(attachment);
		assert_int_equal(count_hits(f), all + expected_hits(f, 2));
		attachment_detach(attachment, (uint32_t[]){2, 1}, 2);
		wait_for(attachment);
		assert_int_equal(count_hits(f), all - others + expected_hits(f, 2));

		attachment_detach(attachment, (uint32_t[]){0}, 1);
		wait_for(attachment);
		assert_int_equal(attachment_num_sites(attachment), count);
		assert_int_equal(count_hits(f), expected_hits(f, 2));
		attachment_stop(attachment);
		close_programs(&options);
		assert_true(has_clean_text(&f->running));
	}
	free(chosen);
}

/* What an order says of cookies is in them. */
static void test_bits_of_cookies(void **state)
{
	struct fixture *f = need_root(state);
	struct attach_layer_site *chosen = calloc(MAX_SITES, sizeof(*chosen));
	if (!is_usable(ATTACH_UPROBE_MULTI))
		skip();
	make_sites(f, 2);
	leave_out_all_but_first(f);
	struct attach_options options = make_options(f, ATTACH_UPROBE_MULTI);
	struct attachment *attachment = start(f, &options);
	attachment_attach(attachment, chosen, choose(f, 1, 1, chosen), UINT64_C(1) << 48);
	wait_for(attachment);
	clear_counters(f);
	call_functions(&f->running, 2);
	/* the counters' index is the cookie's lower half, which the bits are not in */
	check_counters(f, true, 2, 1);
	attachment_stop(attachment);
	close_programs(&options);
	free(chosen);
}

/* A tracer whose layers come and go without end. */
static void change_for_ever(const struct fixture *f, struct attachment *attachment, int ready)
{
	struct attach_layer_site *chosen = calloc(MAX_SITES, sizeof(*chosen));
	for (uint32_t layer = 2;; layer += 2) {
		attachment_attach(attachment, chosen, choose(f, 1, layer, chosen), 0);
		wait_for(attachment);
		if (layer == 4 && write(ready, "", 1) != 1)
			_exit(1);
		attachment_detach(attachment, (uint32_t[]){layer - 2, layer - 1}, 2);
		wait_for(attachment);
	}
}

/* Killed at any moment of it, a tracer leaves nothing behind. */
static void test_killed_while_changing(void **state)
{
	struct fixture *f = need_root(state);
	unsigned seed = (unsigned)getpid();
	for (size_t i = 0; i < 2; i++) {
		if (!is_usable(all_methods[i]))
			continue;
		make_sites(f, 100);
		leave_out_all_but_first(f);
		struct attach_options options = make_options(f, all_methods[i]);
		options.is_to_change = true;
		for (int round = 0; round < 10; round++) {
			int ready[2];
			char byte;
			assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
			pid_t tracer = fork();
			assert_true(tracer >= 0);
			if (tracer == 0)
				change_for_ever(f, start(f, &options), ready[1]);
			close(ready[1]);
			assert_int_equal(read(ready[0], &byte, 1), 1);
			close(ready[0]);
			usleep((useconds_t)(rand_r(&seed) % 100000));
			kill(tracer, SIGKILL);
			assert_int_equal(waitpid(tracer, NULL, 0), tracer);
			check_nothing_left(f, reap_all_but(f->running.pid));
		}
		close_programs(&options);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layers_come_and_go),
		cmocka_unit_test(test_bits_of_cookies),
		cmocka_unit_test(test_killed_while_changing),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
