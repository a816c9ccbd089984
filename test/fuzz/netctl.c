// SPDX-License-Identifier: MIT
// uses: lwip
// Feeds the commands of /net and the rules of views with any text. An input is what it is for (1
// byte: /net/ctl, a card's ctl, a conversation's, a view's name) and the text. What a command sets
// is what may be set; rules that are taken allow what they name and no more than that.
#define _GNU_SOURCE
#include "service/ip/address.c"
#include "service/ip/configure.c"
#include "service/ip/rule.c"

#include "test/lwip.h"

#include <lwip/init.h>
#include <lwip_hooks.h>

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

enum what : uint8_t { HOST, CARD, ADDRESS, RULES, WHATS };
enum : uint16_t { CARD_MTU = 1500 };

static struct netif card;
struct p9_node *tree;
const struct protocol tcp_protocol = {.name = "tcp"}, udp_protocol = {.name = "udp"};

static void must(bool condition)
{
    if (!condition) abort();
}

// What the commands ask of the service's other files.

const char *link_name(const struct netif *netif)
{
    return netif == &card ? "ether0" : "loopback";
}

uint16_t link_mtu(const struct netif *netif)
{
    must(netif == &card);
    return CARD_MTU;
}

struct netif *link_netif(const char *name)
{
    return strcmp(name, "ether0") == 0 ? &card : nullptr;
}

int link_leave(const char *name)
{
    return link_netif(name) ? 0 : -ENODEV;
}

int card_set(const char *name, bool is_ours)
{
    must(name[0] != '\0' && strpbrk(name, " \n") == nullptr);
    return 0;
}

void links_look(void) {}
void changes_note(void) {}
void p9_print(struct p9_text *text, const char *format, ...) {}

int p9_tree_add(struct p9_node *root, const struct p9_tree_entry *entry, struct p9_node **node)
{
    return 0;
}

// All of them are read, so that none was left out or made up.
static int servers_choose(const ip_addr_t *servers, uint32_t count)
{
    must(count < COMMAND_SIZE / 2);
    for (uint32_t i = 0; i < count; i++) must(IP_IS_V4(&servers[i]) || IP_IS_V6(&servers[i]));
    return 0;
}

int host_choose_name_servers(const ip_addr_t *servers, uint32_t count)
{
    return servers_choose(servers, count);
}

int host_choose_time_servers(const ip_addr_t *servers, uint32_t count)
{
    return servers_choose(servers, count);
}

static bool is_name_server(const ip_addr_t *address)
{
    return IP_IS_V4(address) && ip_2_ip4(address)->addr == 1;
}

// The inputs.

static err_t card_output(struct netif *netif, struct pbuf *packet, const ip4_addr_t *to)
{
    return ERR_OK;
}

static err_t card_output_six(struct netif *netif, struct pbuf *packet, const ip6_addr_t *to)
{
    return ERR_OK;
}

static err_t card_make(struct netif *made)
{
    made->mtu = made->mtu6 = CARD_MTU;
    made->hwaddr_len = 6;
    made->output = card_output;
    made->output_ip6 = card_output_six;
    return ERR_OK;
}

static void mask_check(const struct netif *netif)
{
    uint32_t mask = lwip_ntohl(netif_ip4_netmask(netif)->addr);
    must((~mask & (~mask + 1)) == 0); // ones, then zeros
}

static void configure(enum what what, const char *text, size_t size)
{
    static const struct p9_identity root = {}, user = {.uid = 1000};
    struct p9_request request = {.identity = &user};
    must(ctl_command(&request, nullptr, text, size) == -EPERM);
    request.identity = &root;
    int result = what == HOST ? ctl_command(&request, nullptr, text, size)
                              : configure_interface(&request, &card, text, size);
    must(result <= 0 && result != -EPERM);
    must(card.mtu >= MTU_LEAST && card.mtu <= CARD_MTU && card.mtu6 == card.mtu);
    mask_check(&card);
}

static void parse(char *text)
{
    ip_addr_t address;
    uint16_t port;
    int result = address_parse(text, &address, &port);
    must(result == 0 || result == -EINVAL || result == -ENODEV);
    if (result != 0) return;
    size_t taken = strspn(text, "0123456789abcdefABCDEFxX:.*"); // all of it means something
    must(text[taken] == '!' || text[taken] == '%');
    char name[IPADDR_STRLEN_MAX], again[IPADDR_STRLEN_MAX + 16];
    ip_addr_t other;
    uint16_t other_port;
    if (IP_IS_ANY_TYPE_VAL(address)) return;
    uint8_t zone = IP_IS_V6_VAL(address) ? ip6_addr_zone(ip_2_ip6(&address)) : 0;
    if (zone)
        snprintf(again, sizeof again, "%s%%%u!%u", address_name(&address, name), zone, port);
    else
        snprintf(again, sizeof again, "%s!%u", address_name(&address, name), port);
    must(address_parse(again, &other, &other_port) == 0);
    must(ip_addr_eq(&address, &other) && port == other_port);
}

// A low port is a user's only where user 0 named it.
static void ports_check(struct rules *rules)
{
    static const struct protocol tcp = {.name = "tcp"};
    struct conversation conversation = {.protocol = &tcp, .rules = rules, .owner = {1000, 1000}};
    uint32_t given = 0;
    for (uint16_t port = 1; port < PORT_EVERYBODYS; port++)
        must(!rules_allow_port(&conversation, port));
    rules->is_by_zero = true;
    for (uint16_t port = 1; port < PORT_EVERYBODYS; port++)
        given += rules_allow_port(&conversation, port);
    must(given <= rules->count);
}

static void rules_check(const char *text, size_t size)
{
    static const struct protocol all[] = {
        {.name = "tcp"}, {.name = "udp"}, {.name = "icmp"}, {.name = "icmpv6"}};
    struct rules *rules;
    ip_addr_t server = IPADDR4_INIT(1), other = IPADDR4_INIT_BYTES(192, 0, 2, 77);
    int result = rules_read(text, size, &rules);
    must((result == 0) == (rules != nullptr));
    if (rules == nullptr) return;
    rules->is_name_server = is_name_server;
    must(rules->count + rules->has_dns > 0);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        bool is_named = memmem(text, size, all[i].name, strlen(all[i].name)) != nullptr;
        bool is_dns = rules->has_dns && i < 2;
        must(!rules_name(rules, &all[i]) || is_named || is_dns);
        must(!rules_allow_local(rules, &all[i], 7) || is_named);
        must(!rules_allow_remote(rules, &all[i], &other, 53) || is_named);
        must(!is_dns || rules_allow_remote(rules, &all[i], &server, PORT_DNS));
    }
    ports_check(rules);
    free(rules);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    lwip_init();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    ip4_addr_t none = {};
    if (size == 0) return 0;
    enum what what = input[0] % WHATS;
    netif_add(&card, &none, &none, &none, nullptr, card_make, netif_input);
    netif_set_up(&card);
    char *text = malloc(size); // of its own size, so that reading past the end is seen
    memcpy(text, input + 1, size - 1);
    text[size - 1] = '\0';
    switch (what) {
    case HOST:
    case CARD: configure(what, text, size - 1); break;
    case ADDRESS: parse(text); break;
    default: rules_check(text, size - 1);
    }
    free(text);
    dhcp_release_and_stop(&card);
    dhcp_cleanup(&card);
    netif_remove(&card);
    return 0;
}
