/* SPDX-License-Identifier: MIT */
/*
 * hunt_json.c - what hunt found out as JSON Lines: one object a target, and one a stuck call.
 *
 * Other programs depend on the names: fields may be added, none renamed. What is unknown is left out.
 */
#include <stdio.h>

#include "names/waited_on_text.h"
#include "output/format.h"
#include "output/hunt_drill.h"
#include "output/hunt_processes.h"
#include "output/lead_json.h"
#include "output/json_writer.h"
#include "output/process_lines.h"
#include "output/place_text.h"

/* Behind its key: from 0 to 1. */
static void put_fraction(struct json_writer *json, double fraction)
{
	char text[32];

	json_raw(json, text, (size_t)snprintf(text, sizeof(text), "%.4f", fraction));
}

static void put_share(struct json_writer *json, double share)
{
	json_key(json, "share");
	put_fraction(json, share);
}

static void put_place(struct json_writer *json, const struct place *place)
{
	if (!place->function && !place->module && !place->va)
		return;
	json_place_function(json, place);
	if (!place->file)
		return;
	json_member_name(json, "file", place->file);
	if (place->line)
		json_member_number(json, "line", place->line);
}

static void put_frames(struct json_writer *json, const struct hunt_doing *doing)
{
	if (!doing->num_frames)
		return;
	json_member_open(json, "stack", '[');
	for (size_t i = 0; i < doing->num_frames; i++) {
		json_open(json, '{');
		put_place(json, &doing->frames[i].place);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_taker(struct json_writer *json, const struct hunt_taker *taker)
{
	if (taker->process[0])
		json_member_text(json, "process", taker->process);
	if (taker->is_own_process)
		json_member_true(json, "own_process");
	if (taker->is_idle)
		json_member_true(json, "idle");
	if (taker->is_quota)
		json_member_true(json, "quota");
}

static void put_parts(struct json_writer *json, const struct hunt_doing *doing)
{
	if (doing->num_parts < 2)
		return;
	json_member_open(json, "parts", '[');
	for (size_t i = 0; i < doing->num_parts; i++) {
		const struct hunt_part *part = &doing->parts[i];

		json_open(json, '{');
		put_share(json, part->share);
		if (part->callee)
			json_member_name(json, "callee", part->callee);
		put_taker(json, &part->taker);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_object(struct json_writer *json, const struct hunt_object *object)
{
	json_member_text(json, "kind", waited_on_kind_name(object->kind));
	json_member_text(json, "name", object->text);
}

static void put_objects(struct json_writer *json, const struct hunt_doing *doing)
{
	if (!doing->num_objects)
		return;
	json_member_open(json, "on", '[');
	for (size_t i = 0; i < doing->num_objects; i++) {
		const struct hunt_object *object = &doing->objects[i];

		json_open(json, '{');
		put_share(json, object->share);
		json_member_number(json, "ns", object->ns);
		put_object(json, object);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_doings(struct json_writer *json, const struct hunt_doing *doings, size_t count);

static void put_doing(struct json_writer *json, const struct hunt_doing *doing)
{
	put_share(json, doing->share);
	json_member_number(json, "ns", doing->ns);
	json_member_text(json, "kind", doing->kind_name);
	if (doing->slept_in)
		json_member_text(json, "slept_in", doing->slept_in);
	if (doing->count)
		json_member_number(json, "count", doing->count);
	if (doing->goid)
		json_member_number(json, "goid", doing->goid);
	put_place(json, &doing->own);
	if (doing->callee)
		json_member_name(json, "callee", doing->callee);
	if (doing->kind == HUNT_NO_CPU && doing->num_parts)
		put_taker(json, &doing->parts[0].taker);
	put_parts(json, doing);
	if (doing->quota_share > 0) {
		json_key(json, "quota_share");
		put_fraction(json, doing->quota_share);
	}
	put_objects(json, doing);
	put_frames(json, doing);
	if (doing->by_goid) {
		if (doing->by_holder)
			json_member_open(json, "may_be_held_by", '{');
		else
			json_member_open(json, "woken_by", '{');
		json_member_number(json, "goid", doing->by_goid);
		put_place(json, &doing->by);
		if (doing->behind)
			json_member_number(json, "behind", doing->behind);
		json_close(json, '}');
	}
	if (!doing->num_meanwhile)
		return;
	json_member_open(json, "meanwhile", '[');
	put_doings(json, doing->meanwhile, doing->num_meanwhile);
	json_close(json, ']');
}

static void put_doings(struct json_writer *json, const struct hunt_doing *doings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_open(json, '{');
		put_doing(json, &doings[i]);
		json_close(json, '}');
	}
}

/* ---- one call ---- */

static void put_call(struct output *out, struct json_writer *json, const struct hunt_call *call)
{
	json_member_open(json, "call", '{');
	json_member_number(json, "rank", call->rank);
	json_member_number(json, "time_ns",
			   event_clock_realtime_ns(out->options.clock, call->start_ns));
	json_member_number(json, "duration_ns", call->ns);
	json_member_number(json, "pid", call->pid);
	json_member_number(json, "goid", call->goid);
	if (call->is_open)
		json_member_true(json, "open");
	json_member_open(json, "steps", '[');
	for (size_t i = 0; i < call->num_steps; i++) {
		json_open(json, '{');
		json_member_number(json, "at_ns", call->steps[i].at_ns);
		put_doing(json, &call->steps[i].doing);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_close(json, '}');
}

/* ---- a target ---- */

static void put_started(struct json_writer *json, const struct hunt_report *report)
{
	if (!report->num_started)
		return;
	json_member_open(json, "started", '[');
	for (size_t i = 0; i < report->num_started; i++) {
		const struct hunt_started *started = &report->started[i];
		char count[32];

		json_open(json, '{');
		json_key(json, "count");
		json_raw(json, count,
			 (size_t)snprintf(count, sizeof(count), "%.2f", started->count));
		json_member_number(json, "ns", started->did.ns);
		put_place(json, &started->function);
		json_member_open(json, "go", '{');
		put_place(json, &started->go);
		json_close(json, '}');
		json_member_open(json, "meanwhile", '[');
		put_doings(json, started->did.meanwhile, started->did.num_meanwhile);
		json_close(json, ']');
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_durations(struct json_writer *json, const struct hunt_report *report)
{
	json_member_number(json, "calls", report->calls);
	if (report->one_in > 1) {
		json_member_number(json, "one_in", report->one_in);
		json_member_number(json, "calls_left_out", report->left_out);
	}
	if (report->open)
		json_member_number(json, "open", report->open);
	json_member_number(json, "slow", report->slow);
	json_member_number(json, "span_ns", report->span_ns);
	json_member_number(json, "median_ns", report->median_ns);
	json_member_number(json, "p90_ns", report->p90_ns);
	json_member_number(json, "max_ns", report->max_ns);
	json_member_text(json, "mode", report->waits_hz > 0 ? "sampled" : "exact");
	json_key(json, "alike");
	if (report->alike)
		json_raw(json, "true", 4);
	else
		json_raw(json, "false", 5);
	json_member_number(json, "slow_mean_ns", report->slow_ns);
	json_member_number(json, "fast_mean_ns", report->fast_ns);
	json_member_number(json, "excess_ns", report->excess_ns);
}

static void put_report(struct output *out, const struct hunt_report *report)
{
	struct json_writer json = json_begin(&out->writer);

	json_key(&json, "target");
	json_name(&json, report->target.function);
	put_durations(&json, report);
	json_member_open(&json, "causes", '[');
	put_doings(&json, report->causes, report->num_causes);
	json_close(&json, ']');
	put_started(&json, report);
	json_member_open(&json, "coverage", '{');
	json_member_number(&json, "total_ns", report->total_ns);
	json_member_number(&json, "explained_ns", report->explained_ns);
	json_member_number(&json, "calls", report->looked_at);
	json_close(&json, '}');
	hunt_processes_put_json(out, &json, report);
	for (size_t i = 0; i < report->num_slowest; i++)
		put_call(out, &json, &report->slowest[i]);
	json_member_number(&json, "samples", report->samples);
	json_member_number(&json, "lost", report->records_lost);
	if (report->rested_ns)
		json_member_number(&json, "rested_ns", report->rested_ns);
	if (report->lost)
		json_member_number(&json, "calls_lost", report->lost);
	if (report->holes) {
		json_member_number(&json, "calls_incomplete", report->holes);
		json_member_number(&json, "incomplete_max_ns", report->holes_max_ns);
	}
	json_end(&json);
}

static void end(struct output *out, const struct output_totals *totals)
{
	if (totals->drill)
		hunt_drill_put_json(out, totals->drill);
}

/* ---- stuck ---- */

static void put_stack(struct output *out, struct json_writer *json, const uint64_t *stack,
		      size_t num_addresses)
{
	json_member_open(json, "stack", '[');
	for (size_t i = 0; i < num_addresses; i++) {
		struct name_frames frames = names_frames(out->names, stack[i]);

		for (size_t j = 0; j < frames.count; j++) {
			json_open(json, '{');
			put_place(json, &frames.places[j]);
			json_close(json, '}');
		}
	}
	json_close(json, ']');
}

/* As of the goroutines command, and what is told of each goroutine there. */
static void put_lead(struct output *out, struct json_writer *json, const struct hunt_lead *lead)
{
	json_open(json, '{');
	lead_json_put(json, lead->goid, lead->by, lead->object, lead->on);
	json_member_text(json, "state", lead->state);
	put_stack(out, json, lead->stack, lead->num_addresses);
	json_close(json, '}');
}

static void put_leads(struct output *out, struct json_writer *json, const struct hunt_stuck *stuck)
{
	if (!stuck->num_leads)
		return;
	json_member_open(json, "leads", '[');
	for (size_t i = 0; i < stuck->num_leads; i++)
		put_lead(out, json, &stuck->leads[i]);
	json_close(json, ']');
}

static void put_stuck(struct output *out, const struct hunt_stuck *stuck)
{
	struct json_writer json = json_begin(&out->writer);

	json_key(&json, "stuck");
	json_name(&json, stuck->target.function);
	json_member_number(&json, "open_ns", stuck->ns);
	json_member_number(&json, "pid", stuck->pid);
	process_lines_json(out, &json, stuck->pid);
	json_member_number(&json, "goid", stuck->goid);
	if (stuck->state)
		json_member_text(&json, "state", stuck->state);
	if (stuck->on) {
		json_member_open(&json, "on", '{');
		put_object(&json, stuck->on);
		json_close(&json, '}');
	}
	put_stack(out, &json, stuck->stack, stuck->num_addresses);
	put_leads(out, &json, stuck);
	json_end(&json);
}

const struct format format_hunt_json = {
	.prints = "the report",
	.hunt = put_report,
	.stuck = put_stuck,
	.end = end,
};
