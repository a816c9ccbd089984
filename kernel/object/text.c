// SPDX-License-Identifier: MIT
#include "kernel/object/text.h"
#include "kernel/memory/page.h"
#include "kernel/object/quota.h"
#include "kernel/string.h"
#include "kernel/syscall.h"

static struct slab slab;

void text_init_all(void)
{
    slab_init(&slab, "text", TEXT_MAX);
}

enum status text_set(struct process *owner, struct text *text, const char *from, size_t size)
{
    if (size > TEXT_MAX) return ERR_TOO_LARGE;
    char *at = text->inside;
    if (size > sizeof text->inside) TRY(charged_take(owner, &slab, TEXT_MAX, &at));
    memcpy(at, from, size);
    text->at = at;
    text->size = (uint32_t)size;
    return OK;
}

void text_clear(struct process *owner, struct text *text)
{
    if (text->at != nullptr && text->at != text->inside)
        charged_free(owner, &slab, TEXT_MAX, text->at);
    text->at = nullptr;
}
