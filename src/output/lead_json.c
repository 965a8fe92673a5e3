/* SPDX-License-Identifier: MIT */
#include "output/lead_json.h"

#include "names/waited_on_text.h"

void lead_json_put(struct json_writer *json, uint64_t goid, enum lead_by by, uint64_t object,
		   const struct hunt_object *on)
{
	static const char *const ways[] = {
		[LEAD_HAS] = "stack", [LEAD_SHARES] = "object", [LEAD_STARTED] = "started"};

	json_member_number(json, "goid", goid);
	json_member_text(json, "by", ways[by]);
	if (object) {
		json_key(json, "address");
		json_address(json, object);
	}
	if (on) {
		json_text_key(json, waited_on_kind_name(on->kind));
		json_text(json, on->text);
	}
}
