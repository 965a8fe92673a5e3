/* SPDX-License-Identifier: MIT */
#include "otlp/request.h"

#include <zlib.h>

#include "base/protobuf.h"

enum { REQUEST_RESOURCE_SPANS = 1 };
enum { RESOURCE_SPANS_RESOURCE = 1, RESOURCE_SPANS_SCOPE_SPANS = 2 };
enum { SCOPE_SPANS_SCOPE = 1 };
enum { SCOPE_NAME = 1, SCOPE_VERSION = 2 };

/* Those of the first one's resource; the first of another one. */
static const struct otlp_load *write_resource(struct bytes *body, const struct otlp_load *first)
{
	const struct bytes *resource = first->resource;
	const struct otlp_load *load = first;
	struct bytes scope = {}, scope_spans = {}, resource_spans = {};

	protobuf_text(&scope, SCOPE_NAME, "gofuncgraph-c");
	protobuf_text(&scope, SCOPE_VERSION, VERSION);
	protobuf_message(&scope_spans, SCOPE_SPANS_SCOPE, &scope);
	for (; load && load->resource == resource; load = load->next)
		bytes_put(&scope_spans, load->spans.data, load->spans.size);
	bytes_put_number(&resource_spans, RESOURCE_SPANS_RESOURCE << 3 | PROTOBUF_SIZED);
	bytes_put_sized(&resource_spans, resource->data, resource->size);
	protobuf_message(&resource_spans, RESOURCE_SPANS_SCOPE_SPANS, &scope_spans);
	protobuf_message(body, REQUEST_RESOURCE_SPANS, &resource_spans);
	bytes_destroy(&scope);
	bytes_destroy(&scope_spans);
	bytes_destroy(&resource_spans);
	return load;
}

/* As gzip has it. The processor's time is the service's: the cheapest way. */
static void compress_bytes(struct bytes *body)
{
	z_stream stream = {.next_in = body->data, .avail_in = (uInt)body->size};
	struct bytes packed = {};

	packed.failed = body->failed || deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8,
						     Z_DEFAULT_STRATEGY) != Z_OK;
	if (!packed.failed && bytes_reserve(&packed, deflateBound(&stream, body->size))) {
		stream.next_out = packed.data;
		stream.avail_out = (uInt)packed.capacity;
		packed.failed = deflate(&stream, Z_FINISH) != Z_STREAM_END;
		packed.size = stream.total_out;
	}
	deflateEnd(&stream);
	bytes_destroy(body);
	*body = packed;
}

void otlp_request_write(struct bytes *body, const struct otlp_load *first, bool compress)
{
	while (first)
		first = write_resource(body, first);
	if (compress)
		compress_bytes(body);
}
