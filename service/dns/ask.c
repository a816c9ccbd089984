// SPDX-License-Identifier: MIT
// Questions of programs, as text and as messages.
#include "ask.h"

#include <9p/client.h>
#include <ferrite/clock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"
#include "table.h"
#include "wire.h"

enum : uint16_t { TYPE_ADDRESSES = 0 }; // of both kinds

int reply_add(struct reply *reply, const void *bytes, size_t size)
{
    char *more = realloc(reply->bytes, reply->size + size);
    if (more == nullptr) return -ENOMEM;
    memcpy(more + reply->size, bytes, size);
    reply->bytes = more;
    reply->size += size;
    return 0;
}

// --- Names -------------------------------------------------------------------------------------

static int line_add(const struct record_text *line, void *context)
{
    char text[NAME_TEXT_SIZE + sizeof line->value + 32];
    int size = snprintf(text, sizeof text, "%s %s %s\n", line->name, line->type, line->value);
    return reply_add(context, text, (size_t)size);
}

// What to do with each record of an answer.
struct taker {
    int (*take)(const struct record_text *line, void *context);
    void *context;
};

static int outcome_error(enum outcome outcome)
{
    if (outcome == OUTCOME_NO_NAME) return -ENOENT;
    if (outcome == OUTCOME_NO_DATA) return -ENODATA;
    if (outcome == OUTCOME_NO_WAY) return -ENETUNREACH;
    if (outcome == OUTCOME_NO_RANDOM) return -EIO;
    return outcome == OUTCOME_FOUND ? 0 : -EHOSTUNREACH;
}

static int take_type(const struct question *question, const struct taker *taker)
{
    const struct cache_entry *entry;
    int result = resolve(question, &entry);
    if (result != 0) return result;
    result = outcome_error(entry->outcome);
    return result == 0 ? records_print(entry->bytes, entry->size, taker->take, taker->context)
                       : result;
}

// Both kinds of addresses are asked for at the same time.
static int take_name(const struct name *name, uint16_t type, const struct taker *taker)
{
    const struct cache_entry *entry;
    struct question question = {.name = *name, .type = type};
    if (type != TYPE_ADDRESSES) return take_type(&question, taker);
    struct question other = question;
    question.type = TYPE_A;
    other.type = TYPE_AAAA;
    int first = resolve(&question, &entry), second = resolve(&other, &entry);
    if (first == P9_LATER || second == P9_LATER) return P9_LATER;
    first = take_type(&question, taker);
    if (first == P9_LATER) return first;
    second = take_type(&other, taker);
    if (second == P9_LATER) return second;
    return first == 0 || second == 0 ? 0 : first;
}

static bool joined(const struct name *name, const struct name *zone, struct name *whole)
{
    if (name->size - 1 + zone->size > NAME_MOST) return false;
    *whole = *name;
    memcpy(whole->bytes + name->size - 1, zone->bytes, zone->size);
    whole->size = (uint8_t)(name->size - 1 + zone->size);
    return true;
}

// A name without a dot is looked for in each zone of the search list, and then as it is.
static int take_searched(const char *text, const struct name *name, uint16_t type,
                         const struct taker *taker)
{
    struct settings settings = {};
    struct name whole;
    char *conf = strchr(text, '.') == nullptr ? p9_read_whole("/net/resolv.conf") : nullptr;
    if (conf != nullptr) settings_parse(conf, &settings);
    free(conf);
    for (uint32_t i = 0; i < settings.search; i++) {
        if (!joined(name, &settings.zone[i], &whole)) continue;
        int result = take_name(&whole, type, taker);
        if (result != -ENOENT && result != -ENODATA) return result;
    }
    return take_name(name, type, taker);
}

// From /etc/hosts. How many there were, or a negative errno.
static int take_hosts(const char *text, const struct name *name, uint16_t type,
                      const struct taker *taker)
{
    char *hosts = p9_read_whole("/etc/hosts"), address[ADDRESS_SIZE];
    const char *rest = hosts == nullptr ? "" : hosts;
    int count = 0, result = 0;
    while (result == 0 && hosts_next(&rest, name, address)) {
        bool is_v6 = is_address_v6(address);
        if (type != TYPE_ADDRESSES && type != (is_v6 ? TYPE_AAAA : TYPE_A)) continue;
        struct record_text line = {.name = text, .type = is_v6 ? "aaaa" : "a"};
        snprintf(line.value, sizeof line.value, "%s", address);
        result = taker->take(&line, taker->context);
        count++;
    }
    free(hosts);
    return result == 0 ? count : result;
}

