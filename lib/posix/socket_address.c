// SPDX-License-Identifier: MIT
// Addresses of sockets: the C library's structures, and the text "address!port" of /net.
#include "socket_internal.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; // ::ffff:a.b.c.d

struct address address_of(const void *sockaddr)
{
    struct address address = {};
    sa_family_t family = ((const struct sockaddr *)sockaddr)->sa_family;
    if (family == AF_INET) {
        const struct sockaddr_in *four = sockaddr;
        memcpy(address.bytes, &four->sin_addr, 4);
        address.port = ntohs(four->sin_port);
        address.version = 4;
    } else if (family == AF_INET6) {
        const struct sockaddr_in6 *six = sockaddr;
        bool is_mapped = memcmp(&six->sin6_addr, mapped, sizeof mapped) == 0;
        if (is_mapped) {
            memcpy(address.bytes, (const uint8_t *)&six->sin6_addr + 12, 4);
        } else {
            memcpy(address.bytes, &six->sin6_addr, 16);
        }
        address.port = ntohs(six->sin6_port);
        address.version = is_mapped ? 4 : 6;
        address.scope = six->sin6_scope_id;
    }
    return address;
}

// Of one link: a number tells which (RFC 4007).
static bool is_of_link(const struct address *address)
{
    return address->version == 6 && address->scope != 0 &&
           (IN6_IS_ADDR_LINKLOCAL(address->bytes) || IN6_IS_ADDR_MC_LINKLOCAL(address->bytes));
}

static bool is_any(const struct address *address)
{
    static const uint8_t zero[16];
    return memcmp(address->bytes, zero, sizeof zero) == 0;
}

long address_command(const char *verb, const void *sockaddr, size_t size, char *command)
{
    char text[INET6_ADDRSTRLEN] = "*";
    if (sockaddr == nullptr || size < sizeof(struct sockaddr_in)) return -EINVAL;
    sa_family_t family = ((const struct sockaddr *)sockaddr)->sa_family;
    if (family == AF_INET6 && size < sizeof(struct sockaddr_in6)) return -EINVAL;
    struct address address = address_of(sockaddr);
    if (address.version == 0) return -EAFNOSUPPORT;
    int domain = address.version == 4 ? AF_INET : AF_INET6;
    if (is_any(&address)) {
        // Any address to listen at; and to connect to, oneself.
        if (strcmp(verb, "connect") == 0)
            strcpy(text, domain == AF_INET ? "127.0.0.1" : "::1");
        else if (domain == AF_INET)
            strcpy(text, "0.0.0.0");
    } else if (inet_ntop(domain, address.bytes, text, sizeof text) == nullptr) {
        return -EINVAL;
    }
    char scope[12] = "";
    if (is_of_link(&address)) snprintf(scope, sizeof scope, "%%%u", address.scope);
    snprintf(command, 96, "%s %s%s!%u", verb, text, scope, address.port);
    return 0;
}

void address_give(int domain, const struct address *address, void *to, uint32_t *size)
{
    struct sockaddr_storage storage = {};
    uint32_t full;
    if (domain == AF_INET) {
        struct sockaddr_in *four = (struct sockaddr_in *)&storage;
        *four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(address->port)};
        memcpy(&four->sin_addr, address->bytes, 4);
        full = sizeof *four;
    } else {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)&storage;
        *six = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                     .sin6_port = htons(address->port),
                                     .sin6_scope_id = address->scope};
        if (address->version == 4) {
            memcpy(&six->sin6_addr, mapped, sizeof mapped);
            memcpy((uint8_t *)&six->sin6_addr + 12, address->bytes, 4);
        } else {
            memcpy(&six->sin6_addr, address->bytes, 16);
        }
        full = sizeof *six;
    }
    memcpy(to, &storage, *size < full ? *size : full);
    *size = full;
}

long address_from_text(int domain, const char *text, void *to, uint32_t *size)
{
    char name[64];
    struct address address = {};
    const char *mark = strchr(text, '!');
    if (mark == nullptr || (size_t)(mark - text) >= sizeof name) return -EIO;
    memcpy(name, text, (size_t)(mark - text));
    name[mark - text] = '\0';
    address.port = (uint16_t)strtoul(mark + 1, nullptr, 10);
    char *scope = strchr(name, '%');
    if (scope != nullptr) {
        *scope++ = '\0';
        address.scope = (uint32_t)strtoul(scope, nullptr, 10);
    }
    if (inet_pton(AF_INET, name, address.bytes) == 1) {
        address.version = 4;
    } else if (inet_pton(AF_INET6, name, address.bytes) == 1) {
        address.version = 6;
    }
    if (domain == AF_INET && address.version == 6) memset(address.bytes, 0, sizeof address.bytes);
    address_give(domain, &address, to, size);
    return 0;
}
