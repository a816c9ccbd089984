// SPDX-License-Identifier: MIT
// The life of the addresses that a server of DHCPv6 gives to a card (RFC 8415, section 18.2),
// mostly one: all servers are asked, the best offer is taken, renewed at T1 where it came from and
// at T2 anywhere, confirmed where the cable may have come to another network, and given back.
// Questions are repeated in growing distances (section 15). Addresses that somebody else has are
// declined. One timer for each interface, once a second while it has such an address. The machine
// has one name for servers.
#include "lease6_message.h"
#include "lease6_wire.h"

#include <lwip/dns.h>
#include <lwip/mem.h>
#include <lwip/pbuf.h>
#include <lwip/prot/dhcp6.h>
#include <lwip/timeouts.h>
#include <lwip_hooks.h>
#include <string.h>

enum state { WAITING, SOLICITING, REQUESTING, DECLINING, CONFIRMING, BOUND, RENEWING, REBINDING };

enum {
    CLIENT_DATA = LWIP_NETIF_CLIENT_DATA_INDEX_MAX + 1,
    SECOND = 1000,      // ms
    FIRST_DELAY = 1000, // ms: less than that before the first question
    HOLD = 10 * 1000,   // ms, before all is begun anew
    REQUESTS = 10,      // without an answer: another server
    DECLINES = 4,
    CONFIRM = 10 * 1000, // ms without an answer: the address stays
    RENEW_LEAST = 10,    // s, whatever the server says
    BEST = 255,          // preference of an offer that needs no other to be waited for
};

// How a question is repeated: first and longest distance, in ms.
static const struct distance {
    uint32_t first, longest;
} distances[] = {
    [SOLICITING] = {1000, 3600 * 1000},   [REQUESTING] = {1000, 30 * 1000},
    [DECLINING] = {1000, 3600 * 1000},    [CONFIRMING] = {1000, 4000},
    [RENEWING] = {10 * 1000, 600 * 1000}, [REBINDING] = {10 * 1000, 600 * 1000},
};

struct lease {
    enum state state;
    uint32_t transaction, tries;
    uint32_t waited, asked;     // ms since the last question, and the first
    uint32_t distance;          // ms until the next one
    uint32_t longest;           // ms between questions for a server
    uint32_t step;              // ms until the timer goes off
    uint32_t age, age_part;     // since the server gave the last time: s, and ms
    struct lease6_answer offer; // the best one, or the last that was granted
    bool has_offer;
    struct lease6_addresses held, named; // what it has; what questions are about
    int place[LEASE6_ADDRESSES];         // among the interface's addresses, of those that it has
};

static void tick(void *interface);

static struct lease *lease_of(const struct netif *netif)
{
    return netif->client_data[CLIENT_DATA];
}

// The machine's name (section 11.4) is of the first card's own address. It stays when that card
// goes.
static const uint8_t *machine_name(const struct netif *asking)
{
    static uint8_t name[LEASE6_CLIENT_SIZE];
    const struct netif *netif, *first = asking;
    if (name[1] != 0) return name;
    NETIF_FOREACH(netif) if (netif->hwaddr_len == 6 && netif->num < first->num) first = netif;
    name[3] = 1; // Ethernet
    memcpy(name + 4, first->hwaddr, 6);
    name[1] = DHCP6_DUID_LL;
    return name;
}

// The association's number (section 12) is of the card's own address, so that it stays, while the
// number of an interface is another one each time.
static struct lease6_client client_of(const struct netif *netif)
{
    const uint8_t *card = netif->hwaddr;
    uint32_t maker = (uint32_t)card[0] << 24 | (uint32_t)card[1] << 16;
    struct lease6_client client = {.association = maker ^ get32(card + 2)};
    memcpy(client.name, machine_name(netif), sizeof client.name);
    return client;
}

// More or less by a tenth of `base`; `only_more` for the first question.
static uint32_t spread(uint32_t time, uint32_t base, bool only_more)
{
    uint32_t tenth = base / 10, part = tenth == 0 ? 0 : LWIP_RAND() % tenth;
    return only_more || (LWIP_RAND() & 1) != 0 ? time + part + 1 : time - part;
}

static bool is_linked(const struct netif *netif)
{
    return netif_is_up(netif) && netif_is_link_up(netif);
}

