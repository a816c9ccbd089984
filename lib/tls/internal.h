// SPDX-License-Identifier: MIT
// A connection: the engine's state and what it refers to.
#pragma once

#include <mbedtls/ssl.h>
#include <tls/tls.h>

struct tls_identity {
    mbedtls_x509_crt certificates;
    mbedtls_pk_context key;
};

struct tls {
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config configuration;
    mbedtls_x509_crt authorities; // of a client
    int fd;
    bool is_self_signed, waits_to_write;
};

// What an error of the engine means.
enum tls_status tls_status_of(const struct tls *tls, int error);
