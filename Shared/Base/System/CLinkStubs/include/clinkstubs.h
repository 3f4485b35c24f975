#pragma once

/* Stand-ins for libraries that libcurl.a and libpq.a refer to and this product never uses.

   Problem. Every executable is linked statically, so that it runs on any Linux of its architecture and starts in two
   milliseconds instead of ten. Debian builds libcurl with SSH, HTTP/2, LDAP, RTMP, Kerberos, Brotli, Zstandard, IDN
   and the Public Suffix List, and libpq with Kerberos and LDAP. Those libraries have no static form in Debian, or
   they bring a dozen others with them. A static link needs a definition for each of their symbols, even though no
   code path of the product reaches them.

   Approach. This target defines the symbols: one file for each library. Almost all of them are traps. A trap that is
   called writes the symbol's name to standard error and aborts the process. Only these are not traps, because
   something does call them:

   - libssh2_init and libssh2_exit succeed. curl_global_init and curl_global_cleanup call them.
   - BrotliDecoderCreateInstance and ZSTD_createDStream fail with NULL. libcurl calls them when a server sends a
     Content-Encoding of br or zstd, whether the request offered it or not. libcurl then ends the transfer with an
     error.
   - gss_import_name, gss_acquire_cred and gss_init_sec_context fail with GSS_S_FAILURE, gss_display_status describes
     that, and the functions that libpq calls to release a name, a context or a buffer do nothing. A PostgreSQL
     server may ask for GSSAPI authentication at any time; libpq then reports that the connection failed. A stub that
     returned 0 here would say "succeeded", and libpq would go on with a context that does not exist.
   - ldap_init fails with NULL. libpq calls it when a connection service file names an LDAP server.

   Why the traps cannot be reached. Upstream, the only user of libcurl, restricts CURLOPT_PROTOCOLS_STR to https (in
   development also http), which excludes scp, sftp, ldap, rtmp and all others. It sets CURLOPT_HTTP_VERSION to
   HTTP/1.1 and so never offers HTTP/2 in ALPN, and OpenSSL refuses a protocol that was not offered. It selects no
   authentication scheme of libcurl's but Basic, and that only for a proxy, so that Negotiate is never answered. It
   takes only HTTP proxies, and no SOCKS proxy. It accepts only host
   names in ASCII, so that IDN is not consulted, and uses no cookies, so that the Public Suffix List is not. It calls
   neither curl_version nor curl_version_info. Store, the only user of libpq, sets gssencmode=disable.

   What it costs. A feature that later needs one of these libraries must link the library and remove its stubs. All
   symbols are hidden: a shared library that a test executable loads never sees them. LinkStubsTests compares the
   stubs with the undefined symbols of the archives, so that another release of libcurl or libpq is noticed. */

/// Writes "SYMBOL was called" to standard error and aborts.
__attribute__((noreturn)) void clinkstubs_called(const char *symbol);