// From now on.
static void timer_set(struct netif *netif)
{
    struct lease *lease = lease_of(netif);
    uint32_t left = lease->distance > lease->waited ? lease->distance - lease->waited : 1;
    lease->step = lease->state == BOUND || !is_linked(netif) ? SECOND : left;
    if (lease->held.count != 0 && lease->step > SECOND) lease->step = SECOND;
    sys_untimeout(tick, netif);
    sys_timeout(lease->step, tick, netif);
}

static void send(struct netif *netif, uint8_t type, bool to_one)
{
    struct lease *lease = lease_of(netif);
    uint8_t bytes[LEASE6_MESSAGE_MAX];
    struct lease6_client client = client_of(netif);
    struct lease6_question question = {
        .type = type,
        .transaction = lease->transaction,
        .client = &client,
        .server = to_one ? lease->offer.server : NULL,
        .server_size = lease->offer.server_size,
        .named = type != DHCP6_SOLICIT ? &lease->named : NULL,
        .waited = lease->asked,
    };
    size_t size = lease6_write(&question, bytes);
    struct pbuf *message = pbuf_alloc(PBUF_TRANSPORT, (u16_t)size, PBUF_RAM);
    if (message == NULL) return; // it is asked again
    (void)pbuf_take(message, bytes, (u16_t)size);
    (void)lwip_lease6_send(netif, message);
    pbuf_free(message);
}

static void ask(struct netif *netif)
{
    static const uint8_t types[] = {
        [SOLICITING] = DHCP6_SOLICIT, [REQUESTING] = DHCP6_REQUEST, [DECLINING] = DHCP6_DECLINE,
        [CONFIRMING] = DHCP6_CONFIRM, [RENEWING] = DHCP6_RENEW,     [REBINDING] = DHCP6_REBIND,
    };
    struct lease *lease = lease_of(netif);
    enum state state = lease->state;
    uint32_t longest = state == SOLICITING ? lease->longest : distances[state].longest;
    bool is_first = lease->tries == 0;
    uint32_t base = is_first ? distances[state].first : lease->distance;
    uint32_t next = is_first ? base : 2 * base;
    if (next > longest) next = base = longest;
    lease->distance = spread(next, base, is_first && state == SOLICITING);
    if (is_first) lease->asked = 0;
    lease->tries++;
    lease->waited = 0;
    send(netif, types[state], state == REQUESTING || state == RENEWING || state == DECLINING);
}

static void enter(struct netif *netif, enum state state)
{
    struct lease *lease = lease_of(netif);
    lease->state = state;
    lease->tries = lease->waited = lease->asked = 0;
    lease->transaction = LWIP_RAND() & 0xffffff;
    lease->distance = LWIP_RAND() % FIRST_DELAY;
    if (lease->held.count != 0 && state != DECLINING) lease->named = lease->held;
    if (state == WAITING) {
        lease->has_offer = false;
        lease->offer = (struct lease6_answer){};
        lease->held.count = 0;
    } else if (state != BOUND && state != CONFIRMING) {
        ask(netif);
    }
    timer_set(netif);
}

// Not at once: who is refused now would be again.
static void begin_again(struct netif *netif)
{
    enter(netif, WAITING);
    lease_of(netif)->distance = spread(HOLD, HOLD, false);
    timer_set(netif);
}

// --- The address --------------------------------------------------------------------------------

int lwip_address_is_leased(const struct netif *netif, int index)
{
    const struct lease *lease = lease_of(netif);
    for (unsigned i = 0; lease != NULL && i < lease->held.count; i++)
        if (lease->place[i] == index) return 1;
    return 0;
}

// Whether the interface has it still: its time may be over, and places are used again.
static bool is_there(const struct netif *netif, const struct lease *lease, unsigned which)
{
    const ip6_addr_t *at = netif_ip6_addr(netif, lease->place[which]);
    return !ip6_addr_isinvalid(netif_ip6_addr_state(netif, lease->place[which])) &&
           memcmp(at->addr, lease->held.list[which].bytes, sizeof at->addr) == 0;
}

static void forget(struct lease *lease, unsigned which)
{
    lease->held.list[which] = lease->held.list[--lease->held.count];
    lease->place[which] = lease->place[lease->held.count];
}

static void address_drop(struct netif *netif, unsigned which)
{
    struct lease *lease = lease_of(netif);
    if (is_there(netif, lease, which))
        netif_ip6_addr_set_state(netif, (s8_t)lease->place[which], IP6_ADDR_INVALID);
    forget(lease, which);
}

