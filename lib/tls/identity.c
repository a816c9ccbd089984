// SPDX-License-Identifier: MIT
// What a server proves itself by: read out of files, or made when there are none.

#include "internal.h"
#include <errno.h>
#include <fcntl.h>
#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/pem.h>
#include <mbedtls/psa_util.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum : size_t { PEM_MOST = 4096, SERIAL_SIZE = 16 };
enum : mode_t { OWNER_ALONE = 0600, READ_BY_ALL = 0644 };

// For as long as the form that certificates write dates in lasts: a machine may not know the time.
static const char first_day[] = "20200101000000", last_day[] = "20491231235959";

static struct tls_identity *identity_create(void)
{
    struct tls_identity *identity = calloc(1, sizeof *identity);
    if (!identity) return nullptr;
    mbedtls_x509_crt_init(&identity->certificates);
    mbedtls_pk_init(&identity->key);
    return identity;
}

void tls_identity_free(struct tls_identity *identity)
{
    if (!identity) return;
    mbedtls_x509_crt_free(&identity->certificates);
    mbedtls_pk_free(&identity->key);
    free(identity);
}

static enum tls_status identity_load(struct tls_identity *identity, const char *certificate,
                                     const char *key)
{
    if (psa_crypto_init() != PSA_SUCCESS) return TLS_ENTROPY;
    if (mbedtls_x509_crt_parse_file(&identity->certificates, certificate) != 0)
        return TLS_CERTIFICATE;
    if (mbedtls_pk_parse_keyfile(&identity->key, key, nullptr, mbedtls_psa_get_random,
                                 MBEDTLS_PSA_RANDOM_STATE) != 0)
        return TLS_KEY;
    if (mbedtls_pk_check_pair(&identity->certificates.pk, &identity->key, mbedtls_psa_get_random,
                              MBEDTLS_PSA_RANDOM_STATE) != 0)
        return TLS_KEY;
    return TLS_OK;
}

// What could not be filled is freed.
static enum tls_status made(struct tls_identity **identity, enum tls_status status)
{
    if (status == TLS_OK) return status;
    tls_identity_free(*identity);
    *identity = nullptr;
    return status;
}

enum tls_status tls_identity_read(struct tls_identity **identity, const char *certificate,
                                  const char *key)
{
    *identity = identity_create();
    if (!*identity) return TLS_MEMORY;
    return made(identity, identity_load(*identity, certificate, key));
}

// --- Making one ---

static int key_make(mbedtls_pk_context *key)
{
    int error = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    if (error != 0) return error;
    return mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key),
                               mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
}

static int names_set(mbedtls_x509write_cert *writer, const char *host)
{
    static unsigned char four[] = {127, 0, 0, 1}, six[16] = {[15] = 1}, local[] = "localhost";
    mbedtls_x509_san_list names[] = {
        {.node = {.type = MBEDTLS_X509_SAN_DNS_NAME}},
        {.node = {.type = MBEDTLS_X509_SAN_DNS_NAME}},
        {.node = {.type = MBEDTLS_X509_SAN_IP_ADDRESS}},
        {.node = {.type = MBEDTLS_X509_SAN_IP_ADDRESS}},
    };
    const mbedtls_x509_buf values[] = {
        {.p = (unsigned char *)host, .len = strlen(host)},
        {.p = local, .len = sizeof local - 1},
        {.p = four, .len = sizeof four},
        {.p = six, .len = sizeof six},
    };
    enum : size_t { COUNT = sizeof names / sizeof *names };
    for (size_t i = 0; i < COUNT; i++) {
        names[i].node.san.unstructured_name = values[i];
        names[i].next = i + 1 < COUNT ? &names[i + 1] : nullptr;
    }
    return mbedtls_x509write_crt_set_subject_alternative_name(writer, names);
}

