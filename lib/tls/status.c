// SPDX-License-Identifier: MIT
// From the engine's errors to ours, and from ours to sentences.

#define MBEDTLS_ALLOW_PRIVATE_ACCESS // the number of an alert is nowhere else
#include "internal.h"
#include <mbedtls/error.h>
#include <string.h>

const char *tls_text(enum tls_status status)
{
    static const char *const text[] = {
        [TLS_OK] = "no error",
        [TLS_MEMORY] = "out of memory",
        [TLS_ENTROPY] = "no random numbers for keys",
        [TLS_AUTHORITIES] = "no certificates of authorities",
        [TLS_CERTIFICATE] = "the certificate cannot be read",
        [TLS_KEY] = "the key cannot be read or belongs to another certificate",
        [TLS_WRONG_HOST] = "the certificate is for another host",
        [TLS_EXPIRED] = "the certificate has expired",
        [TLS_NOT_YET_VALID] = "the certificate is not valid yet",
        [TLS_SELF_SIGNED] = "the certificate is signed by itself",
        [TLS_UNKNOWN_AUTHORITY] = "the certificate is signed by an unknown authority",
        [TLS_WEAK] = "the certificate has a weak signature or key",
        [TLS_WRONG_USE] = "the certificate is not meant for servers",
        [TLS_VERSION] = "the other side does not speak TLS 1.3",
        [TLS_DOWNGRADED] = "somebody between changed the version of TLS",
        [TLS_REFUSED] = "the other side refused the connection with an alert",
        [TLS_TRUNCATED] = "the connection was cut off before its end",
        [TLS_TAMPERED] = "somebody between changed what was sent",
        [TLS_PROTOCOL] = "what the other side sent is no TLS",
        [TLS_CONNECTION] = "the connection failed",
        [TLS_AGAIN] = "the other side has to be waited for",
    };
    static_assert(sizeof text / sizeof *text == TLS_STATUS_COUNT);
    return text[status];
}

// The worst first: who is spoken with at all, then when.
static enum tls_status verification(const struct tls *tls)
{
    uint32_t flags = mbedtls_ssl_get_verify_result(&tls->ssl);
    if (flags == UINT32_MAX) return TLS_PROTOCOL; // none was sent
    if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
        return tls->is_self_signed ? TLS_SELF_SIGNED : TLS_UNKNOWN_AUTHORITY;
    if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) return TLS_WRONG_HOST;
    if (flags & MBEDTLS_X509_BADCERT_EXPIRED) return TLS_EXPIRED;
    if (flags & MBEDTLS_X509_BADCERT_FUTURE) return TLS_NOT_YET_VALID;
    if (flags &
        (MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY))
        return TLS_WEAK;
    return TLS_WRONG_USE;
}

// A certificate that is right, but for something else; or none at all.
static enum tls_status use(const struct tls *tls)
{
    uint32_t flags = mbedtls_ssl_get_verify_result(&tls->ssl);
    bool is_other = flags & (MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE);
    return flags != UINT32_MAX && is_other ? TLS_WRONG_USE : TLS_PROTOCOL;
}

static enum tls_status alert(const struct tls *tls)
{
    switch (tls->ssl.in_msg[1]) { // RFC 8446, section 6
    case MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION: return TLS_VERSION;
    case MBEDTLS_SSL_ALERT_MSG_INAPROPRIATE_FALLBACK: return TLS_DOWNGRADED;
    default: return TLS_REFUSED;
    }
}

// A ServerHello of an older version, though the newest alone was offered. Its random number ends
// like this when the server could have spoken TLS 1.3 (RFC 8446, section 4.1.3): so it was offered
// less.
static enum tls_status older(const struct tls *tls)
{
    enum : size_t { RANDOM_END = 4 + 2 + 32, MARK_START = RANDOM_END - 8 };
    static const unsigned char mark[] = {'D', 'O', 'W', 'N', 'G', 'R', 'D'};
    const mbedtls_ssl_context *ssl = &tls->ssl;
    if (ssl->state != MBEDTLS_SSL_SERVER_HELLO || ssl->in_msglen < RANDOM_END) return TLS_PROTOCOL;
    if (ssl->in_msg[0] != MBEDTLS_SSL_HS_SERVER_HELLO) return TLS_PROTOCOL;
    bool is_marked = memcmp(ssl->in_msg + MARK_START, mark, sizeof mark) == 0;
    return is_marked ? TLS_DOWNGRADED : TLS_PROTOCOL;
}

enum tls_status tls_status_of(const struct tls *tls, int error)
{
    switch (error) {
    case 0: return TLS_OK;
    case MBEDTLS_ERR_SSL_WANT_READ:
    case MBEDTLS_ERR_SSL_WANT_WRITE: return TLS_AGAIN;
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED: return verification(tls);
    case MBEDTLS_ERR_SSL_BAD_CERTIFICATE: return use(tls);
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE: return alert(tls);
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION: return TLS_VERSION;
    case MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER: return older(tls);
    case MBEDTLS_ERR_SSL_CONN_EOF: return TLS_TRUNCATED;
    case MBEDTLS_ERR_SSL_INVALID_MAC: return TLS_TAMPERED;
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
    case MBEDTLS_ERR_X509_ALLOC_FAILED:
    case MBEDTLS_ERR_PK_ALLOC_FAILED: return TLS_MEMORY;
    case MBEDTLS_ERR_SSL_INTERNAL_ERROR:
    case MBEDTLS_ERR_ERROR_GENERIC_ERROR: return TLS_CONNECTION;
    default: return TLS_PROTOCOL;
    }
}
