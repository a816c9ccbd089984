// SPDX-License-Identifier: MIT
// Commands of /net/ctl, over a card that is not there.
#include "test/lwip.h"
#include "test/refused.h"
#include "test/unit.h"

#include "ip.h"
#include <errno.h>
#include <lwip/init.h>
#include <stdlib.h>
#include <string.h>

static struct netif card;
static int (*command)(struct p9_request *request, void *context, const char *bytes, size_t size);
static ip_addr_t *chosen; // as many as were named, in memory of their own
static uint32_t chosen_count;
struct p9_node *tree;

const char *link_name(const struct netif *netif)
{
    return "ether0";
}

uint16_t link_mtu(const struct netif *netif)
{
    return 1500;
}

struct netif *link_netif(const char *name)
{
    return strcmp(name, "ether0") == 0 ? &card : nullptr;
}

int link_leave(const char *name)
{
    return -ENODEV;
}

int card_set(const char *name, bool is_ours)
{
    return 0;
}

void links_look(void) {}
void changes_note(void) {}
void p9_print(struct p9_text *text, const char *format, ...) {}

int p9_tree_add(struct p9_node *root, const struct p9_tree_entry *entry, struct p9_node **node)
{
    command = entry->command;
    return 0;
}

int host_choose_name_servers(const ip_addr_t *servers, uint32_t count)
{
    free(chosen);
    chosen = malloc(count * sizeof *chosen + 1);
    memcpy(chosen, servers, count * sizeof *chosen);
    chosen_count = count;
    return 0;
}

int host_choose_time_servers(const ip_addr_t *servers, uint32_t count)
{
    return -EINVAL;
}

static err_t output(struct netif *netif, struct pbuf *packet, const ip4_addr_t *to)
{
    return ERR_OK;
}

static err_t make(struct netif *made)
{
    made->mtu = 1500;
    made->hwaddr_len = 6;
    made->output = output;
    return ERR_OK;
}

static int run(const char *text)
{
    static const struct p9_identity root = {};
    struct p9_request request = {.identity = &root};
    if (command == nullptr) {
        lwip_init();
        netif_add_noaddr(&card, nullptr, make, netif_input);
        if (configure_serve() != 0) abort();
    }
    return command(&request, nullptr, text, strlen(text));
}

TEST("a command may name as many servers as it has room for, however short they are")
{
    char text[256] = "dns";
    uint32_t count = 0;
    for (; strlen(text) + 3 <= sizeof text; count++) strcat(text, " 1");
    EXPECT(run(text) == 0 && chosen_count == count);
    for (uint32_t i = 0; i < count; i++) EXPECT(ip_2_ip4(&chosen[i])->addr == lwip_htonl(1));
    free(chosen);
    chosen = nullptr;
}

TEST("a network has at most as many bits as an address")
{
    EXPECT(run("static ether0 10.0.2.15/24") == 0);
    EXPECT(netif_ip4_netmask(&card)->addr == lwip_htonl(0xffffff00));
    EXPECT(run("static ether0 10.0.2.16/33") == -EINVAL);
    EXPECT(run("static ether0 10.0.2.16/4294967320") == -EINVAL);
    EXPECT(run("static ether0 10.0.2.16/18446744073709551640") == -EINVAL);
    EXPECT(run("static ether0 10.0.2.16/-8") == -EINVAL);
    EXPECT(run("static ether0 2001:db8::1x/64") == -EINVAL);
    EXPECT(netif_ip4_addr(&card)->addr == lwip_htonl(0x0a00020f));
}

TEST("of a command that is followed by anything else, nothing is done")
{
    static const char *const bad[] = {
        "static ether0 10.9.0.1/24 10.9.0.2 10.9.0.3",
        "static ether0 10.9.0.1/24 10.9.0.2 x",
        "static ether0 10.9.0.1/24 10.9.0.2\tx",
        "static ether0 10.9.0.1/24 10.9.0.2\v",
        "static ether0 10.9.0.1/24 10.9.0.2x",
        "static ether0 10.9.0.1/24 2001:db8::2",
        "static ether0 10.9.0.1/24 none",
        "static ether0 10.9.0.1/ 24",
        "static ether0 10.9.0.1/+24",
        "static ether0 10.9.0.1/\t24",
        "static ether0 10.9.0.1\t/24",
        "static ether0 2001:db8::9/64 2001:db8::1",
        "static ether0 2001:db8::9/64 10.9.0.2",
        "static ether0 2001:db8::9%x/64",
        "static ether0 fe80::9%ether0/64",
        "dhcp ether0 now",
        "bind ether0 ether1",
        "unbind ether0 ether1",
    };
    EXPECT(run("static ether0 10.0.2.15/24 10.0.2.2\n") == 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) EXPECT(run(bad[i]) == -EINVAL);
    EXPECT(netif_ip4_addr(&card)->addr == lwip_htonl(0x0a00020f));
    EXPECT(netif_ip4_gw(&card)->addr == lwip_htonl(0x0a000202));
    for (int8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
        EXPECT(ip6_addr_isinvalid(netif_ip6_addr_state(&card, i)));
    EXPECT(run("static ether0 10.9.0.1/24") == 0); // the gateway stays
    EXPECT(netif_ip4_gw(&card)->addr == lwip_htonl(0x0a000202));
    EXPECT(run("static ether1 10.9.0.1/24") == -ENODEV);
}

TEST("so it is for a card's own commands")
{
    static const char *const bad[] = {
        "mtu 1400 1300",
        "privacy on off",
        "remove 10.0.2.15 x",
        "dhcp x",
        "mtu 1400\t",
        "add",
        "add 10.9.0.1/24 10.9.0.2 x",
    };
    static const char good[] = "mtu 1400\n";
    static const struct p9_identity root = {};
    struct p9_request request = {.identity = &root};
    EXPECT(run("static ether0 10.0.2.15/24 10.0.2.2") == 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT(configure_interface(&request, &card, bad[i], strlen(bad[i])) == -EINVAL);
    EXPECT(card.mtu == 1500 && netif_ip4_addr(&card)->addr == lwip_htonl(0x0a00020f));
    EXPECT(configure_interface(&request, &card, good, strlen(good)) == 0 && card.mtu == 1400);
    card.mtu = card.mtu6 = 1500;
}
