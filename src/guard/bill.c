/* SPDX-License-Identifier: MIT */
/* bill.c - hits into what they cost; see bill.h. */
#include "guard/bill.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/text.h"

struct hit_time tariff_hit_time(const struct tariff *tariff, const struct site *site)
{
	uint64_t before_ns = (tariff->trap.emulated_ns + tariff->program_ns) / 2;

	return (struct hit_time){.before_ns = (uint32_t)before_ns,
				 .behind_ns = (uint32_t)(tariff_ns(tariff, site) - before_ns)};
}

static void take_dearest(struct bill *bill, const struct gobin_func *func, uint64_t cost_ns,
			 bool is_state)
{
	if (cost_ns <= bill->dearest_ns)
		return;
	bill->dearest = func;
	bill->dearest_ns = cost_ns;
	bill->dearest_is_state = is_state;
}

/* What the function's sites cost; those where goroutines change their states are added to *state_ns
 * instead. */
static uint64_t cost_of(const struct plan *plan, const struct tariff *tariff, const uint64_t *hits,
			const struct plan_func *func, uint64_t *state_ns)
{
	uint64_t sum_ns = 0;

	for (uint32_t i = func->first_site; i < func->first_site + func->num_sites; i++) {
		const struct site *site = &plan->sites[i];
		uint64_t ns = hits[i] ? hits[i] * tariff_ns(tariff, site) : 0;

		*(site_is_state(site) ? state_ns : &sum_ns) += ns;
	}
	return sum_ns;
}

struct bill bill_make(const struct plan *plan, const struct tariff *tariff, const uint64_t *hits)
{
	const struct gobin_func *state_func = NULL;
	uint64_t state_ns = 0, ns;
	struct bill bill = {};

	for (size_t i = 0; i < plan->num_sites; i++)
		bill.num_hits += hits[i];
	for (size_t i = 0; i < plan->num_funcs; i++) {
		ns = cost_of(plan, tariff, hits, &plan->funcs[i], &state_ns);
		bill.cost_ns += ns;
		take_dearest(&bill, plan->funcs[i].func, ns, false);
	}
	for (size_t i = 0; i < plan->num_runtime_funcs; i++) {
		uint64_t before_ns = state_ns;

		ns = cost_of(plan, tariff, hits, &plan->runtime_funcs[i], &state_ns);
		bill.cost_ns += ns;
		take_dearest(&bill, plan->runtime_funcs[i].func, ns, false);
		if (state_ns != before_ns)
			state_func = plan->runtime_funcs[i].func;
	}
	bill.cost_ns += state_ns;
	take_dearest(&bill, state_func, state_ns, true);
	return bill;
}

/* ---- text ---- */

void bill_put_time(char text[BILL_TIME_SIZE], uint64_t ns)
{
	static const struct unit {
		uint64_t ns;
		const char *name;
	} units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}};
	const struct unit *unit = units;

	while (unit < units + 2 && ns < unit->ns)
		unit++;
	if (ns < 10 * unit->ns)
		snprintf(text, BILL_TIME_SIZE, "%.1f %s", (double)ns / (double)unit->ns,
			 unit->name);
	else
		snprintf(text, BILL_TIME_SIZE, "%" PRIu64 " %s", ns / unit->ns, unit->name);
}

unsigned bill_percent(uint64_t part, uint64_t whole)
{
	double share = whole ? (double)part / (double)whole : 0;

	return share > 1 ? 100 : (unsigned)(share * 100 + 0.5);
}

char *bill_text(const struct bill *bill, uint64_t cpu_ns, size_t num_processes)
{
	char time[BILL_TIME_SIZE];
	_cleanup_free_ char *share = NULL, *dearest = NULL;
	char *text = NULL;
	int length = 0;

	bill_put_time(time, bill->cost_ns);
	if (cpu_ns)
		length = asprintf(&share, " (%u %%)", bill_percent(bill->cost_ns, cpu_ns));
	if (length >= 0 && bill->dearest)
		length = asprintf(&dearest, ", %u %% of it %s%s",
				  bill_percent(bill->dearest_ns, bill->cost_ns),
				  bill->dearest_is_state ? "where goroutines change their states"
							 : "in ",
				  bill->dearest_is_state ? "" : bill->dearest->name);
	if (length >= 0 && bill->num_hits)
		length =
			asprintf(&text, "%s, about %s of the program%s CPU time%s%s",
				 text_counted(bill->num_hits, "probe hit", "probe hits").text, time,
				 num_processes > 1 ? "s'" : "'s", share ?: "", dearest ?: "");
	else if (length >= 0)
		length = asprintf(&text, "no probe was hit");
	return length >= 0 ? text : NULL;
}

char *bill_text_of_others(const struct bill *bill, uint64_t cpu_ns)
{
	char time[BILL_TIME_SIZE];
	_cleanup_free_ char *share = NULL;
	char *text = NULL;

	bill_put_time(time, bill->cost_ns);
	if (cpu_ns && asprintf(&share, " (%u %%)", bill_percent(bill->cost_ns, cpu_ns)) < 0)
		return NULL;
	if (asprintf(
		    &text,
		    "and %s by processes that run it and were not chosen, about %s of their CPU time%s",
		    text_count(bill->num_hits).text, time, share ?: "") < 0)
		return NULL;
	return text;
}
