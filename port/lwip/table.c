// SPDX-License-Identifier: MIT
// Tables that grow: entries in one array, which is twice as large when it is full, found by a hash
// table of their numbers, and smaller again when few are left. What a bucket is, no stranger can
// choose: the hash is one of a universal family, which is drawn anew with each growth (sums of
// products of pairs of words, each with a key of 64 bits).
//
// Memory has a bound, and who is forgotten for another is chosen so that a flood takes only what it
// brought itself. Those that wait for an answer hold packets: they have a small part, and the one
// that waits for longest goes. Of the others, one is new until it is used again in another second;
// new ones go first while they are more than a quarter, else the one that was not used for longest.
#include <lwip_table.h>

#include <lwip/ip4_addr.h>
#include <lwip/ip6_addr.h>
#include <lwip/netif.h>
#include <stdlib.h>
#include <string.h>

enum : int {
    NONE = -1,
    SIZE_MIN = 64, // a power of two, as all sizes
    SIZE_MAX_ALL = 1 << 24,
    TABLES = 4,
    PART_USED = 4,           // one of so many at most, before a table becomes smaller
    WAITING_BYTES = 8 << 10, // that packets may take, of one that is asked for
};

struct lwip_table_place {
    uint32_t key[LWIP_TABLE_KEY];
    uint32_t used_at; // second
    int next;         // with the same bucket
    int older, newer; // in its list
    enum lwip_table_list list;
};

size_t lwip_table_room = 2 << 20;

static int most(size_t room, size_t each)
{
    size_t count = room / each;
    if (count < SIZE_MIN) return SIZE_MIN;
    return count < SIZE_MAX_ALL ? (int)count : SIZE_MAX_ALL;
}

static int size_most(const struct lwip_table *table)
{
    size_t each = table->entry_size + sizeof(struct lwip_table_place) + sizeof(int);
    return most(lwip_table_room / TABLES, each);
}

static uint32_t hash(const struct lwip_table *table, const uint32_t *key)
{
    uint64_t sum = 0;
    for (int i = 0; i < LWIP_TABLE_KEY; i += 2)
        sum += (table->key[i] + key[i]) * (table->key[i + 1] + key[i + 1]);
    return (uint32_t)(sum >> 32);
}

static int *bucket_of(const struct lwip_table *table, const uint32_t *key)
{
    return &table->buckets[hash(table, key) & (uint32_t)(table->size - 1)];
}

static void list_take(struct lwip_table *table, int entry)
{
    struct lwip_table_place *places = table->places, *place = &places[entry];
    if (place->older == NONE)
        table->first[place->list] = place->newer;
    else
        places[place->older].newer = place->newer;
    if (place->newer == NONE)
        table->last[place->list] = place->older;
    else
        places[place->newer].older = place->older;
    table->count[place->list]--;
}

static void list_put(struct lwip_table *table, int entry, enum lwip_table_list list)
{
    struct lwip_table_place *place = &table->places[entry];
    place->list = list;
    place->older = table->last[list];
    place->newer = NONE;
    if (place->older == NONE)
        table->first[list] = entry;
    else
        table->places[place->older].newer = entry;
    table->last[list] = entry;
    table->count[list]++;
}

static void list_change(struct lwip_table *table, int entry, enum lwip_table_list list)
{
    list_take(table, entry);
    list_put(table, entry, list);
}

static void bucket_put(struct lwip_table *table, int entry)
{
    int *bucket = bucket_of(table, table->places[entry].key);
    table->places[entry].next = *bucket;
    *bucket = entry;
}

static void buckets_fill(struct lwip_table *table)
{
    for (int i = 0; i < LWIP_TABLE_KEY; i++)
        table->key[i] = (uint64_t)LWIP_RAND() << 32 | LWIP_RAND();
    for (int i = 0; i < table->size; i++) table->buckets[i] = NONE;
    for (int i = 0; i < table->size; i++)
        if (table->places[i].list != LWIP_TABLE_FREE) bucket_put(table, i);
}

static void table_begin(struct lwip_table *table)
{
    for (int i = 0; i < LWIP_TABLE_LISTS; i++) table->first[i] = table->last[i] = NONE;
    table->found = NONE;
}

struct arrays {
    void *entries;
    struct lwip_table_place *places;
    int *buckets;
};

static void arrays_free(const struct arrays *arrays)
{
    free(arrays->entries);
    free(arrays->places);
    free(arrays->buckets);
}

static bool arrays_make(const struct lwip_table *table, int size, struct arrays *made)
{
    made->entries = calloc((size_t)size, table->entry_size);
    made->places = calloc((size_t)size, sizeof *made->places);
    made->buckets = calloc((size_t)size, sizeof *made->buckets);
    bool is_made = made->entries != NULL && made->places != NULL && made->buckets != NULL;
    if (!is_made) arrays_free(made);
    return is_made;
}

// The first `count` entries go there, and the old arrays.
static void arrays_use(struct lwip_table *table, const struct arrays *made, int count)
{
    if (count != 0) {
        memcpy(made->entries, table->entries, (size_t)count * table->entry_size);
        memcpy(made->places, table->places, (size_t)count * sizeof *made->places);
        if (table->move != NULL) table->move(made->entries);
    }
    arrays_free(&(struct arrays){table->entries, table->places, table->buckets});
    table->entries = made->entries;
    table->places = made->places;
    table->buckets = made->buckets;
}

