/* SPDX-License-Identifier: MIT */
#include "command/counts.h"

#include "base/log.h"

void counts_take(uint64_t counts[STAT_COUNT], const struct record *record)
{
	const struct record_statistics *statistics = (const struct record_statistics *)record;

	if (record->kind != RECORD_STATISTICS)
		return;
	for (size_t i = 0; i < STAT_COUNT; i++)
		counts[i] = statistics->counts[i];
}

void counts_report(const uint64_t counts[STAT_COUNT], const char *advice)
{
	unsigned long long lost = counts[STAT_LOST], sent = counts[STAT_SENT];

	if (lost)
		log_warning("%llu of %llu events were lost, the ring buffer was full: %s", lost,
			    lost + sent, advice);
	if (counts[STAT_NO_ROOM])
		log_warning(
			"%llu calls of targets were not traced: too many goroutines were inside of targets at once",
			(unsigned long long)counts[STAT_NO_ROOM]);
	if (counts[STAT_OTHER_GOROUTINES])
		log_info(
			"%llu calls of targets by other goroutines than those of --goid were left out",
			(unsigned long long)counts[STAT_OTHER_GOROUTINES]);
	if (counts[STAT_LEFT_OUT])
		log_info(
			"%llu calls of targets were left out: only some were traced (--max-overhead)",
			(unsigned long long)counts[STAT_LEFT_OUT]);
	if (counts[STAT_UNREADABLE])
		log_warning("%llu probe hits were left out: the goroutine could not be read",
			    (unsigned long long)counts[STAT_UNREADABLE]);
}
