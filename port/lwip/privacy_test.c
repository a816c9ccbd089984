// SPDX-License-Identifier: MIT
// Temporary addresses: when they are made, preferred, and over, in the test's own time.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip.h"
#include "test/unit.h"

#include <lwip/init.h>
#include <lwip/ip6.h>
#include <lwip/nd6.h>
#include <lwip_privacy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY = 24 * 3600, PLACE = 1 };

static struct netif netif;

static err_t output(struct netif *unused, struct pbuf *bytes, const ip6_addr_t *to)
{
    return ERR_OK;
}

static err_t netif_make(struct netif *made)
{
    made->mtu = 1500;
    made->output_ip6 = output;
    made->hwaddr_len = 6;
    memcpy(made->hwaddr, "\x52\x54\0\1\2\3", 6);
    return ERR_OK;
}

static void pass(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        nd6_tmr();
        lwip_temporary_look(&netif);
    }
}

// An address as a router's prefix makes it.
static void start(uint32_t valid, uint32_t preferred)
{
    static bool is_begun;
    if (!is_begun) lwip_init();
    if (is_begun) netif_remove(&netif);
    is_begun = true;
    netif_add_noaddr(&netif, NULL, netif_make, NULL);
    netif_create_ip6_linklocal_address(&netif, 1);
    netif_set_ip6_autoconfig_enabled(&netif, 1);
    netif_set_up(&netif);
    netif_set_link_up(&netif);
    ip6_addr_t address;
    ip6addr_aton("2001:db8::5054:ff:fe01:203", &address);
    ip_addr_copy_from_ip6(netif.ip6_addr[PLACE], address);
    netif_ip6_addr_set_valid_life(&netif, PLACE, valid);
    netif_ip6_addr_set_pref_life(&netif, PLACE, preferred);
    netif_ip6_addr_set_state(&netif, PLACE, IP6_ADDR_PREFERRED);
}

// How many there are in one of these states; *last: the place of the last.
static int count(uint8_t state, int *last)
{
    int found = 0;
    for (int i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (!lwip_address_is_temporary(&netif, i)) continue;
        if ((netif_ip6_addr_state(&netif, i) & state) != state) continue;
        found++;
        *last = i;
    }
    return found;
}

static const ip6_addr_t *source(void)
{
    ip6_addr_t far;
    ip6addr_aton("2001:db8:1::1", &far);
    return ip_2_ip6(ip6_select_source_address(&netif, &far));
}

TEST("a temporary address is made in the same network, and preferred once nobody has it")
{
    int place = 0;
    start(30 * DAY, 7 * DAY);
    EXPECT(source() == netif_ip6_addr(&netif, PLACE));
    pass(1);
    EXPECT(count(IP6_ADDR_TENTATIVE, &place) == 1);
    EXPECT(source() == netif_ip6_addr(&netif, PLACE));
    pass(3);
    EXPECT(count(IP6_ADDR_PREFERRED, &place) == 1 && place != PLACE);
    const ip6_addr_t *made = netif_ip6_addr(&netif, place), *own = netif_ip6_addr(&netif, PLACE);
    EXPECT(ip6_addr_net_eq(made, own) && made->addr[2] != own->addr[2]);
    EXPECT(source() == made);
}

TEST("each day another one is preferred; the one before stays another day")
{
    int first = 0, second = 0;
    start(IP6_ADDR_LIFE_INFINITE, IP6_ADDR_LIFE_INFINITE);
    pass(4);
    EXPECT(count(IP6_ADDR_PREFERRED, &first) == 1);
    ip6_addr_t before = *netif_ip6_addr(&netif, first);
    uint32_t life = netif_ip6_addr_pref_life(&netif, first);
    EXPECT(life > DAY / 2 && life <= DAY);
    pass(life - 2);
    EXPECT(count(IP6_ADDR_PREFERRED, &second) == 2); // the next one is there before
    pass(4);
    EXPECT(count(IP6_ADDR_PREFERRED, &second) == 1 && second != first);
    EXPECT(netif_ip6_addr_state(&netif, first) == IP6_ADDR_DEPRECATED);
    EXPECT(source() == netif_ip6_addr(&netif, second));
    pass(10 * DAY);
    EXPECT(count(IP6_ADDR_PREFERRED, &second) >= 1);
    for (int i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++)
        EXPECT(!ip6_addr_isvalid(netif_ip6_addr_state(&netif, i)) ||
               !ip6_addr_eq(&before, netif_ip6_addr(&netif, i)));
}

TEST("it lasts no longer than what the router says of its network")
{
    int place = 0;
    start(100, 50);
    pass(4);
    EXPECT(count(IP6_ADDR_PREFERRED, &place) == 1);
    EXPECT(netif_ip6_addr_pref_life(&netif, place) <= 50);
    EXPECT(netif_ip6_addr_valid_life(&netif, place) <= 100);
    netif_ip6_addr_set_pref_life(&netif, PLACE, 2); // the network is to be left
    pass(4);
    EXPECT(count(IP6_ADDR_PREFERRED, &place) == 0);
    pass(100);
    EXPECT(count(IP6_ADDR_TENTATIVE, &place) == 0);
    for (int i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) EXPECT(!lwip_address_is_temporary(&netif, i));
}

TEST("one that others have is given up, and after three no more are tried")
{
    int place = 0;
    start(30 * DAY, 7 * DAY);
    for (int i = 0; i < 3; i++) {
        pass(1);
        EXPECT(count(IP6_ADDR_TENTATIVE, &place) == 1);
        netif_ip6_addr_set_state(&netif, (s8_t)place, IP6_ADDR_DUPLICATED);
    }
    pass(100);
    for (int i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) EXPECT(!lwip_address_is_temporary(&netif, i));
    EXPECT(source() == netif_ip6_addr(&netif, PLACE));
}

TEST("an address that was set by hand has none beside it, and they can be turned off")
{
    int place = 0;
    start(IP6_ADDR_LIFE_STATIC, 0);
    pass(10);
    EXPECT(count(IP6_ADDR_TENTATIVE, &place) == 0 && count(IP6_ADDR_PREFERRED, &place) == 0);
    start(30 * DAY, 7 * DAY);
    pass(4);
    EXPECT(count(IP6_ADDR_PREFERRED, &place) == 1);
    lwip_temporary_set(&netif, false);
    pass(4);
    EXPECT(count(IP6_ADDR_PREFERRED, &place) == 0);
    lwip_temporary_set(&netif, true);
    pass(4);
    EXPECT(count(IP6_ADDR_PREFERRED, &place) == 1);
}
