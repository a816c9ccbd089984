// SPDX-License-Identifier: MIT
// Messages of DHCPv6: RFC 8415, sections 8 and 21. Options are read one by one within what holds
// them; those that are not known are passed over.
#include "lease6_message.h"
#include "lease6_wire.h"

#include <lwip/prot/dhcp6.h>
#include <string.h>

enum {
    HEAD = 4,              // of a message: its type and transaction; of an option: kind and size
    ASSOCIATION_HEAD = 12, // its number, T1 and T2
    ADDRESS_SIZE = 24,     // the address and its two times
    OPTION_SOL_MAX_RT = 82,
    WAIT_LEAST = 60,
    WAIT_MOST = 86400, // s: of that option
};

struct option {
    uint16_t kind, size;
    const uint8_t *bytes;
};

struct options { // what is not read yet
    const uint8_t *at, *end;
};

// 1: there is one; 0: there is none; -1: it is not whole.
static int option_next(struct options *options, struct option *option)
{
    size_t left = (size_t)(options->end - options->at);
    if (left == 0) return 0;
    if (left < HEAD) return -1;
    *option = (struct option){get16(options->at), get16(options->at + 2), options->at + HEAD};
    if (option->size > left - HEAD) return -1;
    options->at += HEAD + option->size;
    return 1;
}

static bool status_read(const struct option *option, struct lease6_answer *answer)
{
    if (option->size < 2) return false;
    if (get16(option->bytes) != DHCP6_STATUS_SUCCESS) answer->status = get16(option->bytes);
    return true;
}

static bool is_given(const struct lease6_addresses *given, const uint8_t *bytes)
{
    for (unsigned i = 0; i < given->count; i++)
        if (memcmp(given->list[i].bytes, bytes, sizeof given->list[i].bytes) == 0) return true;
    return false;
}

// As many as an interface can have, and each once. One whose times cannot be is left out.
static bool address_read(const struct option *option, struct lease6_answer *answer)
{
    if (option->size < ADDRESS_SIZE) return false;
    struct options inner = {option->bytes + ADDRESS_SIZE, option->bytes + option->size};
    struct option part;
    struct lease6_answer own = {.status = DHCP6_STATUS_SUCCESS};
    int more;
    while ((more = option_next(&inner, &part)) > 0)
        if (part.kind == DHCP6_OPTION_STATUS_CODE && !status_read(&part, &own)) return false;
    uint32_t preferred = get32(option->bytes + 16), valid = get32(option->bytes + 20);
    struct lease6_addresses *given = &answer->given;
    if (more < 0) return false;
    if (own.status != DHCP6_STATUS_SUCCESS || preferred > valid) return true;
    if (given->count == LEASE6_ADDRESSES || is_given(given, option->bytes)) return true;
    struct lease6_address *address = &given->list[given->count++];
    memcpy(address->bytes, option->bytes, sizeof address->bytes);
    address->preferred = preferred;
    address->valid = valid;
    return true;
}

static bool association_read(const struct option *option, const struct lease6_client *client,
                             struct lease6_answer *answer)
{
    if (option->size < ASSOCIATION_HEAD) return false;
    if (get32(option->bytes) != client->association || answer->has_association) return true;
    uint32_t renew = get32(option->bytes + 4), rebind = get32(option->bytes + 8);
    if (renew > rebind && rebind != 0) return true; // section 21.4: as if it were not there
    answer->has_association = true;
    answer->renew = renew;
    answer->rebind = rebind;
    struct options inner = {option->bytes + ASSOCIATION_HEAD, option->bytes + option->size};
    struct option part;
    int more;
    while ((more = option_next(&inner, &part)) > 0) {
        bool is_good = part.kind == DHCP6_OPTION_IAADDR        ? address_read(&part, answer)
                       : part.kind == DHCP6_OPTION_STATUS_CODE ? status_read(&part, answer)
                                                               : true;
        if (!is_good) return false;
    }
    return more == 0;
}

static bool server_read(const struct option *option, struct lease6_answer *answer)
{
    if (option->size == 0 || option->size > LEASE6_SERVER_MAX) return false;
    memcpy(answer->server, option->bytes, option->size);
    answer->server_size = option->size;
    return true;
}

