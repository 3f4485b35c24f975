#pragma once
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Swift can't call the variadic functions curl_easy_setopt and curl_easy_getinfo. So there is one function here for
   each type of argument. */

static inline CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, const void *value) {
    return curl_easy_setopt(handle, option, value);
}

/// Sets the request's body. libcurl copies it.
static inline CURLcode ccurl_set_body(CURL *handle, const void *bytes, long length) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, length);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, bytes) : code;
}

typedef size_t (*ccurl_receive)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode ccurl_set_receivers(CURL *handle, ccurl_receive header, ccurl_receive body, void *context) {
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, body);
    return curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
}

/// A function that is called before each connection, with the address to connect to (of the proxy, if there is one). It
/// returns 0 to refuse the connection.
typedef int (*ccurl_may_connect)(const struct sockaddr *address, void *context);

struct ccurl_guard {
    ccurl_may_connect may_connect;
    void *context;
};

static inline curl_socket_t ccurl_open(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)purpose;
    struct ccurl_guard *guard = context;
    if (!guard->may_connect(&address->addr, guard->context)) return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// Makes a handle ask `guard` before it connects. `guard` must live as long as the handle.
static inline CURLcode ccurl_set_guard(CURL *handle, struct ccurl_guard *guard) {
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, ccurl_open);
    return curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, guard);
}

static inline long ccurl_status(CURL *handle) {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/// Returns the status of the last answer of a proxy to CONNECT. It is 0 if there was none.
static inline long ccurl_connect_status(CURL *handle) {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_HTTP_CONNECTCODE, &status);
    return status;
}

/// Returns the number of bytes of requests that were sent. It is 0 if no request was sent.
static inline long ccurl_sent(CURL *handle) {
    long size = 0;
    curl_easy_getinfo(handle, CURLINFO_REQUEST_SIZE, &size);
    return size;
}

/// Returns the handle of the next transfer that has ended, with its result, or NULL if there is none. It is here
/// because CURLMsg contains a union, which Swift can't read.
static inline CURL *ccurl_next_ended(CURLM *multi, CURLcode *result) {
    int left;
    CURLMsg *message = curl_multi_info_read(multi, &left);
    if (!message || message->msg != CURLMSG_DONE) return NULL;
    *result = message->data.result;
    return message->easy_handle;
}
