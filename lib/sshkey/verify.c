// SPDX-License-Identifier: MIT
// Signatures. The engine of Ed25519 is libsodium, that of the others Mbed TLS; here is what SSH
// puts around the numbers.
#include "reader.h"

#include <crypto/ed25519.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/md.h>
#include <mbedtls/rsa.h>

enum : size_t { RSA_BITS_LEAST = 2048, RSA_BITS_MOST = 16384 };

struct signed_hash {
    mbedtls_md_type_t kind;
    uint8_t bytes[MBEDTLS_MD_MAX_SIZE];
    unsigned size;
};

static bool hash(mbedtls_md_type_t kind, struct sshkey_bytes message, struct signed_hash *to)
{
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(kind);
    to->kind = kind;
    to->size = mbedtls_md_get_size(info);
    return mbedtls_md(info, message.data, message.size, to->bytes) == 0;
}

static bool verify_ed25519(struct reader *key, struct reader *signature, const char *algorithm,
                           struct sshkey_bytes message)
{
    struct sshkey_bytes point = read_string(key), bytes = read_string(signature);
    if (strcmp(algorithm, "ssh-ed25519") != 0) return false;
    if (!reader_is_done(key) || !reader_is_done(signature)) return false;
    if (point.size != ED25519_KEY_SIZE || bytes.size != ED25519_SIGNATURE_SIZE) return false;
    return ed25519_verify(bytes.data, message.data, message.size, point.data);
}

// --- RSA ---

static bool rsa_read(struct reader *key, mbedtls_rsa_context *rsa)
{
    struct sshkey_bytes exponent = read_number(key), modulus = read_number(key);
    if (!reader_is_done(key) || modulus.size > RSA_BITS_MOST / 8 || exponent.size > 8) return false;
    return mbedtls_rsa_import_raw(rsa, modulus.data, modulus.size, nullptr, 0, nullptr, 0, nullptr,
                                  0, exponent.data, exponent.size) == 0 &&
           mbedtls_rsa_complete(rsa) == 0 && mbedtls_rsa_check_pubkey(rsa) == 0 &&
           mbedtls_rsa_get_bitlen(rsa) >= RSA_BITS_LEAST;
}

// A signature may come without the zeros in front.
static bool rsa_check(mbedtls_rsa_context *rsa, const struct signed_hash *hash,
                      struct sshkey_bytes bytes)
{
    uint8_t whole[RSA_BITS_MOST / 8] = {};
    size_t size = mbedtls_rsa_get_len(rsa);
    if (bytes.size > size) return false;
    memcpy(whole + size - bytes.size, bytes.data, bytes.size);
    return mbedtls_rsa_pkcs1_verify(rsa, hash->kind, hash->size, hash->bytes, whole) == 0;
}

static bool verify_rsa(struct reader *key, struct reader *signature, const char *algorithm,
                       struct sshkey_bytes message)
{
    struct signed_hash digest;
    mbedtls_rsa_context rsa;
    struct sshkey_bytes bytes = read_string(signature);
    bool is_long = strcmp(algorithm, "rsa-sha2-512") == 0;
    if (!is_long && strcmp(algorithm, "rsa-sha2-256") != 0) return false; // SHA-1 is none
    if (!reader_is_done(signature)) return false;
    if (!hash(is_long ? MBEDTLS_MD_SHA512 : MBEDTLS_MD_SHA256, message, &digest)) return false;
    mbedtls_rsa_init(&rsa);
    bool is_good = rsa_read(key, &rsa) && rsa_check(&rsa, &digest, bytes);
    mbedtls_rsa_free(&rsa);
    return is_good;
}

// --- ECDSA ---

static const struct curve {
    const char *key, *name;
    mbedtls_ecp_group_id id;
    mbedtls_md_type_t hash;
} curves[] = {
    {"ecdsa-sha2-nistp256", "nistp256", MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_MD_SHA256},
    {"ecdsa-sha2-nistp384", "nistp384", MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_MD_SHA384},
    {"ecdsa-sha2-nistp521", "nistp521", MBEDTLS_ECP_DP_SECP521R1, MBEDTLS_MD_SHA512},
};

