// SPDX-License-Identifier: MIT
// Connections found by their ends, at a cost that does not grow with their number: a hash table of
// those that are active or over and still remembered, which grows with them. What a bucket is, no
// stranger can choose: the hash is one of a universal family, drawn when the first connection comes
// (sums of products of pairs of words, each with a key of 64 bits). lwIP's lists are linked both
// ways, and of each port it is counted how many have it.
#include <lwip_hooks.h>

#include <lwip/priv/tcp_priv.h>

enum {
    WORDS = 10,       // of what is hashed: two addresses of four, both ports, and one to make pairs
    BUCKETS_MIN = 64, // a power of two, as all numbers of them
    PORTS = 0x4000,   // counted apart: as many as the system chooses from
};

static uint64_t key[WORDS];
static bool is_secret; // the key
static struct tcp_pcb **bucket;
static struct tcp_pcb *first_bucket[BUCKETS_MIN];
static u32_t buckets, count;
u32_t lwip_over_count;
struct tcp_pcb *lwip_over_first;
static u16_t users[PORTS]; // UINT16_MAX: that many or more, for ever

static void key_draw(void)
{
    is_secret = lwip_random_is_secret();
    for (unsigned i = 0; i < WORDS; i++) key[i] = (uint64_t)LWIP_RAND() << 32 | LWIP_RAND();
}

static void ends_init(void)
{
    key_draw();
    bucket = first_bucket;
    buckets = BUCKETS_MIN;
}

static unsigned words_add(u32_t *words, unsigned at, const ip_addr_t *address)
{
    if (!IP_IS_V6(address)) {
        words[at] = ip_2_ip4(address)->addr;
        return at + 1;
    }
    for (unsigned i = 0; i < 4; i++) words[at + i] = ip_2_ip6(address)->addr[i];
    return at + 4;
}

static u32_t ends_hash(const ip_addr_t *remote, u16_t remote_port, const ip_addr_t *local,
                       u16_t local_port)
{
    u32_t words[WORDS], ports = (u32_t)remote_port << 16 | local_port;
    if (!IP_IS_V6(remote) && !IP_IS_V6(local)) {
        uint64_t sum = (key[0] + ip_2_ip4(remote)->addr) * (key[1] + ip_2_ip4(local)->addr);
        return (u32_t)((sum + (key[2] + ports) * key[3]) >> 32);
    }
    unsigned used = words_add(words, words_add(words, 0, remote), local);
    words[used++] = ports;
    words[used] = 0;
    uint64_t sum = 0;
    for (unsigned i = 0; i < used; i += 2)
        sum += (key[i] + words[i]) * (key[i + 1] + words[i + 1]);
    return (u32_t)(sum >> 32);
}

static void bucket_put(struct tcp_pcb *pcb)
{
    struct tcp_pcb **head = &bucket[pcb->ends.hash & (buckets - 1)];
    pcb->ends.next = *head;
    pcb->ends.at = head;
    if (*head != NULL) (*head)->ends.at = &pcb->ends.next;
    *head = pcb;
}

// Without memory for more buckets there are more connections in each.
static void buckets_grow(void)
{
    struct tcp_pcb **before = bucket;
    u32_t before_count = buckets;
    struct tcp_pcb **grown = calloc(2 * (size_t)buckets, sizeof *grown);
    if (grown == NULL) return;
    bucket = grown;
    buckets *= 2;
    for (u32_t i = 0; i < before_count; i++) {
        for (struct tcp_pcb *pcb = before[i], *next; pcb != NULL; pcb = next) {
            next = pcb->ends.next;
            bucket_put(pcb);
        }
    }
    if (before != first_bucket) free(before);
}

// A key that was drawn before there were random numbers lasts until no connection is left.
static void ends_add(struct tcp_pcb *pcb)
{
    if (bucket == NULL) ends_init();
    if (!is_secret && count == 0) key_draw();
    if (++count > buckets) buckets_grow();
    pcb->ends.hash =
        ends_hash(&pcb->remote_ip, pcb->remote_port, &pcb->local_ip, pcb->local_port);
    bucket_put(pcb);
}

static void ends_remove(struct tcp_pcb *pcb)
{
    *pcb->ends.at = pcb->ends.next;
    if (pcb->ends.next != NULL) pcb->ends.next->ends.at = pcb->ends.at;
    pcb->ends.at = NULL;
    count--;
}

void lwip_ends_link(struct tcp_pcb **list, struct tcp_pcb *pcb)
{
    pcb->next = *list;
    pcb->at = list;
    if (*list != NULL) (*list)->at = &pcb->next;
    *list = pcb;
    if (list == &tcp_tw_pcbs && ++lwip_over_count == 1) lwip_over_first = pcb;
    u16_t *uses = &users[pcb->local_port % PORTS];
    if (*uses != UINT16_MAX) ++*uses;
    if (list == &tcp_active_pcbs || list == &tcp_tw_pcbs) ends_add(pcb);
    if (list == &tcp_active_pcbs) lwip_busy_begin(pcb);
}

// That it is over is not yet forgotten. New ones come to the front of the list.
static void over_end(const struct tcp_pcb *pcb)
{
    lwip_over_count--;
    if (lwip_over_first != pcb) return;
    uintptr_t before = (uintptr_t)pcb->at - offsetof(struct tcp_pcb, next);
    lwip_over_first = pcb->at == &tcp_tw_pcbs ? NULL : (struct tcp_pcb *)before;
}

void lwip_ends_unlink(struct tcp_pcb *pcb)
{
    if (pcb->at == NULL) return;
    if (pcb->state == TIME_WAIT) over_end(pcb);
    *pcb->at = pcb->next;
    if (pcb->next != NULL) pcb->next->at = pcb->at;
    pcb->next = NULL;
    pcb->at = NULL;
    u16_t *uses = &users[pcb->local_port % PORTS];
    if (*uses != UINT16_MAX) --*uses;
    if (pcb->state == LISTEN || pcb->ends.at == NULL) return; // a listener has no more fields
    ends_remove(pcb);
    lwip_busy_end(pcb);
    lwip_orphan_end(pcb);
}

struct tcp_pcb *lwip_ends_find(const ip_addr_t *remote, u16_t remote_port, const ip_addr_t *local,
                               u16_t local_port, u8_t interface)
{
    if (bucket == NULL) return NULL;
    u32_t hash = ends_hash(remote, remote_port, local, local_port);
    for (struct tcp_pcb *pcb = bucket[hash & (buckets - 1)]; pcb != NULL; pcb = pcb->ends.next) {
        if (pcb->ends.hash != hash || pcb->remote_port != remote_port ||
            pcb->local_port != local_port || !ip_addr_eq(&pcb->remote_ip, remote) ||
            !ip_addr_eq(&pcb->local_ip, local))
            continue;
        if (interface == NETIF_NO_INDEX || pcb->netif_idx == NETIF_NO_INDEX ||
            pcb->netif_idx == interface)
            return pcb;
    }
    return NULL;
}

bool lwip_port_is_used(u16_t port)
{
    return users[port % PORTS] != 0;
}
