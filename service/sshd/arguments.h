// SPDX-License-Identifier: MIT
// What sshd is started with.
#pragma once

#include <stdint.h>

struct arguments {
    uint16_t port;
    uint16_t silence; // seconds without a word, after which the peer is asked whether it is there
};

// nullptr, or what is wrong with the words.
const char *arguments_read(int count, char **words, struct arguments *arguments);
