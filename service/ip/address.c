// SPDX-License-Identifier: MIT
// Addresses as text, and lwIP's errors as errno.
#include "ip.h"

#include <errno.h>
#include <lwip/err.h>
#include <stdlib.h>
#include <string.h>

bool address_parse(const char *text, ip_addr_t *address, uint16_t *port)
{
    char name[64], *end;
    const char *mark = strchr(text, '!');
    if (mark == nullptr || (size_t)(mark - text) >= sizeof(name)) return false;
    memcpy(name, text, (size_t)(mark - text));
    name[mark - text] = '\0';
    unsigned long number = strtoul(mark + 1, &end, 10);
    if (*end != '\0' || end == mark + 1 || number > UINT16_MAX) return false;
    *port = (uint16_t)number;
    if (strcmp(name, "*") == 0) {
        *address = *IP_ANY_TYPE;
        return true;
    }
    return ipaddr_aton(name, address) != 0;
}

const char *address_name(const ip_addr_t *address, char *name)
{
    if (IP_IS_ANY_TYPE_VAL(*address)) return strcpy(name, "::");
    ipaddr_ntoa_r(address, name, IPADDR_STRLEN_MAX);
    for (char *c = name; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'F') *c += 'a' - 'A';
    }
    return name;
}

void address_print(struct p9_text *text, const ip_addr_t *address, uint16_t port)
{
    char name[IPADDR_STRLEN_MAX];
    p9_print(text, "%s!%u\n", address_name(address, name), port);
}

int lwip_errno(int8_t error)
{
    switch (error) {
    case ERR_OK: return 0;
    case ERR_MEM:
    case ERR_BUF: return -ENOMEM;
    case ERR_TIMEOUT: return -ETIMEDOUT;
    case ERR_RTE: return -ENETUNREACH;
    case ERR_INPROGRESS: return -EINPROGRESS;
    case ERR_VAL:
    case ERR_ARG: return -EINVAL;
    case ERR_WOULDBLOCK: return -EAGAIN;
    case ERR_USE: return -EADDRINUSE;
    case ERR_ALREADY: return -EALREADY;
    case ERR_ISCONN: return -EISCONN;
    case ERR_CONN: return -ENOTCONN;
    case ERR_IF: return -ENETDOWN;
    case ERR_ABRT: return -ECONNABORTED;
    case ERR_RST: return -ECONNRESET;
    case ERR_CLSD: return -EPIPE;
    default: return -EIO;
    }
}
