// SPDX-License-Identifier: MIT
// Feeds the reader of 9P2000.L with anything. What it takes for a message is written again, which
// gives the same bytes; data is read as a directory's listing, numbers as attributes.
#include "lib/9wire/attribute.c"
#include "lib/9wire/wire.c"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void seed(const char *folder, const struct wire_message *message)
{
    char path[4096];
    uint8_t frame[1024];
    snprintf(path, sizeof path, "%s/good%u", folder, message->type);
    FILE *file = fopen(path, "wb");
    if (file == nullptr) return;
    fwrite(frame, 1, wire_encode(message, frame, sizeof frame), file);
    fclose(file);
}

// One good message of each type to begin with, in the folder of inputs, which is the last argument.
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    static const uint8_t entry[] = "\0\1\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\4\1\0a";
    if (*count < 2) return 0;
    for (uint32_t type = 0; type < LAYOUTS; type++) {
        struct wire_message message = {
            .type = (uint8_t)type, .tag = 1, .data = entry, .size = sizeof entry - 1};
        for (uint32_t i = 0; i < WIRE_NUMBERS; i++) message.number[i] = 1 + i % 3;
        for (uint32_t i = 0; i < WIRE_NAMES; i++) message.text[i] = wire_text_of("name");
        if (layout_of((uint8_t)type)) seed((*arguments)[*count - 1], &message);
    }
    return 0;
}

static void read_listing(const struct wire_message *message)
{
    struct wire_entry entry;
    for (size_t at = 0, size; at < message->size; at += size) {
        size = wire_entry_get(message->data + at, message->size - at, &entry);
        if (size == 0) return;
        (void)wire_is_name(entry.name);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    struct wire_message message;
    if (!wire_decode(input, size, &message)) return 0;
    uint8_t *frame = malloc(size + sizeof(uint32_t));
    size_t again = wire_encode(&message, frame, size + sizeof(uint32_t));
    bool is_short = message.type == WIRE_FSYNC && size == WIRE_HEADER + sizeof(uint32_t);
    if (again != size + (is_short ? sizeof(uint32_t) : 0)) abort();
    if (!is_short && memcmp(frame, input, size) != 0) abort();
    free(frame);
    struct fe_9p_attributes attributes;
    struct fe_9p_statfs statistics;
    uint32_t valid;
    wire_attributes_get(&message, &attributes);
    wire_statfs_get(&message, &statistics);
    (void)wire_change_get(&message, &valid, &attributes);
    read_listing(&message);
    for (uint32_t i = 0; i < WIRE_NAMES; i++) {
        if (message.text[i].text) (void)wire_is_name(message.text[i]);
    }
    return 0;
}
