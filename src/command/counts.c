/* SPDX-License-Identifier: MIT */
#include "command/counts.h"

#include "base/log.h"
#include "base/text.h"

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
	uint64_t lost = counts[STAT_LOST], sent = counts[STAT_SENT];

	if (lost)
		log_warning("%s of %s %s lost, the ring buffer was full: %s", text_count(lost).text,
			    text_counted(lost + sent, "event", "events").text,
			    lost == 1 ? "was" : "were", advice);
	if (counts[STAT_NO_ROOM])
		log_warning("%s not traced: too many goroutines were inside of targets at once",
			    text_counted(counts[STAT_NO_ROOM], "call of a target was",
					 "calls of targets were")
				    .text);
	if (counts[STAT_OTHER_GOROUTINES])
		log_info("%s left out",
			 text_counted(
				 counts[STAT_OTHER_GOROUTINES],
				 "call of a target by another goroutine than those of --goid was",
				 "calls of targets by other goroutines than those of --goid were")
				 .text);
	if (counts[STAT_LEFT_OUT])
		log_info("%s left out: only some were traced (--max-overhead)",
			 text_counted(counts[STAT_LEFT_OUT], "call of a target was",
				      "calls of targets were")
				 .text);
	if (counts[STAT_UNREADABLE])
		log_warning(
			"%s left out: the goroutine could not be read",
			text_counted(counts[STAT_UNREADABLE], "probe hit was", "probe hits were")
				.text);
}
