/* SPDX-License-Identifier: MIT */
/*
 * format_list.h - the formats by the names that -f takes, the default first; everything that speaks
 * of them (-f itself, messages, --help, completion) is made from these lists.
 *
 * A list calls FIRST, then NEXT for each in between, then LAST, with a format's name, what --help
 * says of it, and its struct format.
 */
#ifndef GOFUNCGRAPH_OUTPUT_FORMAT_LIST_H
#define GOFUNCGRAPH_OUTPUT_FORMAT_LIST_H

/* Those of trees that are for other programs. */
#define EXPORT_FORMATS(FIRST, NEXT, LAST)                                                          \
	FIRST("json", "JSON Lines, one object a call", format_json)                                \
	NEXT("html", "a page for any browser", format_html)                                        \
	NEXT("perfetto", "for ui.perfetto.dev", format_perfetto)                                   \
	NEXT("chrome", "JSON for trace viewers", format_chrome)                                    \
	NEXT("speedscope", "for speedscope.app", format_speedscope)                                \
	NEXT("uftrace", "a folder for uftrace", format_uftrace)                                    \
	NEXT("pprof", "for go tool pprof", format_pprof)                                           \
	NEXT("folded", "for flame graphs", format_folded)                                          \
	NEXT("prometheus", "metrics, for node_exporter", format_prometheus)                        \
	LAST("otlp", "to a collector of OpenTelemetry: -o URL", format_otlp)

#define REPORT_FORMATS(FIRST, NEXT, LAST)                                                          \
	FIRST("text", "default", format_summary_text)                                              \
	LAST("json", "JSON Lines, one object a function", format_summary_json)

#define TREE_FORMATS(FIRST, NEXT, LAST)                                                            \
	FIRST("graph", "default", format_graph)                                                    \
	EXPORT_FORMATS(NEXT, NEXT, LAST)

#define STATE_FORMATS(FIRST, NEXT, LAST)                                                           \
	FIRST("text", "default", format_states_text)                                               \
	LAST("json", "JSON Lines, one object a change", format_states_json)

/* Those of hunt that are for other programs. */
#define HUNT_EXPORTS(FIRST, NEXT, LAST)                                                            \
	FIRST("json", "JSON Lines, one object a target", format_hunt_json)                         \
	NEXT("html", "a page for any browser", format_hunt_html)                                   \
	NEXT("speedscope", "for speedscope.app", format_hunt_speedscope)                           \
	NEXT("pprof", "for go tool pprof", format_hunt_pprof)                                      \
	LAST("folded", "a line a stack, for flame graphs", format_hunt_folded)

#define HUNT_FORMATS(FIRST, NEXT, LAST)                                                            \
	FIRST("text", "default", format_hunt_text)                                                 \
	HUNT_EXPORTS(NEXT, NEXT, LAST)

#define FORMAT_DECLARE(name, about, one) extern const struct format one;

struct format;
TREE_FORMATS(FORMAT_DECLARE, FORMAT_DECLARE, FORMAT_DECLARE)
REPORT_FORMATS(FORMAT_DECLARE, FORMAT_DECLARE, FORMAT_DECLARE)
STATE_FORMATS(FORMAT_DECLARE, FORMAT_DECLARE, FORMAT_DECLARE)
HUNT_FORMATS(FORMAT_DECLARE, FORMAT_DECLARE, FORMAT_DECLARE)

#define FORMAT_DOC_FIRST(name, about, format)  name " (" about ")"
#define FORMAT_DOC_NEXT(name, about, format)   ", " name " (" about ")"
#define FORMAT_DOC_LAST(name, about, format)   " or " name " (" about ")"
#define FORMAT_NAME_FIRST(name, about, format) name
#define FORMAT_NAME_NEXT(name, about, format)  ", " name
#define FORMAT_NAME_LAST(name, about, format)  " and " name
#define FORMAT_WORD_NEXT(name, about, format)  " " name

/* "graph (default) or json (JSON Lines, one object a call)" */
#define FORMATS_DOC(LIST) LIST(FORMAT_DOC_FIRST, FORMAT_DOC_NEXT, FORMAT_DOC_LAST)
/* "graph and json" */
#define FORMATS_NAMES(LIST) LIST(FORMAT_NAME_FIRST, FORMAT_NAME_NEXT, FORMAT_NAME_LAST)
/* "graph json" */
#define FORMATS_WORDS(LIST) LIST(FORMAT_NAME_FIRST, FORMAT_WORD_NEXT, FORMAT_WORD_NEXT)

#endif
