/* SPDX-License-Identifier: MIT */
/* test_programs.c - the table of BPF programs: which one each site runs, and which are loaded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gofuncgraph/values.h"
#include "graph.skel.h"
#include "source/programs.h"

static void test_program_of_a_site(void **state)
{
	struct site site = {0};

	assert_string_equal(programs_name(&site), "entry");
	site.flags = SITE_TARGET | SITE_MAY_REPEAT;
	assert_string_equal(programs_name(&site), "target_entry");
	site.flags = SITE_TARGET | SITE_VALUES;
	assert_string_equal(programs_name(&site), "target_entry_values");
	site.flags = SITE_VALUES;
	assert_string_equal(programs_name(&site), "entry_values");
	site = (struct site){.kind = SITE_TAIL_CALL};
	assert_string_equal(programs_name(&site), "exit_emulate");
	site = (struct site){.kind = SITE_UNWIND};
	assert_string_equal(programs_name(&site), "runtime_site");
	site = (struct site){.kind = SITE_SYSCALL_EXIT, .flags = SITE_BEHIND_CHECK};
	assert_string_equal(programs_name(&site), "state_site");
	/* the user's own site does both */
	site = (struct site){.flags = SITE_ENDS_GOROUTINE};
	assert_string_equal(programs_name(&site), "entry");
}

/* Every name of the table is a program's. */
static void test_choice(void **state)
{
	struct site sites[] = {
		{.kind = SITE_ENTRY},      {.kind = SITE_ENTRY, .flags = SITE_TARGET},
		{.kind = SITE_RETURN},     {.kind = SITE_UNWIND},
		{.kind = SITE_STATE_ARGS},
	};
	struct plan plan = {.sites = sites};
	struct graph_bpf *bpf = graph_bpf__open();

	assert_non_null(bpf);
	for (int choice = 0; choice < 64; choice++) {
		bool emulates_ret = choice & 1, hunts = choice & 2, tells_no_cpu = choice & 4;
		bool opens_elsewhere = choice & 8, tells_id_labels = choice & 16,
		     chooses_labels = choice & 32;

		for (plan.num_sites = 0; plan.num_sites <= 5; plan.num_sites++) {
			programs_choose(bpf->obj, &plan,
					&(struct programs_options){
						emulates_ret, hunts, tells_no_cpu, opens_elsewhere,
						tells_id_labels, chooses_labels});
			assert_int_equal(bpf_program__autoload(bpf->progs.entry),
					 plan.num_sites > 0);
			assert_int_equal(bpf_program__autoload(bpf->progs.target_entry),
					 plan.num_sites > 1);
			assert_int_equal(bpf_program__autoload(bpf->progs.exit_emulate),
					 plan.num_sites > 2 && emulates_ret);
			assert_int_equal(bpf_program__autoload(bpf->progs.exit_plain),
					 plan.num_sites > 2 && !emulates_ret);
			assert_int_equal(bpf_program__autoload(bpf->progs.runtime_site),
					 plan.num_sites > 3);
			assert_int_equal(bpf_program__autoload(bpf->progs.state_site),
					 plan.num_sites > 4 && !hunts);
			assert_int_equal(bpf_program__autoload(bpf->progs.wait_site),
					 plan.num_sites > 4 && hunts);
			assert_int_equal(bpf_program__autoload(bpf->progs.sched_switch),
					 hunts || tells_no_cpu);
			assert_int_equal(bpf_program__autoload(bpf->progs.sched_wakeup), hunts);
			assert_int_equal(bpf_program__autoload(bpf->progs.sample), hunts);
			assert_int_equal(bpf_program__autoload(bpf->progs.opening_small),
					 opens_elsewhere);
			assert_int_equal(bpf_program__autoload(bpf->progs.opening_large),
					 opens_elsewhere);
			assert_int_equal(bpf_program__autoload(bpf->progs.opening_id_labels),
					 tells_id_labels);
			assert_int_equal(bpf_program__autoload(bpf->progs.opening_chosen_labels),
					 chooses_labels);
			assert_true(bpf_program__autoload(bpf->progs.process_exit));
		}
	}
	graph_bpf__destroy(bpf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program_of_a_site),
		cmocka_unit_test(test_choice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