static void addresses_drop(struct netif *netif)
{
    struct lease *lease = lease_of(netif);
    while (lease->held.count != 0) address_drop(netif, lease->held.count - 1);
}

// Among what it has; as many as that: it is not.
static unsigned find(const struct lease6_addresses *all, const struct lease6_address *wanted)
{
    unsigned i = 0;
    while (i < all->count && memcmp(all->list[i].bytes, wanted->bytes, sizeof wanted->bytes) != 0)
        i++;
    return i;
}

static int place_for(const struct netif *netif, const ip6_addr_t *address)
{
    int found = 0;
    for (int i = LWIP_IPV6_NUM_ADDRESSES - 1; i > 0; i--) {
        bool is_free = ip6_addr_isinvalid(netif_ip6_addr_state(netif, i));
        if (!is_free && ip6_addr_zoneless_eq(netif_ip6_addr(netif, i), address)) return i;
        if (is_free) found = i;
    }
    return found;
}

// Nothing, when there is no place for it, or it is none that one may have.
static void address_set(struct netif *netif, const struct lease6_address *given)
{
    struct lease *lease = lease_of(netif);
    ip6_addr_t address;
    memcpy(address.addr, given->bytes, sizeof address.addr);
    ip6_addr_clear_zone(&address);
    if (ip6_addr_ismulticast(&address) || ip6_addr_islinklocal(&address) ||
        ip6_addr_isloopback(&address) || ip6_addr_isany(&address))
        return;
    int place = place_for(netif, &address);
    if (place == 0) return;
    unsigned which = find(&lease->held, given);
    if (which == LEASE6_ADDRESSES) return;
    bool is_new = ip6_addr_isinvalid(netif_ip6_addr_state(netif, place));
    if (is_new) ip_addr_copy_from_ip6(netif->ip6_addr[place], address);
    netif_ip6_addr_set_valid_life(netif, place, given->valid);
    netif_ip6_addr_set_pref_life(netif, place, given->preferred);
    if (which == lease->held.count) lease->held.count++;
    lease->held.list[which] = *given;
    lease->place[which] = place;
    if (is_new)
        netif_ip6_addr_set_state(netif, (s8_t)place, IP6_ADDR_TENTATIVE);
    else if (netif_ip6_addr_state(netif, place) == IP6_ADDR_DEPRECATED && given->preferred != 0)
        netif_ip6_addr_set_state(netif, (s8_t)place, IP6_ADDR_PREFERRED);
}

// Section 18.2.10.1: those that are over go, what is not named stays. Who asks for all anew has no
// others.
static void addresses_take(struct netif *netif, const struct lease6_addresses *given, bool is_all)
{
    struct lease *lease = lease_of(netif);
    for (unsigned i = lease->held.count; i-- > 0;) {
        unsigned which = find(given, &lease->held.list[i]);
        bool is_named = which < given->count;
        if (is_named ? given->list[which].valid == 0 : is_all) address_drop(netif, i);
    }
    for (unsigned i = 0; i < given->count; i++)
        if (given->list[i].valid != 0) address_set(netif, &given->list[i]);
}

// The shortest time of those that may be used: as preferred ones, or at all.
static uint32_t shortest(const struct lease6_addresses *given)
{
    uint32_t preferred = LEASE6_FOR_EVER, valid = LEASE6_FOR_EVER;
    bool is_any = false;
    for (unsigned i = 0; i < given->count; i++) {
        const struct lease6_address *address = &given->list[i];
        if (address->valid == 0) continue;
        if (address->valid < valid) valid = address->valid;
        if (address->preferred == 0) continue;
        is_any = true;
        if (address->preferred < preferred) preferred = address->preferred;
    }
    return is_any ? preferred : valid;
}

// When the server does not say (section 21.4), or would be asked all the time.
static void times_complete(struct lease6_answer *answer)
{
    uint32_t life = shortest(&answer->given);
    bool is_for_ever = life == LEASE6_FOR_EVER;
    if (answer->renew == 0) answer->renew = is_for_ever ? LEASE6_FOR_EVER : life / 2;
    if (answer->rebind == 0) answer->rebind = is_for_ever ? LEASE6_FOR_EVER : life / 5 * 4;
    if (answer->renew < RENEW_LEAST) answer->renew = RENEW_LEAST;
    if (answer->rebind < answer->renew) answer->rebind = answer->renew;
}

// --- Answers ------------------------------------------------------------------------------------

