// SPDX-License-Identifier: MIT
// Connections: how they begin, what goes over them, how they end.

#include "internal.h"
#include <errno.h>
#include <mbedtls/error.h>
#include <mbedtls/psa_util.h>
#include <psa/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char system_authorities[] = "/etc/ssl/certs/ca-certificates.crt";

static int bytes_send(void *context, const unsigned char *from, size_t size)
{
    struct tls *tls = context;
    ssize_t sent;
    do sent = write(tls->fd, from, size);
    while (sent < 0 && errno == EINTR);
    tls->waits_to_write = sent < 0 && errno == EAGAIN;
    if (tls->waits_to_write) return MBEDTLS_ERR_SSL_WANT_WRITE;
    return sent < 0 ? MBEDTLS_ERR_ERROR_GENERIC_ERROR : (int)sent;
}

static int bytes_receive(void *context, unsigned char *to, size_t size)
{
    struct tls *tls = context;
    ssize_t got;
    do got = read(tls->fd, to, size);
    while (got < 0 && errno == EINTR);
    tls->waits_to_write = false;
    if (got < 0 && errno == EAGAIN) return MBEDTLS_ERR_SSL_WANT_READ;
    return got < 0 ? MBEDTLS_ERR_ERROR_GENERIC_ERROR : (int)got;
}

// Notes whether the certificate of the other side itself is its own issuer.
static int certificate_seen(void *context, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    struct tls *tls = context;
    (void)flags;
    if (depth == 0)
        tls->is_self_signed =
            crt->issuer_raw.len == crt->subject_raw.len &&
            memcmp(crt->issuer_raw.p, crt->subject_raw.p, crt->subject_raw.len) == 0;
    return 0;
}

static enum tls_status begin(struct tls **made, int fd, int endpoint)
{
    struct tls *tls = calloc(1, sizeof *tls);
    *made = tls;
    if (!tls) return TLS_MEMORY;
    tls->fd = fd;
    mbedtls_ssl_init(&tls->ssl);
    mbedtls_ssl_config_init(&tls->configuration);
    mbedtls_x509_crt_init(&tls->authorities);
    unsigned char drawn;
    if (psa_crypto_init() != PSA_SUCCESS) return TLS_ENTROPY;
    if (mbedtls_psa_get_random(MBEDTLS_PSA_RANDOM_STATE, &drawn, sizeof drawn) != 0)
        return TLS_ENTROPY;
    if (mbedtls_ssl_config_defaults(&tls->configuration, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0)
        return TLS_MEMORY;
    mbedtls_ssl_conf_rng(&tls->configuration, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
    mbedtls_ssl_conf_min_tls_version(&tls->configuration, MBEDTLS_SSL_VERSION_TLS1_3);
    mbedtls_ssl_conf_verify(&tls->configuration, certificate_seen, tls);
    return TLS_OK;
}

static enum tls_status setup(struct tls *tls)
{
    int error = mbedtls_ssl_setup(&tls->ssl, &tls->configuration);
    if (error != 0) return tls_status_of(tls, error);
    mbedtls_ssl_set_bio(&tls->ssl, tls, bytes_send, bytes_receive, nullptr);
    return TLS_OK;
}

enum tls_status tls_shake_hands(struct tls *tls)
{
    return tls_status_of(tls, mbedtls_ssl_handshake(&tls->ssl));
}

bool tls_waits_to_write(const struct tls *tls)
{
    return tls->waits_to_write;
}

static enum tls_status trust_set(struct tls *tls, const struct tls_trust *trust)
{
    int mode = trust->is_checked ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE;
    mbedtls_ssl_conf_authmode(&tls->configuration, mode);
    if (!trust->is_checked) return TLS_OK;
    const char *file = trust->authorities ? trust->authorities : system_authorities;
    // Certificates that cannot be understood are left out; they vouch for nobody.
    if (mbedtls_x509_crt_parse_file(&tls->authorities, file) < 0) return TLS_AUTHORITIES;
    if (tls->authorities.raw.len == 0) return TLS_AUTHORITIES;
    mbedtls_ssl_conf_ca_chain(&tls->configuration, &tls->authorities, nullptr);
    return TLS_OK;
}

// What could not be made is closed.
static enum tls_status made(struct tls **tls, enum tls_status status)
{
    if (status == TLS_OK) return status;
    tls_close(*tls);
    *tls = nullptr;
    return status;
}

enum tls_status tls_connect(struct tls **tls, int fd, const struct tls_trust *trust)
{
    enum tls_status status = begin(tls, fd, MBEDTLS_SSL_IS_CLIENT);
    if (status == TLS_OK) status = trust_set(*tls, trust);
    if (status == TLS_OK && mbedtls_ssl_set_hostname(&(*tls)->ssl, trust->host) != 0)
        status = TLS_WRONG_HOST;
    if (status == TLS_OK) status = setup(*tls);
    if (status == TLS_OK) status = tls_shake_hands(*tls);
    return made(tls, status);
}

enum tls_status tls_accept_begin(struct tls **tls, int fd, struct tls_identity *identity)
{
    enum tls_status status = begin(tls, fd, MBEDTLS_SSL_IS_SERVER);
    if (status == TLS_OK && mbedtls_ssl_conf_own_cert(&(*tls)->configuration,
                                                      &identity->certificates, &identity->key) != 0)
        status = TLS_MEMORY;
    if (status == TLS_OK) status = setup(*tls);
    return made(tls, status);
}

enum tls_status tls_accept(struct tls **tls, int fd, struct tls_identity *identity)
{
    enum tls_status status = tls_accept_begin(tls, fd, identity);
    if (status != TLS_OK) return status;
    return made(tls, tls_shake_hands(*tls));
}

enum tls_status tls_read(struct tls *tls, void *to, size_t size, size_t *got)
{
    int result;
    *got = 0;
    do result = mbedtls_ssl_read(&tls->ssl, to, size);
    while (result == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET);
    if (result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return TLS_OK;
    if (result == 0) return TLS_TRUNCATED;
    if (result < 0) return tls_status_of(tls, result);
    *got = (size_t)result;
    return TLS_OK;
}

size_t tls_pending(const struct tls *tls)
{
    return mbedtls_ssl_get_bytes_avail(&tls->ssl);
}

enum tls_status tls_write_some(struct tls *tls, const void *from, size_t size, size_t *written)
{
    int result = mbedtls_ssl_write(&tls->ssl, from, size);
    *written = result < 0 ? 0 : (size_t)result;
    return tls_status_of(tls, result < 0 ? result : 0);
}

enum tls_status tls_write(struct tls *tls, const void *from, size_t size)
{
    for (const unsigned char *at = from; size > 0;) {
        size_t written;
        enum tls_status status = tls_write_some(tls, at, size, &written);
        if (status != TLS_OK) return status;
        at += written;
        size -= written;
    }
    return TLS_OK;
}

enum tls_status tls_end(struct tls *tls)
{
    return tls_status_of(tls, mbedtls_ssl_close_notify(&tls->ssl));
}

void tls_close(struct tls *tls)
{
    if (!tls) return;
    mbedtls_ssl_free(&tls->ssl);
    mbedtls_ssl_config_free(&tls->configuration);
    mbedtls_x509_crt_free(&tls->authorities);
    explicit_bzero(tls, sizeof *tls);
    free(tls);
}
