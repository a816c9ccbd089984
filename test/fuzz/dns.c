// SPDX-License-Identifier: MIT
// Feeds the name service with answers of servers and with questions of programs. An input is what a
// program asks (the type's number, a name), and messages: whether it is given the header and
// question that it must have (1 byte), its size (2), and it. What comes of it is a message that a
// reader takes whole, in which every name can be read.
#include "service/dns/answer.c"
#include "service/dns/message.c"
#include "service/dns/name.c"
#include "service/dns/print.c"
#include "service/dns/table.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static int take(const struct record_text *line, void *context)
{
    size_t *lines = context;
    if (strlen(line->value) >= sizeof line->value || line->name[0] == '\0') abort();
    ++*lines;
    return 0;
}

static void answer_check(const struct answer *answer)
{
    uint32_t count;
    size_t at = records_begin(answer->bytes, answer->size, &count), lines = 0;
    struct record record;
    if (count != answer->count || answer->size > ANSWER_MOST || answer->ttl > TTL_MOST) abort();
    if (answer->links > LINKS_MOST + 1) abort();
    while (count-- > 0) {
        if (!record_read(answer->bytes, answer->size, &at, &record)) abort();
        if (record.type == TYPE_CNAME || record.type == TYPE_PTR) {
            struct name name;
            if (!name_read(answer->bytes, answer->size, &record.data_at, &name)) abort();
        }
    }
    if (answer->count > 0 && at != answer->size) abort();
    records_print(answer->bytes, answer->size, take, &lines);
    if (lines > answer->count) abort();
}

// With the header and question that it must have, or as it is.
static void hear(struct answer *answer, const uint8_t *input, size_t size, bool is_right)
{
    static uint8_t bytes[QUESTION_MOST + UINT16_MAX];
    size_t head = 0;
    if (is_right && size >= 6) {
        head = question_write(&answer->last, answer->question.type, 0, bytes);
        memcpy(bytes + 2, input, 2);
        bytes[2] = (uint8_t)((bytes[2] | 0x80) & ~0x78);
        memcpy(bytes + 6, input + 2, 4);
        input += 6;
        size -= 6;
    }
    uint8_t *copy = malloc(head + size + 1); // exactly as large, so that nothing beyond is read
    memcpy(copy, bytes, head);
    memcpy(copy + head, input, size);
    (void)answer_read(answer, 0, copy, head + size);
    free(copy);
    answer_end(answer, CODE_OK);
    answer_check(answer);
}

static void tables_read(const uint8_t *input, size_t size)
{
    struct settings settings;
    struct name name;
    char *text = malloc(size + 1), address[ADDRESS_SIZE];
    uint16_t port;
    memcpy(text, input, size);
    text[size] = '\0';
    settings_parse(text, &settings);
    if (settings.servers > SERVERS_MOST || settings.search > SEARCH_MOST) abort();
    if (name_parse(text, strlen(text), &name)) {
        const char *rest = text;
        while (hosts_next(&rest, &name, address)) {
            if (!is_address(address)) abort();
        }
    }
    (void)service_port(text, "http", "tcp", &port);
    (void)name_of_address(text, &name);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    static struct answer answer;
    struct question question = {.type = size > 0 ? input[0] : 0};
    size_t at = size > 0;
    uint16_t id;
    tables_read(input, size);
    if (question_read(input, size, &id, &question)) question.type = TYPE_A;
    if (!name_read(input, size, &at, &question.name)) return 0;
    if (!answer_begin(&answer, &question)) return 0;
    answer_end(&answer, CODE_OK);
    answer_check(&answer);
    while (size - at >= 3 && answer.links <= LINKS_MOST) {
        bool is_right = input[at] != 0;
        size_t piece = get16(input + at + 1);
        at += 3;
        if (piece > size - at) piece = size - at;
        hear(&answer, input + at, piece, is_right);
        at += piece;
    }
    return 0;
}
