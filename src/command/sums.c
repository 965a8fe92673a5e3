/* SPDX-License-Identifier: MIT */
#include "command/sums.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/terminal.h"
#include "base/text.h"

#define BAR "########################################"

static const char *quantile(const struct histogram *durations, double share,
			    char text[TEXT_AMOUNT_SIZE])
{
	text_format_amount(text, histogram_quantile(durations, share));
	return text;
}

/* "1,200 calls of targets, 3 shown; p50 99.9us, p90 12ms, p99 1.523s, max 2s" */
void sums_report(const struct filter_sums *sums, uint64_t num_shown)
{
	const struct histogram *durations = &sums->durations;
	struct text_counted count =
		text_counted(durations->count + sums->lost, "call of a target", "calls of targets");
	struct text_count shown = text_count(num_shown);
	char p50[TEXT_AMOUNT_SIZE], p90[TEXT_AMOUNT_SIZE], p99[TEXT_AMOUNT_SIZE],
		max[TEXT_AMOUNT_SIZE];

	if (sums->not_kept)
		log_warning("%s not kept that may be among the slowest: those kept took %u MiB",
			    text_counted(sums->not_kept, "tree was", "trees were").text,
			    FILTER_MAX_BYTES >> 20);
	if (!durations->count)
		log_info("%s, %s shown", count.text, shown.text);
	else
		log_info("%s, %s shown; p50 %s, p90 %s, p99 %s, max %s", count.text, shown.text,
			 quantile(durations, 0.5, p50), quantile(durations, 0.9, p90),
			 quantile(durations, 0.99, p99), quantile(durations, 1, max));
}

/* ---- by powers of two ---- */

static uint64_t count_of_power(const struct histogram *durations, unsigned power)
{
	uint64_t first = 1ull << power;

	return histogram_count_within(durations, power ? first : 0, first + (first - 1));
}

static unsigned power_of(uint64_t ns)
{
	return 63 - (unsigned)__builtin_clzll(ns | 1);
}

/* As many as fit into a line. */
static size_t longest_bar(void)
{
	size_t before = strlen("gofuncgraph-c: ") + 32, columns = terminal_width(STDERR_FILENO);

	if (!columns || columns > before + strlen(BAR))
		return strlen(BAR);
	return columns > before ? columns - before : 1;
}

static void report_power(const struct histogram *durations, unsigned power, uint64_t most)
{
	uint64_t count = count_of_power(durations, power);
	int length = (int)((double)count / (double)most * (double)longest_bar() + 0.5);
	char from[TEXT_AMOUNT_SIZE], to[TEXT_AMOUNT_SIZE];

	text_format_amount(from, power ? 1ull << power : 0);
	text_format_amount(to, power < 63 ? 1ull << (power + 1) : UINT64_MAX);
	if (count && !length)
		length = 1;
	log_info("%8s to %8s %10llu %.*s", from, to, (unsigned long long)count, length, BAR);
}

void sums_report_histogram(const struct filter_sums *sums)
{
	const struct histogram *durations = &sums->durations;
	unsigned first = power_of(durations->min), last = power_of(durations->max);
	uint64_t most = 0;

	if (!durations->count)
		return;
	for (unsigned power = first; power <= last; power++) {
		uint64_t count = count_of_power(durations, power);

		most = count > most ? count : most;
	}
	for (unsigned power = first; power <= last; power++)
		report_power(durations, power, most);
}
