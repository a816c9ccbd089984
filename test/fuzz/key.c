// SPDX-License-Identifier: MIT
// uses: libsodium
// Feeds the reader of keys with anything. What it takes for a key is 64 hexadecimal digits, which
// are the key's again, with at most one newline behind them; all of those are keys.
#include "lib/9key/key.c"
#include "lib/9wire/attribute.c"
#include "test/no_files.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static bool is_digit(char letter)
{
    return strchr("0123456789abcdefABCDEF", letter) != nullptr && letter != '\0';
}

static bool is_key(const char *text, size_t size)
{
    if (size == 2 * KEY_SIZE + 1 && text[size - 1] == '\n') size--;
    if (size != 2 * KEY_SIZE) return false;
    while (size > 0 && is_digit(text[size - 1])) size--;
    return size == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    uint8_t key[KEY_SIZE];
    char *text = malloc(size ? size : 1); // of its own size, so that reading past the end is seen
    memcpy(text, input, size);
    bool is_taken = key_parse(text, size, key);
    if (is_taken != is_key(text, size)) abort();
    for (size_t i = 0; is_taken && i < KEY_SIZE; i++) {
        char digits[3];
        snprintf(digits, sizeof digits, "%02x", key[i]);
        for (size_t j = 0; j < 2; j++) {
            char letter = text[2 * i + j];
            if (letter >= 'A' && letter <= 'F') letter |= 0x20;
            if (letter != digits[j]) abort();
        }
    }
    free(text);
    return 0;
}