struct ecdsa {
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi r, s;
};

static bool ecdsa_check(struct ecdsa *ecdsa, const struct curve *curve, struct sshkey_bytes point,
                        struct sshkey_bytes both)
{
    struct reader numbers = reader_of(both);
    struct sshkey_bytes r = read_number(&numbers), s = read_number(&numbers);
    return reader_is_done(&numbers) && mbedtls_ecp_group_load(&ecdsa->group, curve->id) == 0 &&
           mbedtls_ecp_point_read_binary(&ecdsa->group, &ecdsa->point, point.data, point.size) ==
               0 &&
           mbedtls_ecp_check_pubkey(&ecdsa->group, &ecdsa->point) == 0 &&
           mbedtls_mpi_read_binary(&ecdsa->r, r.data, r.size) == 0 &&
           mbedtls_mpi_read_binary(&ecdsa->s, s.data, s.size) == 0;
}

static bool verify_ecdsa(const struct curve *curve, struct reader *key, struct reader *signature,
                         struct sshkey_bytes message)
{
    struct ecdsa ecdsa;
    struct signed_hash digest;
    struct sshkey_bytes name = read_string(key), point = read_string(key);
    struct sshkey_bytes both = read_string(signature);
    if (!reader_is_done(key) || !reader_is_done(signature) || !bytes_are(name, curve->name))
        return false;
    if (!hash(curve->hash, message, &digest)) return false;
    mbedtls_ecp_group_init(&ecdsa.group);
    mbedtls_ecp_point_init(&ecdsa.point);
    mbedtls_mpi_init(&ecdsa.r);
    mbedtls_mpi_init(&ecdsa.s);
    bool is_good = ecdsa_check(&ecdsa, curve, point, both) &&
                   mbedtls_ecdsa_verify(&ecdsa.group, digest.bytes, digest.size, &ecdsa.point,
                                        &ecdsa.r, &ecdsa.s) == 0;
    mbedtls_ecp_group_free(&ecdsa.group);
    mbedtls_ecp_point_free(&ecdsa.point);
    mbedtls_mpi_free(&ecdsa.r);
    mbedtls_mpi_free(&ecdsa.s);
    return is_good;
}

// --- All ---

static bool algorithm_read(struct reader *signature, char text[32])
{
    struct sshkey_bytes name = read_string(signature);
    if (name.size == 0 || name.size >= 32 || memchr(name.data, 0, name.size)) return false;
    memcpy(text, name.data, name.size);
    text[name.size] = '\0';
    return true;
}

bool sshkey_verify(struct sshkey_bytes key, struct sshkey_bytes signature,
                   struct sshkey_bytes message)
{
    char algorithm[32];
    struct reader of_key = reader_of(key), of_signature = reader_of(signature);
    struct sshkey_bytes kind = read_string(&of_key);
    if (!algorithm_read(&of_signature, algorithm)) return false;
    if (bytes_are(kind, "ssh-ed25519"))
        return verify_ed25519(&of_key, &of_signature, algorithm, message);
    if (bytes_are(kind, "ssh-rsa")) return verify_rsa(&of_key, &of_signature, algorithm, message);
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        const struct curve *curve = &curves[i];
        if (bytes_are(kind, curve->key) && strcmp(algorithm, curve->key) == 0)
            return verify_ecdsa(curve, &of_key, &of_signature, message);
    }
    return false;
}

bool sshkey_request_read(struct sshkey_bytes message, struct sshkey_request *request)
{
    enum : uint8_t { USERAUTH_REQUEST = 50 };
    struct reader reader = reader_of(message);
    request->session = read_string(&reader);
    uint8_t kind = read_byte(&reader);
    request->user = read_string(&reader);
    struct sshkey_bytes service = read_string(&reader), method = read_string(&reader);
    uint8_t is_signed = read_byte(&reader);
    request->algorithm = read_string(&reader);
    request->key = read_string(&reader);
    return reader_is_done(&reader) && kind == USERAUTH_REQUEST && is_signed == 1 &&
           bytes_are(service, "ssh-connection") && bytes_are(method, "publickey");
}
