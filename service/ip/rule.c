// SPDX-License-Identifier: MIT
// Reading rules, and asking them.
#include "rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum : uint16_t { PORT_DNS = 53, PORT_EVERYBODYS = 1024 }; // and those above
enum : size_t { RULE_MAX = 96 };                           // bytes of one

static const char *protocol_name(const char *name)
{
    static const char *const all[] = {"tcp", "udp", "icmp", "icmpv6"};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (strcmp(all[i], name) == 0) return all[i];
    return nullptr;
}

static bool read_port(const char *text, struct rule *rule)
{
    char *end;
    rule->is_any_port = text == nullptr || strcmp(text, "*") == 0;
    if (rule->is_any_port) return true;
    unsigned long number = strtoul(text, &end, 10);
    rule->port = (uint16_t)number;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && number != 0 && number <= UINT16_MAX;
}

static bool read_address(const char *text, struct rule *rule)
{
    rule->is_any_address = strcmp(text, "*") == 0;
    return rule->is_any_address || address_read(text, &rule->address);
}

// One rule, of which `text` is the only copy.
static bool read_rule(char *text, struct rule *rule)
{
    char *words[3] = {text}; // protocol, address, port
    for (size_t i = 1; i < 3 && words[i - 1] != nullptr; i++) {
        words[i] = strchr(words[i - 1], '!');
        if (words[i] != nullptr) *words[i]++ = '\0';
    }
    rule->protocol = protocol_name(words[0]);
    if (rule->protocol == nullptr) return false;
    rule->is_whole = rule->is_any_address = rule->is_any_port = words[1] == nullptr;
    if (rule->is_whole) return true;
    rule->is_local = strcmp(words[1], "listen") == 0;
    if (rule->is_local) return words[2] != nullptr && read_port(words[2], rule);
    return read_address(words[1], rule) && read_port(words[2], rule);
}

static bool read_next(const char *text, size_t size, struct rules *rules)
{
    char copy[RULE_MAX];
    if (size == 0 || size >= sizeof(copy) || memchr(text, '\0', size) != nullptr) return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (strcmp(copy, "dns") == 0) {
        rules->has_dns = true;
        return true;
    }
    return read_rule(copy, &rules->rule[rules->count++]);
}

int rules_read(const char *text, size_t size, struct rules **rules)
{
    uint32_t most = 1;
    for (size_t i = 0; i < size; i++) most += text[i] == ',';
    struct rules *made = calloc(1, sizeof(*made) + most * sizeof(made->rule[0]));
    if (made == nullptr) return -ENOMEM;
    for (const char *end = text + size;;) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        const char *stop = comma == nullptr ? end : comma;
        if (!read_next(text, (size_t)(stop - text), made)) break;
        *rules = made;
        if (comma == nullptr) return 0;
        text = comma + 1;
    }
    free(made);
    *rules = nullptr;
    return -EINVAL;
}

static bool is_of(const struct rule *rule, const struct protocol *protocol)
{
    return strcmp(rule->protocol, protocol->name) == 0;
}

static bool has_ports(const struct protocol *protocol)
{
    return strcmp(protocol->name, "udp") == 0 || strcmp(protocol->name, "tcp") == 0;
}

static bool speaks_dns(const struct rules *rules, const struct protocol *protocol)
{
    return rules->has_dns && has_ports(protocol);
}

bool rules_name(const struct rules *rules, const struct protocol *protocol)
{
    if (rules == nullptr || speaks_dns(rules, protocol)) return true;
    for (uint32_t i = 0; i < rules->count; i++)
        if (is_of(&rules->rule[i], protocol)) return true;
    return false;
}

static bool allows_local(const struct rule *rule, uint16_t port)
{
    if (!rule->is_local) return rule->is_whole;
    return rule->is_any_port || (port != 0 && rule->port == port);
}

bool rules_allow_local(const struct rules *rules, const struct protocol *protocol, uint16_t port)
{
    if (rules == nullptr) return true;
    for (uint32_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rule[i];
        if (is_of(rule, protocol) && allows_local(rule, port)) return true;
    }
    return false;
}

// A rule for any port gives none: it narrows what its user has.
static bool gives(const struct rules *rules, const struct protocol *protocol, uint16_t port)
{
    if (rules == nullptr || !rules->is_by_zero) return false;
    for (uint32_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rule[i];
        if (is_of(rule, protocol) && rule->is_local && !rule->is_any_port && rule->port == port)
            return true;
    }
    return false;
}

bool rules_allow_port(const struct conversation *conversation, uint16_t port)
{
    const struct rules *rules = conversation->rules;
    const struct protocol *protocol = conversation->protocol;
    if (port == 0) return true;
    if (!rules_allow_local(rules, protocol, port)) return false;
    bool is_low = port < PORT_EVERYBODYS && has_ports(protocol);
    return !is_low || conversation->owner.uid == 0 || gives(rules, protocol, port);
}

bool rules_allow_remote(const struct rules *rules, const struct protocol *protocol,
                        const ip_addr_t *address, uint16_t port)
{
    if (rules == nullptr) return true;
    if (speaks_dns(rules, protocol) && port == PORT_DNS && rules->is_name_server(address))
        return true;
    for (uint32_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rule[i];
        if (!is_of(rule, protocol) || rule->is_local) continue;
        bool is_there = rule->is_any_address || ip_addr_zoneless_eq(&rule->address, address);
        if (is_there && (rule->is_any_port || rule->port == port)) return true;
    }
    return false;
}

bool rules_allow_datagram(const struct conversation *conversation, const ip_addr_t *address,
                          uint16_t port)
{
    const struct rules *rules = conversation->rules;
    const struct protocol *protocol = conversation->protocol;
    if (rules_allow_remote(rules, protocol, address, port)) return true;
    return conversation->local_port != 0 &&
           rules_allow_local(rules, protocol, conversation->local_port);
}
