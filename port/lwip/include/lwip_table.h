// SPDX-License-Identifier: MIT
// Tables of lwIP's that grow with need: of neighbours, by ARP and of IPv6, of destinations, and of
// paths. An entry has a number, which it keeps until the table becomes smaller; where entries lie
// changes when it grows, too. What is found costs the same in each size (table.c).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LWIP_TABLE_KEY = 6 }; // words, an even number

struct lwip_table_place;

// In which list an entry is; each has the one first that was not used for longest.
enum lwip_table_list {
    LWIP_TABLE_FREE,
    LWIP_TABLE_WAITING, // for an answer
    LWIP_TABLE_NEW,
    LWIP_TABLE_USED, // again, in another second
    LWIP_TABLE_LISTS,
};

struct lwip_table {
    size_t entry_size;
    void (*forget)(int entry); // calls lwip_table_remove(), or refuses
    void (*move)(void *to);    // before entries are at another place; NULL: nobody cares
    void (*renumber)(int from, int to); // before an entry has another number; NULL: nobody cares
    void *entries;             // those that are free are zeros
    int size;                  // how many there is room for
    int count[LWIP_TABLE_LISTS], first[LWIP_TABLE_LISTS], last[LWIP_TABLE_LISTS];
    struct lwip_table_place *places;
    int *buckets;
    uint64_t key[LWIP_TABLE_KEY];
    int found; // last
    uint32_t second;
};

// Bytes that all tables may have together, and as many the packets that wait; each table has room for
// 64 entries at least.
extern size_t lwip_table_room;

// By its key. -1: there is none, or no memory for one more.
int lwip_table_find(struct lwip_table *table, const uint32_t *key);
// One that is not there yet, of zeros. Without room for it, another one is forgotten.
int lwip_table_add(struct lwip_table *table, const uint32_t *key);
void lwip_table_remove(struct lwip_table *table, int entry);
// Gives memory back when few are left. No number that is known from before is true any more.
void lwip_table_shrink(struct lwip_table *table);

// It waits for an answer, which others who do so for longer may be forgotten for; it has come; it
// was used.
void lwip_table_wait(struct lwip_table *table, int entry);
void lwip_table_settle(struct lwip_table *table, int entry);
void lwip_table_use(struct lwip_table *table, int entry);

// The key of an address: of a card, or with a zone.
struct netif;
struct ip4_addr;
struct ip6_addr;
void lwip_table_key4(uint32_t *key, const struct ip4_addr *address, const struct netif *netif);
void lwip_table_key6(uint32_t *key, const struct ip6_addr *address);

extern struct lwip_table lwip_arp, lwip_neighbours, lwip_destinations;