static bool is_grant(const struct lease6_answer *answer)
{
    return answer->status == DHCP6_STATUS_SUCCESS && answer->has_association &&
           answer->given.count != 0;
}

static bool is_usable(const struct lease6_answer *answer)
{
    bool is_any = false;
    for (unsigned i = 0; i < answer->given.count; i++) is_any |= answer->given.list[i].valid != 0;
    return is_grant(answer) && is_any;
}

static void offered(struct netif *netif, const struct lease6_answer *answer)
{
    struct lease *lease = lease_of(netif);
    if (!is_usable(answer)) return;
    if (!lease->has_offer || answer->preference > lease->offer.preference) lease->offer = *answer;
    lease->has_offer = true;
    lease->named = lease->offer.given;
    if (answer->preference == BEST || lease->tries > 1) enter(netif, REQUESTING);
}

static void name_servers_take(const struct lease6_answer *answer, const uint8_t *message,
                              struct netif *netif)
{
    for (unsigned i = 0; i < answer->name_server_count && i < LWIP_DHCP6_MAX_DNS_SERVERS; i++) {
        ip_addr_t server = {};
        IP_SET_TYPE_VAL(server, IPADDR_TYPE_V6);
        memcpy(ip_2_ip6(&server)->addr, message + answer->name_servers + i * 16, 16);
        ip6_addr_assign_zone(ip_2_ip6(&server), IP6_UNKNOWN, netif);
        dns_setserver((u8_t)i, &server);
    }
}

static void granted(struct netif *netif, const struct lease6_answer *answer, const uint8_t *message)
{
    struct lease *lease = lease_of(netif);
    addresses_take(netif, &answer->given, lease->state == REQUESTING);
    lease->offer = *answer;
    lease->age = lease->age_part = 0;
    times_complete(&lease->offer);
    if (lease->held.count == 0) {
        begin_again(netif);
        return;
    }
    name_servers_take(answer, message, netif);
    lwip_told_domains(message + answer->domains, answer->domains_size);
    enter(netif, BOUND);
}

// Section 18.2.10.1. What is not said leaves things as they are: it is asked again.
static void refused(struct netif *netif, const struct lease6_answer *answer)
{
    struct lease *lease = lease_of(netif);
    bool is_lost = answer->status == DHCP6_STATUS_NOTONLINK;
    if (answer->status == DHCP6_STATUS_UNSPECFAIL) return;
    if (lease->state != REQUESTING && answer->status == DHCP6_STATUS_NOBINDING) {
        lease->offer.server_size = answer->server_size;
        memcpy(lease->offer.server, answer->server, answer->server_size);
        enter(netif, REQUESTING);
    } else if (lease->state == REQUESTING || is_lost) {
        addresses_drop(netif);
        begin_again(netif);
    }
}

// Section 18.2.10.3: any server knows of the network.
static void confirmed(struct netif *netif, const struct lease6_answer *answer)
{
    if (answer->status == DHCP6_STATUS_SUCCESS) {
        enter(netif, BOUND);
    } else if (answer->status == DHCP6_STATUS_NOTONLINK) {
        addresses_drop(netif);
        enter(netif, WAITING);
    }
}

// Others than those that were declined stay.
static void declined(struct netif *netif)
{
    if (lease_of(netif)->held.count != 0)
        enter(netif, BOUND);
    else
        begin_again(netif);
}

static void replied(struct netif *netif, const struct lease6_answer *answer, const uint8_t *message)
{
    struct lease *lease = lease_of(netif);
    bool is_theirs = answer->server_size == lease->offer.server_size &&
                     memcmp(answer->server, lease->offer.server, answer->server_size) == 0;
    if (lease->state == CONFIRMING)
        confirmed(netif, answer);
    else if (!is_theirs && lease->state != REBINDING)
        return;
    else if (lease->state == DECLINING)
        declined(netif); // section 18.2.10.2: whatever it says
    else if (is_grant(answer))
        granted(netif, answer, message);
    else
        refused(netif, answer);
}

