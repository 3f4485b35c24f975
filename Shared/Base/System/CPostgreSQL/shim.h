#pragma once
#if __has_include(<postgresql/libpq-fe.h>)
#include <postgresql/libpq-fe.h>
#else
#include <libpq-fe.h>
#endif

/// Ignores the server's notices, such as "relation exists, skipping", which libpq would print otherwise.
static inline void cpostgresql_drop_notice(void *context, const PGresult *result) {
    (void)context;
    (void)result;
}

static inline void cpostgresql_silence(PGconn *connection) {
    PQsetNoticeReceiver(connection, cpostgresql_drop_notice, (void *)0);
}

/// Returns the SQLSTATE of a failed result, or NULL if the server stated none. It is here because PG_DIAG_SQLSTATE is a
/// character constant, which Swift imports as another type.
static inline const char *cpostgresql_sqlstate(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}

/// Returns the primary message of a failed result, or NULL if the server stated none. It leaves out the details, which
/// contain the values of rows.
static inline const char *cpostgresql_message(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
}
