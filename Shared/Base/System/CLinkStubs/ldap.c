// libldap and liblber: LDAP in libcurl, and connection services that libpq looks up by LDAP.
#include "trap.h"

/// Fails, so that there is no session. libpq calls it for a connection service at an LDAP server.
void *ldap_init(const char *host, int port) {
    (void)host;
    (void)port;
    return NULL;
}

TRAP(ber_bvfree)
TRAP(ber_free)
TRAP(ber_memfree)
TRAP(ber_memvfree)
TRAP(ber_sockbuf_add_io)
TRAP(ldap_abandon_ext)
TRAP(ldap_count_entries)
TRAP(ldap_err2string)
TRAP(ldap_first_entry)
TRAP(ldap_free_urldesc)
TRAP(ldap_get_attribute_ber)
TRAP(ldap_get_dn_ber)
TRAP(ldap_get_option)
TRAP(ldap_get_values_len)
TRAP(ldap_init_fd)
TRAP(ldap_memfree)
TRAP(ldap_msgfree)
TRAP(ldap_msgtype)
TRAP(ldap_parse_result)
TRAP(ldap_parse_sasl_bind_result)
TRAP(ldap_pvt_url_scheme2proto)
TRAP(ldap_result)
TRAP(ldap_sasl_bind)
TRAP(ldap_search_ext)
TRAP(ldap_search_st)
TRAP(ldap_set_option)
TRAP(ldap_simple_bind)
TRAP(ldap_start_tls)
TRAP(ldap_unbind)
TRAP(ldap_unbind_ext)
TRAP(ldap_url_parse)
TRAP(ldap_value_free_len)
