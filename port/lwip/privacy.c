// SPDX-License-Identifier: MIT
// See lwip_privacy.h. What is kept of an interface is a word of its client data.
#include <lwip_lease6.h>
#include <lwip_privacy.h>

#include <stdbool.h>
#include <string.h>

enum {
    VALID = 2 * 24 * 3600, // s: RFC 8981, section 3.8
    PREFERRED = 24 * 3600,
    DESYNC = 2 * PREFERRED / 5, // at most so much less
    ADVANCE = 5,                // the next one is made so long before
    RETRIES = 3,                // addresses that others have, before none is tried any more
    CLIENT_DATA = LWIP_NETIF_CLIENT_DATA_INDEX_MAX,
    FAILURE_SHIFT = 16, // in the word: bits of addresses, failures, and whether it is off
};
static const uintptr_t OFF = 1u << 31;

static uintptr_t word_of(const struct netif *netif)
{
    return (uintptr_t)netif->client_data[CLIENT_DATA];
}

static void word_set(struct netif *netif, uintptr_t word)
{
    netif->client_data[CLIENT_DATA] = (void *)word;
}

static unsigned failures(const struct netif *netif)
{
    return (unsigned)(word_of(netif) & ~OFF) >> FAILURE_SHIFT;
}

int lwip_address_is_temporary(const struct netif *netif, int index)
{
    return (word_of(netif) >> index & 1) != 0;
}

static void forget(struct netif *netif, int index)
{
    netif_ip6_addr_set_state(netif, (s8_t)index, IP6_ADDR_INVALID);
    word_set(netif, word_of(netif) & ~((uintptr_t)1 << index));
}

void lwip_temporary_set(struct netif *netif, int is_on)
{
    word_set(netif, is_on ? word_of(netif) & 0xff : word_of(netif) | OFF);
    for (int i = 1; !is_on && i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (lwip_address_is_temporary(netif, i)) forget(netif, i);
    }
}

// Reserved are 0 and what RFC 5453 lists; 64 random bits are hardly ever one of those.
static bool is_reserved(const uint32_t id[2])
{
    uint32_t high = lwip_ntohl(id[0]), low = lwip_ntohl(id[1]);
    if (high == 0 && low == 0) return true;
    if (high == 0x02005eff && low >> 24 == 0xfe) return true;
    return high == 0xfdffffff && low >= 0xffffff80;
}

static int free_place(const struct netif *netif)
{
    for (int i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (ip6_addr_isinvalid(netif_ip6_addr_state(netif, i))) return i;
    }
    return 0;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

// One in the network of the address `from`.
static void make(struct netif *netif, int from)
{
    int place = free_place(netif);
    if (!lwip_random_is_secret()) return; // it is looked for again in a second
    uint32_t preferred = PREFERRED - LWIP_RAND() % DESYNC;
    preferred = least(preferred, netif_ip6_addr_pref_life(netif, from));
    if (place == 0 || preferred <= ADVANCE) return;
    ip6_addr_t address = *netif_ip6_addr(netif, from);
    do {
        address.addr[2] = LWIP_RAND();
        address.addr[3] = LWIP_RAND();
    } while (is_reserved(&address.addr[2]));
    ip_addr_copy_from_ip6(netif->ip6_addr[place], address);
    netif_ip6_addr_set_valid_life(netif, place,
                                  least(VALID, netif_ip6_addr_valid_life(netif, from)));
    netif_ip6_addr_set_pref_life(netif, place, preferred);
    word_set(netif, word_of(netif) | (uintptr_t)1 << place);
    netif_ip6_addr_set_state(netif, (s8_t)place, IP6_ADDR_TENTATIVE);
}

// Those in the network of `of` last no longer than it. Whether one is, or becomes, good to use.
static bool settle(struct netif *netif, int of)
{
    bool has = false;
    uint32_t valid = netif_ip6_addr_valid_life(netif, of);
    uint32_t preferred = netif_ip6_addr_pref_life(netif, of);
    for (int i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (!lwip_address_is_temporary(netif, i) ||
            !ip6_addr_net_eq(netif_ip6_addr(netif, i), netif_ip6_addr(netif, of)))
            continue;
        netif_ip6_addr_set_valid_life(netif, i, least(valid, netif_ip6_addr_valid_life(netif, i)));
        netif_ip6_addr_set_pref_life(netif, i,
                                     least(preferred, netif_ip6_addr_pref_life(netif, i)));
        if (netif_ip6_addr_state(netif, i) != IP6_ADDR_DEPRECATED &&
            netif_ip6_addr_pref_life(netif, i) > ADVANCE)
            has = true;
    }
    return has;
}

// Addresses that are over, or that somebody else has.
static void clean(struct netif *netif)
{
    for (int i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (!lwip_address_is_temporary(netif, i)) continue;
        bool is_duplicate = ip6_addr_isduplicated(netif_ip6_addr_state(netif, i));
        if (is_duplicate && failures(netif) < RETRIES)
            word_set(netif, word_of(netif) + (1u << FAILURE_SHIFT));
        if (is_duplicate || ip6_addr_isinvalid(netif_ip6_addr_state(netif, i))) forget(netif, i);
    }
}

void lwip_temporary_look(struct netif *netif)
{
    if ((word_of(netif) & OFF) != 0 || !netif->ip6_autoconfig_enabled) return;
    clean(netif);
    if (!netif_is_up(netif) || !netif_is_link_up(netif)) return;
    for (int i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        bool is_from_prefix = ip6_addr_isvalid(netif_ip6_addr_state(netif, i)) &&
                              !netif_ip6_addr_isstatic(netif, i) &&
                              !lwip_address_is_leased(netif, i) &&
                              !lwip_address_is_temporary(netif, i);
        if (is_from_prefix && !settle(netif, i) && failures(netif) < RETRIES) make(netif, i);
    }
}