// A server's certificate and nobody else's: it can vouch for none but itself.
static int fields_set(mbedtls_x509write_cert *writer, mbedtls_pk_context *key, const char *host)
{
    unsigned char serial[SERIAL_SIZE];
    char name[80];
    mbedtls_asn1_sequence use = {.buf = {.tag = MBEDTLS_ASN1_OID,
                                         .p = (unsigned char *)MBEDTLS_OID_SERVER_AUTH,
                                         .len = MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)}};
    int error = mbedtls_psa_get_random(MBEDTLS_PSA_RANDOM_STATE, serial, sizeof serial);
    serial[0] = (serial[0] & 0x7f) | 0x40; // positive, and of this length
    snprintf(name, sizeof name, "CN=%.64s", host);
    mbedtls_x509write_crt_set_version(writer, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(writer, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(writer, key);
    mbedtls_x509write_crt_set_issuer_key(writer, key);
    if (!error) error = mbedtls_x509write_crt_set_serial_raw(writer, serial, sizeof serial);
    if (!error) error = mbedtls_x509write_crt_set_validity(writer, first_day, last_day);
    if (!error) error = mbedtls_x509write_crt_set_subject_name(writer, name);
    if (!error) error = mbedtls_x509write_crt_set_issuer_name(writer, name);
    if (!error) error = mbedtls_x509write_crt_set_basic_constraints(writer, 0, -1);
    if (!error)
        error = mbedtls_x509write_crt_set_key_usage(writer, MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
    if (!error) error = mbedtls_x509write_crt_set_ext_key_usage(writer, &use);
    return error ? error : names_set(writer, host);
}

static int certificate_make(mbedtls_pk_context *key, const char *host, char text[PEM_MOST])
{
    mbedtls_x509write_cert writer;
    mbedtls_x509write_crt_init(&writer);
    int error = fields_set(&writer, key, host);
    if (!error)
        error = mbedtls_x509write_crt_pem(&writer, (unsigned char *)text, PEM_MOST,
                                          mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
    mbedtls_x509write_crt_free(&writer);
    return error;
}

// It is there as a whole, under this name, or not at all.
static bool file_write(const char *path, const char *text, mode_t mode)
{
    char unfinished[512];
    if (snprintf(unfinished, sizeof unfinished, "%s.new", path) >= (int)sizeof unfinished)
        return false;
    int fd = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0) return false;
    size_t size = strlen(text);
    bool is_written = write(fd, text, size) == (ssize_t)size && fsync(fd) == 0;
    close(fd);
    if (is_written && rename(unfinished, path) == 0) return true;
    unlink(unfinished);
    return false;
}

static enum tls_status identity_make(struct tls_identity *identity, char certificate[PEM_MOST],
                                     char key[PEM_MOST], const char *host)
{
    if (psa_crypto_init() != PSA_SUCCESS) return TLS_ENTROPY;
    if (key_make(&identity->key) != 0) return TLS_ENTROPY;
    if (certificate_make(&identity->key, host, certificate) != 0) return TLS_CERTIFICATE;
    if (mbedtls_pk_write_key_pem(&identity->key, (unsigned char *)key, PEM_MOST) != 0)
        return TLS_KEY;
    if (mbedtls_x509_crt_parse(&identity->certificates, (unsigned char *)certificate,
                               strlen(certificate) + 1) != 0)
        return TLS_CERTIFICATE;
    return TLS_OK;
}

enum tls_status tls_identity_keep(struct tls_identity **identity, const char *certificate,
                                  const char *key, const char *host, bool *is_kept)
{
    static char certificate_text[PEM_MOST], key_text[PEM_MOST]; // stacks may be small
    *is_kept = true;
    if (access(key, F_OK) == 0 || errno != ENOENT)
        return tls_identity_read(identity, certificate, key);
    *identity = identity_create();
    if (!*identity) return TLS_MEMORY;
    enum tls_status status = identity_make(*identity, certificate_text, key_text, host);
    *is_kept = status == TLS_OK && file_write(certificate, certificate_text, READ_BY_ALL) &&
               file_write(key, key_text, OWNER_ALONE); // last: it says that both are there
    explicit_bzero(key_text, sizeof key_text);
    return made(identity, status);
}
