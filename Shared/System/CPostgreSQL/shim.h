#pragma once
#if __has_include(<postgresql/libpq-fe.h>)
#include <postgresql/libpq-fe.h>
#else
#include <libpq-fe.h>
#endif

/// The server's notices ("relation exists, skipping") are nobody's business here; libpq would print them.
static inline void cpostgresql_drop_notice(void *context, const PGresult *result) {
    (void)context;
    (void)result;
}

static inline void cpostgresql_silence(PGconn *connection) {
    PQsetNoticeReceiver(connection, cpostgresql_drop_notice, (void *)0);
}

/// The SQLSTATE of a failed result. PG_DIAG_SQLSTATE is a character constant that Swift does not import as one.
static inline const char *cpostgresql_sqlstate(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}

/// The message of a failed result, without the details, which hold values.
static inline const char *cpostgresql_message(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
}
