// SPDX-License-Identifier: MIT
// The tables that are text, by lines and words.
#include "table.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
    const char *at;
    size_t size;
};

static const char blanks[] = " \t\r";

// The next word of a line, empty at its end and before a comment.
static struct word word_next(const char **line)
{
    *line += strspn(*line, blanks);
    struct word word = {*line, 0};
    while (word.at[word.size] != '\0' && strchr(" \t\r\n#;", word.at[word.size]) == nullptr)
        word.size++;
    *line += word.size;
    return word;
}

static bool is_word(struct word word, const char *text)
{
    return word.size == strlen(text) && memcmp(word.at, text, word.size) == 0;
}

static const char *line_next(const char *line)
{
    line += strcspn(line, "\n");
    return *line == '\n' ? line + 1 : line;
}

static bool address_read(struct word word, char address[ADDRESS_SIZE])
{
    if (word.size >= ADDRESS_SIZE) return false;
    memcpy(address, word.at, word.size);
    address[word.size] = '\0';
    return is_address(address);
}

void settings_parse(const char *text, struct settings *settings)
{
    settings->servers = settings->search = 0;
    for (; *text != '\0'; text = line_next(text)) {
        const char *line = text;
        struct word what = word_next(&line), word = word_next(&line);
        if (is_word(what, "nameserver") && settings->servers < SERVERS_MOST)
            settings->servers += address_read(word, settings->server[settings->servers]);
        if (!is_word(what, "search") && !is_word(what, "domain")) continue;
        for (settings->search = 0; word.size > 0 && settings->search < SEARCH_MOST;
             word = word_next(&line)) {
            settings->search += name_parse(word.at, word.size, &settings->zone[settings->search]);
        }
    }
}

bool hosts_next(const char **text, const struct name *name, char address[ADDRESS_SIZE])
{
    while (**text != '\0') {
        const char *line = *text;
        *text = line_next(line);
        if (!address_read(word_next(&line), address)) continue;
        for (struct word word = word_next(&line); word.size > 0; word = word_next(&line)) {
            struct name own;
            if (name_parse(word.at, word.size, &own) && name_equal(&own, name)) return true;
        }
    }
    return false;
}

static bool number_read(struct word word, uint16_t *port)
{
    uint32_t value = 0;
    for (size_t i = 0; i < word.size; i++) {
        if (word.at[i] < '0' || word.at[i] > '9') return false;
        value = value * 10 + (uint32_t)(word.at[i] - '0');
        if (value > UINT16_MAX) return false;
    }
    *port = (uint16_t)value;
    return word.size > 0;
}

bool service_port(const char *text, const char *service, const char *protocol, uint16_t *port)
{
    if (number_read((struct word){service, strlen(service)}, port)) return true;
    for (; *text != '\0'; text = line_next(text)) {
        const char *line = text;
        bool is_found = false;
        struct word first = word_next(&line), where = word_next(&line);
        const char *slash = memchr(where.at, '/', where.size);
        if (slash == nullptr) continue;
        struct word number = {where.at, (size_t)(slash - where.at)};
        struct word kind = {slash + 1, where.size - number.size - 1};
        if (!is_word(kind, protocol)) continue;
        for (struct word word = first; word.size > 0 && !is_found; word = word_next(&line))
            is_found = is_word(word, service);
        if (is_found && number_read(number, port)) return true;
    }
    return false;
}

bool is_address_v6(const char *text)
{
    struct in6_addr address;
    return inet_pton(AF_INET6, text, &address) == 1;
}

bool is_address(const char *text)
{
    struct in_addr address;
    return inet_pton(AF_INET, text, &address) == 1 || is_address_v6(text);
}

bool name_of_address(const char *text, struct name *name)
{
    uint8_t bytes[16];
    char reversed[80];
    size_t size = 0;
    if (inet_pton(AF_INET, text, bytes) == 1) {
        size = (size_t)snprintf(reversed, sizeof reversed, "%u.%u.%u.%u.in-addr.arpa", bytes[3],
                                bytes[2], bytes[1], bytes[0]);
        return name_parse(reversed, size, name);
    }
    if (inet_pton(AF_INET6, text, bytes) != 1) return false;
    for (uint32_t i = sizeof bytes; i-- > 0;)
        size += (size_t)snprintf(reversed + size, sizeof reversed - size, "%x.%x.", bytes[i] & 15,
                                 bytes[i] >> 4);
    size += (size_t)snprintf(reversed + size, sizeof reversed - size, "ip6.arpa");
    return name_parse(reversed, size, name);
}
