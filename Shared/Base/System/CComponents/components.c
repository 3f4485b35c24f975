/* The libraries that are linked into this executable, for `--version`.

   Problem. A statically linked executable does not get the distribution's updates of libraries: it keeps the OpenSSL
   that it was built with. So it must be able to state the versions of its libraries.

   Approach. A library's release comes from its header, which Debian ships in the same package as the library's archive;
   glibc and libpq state theirs at run time. The versions of the packages, which show the security fixes that they
   contain, come from THALIAN_COMPONENTS: local-runner/dev sets that environment variable, and Package.swift passes it
   on. Every executable contains the libraries of Swift, glibc and libstdc++. To find out if another library is part of
   the executable, there is a weak reference to one of its functions. The reference is null if nothing else needs the
   library. */
#include "ccomponents.h"
#include <curl/curlver.h>
#include <gnu/libc-version.h>
#include <openssl/opensslv.h>
#include <sqlite3.h>
#include <stddef.h>
#include <stdio.h>
#include <zlib.h>

#ifndef THALIAN_COMPONENTS
#define THALIAN_COMPONENTS ""
#endif

#define WEAK __attribute__((weak))
extern WEAK void *CRYPTO_malloc(size_t, const char *, int);
extern WEAK void *curl_easy_init(void);
extern WEAK int sqlite3_initialize(void);
extern WEAK int inflateEnd(z_streamp);
extern WEAK int deflateEnd(z_streamp);
extern WEAK int PQlibVersion(void);

/// Returns libpq's release as text, made from its number, for example 15.20 from 150020.
static const char *libpq_version(void) {
    static char text[24];
    if (PQlibVersion == NULL) return NULL;
    snprintf(text, sizeof text, "%d.%d", PQlibVersion() / 10000, PQlibVersion() % 10000);
    return text;
}

struct ccomponent ccomponents_get(int index) {
    const struct {
        int is_linked;
        struct ccomponent component;
    } all[] = {
        {1, {"Swift", NULL}},
        {1, {"glibc", gnu_get_libc_version()}},
        {1, {"libstdc++", NULL}},
        {CRYPTO_malloc != NULL, {"OpenSSL", OPENSSL_VERSION_STR}},
        {curl_easy_init != NULL, {"libcurl", LIBCURL_VERSION}},
        {sqlite3_initialize != NULL, {"SQLite", SQLITE_VERSION}},
        {inflateEnd != NULL || deflateEnd != NULL, {"zlib", ZLIB_VERSION}},
        {PQlibVersion != NULL, {"libpq", libpq_version()}},
    };
    for (size_t each = 0; each < sizeof all / sizeof all[0]; each++)
        if (all[each].is_linked && index-- == 0) return all[each].component;
    return (struct ccomponent){NULL, NULL};
}

const char *ccomponents_packages(void) { return THALIAN_COMPONENTS; }
