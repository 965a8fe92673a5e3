/* SPDX-License-Identifier: MIT */
#include "otlp/http.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"

struct http {
	const struct otlp_settings *settings;
	bool (*is_over)(void *context);
	void *context;
	__typeof__(&curl_easy_init) init;
	__typeof__(&curl_easy_cleanup) cleanup;
	__typeof__(&(curl_easy_setopt)) set;
	__typeof__(&(curl_easy_getinfo)) get;
	__typeof__(&curl_easy_perform) perform;
	__typeof__(&curl_easy_strerror) describe;
	__typeof__(&curl_slist_append) append;
	__typeof__(&curl_slist_free_all) free_list;
	__typeof__(&curl_url) new_url;
	__typeof__(&curl_url_set) set_url;
	__typeof__(&curl_url_cleanup) free_url;
	CURL *curl; /* NULL: nothing was posted yet */
	struct curl_slist *headers;
	struct bytes answer;
	char trouble[CURL_ERROR_SIZE];
};

/* ---- the library ---- */

static bool find_functions(struct http *http, void *library)
{
	http->init = (__typeof__(http->init))dlsym(library, "curl_easy_init");
	http->cleanup = (__typeof__(http->cleanup))dlsym(library, "curl_easy_cleanup");
	http->set = (__typeof__(http->set))dlsym(library, "curl_easy_setopt");
	http->get = (__typeof__(http->get))dlsym(library, "curl_easy_getinfo");
	http->perform = (__typeof__(http->perform))dlsym(library, "curl_easy_perform");
	http->describe = (__typeof__(http->describe))dlsym(library, "curl_easy_strerror");
	http->append = (__typeof__(http->append))dlsym(library, "curl_slist_append");
	http->free_list = (__typeof__(http->free_list))dlsym(library, "curl_slist_free_all");
	http->new_url = (__typeof__(http->new_url))dlsym(library, "curl_url");
	http->set_url = (__typeof__(http->set_url))dlsym(library, "curl_url_set");
	http->free_url = (__typeof__(http->free_url))dlsym(library, "curl_url_cleanup");
	return http->init && http->cleanup && http->set && http->get && http->perform &&
	       http->describe && http->append && http->free_list && http->new_url &&
	       http->set_url && http->free_url;
}

static struct error *load(struct http *http)
{
	static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
	void *library = NULL;

	/* It stays: a thread of its own that asks a name server may outlive us. */
	for (size_t i = 0; !library && i < sizeof(names) / sizeof(names[0]); i++)
		library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!library || !find_functions(http, library))
		return error_new(
			"cannot send traces without libcurl, which is not installed: apt-get install libcurl4");
	return NULL;
}

/* ---- connections ---- */

static size_t take_answer(char *data, size_t size, size_t count, void *context)
{
	struct http *http = context;
	size_t len = size * count, room = HTTP_MAX_ANSWER - http->answer.size;

	bytes_put(&http->answer, data, len < room ? len : room);
	return len;
}

static int look_at_time(void *context, curl_off_t down, curl_off_t down_now, curl_off_t up,
			curl_off_t up_now)
{
	const struct http *http = context;

	return http->is_over(http->context);
}

static bool add_header(struct http *http, const char *header)
{
	struct curl_slist *list = http->append(http->headers, header);

	http->headers = list ?: http->headers;
	return list != NULL;
}

static bool add_headers(struct http *http)
{
	const struct otlp_settings *settings = http->settings;
	/* Without "100 Continue", which would be a round trip more. */
	bool is_fine = add_header(http, "Content-Type: application/x-protobuf") &&
		       add_header(http, "Expect:");

	if (is_fine && settings->compresses)
		is_fine = add_header(http, "Content-Encoding: gzip");
	for (size_t i = 0; is_fine && i < settings->num_headers; i++)
		is_fine = add_header(http, settings->headers[i]);
	return is_fine;
}

