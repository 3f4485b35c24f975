// libgssapi_krb5: Kerberos in libcurl and libpq. Types and results are those of RFC 2744.
#include "trap.h"

typedef uint32_t status;

struct buffer {
    size_t length;
    void *value;
};

/// GSS_S_FAILURE (RFC 2744 §3.9.1).
static const status failure = (status)13 << 16;
static const status complete = 0;

/// The name type that libcurl and libpq pass to gss_import_name.
void *GSS_C_NT_HOSTBASED_SERVICE = NULL;

// MARK: Calls that a PostgreSQL server can bring about

status gss_import_name(status *minor, const struct buffer *name, void *type, void **result) {
    (void)name;
    (void)type;
    *minor = 0;
    *result = NULL;
    return failure;
}

/// Describes the failure in one message.
status gss_display_status(status *minor, status value, int type, void *mechanism, status *more, struct buffer *text) {
    static char sentence[] = "GSSAPI is not part of this executable";
    (void)value;
    (void)type;
    (void)mechanism;
    *minor = 0;
    *more = 0;
    text->length = sizeof sentence - 1;
    text->value = sentence;
    return complete;
}

/// Releases a buffer. No buffer needs to be freed: those of gss_display_status are static, and the others are empty.
status gss_release_buffer(status *minor, struct buffer *buffer) {
    *minor = 0;
    buffer->length = 0;
    buffer->value = NULL;
    return complete;
}

/// Fails, so that libpq finds no credentials and does not try to encrypt with GSSAPI.
status gss_acquire_cred(status *minor, void *name, status time, void *mechanisms, int usage, void **credentials,
                        void *actual, status *received) {
    (void)name;
    (void)time;
    (void)mechanisms;
    (void)usage;
    (void)actual;
    (void)received;
    *minor = 0;
    *credentials = NULL;
    return failure;
}

/// Fails without a token to send. A server causes this call by sending AuthenticationGSSContinue, which libpq accepts
/// even if no AuthenticationGSS came before it.
status gss_init_sec_context(status *minor, void *credentials, void **context, void *name, void *mechanism, status flags,
                            status time, void *bindings, const struct buffer *input, void **actual,
                            struct buffer *output, status *received_flags, status *received_time) {
    (void)credentials;
    (void)context;
    (void)name;
    (void)mechanism;
    (void)flags;
    (void)time;
    (void)bindings;
    (void)input;
    (void)actual;
    (void)received_flags;
    (void)received_time;
    *minor = 0;
    output->length = 0;
    output->value = NULL;
    return failure;
}

/// Releases a name. There are none, because gss_import_name always fails.
status gss_release_name(status *minor, void **name) {
    *minor = 0;
    *name = NULL;
    return complete;
}

/// Releases a context. There are none, because gss_init_sec_context always fails.
status gss_delete_sec_context(status *minor, void **context, struct buffer *output) {
    *minor = 0;
    *context = NULL;
    if (output != NULL) {
        output->length = 0;
        output->value = NULL;
    }
    return complete;
}

// MARK: Calls that need a context or credentials, which the functions above never provide

TRAP(gss_display_name)
TRAP(gss_inquire_context)
TRAP(gss_release_cred)
TRAP(gss_unwrap)
TRAP(gss_wrap)
TRAP(gss_wrap_size_limit)