int lwip_lease6_receive(struct netif *netif, struct pbuf *message)
{
    struct lease *lease = lease_of(netif);
    uint8_t bytes[1500];
    struct lease6_answer answer;
    if (lease == NULL || lease->state == WAITING || lease->state == BOUND) return 0;
    size_t size = pbuf_copy_partial(message, bytes, sizeof bytes, 0);
    if (size != message->tot_len || size < 4) return 0;
    uint32_t transaction = (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    if (transaction != lease->transaction) return 0;
    struct lease6_client client = client_of(netif);
    if (!lease6_read(bytes, size, &client, &answer)) return 1;
    if (answer.longest_wait != 0) lease->longest = answer.longest_wait * SECOND;
    if (lease->state == SOLICITING && answer.type == DHCP6_ADVERTISE) offered(netif, &answer);
    if (lease->state != SOLICITING && answer.type == DHCP6_REPLY) replied(netif, &answer, bytes);
    return 1;
}

// --- Time ---------------------------------------------------------------------------------------

// What was asked is not answered.
static void repeat(struct netif *netif)
{
    struct lease *lease = lease_of(netif);
    if (lease->state == WAITING)
        enter(netif, SOLICITING);
    else if (lease->state == SOLICITING && lease->has_offer)
        enter(netif, REQUESTING);
    else if (lease->state == REQUESTING && lease->tries >= REQUESTS)
        enter(netif, WAITING);
    else if (lease->state == DECLINING && lease->tries >= DECLINES)
        declined(netif);
    else if (lease->state == CONFIRMING && lease->asked >= CONFIRM)
        enter(netif, BOUND); // section 18.2.3: as long as it lasts
    else
        ask(netif);
}

// Of those that it has, which are gone, or somebody else's (section 18.2.8). False: there is
// nothing else to do now.
static bool addresses_look(struct netif *netif)
{
    struct lease *lease = lease_of(netif);
    for (unsigned i = lease->held.count; i-- > 0;) {
        if (!is_there(netif, lease, i)) {
            forget(lease, i);
        } else if (ip6_addr_isduplicated(netif_ip6_addr_state(netif, lease->place[i]))) {
            lease->named = (struct lease6_addresses){1, {lease->held.list[i]}};
            address_drop(netif, i);
            enter(netif, DECLINING);
            return false;
        }
    }
    if (lease->held.count == 0) enter(netif, WAITING);
    return lease->held.count != 0;
}

static void grow_older(struct netif *netif, uint32_t ms)
{
    struct lease *lease = lease_of(netif);
    const struct lease6_answer *granted = &lease->offer;
    if (lease->held.count == 0) return;
    lease->age_part += ms;
    lease->age += lease->age_part / SECOND;
    lease->age_part %= SECOND;
    if (!addresses_look(netif)) return;
    if (lease->state < REBINDING && granted->rebind != LEASE6_FOR_EVER &&
        lease->age >= granted->rebind)
        enter(netif, REBINDING);
    else if (lease->state == BOUND && granted->renew != LEASE6_FOR_EVER &&
             lease->age >= granted->renew)
        enter(netif, RENEWING);
}

static void tick(void *interface)
{
    struct netif *netif = interface;
    struct lease *lease = lease_of(netif);
    uint32_t ms = lease->step;
    if (is_linked(netif)) {
        lease->waited += ms;
        lease->asked += ms;
        if (lease->state != BOUND && lease->waited >= lease->distance) repeat(netif);
    }
    grow_older(netif, ms);
    timer_set(netif);
}

void lwip_lease6_advertised(struct netif *netif, int is_managed)
{
    struct lease *lease = lease_of(netif);
    if (!is_managed || lease != NULL || !netif->ip6_autoconfig_enabled) return;
    lease = mem_calloc(1, sizeof *lease);
    if (lease == NULL) return;
    netif->client_data[CLIENT_DATA] = lease;
    lease->longest = distances[SOLICITING].longest;
    enter(netif, WAITING);
}

void lwip_lease6_linked(struct netif *netif)
{
    struct lease *lease = lease_of(netif);
    if (lease == NULL) return;
    for (unsigned i = lease->held.count; i-- > 0;)
        if (!is_there(netif, lease, i)) forget(lease, i);
    enter(netif, lease->held.count != 0 ? CONFIRMING : WAITING);
}

void lwip_lease6_stop(struct netif *netif)
{
    struct lease *lease = lease_of(netif);
    if (lease == NULL) return;
    sys_untimeout(tick, netif);
    if (lease->held.count != 0) {
        lease->transaction = LWIP_RAND() & 0xffffff;
        lease->asked = 0;
        lease->named = lease->held;
        addresses_drop(netif); // they are not used any more from here on
        send(netif, DHCP6_RELEASE, true);
    }
    netif->client_data[CLIENT_DATA] = NULL;
    mem_free(lease);
}
