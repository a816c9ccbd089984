// SPDX-License-Identifier: MIT
// Feeds the kernel's reader of the initrd with anything. An archive gets past its signature only
// when who may sign made it; what reads it relies on its own checks all the same.
#include "archive_sample.h"
#include "kernel/initrd.c"
#include "lib/cpio/cpio.c"
#include "lib/cpio/initrd.c"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

const struct trust_root trust_roots[1] = {{.key = {1}}};
const uint32_t trust_root_count = 1;

// Nothing is signed right here.
void sha512_init(struct sha512 *hash)
{
    hash->opaque[0] = 0;
}

void sha512_update(struct sha512 *hash, const void *bytes, size_t size)
{
    hash->opaque[0] += size;
}

void sha512_final(struct sha512 *hash, uint8_t digest[64])
{
    digest[0] = (uint8_t)hash->opaque[0];
}

bool ed25519_verify(const uint8_t signature[64], const void *message, size_t size,
                    const uint8_t key[32])
{
    return false;
}

static void take(struct initrd_reader *self, const void *bytes, size_t size)
{
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < size; i++) sum += ((const uint8_t *)bytes)[i];
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    archive_write(*count, *arguments);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    struct initrd initrd;
    const uint8_t *file;
    size_t file_size;
    volatile uint8_t sum = 0;
    struct initrd_reader reader = {take};
    (void)initrd_read_signed(input, size, &reader);
    (void)initrd_open(input, size, &initrd);
    initrd = (struct initrd){input, size};
    if (initrd_find(&initrd, "service/init", &file, &file_size) != OK) return 0;
    for (size_t i = 0; i < file_size; i++) sum += file[i];
    return 0;
}
