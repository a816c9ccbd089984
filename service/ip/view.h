// SPDX-License-Identifier: MIT
// Views: the network as those see it who may use only a part of it.
#pragma once

#include "ip.h"

struct rules;

// What a view's clone files are of. The whole network has no view.
struct door {
    const struct protocol *protocol;
    struct view *view;
};

// Where a view's files are: the tree, and in it the folder's name ("": the tree's root).
struct p9_node *view_tree(const struct view *view, const char **folder);
const struct rules *view_rules(const struct view *view);
// A view is there as long as a session, an open file or a conversation has it. nullptr: nothing.
void view_get(struct view *view);
void view_put(struct view *view);
// Ends the views that nobody has any more.
void views_settle(void);
// Adds /net/view. 0 or a negative errno.
int views_serve(void);
