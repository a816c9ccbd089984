// SPDX-License-Identifier: MIT
// Random bytes, in pieces that the kernel gives in one call.
#include <abi/syscalls.h>
#include <ferrite/entropy.h>
#include <ferrite/start.h>

bool fe_entropy(void *data, size_t size)
{
    uint8_t *to = data;
    enum status status = OK;
    while (size > 0) {
        size_t piece = size < 256 ? size : 256;
        status = fe_entropy_read(to, piece);
        if (status != OK && status != ERR_AGAIN) fe_exit(126);
        to += piece;
        size -= piece;
    }
    return status == OK;
}
