// SPDX-License-Identifier: MIT
// Random numbers for Mbed TLS: the kernel's generator and nothing else.

#include <psa/crypto.h>
#include <unistd.h>

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
                                             uint8_t *output, size_t output_size,
                                             size_t *output_length)
{
    (void)context;
    enum : size_t { MOST = 256 }; // of getentropy
    for (size_t at = 0; at < output_size;) {
        size_t part = output_size - at < MOST ? output_size - at : MOST;
        if (getentropy(output + at, part)) return PSA_ERROR_INSUFFICIENT_ENTROPY;
        at += part;
    }
    *output_length = output_size;
    return PSA_SUCCESS;
}
