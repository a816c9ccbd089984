// SPDX-License-Identifier: MIT
// Which cards this stack uses: all, or those that the program was started with, and what `bind` and
// `unbind` (/net/ctl) change of that. So a second stack can stand beside the first, with its own
// cards.
#include "ip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct card {
    struct card *next;
    bool is_ours;
    char name[32];
};

static struct card *cards; // those that were spoken of
static bool takes_others = true;

static struct card *card_find(const char *name)
{
    struct card *card = cards;
    while (card != nullptr && strcmp(card->name, name) != 0) card = card->next;
    return card;
}

bool card_is_ours(const char *name)
{
    const struct card *card = card_find(name);
    return card == nullptr ? takes_others : card->is_ours;
}

int card_set(const char *name, bool is_ours)
{
    struct card *card = card_find(name);
    if (strlen(name) >= sizeof(card->name)) return -EINVAL;
    if (card == nullptr) {
        card = calloc(1, sizeof(*card));
        if (card == nullptr) return -ENOMEM;
        strcpy(card->name, name);
        card->next = cards;
        cards = card;
    }
    card->is_ours = is_ours;
    return 0;
}

int cards_choose(int count, char **names)
{
    takes_others = count == 0;
    for (int i = 0; i < count; i++) {
        int error = strcmp(names[i], "none") == 0 ? 0 : card_set(names[i], true);
        if (error != 0) return error;
    }
    return 0;
}
