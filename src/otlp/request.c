/* SPDX-License-Identifier: MIT */
/* request.c - see request.h. The spans are copied once: how large the messages around them are is reckoned first. */
#include "otlp/request.h"

#include "base/protobuf.h"

enum { REQUEST_RESOURCE_SPANS = 1 };
enum { RESOURCE_SPANS_RESOURCE = 1, RESOURCE_SPANS_SCOPE_SPANS = 2 };
enum { SCOPE_SPANS_SCOPE = 1 };
enum { SCOPE_NAME = 1, SCOPE_VERSION = 2 };

/* Bytes that are kept for the next request. */
#define KEPT_SIZE (4u << 20)

static void empty(struct bytes *bytes)
{
	if (bytes->failed || bytes->capacity > KEPT_SIZE)
		bytes_destroy(bytes);
	bytes_clear(bytes);
}

/* ---- messages ---- */

static size_t scope_size(void)
{
	return protobuf_member_size(strlen("gofuncgraph-c")) +
	       protobuf_member_size(strlen(VERSION));
}

static void put_scope(struct bytes *body)
{
	protobuf_head(body, SCOPE_SPANS_SCOPE, scope_size());
	protobuf_text(body, SCOPE_NAME, "gofuncgraph-c");
	protobuf_text(body, SCOPE_VERSION, VERSION);
}

/* Those of the first one's resource; the first of another one. */
static const struct otlp_load *put_resource(struct bytes *body, const struct otlp_load *first)
{
	const struct bytes *resource = &first->resource->bytes;
	const struct otlp_load *end = first;
	size_t size = protobuf_member_size(scope_size());

	for (; end && end->resource == first->resource; end = end->next)
		size += end->spans.size;
	protobuf_head(body, REQUEST_RESOURCE_SPANS,
		      protobuf_member_size(resource->size) + protobuf_member_size(size));
	protobuf_head(body, RESOURCE_SPANS_RESOURCE, resource->size);
	bytes_put(body, resource->data, resource->size);
	protobuf_head(body, RESOURCE_SPANS_SCOPE_SPANS, size);
	put_scope(body);
	for (const struct otlp_load *load = first; load != end; load = load->next)
		bytes_put(body, load->spans.data, load->spans.size);
	return end;
}

/* ---- compression ---- */

/* As gzip has it. The processor's time is the service's: the cheapest way. */
static bool begin_stream(struct otlp_request *request)
{
	z_stream *stream = &request->stream;

	if (request->has_stream)
		return deflateReset(stream) == Z_OK;
	request->has_stream = deflateInit2(stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8,
					   Z_DEFAULT_STRATEGY) == Z_OK;
	return request->has_stream;
}

static bool pack(struct otlp_request *request)
{
	struct bytes *plain = &request->plain, *packed = &request->packed;
	z_stream *stream = &request->stream;

	if (!begin_stream(request) || !bytes_reserve(packed, deflateBound(stream, plain->size)))
		return false;
	stream->next_in = plain->data;
	stream->avail_in = (uInt)plain->size;
	stream->next_out = packed->data;
	stream->avail_out = (uInt)packed->capacity;
	if (deflate(stream, Z_FINISH) != Z_STREAM_END)
		return false;
	packed->size = stream->total_out;
	return true;
}

const struct bytes *otlp_request_write(struct otlp_request *request, const struct otlp_load *first,
				       bool compress)
{
	empty(&request->plain);
	empty(&request->packed);
	while (first)
		first = put_resource(&request->plain, first);
	if (request->plain.failed || (compress && !pack(request)))
		return NULL;
	return compress ? &request->packed : &request->plain;
}

void otlp_request_destroy(struct otlp_request *request)
{
	bytes_destroy(&request->plain);
	bytes_destroy(&request->packed);
	if (request->has_stream)
		deflateEnd(&request->stream);
	*request = (struct otlp_request){};
}
