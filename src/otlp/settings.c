/* SPDX-License-Identifier: MIT */
#include "otlp/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* Of the environment. */
struct variable {
	char name[64];
	const char *value; /* NULL: not set, or empty, which is the same */
};

static struct variable variable(const char *prefix, const char *name)
{
	struct variable found = {};

	snprintf(found.name, sizeof(found.name), "OTEL_EXPORTER_OTLP_%s%s", prefix, name);
	found.value = getenv(found.name);
	if (found.value && !*found.value)
		found.value = NULL;
	return found;
}

static struct variable setting(const char *name)
{
	struct variable traces = variable("TRACES_", name);

	return traces.value ? traces : variable("", name);
}

/* ---- lists of pairs ---- */

/* Spaces around it go, and %XX becomes what it stands for, in place. */
static char *clean(char *text, bool *has_stray_percent)
{
	char *to;

	text += strspn(text, " \t");
	for (size_t len = strlen(text); len && strchr(" \t", text[len - 1]); len--)
		text[len - 1] = '\0';
	to = text;
	for (const char *from = text; *from; from++) {
		int high = *from == '%' ? text_hex_digit(from[1]) : -1;
		int low = high >= 0 ? text_hex_digit(from[2]) : -1;

		*has_stray_percent |= *from == '%' && low < 0;
		*to++ = low >= 0 ? (char)(high << 4 | low) : *from;
		from += low >= 0 ? 2 : 0;
	}
	*to = '\0';
	return text;
}

bool otlp_each_pair(const char *list, bool (*take)(void *context, const struct otlp_pair *pair),
		    void *context)
{
	_cleanup_free_ char *copy = strdup(list);
	char *rest = copy;
	bool is_fine = copy != NULL;

	for (char *part; is_fine && (part = strsep(&rest, ","));) {
		char *value = strchr(part, '=');
		struct otlp_pair pair = {};

		if (part[strspn(part, " \t")] == '\0')
			continue;
		if (value)
			*value++ = '\0';
		pair.key = clean(part, &pair.has_stray_percent);
		pair.value = value ? clean(value, &pair.has_stray_percent) : NULL;
		is_fine = take(context, &pair);
	}
	return is_fine;
}

/* ---- each of them ---- */

static bool is_visible(const char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			return false;
	return true;
}

static bool add_header(void *context, const struct otlp_pair *pair)
{
	const char *name = pair->key, *value = pair->value;
	struct otlp_settings *settings = context;

	if (settings->num_headers == OTLP_MAX_HEADERS || !*name || !value || !is_visible(value) ||
	    !is_visible(name) || strpbrk(name, ": "))
		return false;
	/* By "name:", libcurl would leave the header out. */
	const char *mark = *value ? ": " : ";";
	if (asprintf(&settings->headers[settings->num_headers], "%s%s%s", name, mark, value) < 0)
		return false;
	settings->num_headers++;
	return true;
}

/* Behind "http://". A user may stand before it, and a port or a path behind it. */
static bool is_this_machine(const char *url)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
	const char *host = strstr(url, "://") + 3;
	size_t len = strcspn(host, "/?#");
	const char *at = memrchr(host, '@', len);

	host = at ? at + 1 : host;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		len = strlen(names[i]);
		if (!strncasecmp(host, names[i], len) && strchr(":/?#", host[len]))
			return true;
	}
	return false;
}

static struct error *read_headers(struct otlp_settings *settings)
{
	struct variable list = setting("HEADERS");

	if (list.value && !otlp_each_pair(list.value, add_header, settings))
		return error_new(
			"%s is no list of headers: write NAME=VALUE,NAME=VALUE, and what is no letter as %%XX",
			list.name);
	return NULL;
}

static struct error *read_timeout(struct otlp_settings *settings)
{
	struct variable text = setting("TIMEOUT");
	char *end;

	settings->timeout_ms = 10000;
	if (!text.value)
		return NULL;
	settings->timeout_ms = strtoull(text.value, &end, 10);
	if (!isdigit((unsigned char)*text.value) || *end || !settings->timeout_ms ||
	    settings->timeout_ms > 3600000)
		return error_new("%s is '%s': it is a number of milliseconds, from 1 to 3600000",
				 text.name, text.value);
	return NULL;
}

