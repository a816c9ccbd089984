// SPDX-License-Identifier: MIT
// uses: lwip
// Feeds the reader of DHCPv6's messages with anything. What is believed is whole: its parts lie
// within the message, its times fit together, and a question that is made of it is not too large.
#include "port/lwip/lease6_message.h"

#include <lwip_hooks.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static const struct lease6_client client = {
    .name = {0, 3, 0, 1, 2, 0, 0, 0, 0, 1},
    .association = 1,
};

uint32_t sys_now(void);
void lwip_assertion_failed(const char *text, const char *file, int line);

uint32_t sys_now(void)
{
    return 0;
}

void lwip_assertion_failed(const char *text, const char *file, int line)
{
    abort();
}

static void ask(const struct lease6_answer *answer)
{
    uint8_t *message = malloc(LEASE6_MESSAGE_MAX); // writing past the end is seen
    struct lease6_question question = {
        .type = 3,
        .transaction = answer->transaction,
        .client = &client,
        .server = answer->server,
        .server_size = answer->server_size,
        .named = &answer->given,
        .waited = UINT32_MAX,
    };
    if (lease6_write(&question, message) > LEASE6_MESSAGE_MAX) abort();
    free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    struct lease6_answer answer;
    uint8_t *message = malloc(size ? size : 1);
    if (size != 0) memcpy(message, input, size);
    if (size <= 1500 && lease6_read(message, size, &client, &answer)) {
        if (answer.name_servers + 16 * (size_t)answer.name_server_count > size) abort();
        if (answer.domains + (size_t)answer.domains_size > size) abort();
        lwip_told_domains(message + answer.domains, answer.domains_size);
        if (strlen(lwip_told_domain()) >= 256) abort();
        if (answer.given.count > LEASE6_ADDRESSES) abort();
        for (unsigned i = 0; i < answer.given.count; i++)
            if (answer.given.list[i].preferred > answer.given.list[i].valid) abort();
        if (answer.server_size == 0 || answer.server_size > LEASE6_SERVER_MAX) abort();
        ask(&answer);
    }
    free(message);
    return 0;
}