static int take(const char *text, uint16_t type, const struct taker *taker)
{
    struct name name;
    if (type == TYPE_PTR && name_of_address(text, &name)) return take_name(&name, type, taker);
    if (!name_parse(text, strlen(text), &name)) return -EINVAL;
    int found = take_hosts(text, &name, type, taker);
    if (found != 0) return found < 0 ? found : 0;
    return take_searched(text, &name, type, taker);
}

int ask_names(const char *text, struct reply *reply)
{
    char name[ASK_MOST];
    uint16_t type = TYPE_ADDRESSES;
    size_t size = strcspn(text, " \n");
    memcpy(name, text, size);
    name[size] = '\0';
    text += size + strspn(text + size, " \n");
    if (*text != '\0' && !type_parse(text, &type)) return -EINVAL;
    struct taker taker = {line_add, reply};
    return take(name, type, &taker);
}

// --- Connections -------------------------------------------------------------------------------

struct connection {
    const char *network;
    char port[sizeof "!65535"];
    struct reply *reply;
};

static int connection_add(const struct record_text *line, void *context)
{
    const struct connection *connection = context;
    char text[128];
    if (!is_address(line->value)) return 0; // an alias
    int size = snprintf(text, sizeof text, "/net/%s/clone %s%s\n", connection->network, line->value,
                        connection->port);
    return reply_add(connection->reply, text, (size_t)size);
}

static int port_find(struct connection *connection, const char *service)
{
    uint16_t port;
    char *services = p9_read_whole("/etc/services");
    bool is_known =
        service_port(services == nullptr ? "" : services, service, connection->network, &port);
    free(services);
    if (!is_known) return -ENOENT;
    snprintf(connection->port, sizeof connection->port, "!%u", port);
    return 0;
}

int ask_connection(const char *text, struct reply *reply)
{
    static const char *const networks[] = {"tcp", "udp", "icmp", "icmpv6"};
    char copy[ASK_MOST], *rest;
    snprintf(copy, sizeof copy, "%.*s", (int)strcspn(text, "\n"), text);
    const char *network = strtok_r(copy, "!", &rest), *host = strtok_r(nullptr, "!", &rest);
    const char *service = strtok_r(nullptr, "!", &rest);
    struct connection connection = {.reply = reply};
    if (host == nullptr || strtok_r(nullptr, "!", &rest) != nullptr) return -EINVAL;
    if (strcmp(network, "net") == 0) network = "tcp"; // what is meant unless told
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        if (strcmp(network, networks[i]) == 0) connection.network = networks[i];
    }
    if (connection.network == nullptr) return -EINVAL;
    bool has_ports = network[0] != 'i';
    if (has_ports != (service != nullptr)) return -EINVAL;
    int result = has_ports ? port_find(&connection, service) : 0;
    if (result != 0) return result;
    struct record_text line = {.name = host};
    struct taker taker = {connection_add, &connection};
    if (!is_address(host)) return take(host, TYPE_ADDRESSES, &taker);
    snprintf(line.value, sizeof line.value, "%s", host);
    return connection_add(&line, &connection);
}

// --- Messages ----------------------------------------------------------------------------------

// All records say how long the answer is good from now on.
static void ttl_set(uint8_t *bytes, size_t size, uint64_t expires)
{
    uint64_t now = fe_clock_monotonic();
    uint32_t count, ttl = expires > now ? (uint32_t)((expires - now) / 1'000'000'000) : 0;
    size_t at = records_begin(bytes, size, &count);
    struct record record;
    while (count-- > 0 && record_read(bytes, size, &at, &record)) put32(bytes + record.ttl_at, ttl);
}

int ask_message(const uint8_t *bytes, size_t size, struct reply *reply)
{
    uint16_t id;
    struct question question;
    const struct cache_entry *entry;
    if (!question_read(bytes, size, &id, &question)) return -EINVAL;
    int result = resolve(&question, &entry);
    if (result != 0) return result;
    bool is_asked = entry->outcome != OUTCOME_NO_WAY && entry->outcome != OUTCOME_NO_RANDOM;
    result = is_asked ? reply_add(reply, entry->bytes, entry->size) : outcome_error(entry->outcome);
    if (result != 0) return result;
    put16((uint8_t *)reply->bytes, id);
    ttl_set((uint8_t *)reply->bytes, reply->size, entry->expires);
    return 0;
}