/* The address is known. To this machine nothing is gained by it. */
static struct error *read_compression(struct otlp_settings *settings)
{
	struct variable text = setting("COMPRESSION");

	if (!text.value)
		text.value = is_this_machine(settings->url) ? "none" : "gzip";
	settings->compresses = strcmp(text.value, "gzip") == 0;
	if (!settings->compresses && strcmp(text.value, "none") != 0)
		return error_new("%s is '%s': it is gzip or none", text.name, text.value);
	return NULL;
}

/* Of files that are to be there when they are needed. NULL: not set. */
static struct error *read_file_name(const char *name, const char **path)
{
	struct variable file = setting(name);

	*path = file.value;
	if (!*path || !access(*path, R_OK))
		return NULL;
	return error_errno(errno, "cannot read %s, %s", file.name, *path);
}

/* Of an address that the environment has, too: who names one knows what it speaks. */
static struct error *check_protocol(const char *address)
{
	struct variable text = setting("PROTOCOL");

	if (address || !text.value || !strcmp(text.value, "http/protobuf"))
		return NULL;
	return error_new(
		"%s is '%s', and spans are sent by http/protobuf alone: give -o http://HOST:4318, the collector's address for that",
		text.name, text.value);
}

/* The address of the traces, behind one that all kinds of data have in common; a query stays at its end. */
static char *with_path(const char *base)
{
	size_t end = strcspn(base, "?#"), len = end;
	char *url;

	while (len && base[len - 1] == '/')
		len--;
	return asprintf(&url, "%.*s/v1/traces%s", (int)len, base, base + end) < 0 ? NULL : url;
}

bool otlp_is_url(const char *text)
{
	return !strncasecmp(text, "http://", 7) || !strncasecmp(text, "https://", 8);
}

struct otlp_url_text otlp_url_shown(const char *url)
{
	const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url;
	const char *at = memrchr(host, '@', strcspn(host, "/?#"));
	const char *begin = at ? at + 1 : url;
	size_t len = strcspn(begin, "?#");
	struct otlp_url_text shown;

	snprintf(shown.text, sizeof(shown.text), "%.*s%s", (int)len, begin,
		 begin[len] ? "?..." : "");
	return shown;
}

static bool has_path(const char *address)
{
	const char *path = strstr(address, "://") + 3;

	path += strcspn(path, "/?#");
	return *path == '/' && !strchr("?#", path[1]);
}

static struct error *read_address(struct otlp_settings *settings, const char *address)
{
	struct variable traces = variable("TRACES_", "ENDPOINT"), all = variable("", "ENDPOINT");
	const char *given = address ?: traces.value ?: all.value;

	if (!given)
		return error_new(
			"-f otlp sends the trees to a collector, and needs its address: give -o http://HOST:4318, or set OTEL_EXPORTER_OTLP_ENDPOINT");
	if (!otlp_is_url(given))
		return error_new("%s is '%s': it begins with http:// or https://",
				 address        ? "the address"
				 : traces.value ? traces.name
						: all.name,
				 otlp_url_shown(given).text);
	if (address ? has_path(address) : traces.value != NULL)
		settings->url = strdup(given);
	else
		settings->url = with_path(given);
	return settings->url ? NULL : error_out_of_memory();
}

struct error *otlp_settings_read(struct otlp_settings *settings, const char *address)
{
	struct error *err = read_address(settings, address);

	err = err ?: check_protocol(address);
	err = err ?: read_headers(settings);
	err = err ?: read_timeout(settings);
	err = err ?: read_compression(settings);
	err = err ?: read_file_name("CERTIFICATE", &settings->certificate);
	err = err ?: read_file_name("CLIENT_CERTIFICATE", &settings->client_certificate);
	return err ?: read_file_name("CLIENT_KEY", &settings->client_key);
}

void otlp_settings_destroy(struct otlp_settings *settings)
{
	for (size_t i = 0; i < settings->num_headers; i++)
		free(settings->headers[i]);
	free(settings->url);
	*settings = (struct otlp_settings){};
}