static void wait_read(const struct option *option, struct lease6_answer *answer)
{
    uint32_t wait = option->size == 4 ? get32(option->bytes) : 0;
    if (wait >= WAIT_LEAST && wait <= WAIT_MOST) answer->longest_wait = wait;
}

static bool option_read(const struct option *option, const struct lease6_client *client,
                        struct lease6_answer *answer)
{
    switch (option->kind) {
    case DHCP6_OPTION_CLIENTID:
        answer->has_client = option->size == LEASE6_CLIENT_SIZE &&
                             memcmp(option->bytes, client->name, LEASE6_CLIENT_SIZE) == 0;
        return answer->has_client;
    case DHCP6_OPTION_SERVERID: return server_read(option, answer);
    case DHCP6_OPTION_IA_NA: return association_read(option, client, answer);
    case DHCP6_OPTION_STATUS_CODE: return status_read(option, answer);
    case DHCP6_OPTION_PREFERENCE:
        if (option->size == 1) answer->preference = option->bytes[0];
        return option->size == 1;
    case OPTION_SOL_MAX_RT: wait_read(option, answer); return true;
    default: return true;
    }
}

bool lease6_read(const uint8_t *message, size_t size, const struct lease6_client *client,
                 struct lease6_answer *answer)
{
    if (size < HEAD) return false;
    *answer = (struct lease6_answer){.type = message[0]};
    answer->transaction = get32(message) & 0xffffff;
    struct options options = {message + HEAD, message + size};
    struct option option;
    int more;
    while ((more = option_next(&options, &option)) > 0) {
        if (option.kind == DHCP6_OPTION_DNS_SERVERS && option.size % 16 == 0) {
            answer->name_servers = (uint16_t)(option.bytes - message);
            answer->name_server_count = option.size / 16;
        }
        if (option.kind == DHCP6_OPTION_DOMAIN_LIST) {
            answer->domains = (uint16_t)(option.bytes - message);
            answer->domains_size = option.size;
        }
        if (!option_read(&option, client, answer)) return false;
    }
    bool is_answer = answer->type == DHCP6_ADVERTISE || answer->type == DHCP6_REPLY;
    return more == 0 && is_answer && answer->has_client && answer->server_size != 0;
}

static uint8_t *put_bytes(uint8_t *to, const void *bytes, size_t size)
{
    memcpy(to, bytes, size);
    return to + size;
}

// The times are the server's to say.
static uint8_t *put_association(uint8_t *to, const struct lease6_question *question)
{
    const struct lease6_addresses *named = question->named;
    unsigned count = named == NULL ? 0 : named->count;
    size_t inner = count * (HEAD + ADDRESS_SIZE);
    to = put_option(to, DHCP6_OPTION_IA_NA, (uint16_t)(ASSOCIATION_HEAD + inner));
    to = put32(put32(put32(to, question->client->association), 0), 0);
    for (unsigned i = 0; i < count; i++) {
        to = put_option(to, DHCP6_OPTION_IAADDR, ADDRESS_SIZE);
        to = put_bytes(to, named->list[i].bytes, sizeof named->list[i].bytes);
        to = put32(put32(to, 0), 0);
    }
    return to;
}

size_t lease6_write(const struct lease6_question *question, uint8_t *message)
{
    static const uint16_t wanted[] = {DHCP6_OPTION_DNS_SERVERS, DHCP6_OPTION_DOMAIN_LIST,
                                      OPTION_SOL_MAX_RT};
    uint32_t hundredths = question->waited / 10;
    uint8_t *to = put32(message, (uint32_t)question->type << 24 | question->transaction);
    to = put_option(to, DHCP6_OPTION_CLIENTID, LEASE6_CLIENT_SIZE);
    to = put_bytes(to, question->client->name, LEASE6_CLIENT_SIZE);
    if (question->server != NULL) {
        to = put_option(to, DHCP6_OPTION_SERVERID, question->server_size);
        to = put_bytes(to, question->server, question->server_size);
    }
    to = put_association(to, question);
    to = put_option(to, DHCP6_OPTION_ELAPSED_TIME, 2);
    to = put16(to, hundredths > UINT16_MAX ? UINT16_MAX : hundredths);
    to = put_option(to, DHCP6_OPTION_ORO, sizeof wanted);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) to = put16(to, wanted[i]);
    return (size_t)(to - message);
}
