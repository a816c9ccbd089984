// SPDX-License-Identifier: MIT
// Entitlements as words:
//     process ... resource       a kind of object; without any, all but resource
//     resource/memory ...        a kind of resource, and resource objects at all
//     memory=64M priority=40     ceilings; default: none of its own, and 32
//     name=/dev                  its namespace may have mounts below this, and below others so
//     named only
#include "program.h"

#include <abi/object.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const object_names[OBJECT_TYPE_COUNT] = {
    [OBJECT_PROCESS] = "process",     [OBJECT_THREAD] = "thread",       [OBJECT_MEMORY] = "memory",
    [OBJECT_CHANNEL] = "channel",     [OBJECT_SESSION] = "session",     [OBJECT_EVENT] = "event",
    [OBJECT_INTERRUPT] = "interrupt", [OBJECT_NAMESPACE] = "namespace", [OBJECT_IMAGE] = "image",
    [OBJECT_RESOURCE] = "resource",
};
static const char *const resource_names[RESOURCE_KIND_COUNT] = {
    [RESOURCE_MEMORY] = "memory", [RESOURCE_INTERRUPT] = "interrupt",
    [RESOURCE_MSI] = "msi",       [RESOURCE_PORT] = "port",
    [RESOURCE_DMA] = "dma",       [RESOURCE_DEBUG] = "debug",
    [RESOURCE_POWER] = "power",   [RESOURCE_ENTROPY] = "entropy",
    [RESOURCE_SYSTEM] = "system", [RESOURCE_TIME] = "time",
};

enum : uint32_t { DEFAULT_PRIORITY_CEILING = 32 };

static bool bit_find(const char *const *names, uint32_t count, const char *word, uint32_t *bits)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!names[i] || strcmp(names[i], word) != 0) continue;
        *bits |= 1u << i;
        return true;
    }
    return false;
}

void entitlement_parse(const char *words, struct program *program)
{
    struct macho_entitlement *entitlement = &program->entitlement;
    entitlement->priority_ceiling = DEFAULT_PRIORITY_CEILING;
    char *copy = strdup(words), *rest = copy, *word;
    while ((word = strsep(&rest, " \t\n"))) {
        if (!*word) continue;
        if (!strncmp(word, "memory=", 7))
            entitlement->memory_ceiling = size_parse(word + 7);
        else if (!strncmp(word, "priority=", 9))
            entitlement->priority_ceiling = (uint32_t)size_parse(word + 9);
        else if (!strncmp(word, "name=/", 6))
            buffer_append(&program->names, word + 5, strlen(word + 5) + 1);
        else if (strncmp(word, "resource/", 9)
                     ? !bit_find(object_names, OBJECT_TYPE_COUNT, word, &entitlement->object_kinds)
                     : !bit_find(resource_names, RESOURCE_KIND_COUNT, word + 9,
                                 &entitlement->resource_kinds))
            complain("'%s' is not an entitlement", word);
    }
    free(copy);
    if (entitlement->priority_ceiling >= PRIORITY_COUNT)
        complain("priorities end at %u", PRIORITY_COUNT - 1);
    uint32_t resource = 1u << OBJECT_RESOURCE;
    if (!(entitlement->object_kinds & ~resource))
        entitlement->object_kinds |= ((1u << OBJECT_TYPE_COUNT) - 2) & ~resource;
    if (entitlement->resource_kinds) entitlement->object_kinds |= resource;
    entitlement->names_size = (uint32_t)program->names.size;
}

static void bits_print(const char *prefix, const char *const *names, uint32_t count, uint32_t bits)
{
    for (uint32_t i = 0; i < count; i++)
        if (bits >> i & 1 && names[i]) printf(" %s%s", prefix, names[i]);
}

void entitlement_print(const struct macho_entitlement *entitlement, const char *names)
{
    printf("entitlement:");
    bits_print("", object_names, OBJECT_TYPE_COUNT, entitlement->object_kinds);
    bits_print("resource/", resource_names, RESOURCE_KIND_COUNT, entitlement->resource_kinds);
    if (entitlement->memory_ceiling)
        printf(" memory=%llu", (unsigned long long)entitlement->memory_ceiling);
    printf(" priority=%u", entitlement->priority_ceiling);
    for (uint32_t at = 0; at < entitlement->names_size; at += (uint32_t)strlen(names + at) + 1)
        printf(" name=%s", names + at);
    putchar('\n');
}
