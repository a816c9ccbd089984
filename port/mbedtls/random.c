// SPDX-License-Identifier: MIT
// Random numbers for Mbed TLS: the kernel's generator and nothing else.

#include <mbedtls/entropy.h>
#include <psa/crypto.h>
#include <unistd.h>

static bool is_filled(unsigned char *output, size_t size)
{
    enum : size_t { MOST = 256 }; // of getentropy
    for (size_t at = 0; at < size;) {
        size_t part = size - at < MOST ? size - at : MOST;
        if (getentropy(output + at, part)) return false;
        at += part;
    }
    return true;
}

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
                                             uint8_t *output, size_t output_size,
                                             size_t *output_length)
{
    (void)context;
    if (!is_filled(output, output_size)) return PSA_ERROR_INSUFFICIENT_ENTROPY;
    *output_length = output_size;
    return PSA_SUCCESS;
}

// What the library's own generator is seeded from.
int mbedtls_hardware_poll(void *data, unsigned char *output, size_t size, size_t *got)
{
    (void)data;
    *got = 0;
    if (!is_filled(output, size)) return MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
    *got = size;
    return 0;
}
