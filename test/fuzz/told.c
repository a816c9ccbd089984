// SPDX-License-Identifier: MIT
// uses: lwip
// Feeds the readers of what DHCP tells beside addresses. An input is records: which one is told (1
// byte; 128 and more: the packet is in pieces), bytes (1), and those: a domain of DHCPv4, domains
// as DHCPv6 has them, time servers. Whatever a server says, resolv.conf gets names alone.
#include <stdbool.h>

#include <lwip/init.h>
#include <lwip/pbuf.h>
#include <lwip_hooks.h>
#include <lwip/dhcp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "test/lwip.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

enum what : uint8_t { DOMAIN, DOMAINS, TIME_SERVERS, OTHER, WHATS };
enum : uint8_t { OPTION_DOMAIN = 15, IN_PIECES = 128 };

static struct pbuf *packet_make(const uint8_t *bytes, uint16_t size, bool is_in_pieces)
{
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, is_in_pieces ? size / 2 : size, PBUF_RAM);
    if (is_in_pieces) pbuf_cat(packet, pbuf_alloc(PBUF_RAW, size - size / 2, PBUF_RAM));
    if (pbuf_take(packet, bytes, size) != ERR_OK) abort();
    return packet;
}

// The option says that it is longer than what came when its last byte is odd.
static void option_tell(u8_t option, const uint8_t *bytes, uint8_t size, bool is_in_pieces)
{
    if (size < 2) return;
    struct pbuf *packet = packet_make(bytes, size, is_in_pieces);
    u8_t more = bytes[size - 1] & 1;
    lwip_dhcp_option(option, (u8_t)(size - 1 + more), packet, 1);
    pbuf_free(packet);
}

static void servers_tell(const uint8_t *bytes, uint8_t size)
{
    ip4_addr_t servers[64];
    memcpy(servers, bytes, size);
    dhcp_set_ntp_servers(size / sizeof *servers, servers);
}

// As it stands behind "search ".
static void domain_check(void)
{
    const char *text = lwip_told_domain();
    size_t size = strlen(text);
    if (size > 255 || (size > 0 && (text[0] == ' ' || text[size - 1] == ' '))) abort();
    for (size_t i = 0; i < size; i++) {
        bool is_letter = (text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z';
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (!is_letter && !is_digit && strchr("-._ ", text[i]) == NULL) abort();
        if (text[i] == ' ' && text[i + 1] == ' ') abort();
    }
}

static void tell(enum what what, const uint8_t *bytes, uint8_t size, bool is_in_pieces)
{
    uint8_t *copy = malloc(size); // exactly as large, so that nothing beyond is read
    memcpy(copy, bytes, size);
    switch (what) {
    case DOMAIN: option_tell(OPTION_DOMAIN, copy, size, is_in_pieces); break;
    case DOMAINS: lwip_told_domains(copy, size); break;
    case TIME_SERVERS: servers_tell(copy, size); break;
    default: option_tell(size ? copy[0] : 0, copy, size, is_in_pieces);
    }
    free(copy);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    lwip_init();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    const ip4_addr_t *servers;
    volatile uint32_t sum = 0;
    while (size >= 2) {
        uint8_t count = input[1] > size - 2 ? (uint8_t)(size - 2) : input[1];
        tell(input[0] % IN_PIECES % WHATS, input + 2, count, input[0] >= IN_PIECES);
        domain_check();
        u8_t told = lwip_told_time_servers(&servers);
        for (u8_t i = 0; i < told; i++) sum += servers[i].addr;
        input += 2 + count;
        size -= 2 + count;
    }
    return 0;
}