// Twice as large. False: no memory, or more than it may have.
static bool table_grow(struct lwip_table *table)
{
    int before = table->size, size = before == 0 ? SIZE_MIN : 2 * before;
    struct arrays made;
    if (size > size_most(table) || !arrays_make(table, size, &made)) return false;
    if (before == 0) table_begin(table);
    arrays_use(table, &made, before);
    table->size = size;
    for (int i = before; i < size; i++) list_put(table, i, LWIP_TABLE_FREE);
    buckets_fill(table);
    return true;
}

// To a place that is free, in its turn among the others. The list of those that are free is made
// anew afterwards.
static void entry_move(struct lwip_table *table, int from, int to)
{
    struct lwip_table_place *places = table->places, *place = &places[to];
    uint8_t *entries = table->entries;
    size_t each = table->entry_size;
    if (table->renumber != NULL) table->renumber(from, to);
    memcpy(entries + (size_t)to * each, entries + (size_t)from * each, each);
    *place = places[from];
    places[from].list = LWIP_TABLE_FREE;
    *(place->older == NONE ? &table->first[place->list] : &places[place->older].newer) = to;
    *(place->newer == NONE ? &table->last[place->list] : &places[place->newer].older) = to;
}

void lwip_table_shrink(struct lwip_table *table)
{
    struct arrays made;
    int size = table->size, used = size - table->count[LWIP_TABLE_FREE], to = 0;
    while (size > SIZE_MIN && used <= size / PART_USED) size /= 2;
    if (size == table->size || !arrays_make(table, size, &made)) return;
    for (int from = size; from < table->size; from++) {
        if (table->places[from].list == LWIP_TABLE_FREE) continue;
        while (table->places[to].list != LWIP_TABLE_FREE) to++;
        entry_move(table, from, to);
    }
    arrays_use(table, &made, size);
    table->size = size;
    table->found = table->first[LWIP_TABLE_FREE] = table->last[LWIP_TABLE_FREE] = NONE;
    table->count[LWIP_TABLE_FREE] = 0;
    for (int i = 0; i < size; i++)
        if (table->places[i].list == LWIP_TABLE_FREE) list_put(table, i, LWIP_TABLE_FREE);
    buckets_fill(table);
}

// The first of the list that does not refuse. False: none.
static bool forget_of(struct lwip_table *table, enum lwip_table_list list)
{
    for (int i = table->first[list], next; i != NONE; i = next) {
        next = table->places[i].newer;
        table->forget(i);
        if (table->places[i].list == LWIP_TABLE_FREE) return true;
    }
    return false;
}

static bool forget_one(struct lwip_table *table)
{
    bool is_new = table->count[LWIP_TABLE_NEW] > table->size / 4;
    return (is_new && forget_of(table, LWIP_TABLE_NEW)) || forget_of(table, LWIP_TABLE_USED) ||
           forget_of(table, LWIP_TABLE_NEW) || forget_of(table, LWIP_TABLE_WAITING);
}

int lwip_table_find(struct lwip_table *table, const uint32_t *key)
{
    size_t size = sizeof table->places->key;
    if (table->size == 0) return NONE;
    if (table->found != NONE && memcmp(table->places[table->found].key, key, size) == 0)
        return table->found;
    int i = *bucket_of(table, key);
    while (i != NONE && memcmp(table->places[i].key, key, size) != 0) i = table->places[i].next;
    if (i != NONE) table->found = i;
    return i;
}

int lwip_table_add(struct lwip_table *table, const uint32_t *key)
{
    if (table->count[LWIP_TABLE_FREE] == 0 && !table_grow(table) &&
        (table->size == 0 || !forget_one(table)))
        return NONE;
    int entry = table->first[LWIP_TABLE_FREE];
    memcpy(table->places[entry].key, key, sizeof table->places->key);
    table->places[entry].used_at = table->second;
    list_change(table, entry, LWIP_TABLE_NEW);
    bucket_put(table, entry);
    return entry;
}

void lwip_table_remove(struct lwip_table *table, int entry)
{
    struct lwip_table_place *place = &table->places[entry];
    if (place->list == LWIP_TABLE_FREE) return;
    int *at = bucket_of(table, place->key);
    while (*at != entry) at = &table->places[*at].next;
    *at = place->next;
    if (table->found == entry) table->found = NONE;
    list_change(table, entry, LWIP_TABLE_FREE);
    memset((uint8_t *)table->entries + (size_t)entry * table->entry_size, 0, table->entry_size);
}

void lwip_table_wait(struct lwip_table *table, int entry)
{
    if (table->count[LWIP_TABLE_WAITING] >= most(lwip_table_room, WAITING_BYTES))
        (void)forget_of(table, LWIP_TABLE_WAITING);
    list_change(table, entry, LWIP_TABLE_WAITING);
}

void lwip_table_settle(struct lwip_table *table, int entry)
{
    if (table->places[entry].list == LWIP_TABLE_WAITING) list_change(table, entry, LWIP_TABLE_NEW);
}

void lwip_table_use(struct lwip_table *table, int entry)
{
    struct lwip_table_place *place = &table->places[entry];
    if (place->used_at == table->second || place->list < LWIP_TABLE_NEW) return;
    place->used_at = table->second;
    list_change(table, entry, LWIP_TABLE_USED);
}

void lwip_table_key4(uint32_t *key, const ip4_addr_t *address, const struct netif *netif)
{
    memset(key, 0, LWIP_TABLE_KEY * sizeof *key);
    key[0] = address->addr;
    key[1] = netif_get_index(netif);
}

void lwip_table_key6(uint32_t *key, const ip6_addr_t *address)
{
    memcpy(key, address->addr, sizeof address->addr);
    key[4] = ip6_addr_zone(address);
    key[5] = 0;
}