/* What all requests have in common. */
static bool begin(struct http *http)
{
	const struct otlp_settings *settings = http->settings;

	http->curl = http->init();
	if (!http->curl || !add_headers(http))
		return false;
	http->set(http->curl, CURLOPT_URL, settings->url);
	http->set(http->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	http->set(http->curl, CURLOPT_HTTPHEADER, http->headers);
	http->set(http->curl, CURLOPT_USERAGENT, "gofuncgraph-c/" VERSION);
	http->set(http->curl, CURLOPT_NOSIGNAL, 1L);
	http->set(http->curl, CURLOPT_ERRORBUFFER, http->trouble);
	http->set(http->curl, CURLOPT_WRITEFUNCTION, take_answer);
	http->set(http->curl, CURLOPT_WRITEDATA, http);
	http->set(http->curl, CURLOPT_NOPROGRESS, 0L);
	http->set(http->curl, CURLOPT_XFERINFOFUNCTION, look_at_time);
	http->set(http->curl, CURLOPT_XFERINFODATA, http);
	if (settings->certificate)
		http->set(http->curl, CURLOPT_CAINFO, settings->certificate);
	if (settings->client_certificate)
		http->set(http->curl, CURLOPT_SSLCERT, settings->client_certificate);
	if (settings->client_key)
		http->set(http->curl, CURLOPT_SSLKEY, settings->client_key);
	return true;
}

static void end(struct http *http)
{
	if (!http->curl)
		return;
	http->free_list(take_pointer(http->headers));
	http->cleanup(take_pointer(http->curl));
}

/* ---- before tracing ---- */

/* What no request could be sent to is told before anything is traced. */
static struct error *check_address(const struct http *http)
{
	CURLU *url = http->new_url();
	CURLUcode code;

	if (!url)
		return error_out_of_memory();
	code = http->set_url(url, CURLUPART_URL, http->settings->url, 0);
	http->free_url(url);
	if (code)
		return error_new("'%s' is no address of a collector: write http://HOST:4318",
				 otlp_url_shown(http->settings->url).text);
	return NULL;
}

/* A server that nothing is sent to. */
struct dummy {
	int listener, connection; /* negative: there is none (yet) */
	struct sockaddr_un address;
};

static bool dummy_listen(struct dummy *dummy)
{
	struct sockaddr *address = (struct sockaddr *)&dummy->address;
	socklen_t size = sizeof(dummy->address);

	*dummy = (struct dummy){.connection = -1, .address = {.sun_family = AF_UNIX}};
	dummy->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* The kernel gives it a name, which begins with a NUL: unix(7). */
	return dummy->listener >= 0 &&
	       !bind(dummy->listener, address, sizeof(dummy->address.sun_family)) &&
	       !listen(dummy->listener, 1) && !getsockname(dummy->listener, address, &size);
}

/* When there is a connection: its answer, which is no TLS. Some of the files may be read when that comes. */
static CURLcode dummy_answer(CURL *curl, void *tls, void *context)
{
	struct dummy *dummy = context;

	dummy->connection = accept4(dummy->listener, NULL, NULL, SOCK_CLOEXEC);
	if (dummy->connection < 0 || send(dummy->connection, "no TLS", 6, MSG_NOSIGNAL) < 0 ||
	    shutdown(dummy->connection, SHUT_WR))
		return CURLE_ABORTED_BY_CALLBACK;
	return CURLE_OK;
}

static void dummy_close(struct dummy *dummy)
{
	cleanup_close(&dummy->listener);
	cleanup_close(&dummy->connection);
}

static CURLcode connect_to(struct http *http, struct dummy *dummy)
{
	if (!begin(http))
		return CURLE_OUT_OF_MEMORY;
	http->set(http->curl, CURLOPT_ABSTRACT_UNIX_SOCKET, dummy->address.sun_path + 1);
	http->set(http->curl, CURLOPT_SSL_CTX_DATA, dummy);
	/* Else OpenSSL asks for one on the terminal, and would do so again at each connection. */
	http->set(http->curl, CURLOPT_KEYPASSWD, "");
	/* Some TLS libraries have none. */
	if (http->set(http->curl, CURLOPT_SSL_CTX_FUNCTION, dummy_answer))
		return CURLE_OK;
	http->set(http->curl, CURLOPT_TIMEOUT_MS, (long)http->settings->timeout_ms);
	return http->perform(http->curl);
}

/*
 * Certificates and keys are read for a connection, and to a collector none is made before there is something to send.
 * Where this one cannot be made, they are looked at then.
 */
static struct error *check_files(struct http *http)
{
	const struct otlp_settings *settings = http->settings;
	struct dummy dummy;
	CURLcode code = CURLE_OK;

	if (strncasecmp(settings->url, "https:", 6) ||
	    (!settings->certificate && !settings->client_certificate && !settings->client_key))
		return NULL;
	if (dummy_listen(&dummy))
		code = connect_to(http, &dummy);
	end(http);
	dummy_close(&dummy);
	if (code == CURLE_SSL_CACERT_BADFILE)
		return error_new(
			"the certificates of OTEL_EXPORTER_OTLP_CERTIFICATE cannot be used: %s",
			http->trouble);
	if (code == CURLE_SSL_CERTPROBLEM)
		return error_new(
			"the certificate and key of OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and ..._CLIENT_KEY cannot be used: %s",
			http->trouble);
	return NULL;
}

struct error *http_new(const struct otlp_settings *settings, bool (*is_over)(void *context),
		       void *context, struct http **result)
{
	struct http *http = calloc(1, sizeof(*http));
	struct error *err;

	*result = NULL;
	if (!http)
		return error_out_of_memory();
	*http = (struct http){.settings = settings, .is_over = is_over, .context = context};
	err = load(http) ?: check_address(http) ?: check_files(http);
	if (err) {
		http_free(http);
		return err;
	}
	*result = http;
	return NULL;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	end(http);
	bytes_destroy(&http->answer);
	free(http);
}

/* ---- requests ---- */

static const char *hint_of_status(long status)
{
	switch (status) {
	case 301:
	case 302:
	case 307:
	case 308:
		return " (it is elsewhere: give the address that this one leads to)";
	case 401:
	case 403:
	case 407:
		return " (OTEL_EXPORTER_OTLP_HEADERS may hold what it wants to know)";
	case 404:
	case 405:
		return " (OTLP over HTTP is on port 4318 as a rule, at /v1/traces)";
	default:
		return "";
	}
}

/* Of what is there, but does not speak as we do. */
static const char *hint_of_code(CURLcode code)
{
	switch (code) {
	case CURLE_SSL_CONNECT_ERROR:
		return " (if it does not speak TLS, its address begins with http://)";
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
		return " (OTLP over HTTP is on port 4318 as a rule, 4317 is for gRPC; with TLS, the address begins with https://)";
	case CURLE_PEER_FAILED_VERIFICATION:
		return " (OTEL_EXPORTER_OTLP_CERTIFICATE names the certificates that are trusted)";
	default:
		return "";
	}
}

struct http_answer http_post(struct http *http, const struct bytes *body, uint64_t timeout_ms)
{
	long status = 0;
	curl_off_t retry_after = 0;
	CURLcode code;

	if (!http->curl && !begin(http))
		return (struct http_answer){.trouble = "out of memory", .hint = ""};
	bytes_clear(&http->answer);
	http->trouble[0] = '\0';
	http->set(http->curl, CURLOPT_POSTFIELDS, body->data);
	http->set(http->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->size);
	http->set(http->curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	code = http->perform(http->curl);
	if (code)
		return (struct http_answer){.trouble = http->trouble[0] ? http->trouble
									: http->describe(code),
					    .hint = hint_of_code(code)};
	http->get(http->curl, CURLINFO_RESPONSE_CODE, &status);
	http->get(http->curl, CURLINFO_RETRY_AFTER, &retry_after);
	return (struct http_answer){.status = (unsigned)status,
				    .hint = hint_of_status(status),
				    .retry_after_s = retry_after > 0 ? (uint64_t)retry_after : 0,
				    .body = http->answer.data,
				    .size = http->answer.size};
}
