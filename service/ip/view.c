// SPDX-License-Identifier: MIT
// /net/view/RULES, which nobody can list: looking such a name up makes a folder that has what /net
// has for those whom the rules bind: a clone for each protocol that they name, and the
// conversations that were made by it. A session that is attached there reaches nothing else of the
// service; one that outlives the service finds the same rules by the same name again, looked up for
// the same user (lib/9p/revive.c). Everybody who may use the whole network can make views; there is
// none in a view. One that user 0 made gives the low ports that its rules name to whom it is given.
//
// Their files lie in a tree of their own, each view's in a folder whose name is a number. A view
// that nobody has ends after the request, not in its midst: the request may be one for a file in
// it.
#include "view.h"
#include "rule.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct protocol *const protocols[] = {&tcp_protocol, &udp_protocol, &icmp_protocol,
                                                   &icmpv6_protocol};
enum : size_t { PROTOCOLS = sizeof(protocols) / sizeof(protocols[0]) };

struct view {
    struct p9_node node; // first: the folder as it is found
    struct view *next_ending;
    bool is_ending; // it is in the list
    struct rules *rules;
    struct p9_node *folder; // in the views' tree
    char name[24];
    struct door doors[PROTOCOLS];
    char text[256]; // the rules
};

static struct p9_node *views; // their files
static struct view *ending;

struct p9_node *view_tree(const struct view *view, const char **folder)
{
    *folder = view == nullptr ? "" : view->name;
    return view == nullptr ? tree : views;
}

const struct rules *view_rules(const struct view *view)
{
    return view == nullptr ? nullptr : view->rules;
}

void view_get(struct view *view)
{
    if (view != nullptr) p9_node_get(&view->node);
}

void view_put(struct view *view)
{
    if (view != nullptr) p9_node_put(&view->node);
}

static void release(struct p9_node *node)
{
    struct view *view = (struct view *)node;
    if (view->is_ending) return;
    view->is_ending = true;
    view->next_ending = ending;
    ending = view;
}

static void destroy(struct view *view)
{
    p9_tree_remove(views, view->name);
    free(view->rules);
    free(view);
}

void views_settle(void)
{
    while (ending != nullptr) {
        struct view *view = ending;
        ending = view->next_ending;
        view->is_ending = false;
        if (view->node.references == 0) destroy(view);
    }
}

static int folder_lookup(struct p9_request *request, struct p9_node *node, struct p9_name name,
                         struct p9_node **found)
{
    struct p9_node *folder = ((struct view *)node)->folder;
    return folder->operations->lookup(request, folder, name, found);
}

static int folder_readdir(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          struct p9_listing *listing)
{
    struct p9_open inner = *open;
    inner.node = ((struct view *)open->node)->folder;
    return inner.node->operations->readdir(request, &inner, offset, listing);
}

static const struct p9_operations folder_operations = {
    .lookup = folder_lookup,
    .readdir = folder_readdir,
    .release = release,
};

static int rules_text(struct p9_request *request, void *context, struct p9_text *text)
{
    const struct view *view = context;
    if (view == nullptr) return -ENOENT;
    p9_print(text, "%s\n", view->text);
    return 0;
}

static int add(struct view *view, const char *name, struct p9_tree_entry entry)
{
    char path[64];
    struct p9_node *unused;
    snprintf(path, sizeof(path), "%s/%s", view->name, name);
    entry.path = path;
    return p9_tree_add(views, &entry, &unused);
}

static int fill(struct view *view)
{
    const struct p9_tree_entry folder = {.path = view->name, .mode = S_IFDIR | 0555};
    int error = p9_tree_add(views, &folder, &view->folder);
    if (error == 0)
        error = add(view, "rules",
                    (struct p9_tree_entry){.text = rules_text, .context = view, .mode = 0444});
    if (error == 0 && view->rules->has_dns)
        error =
            add(view, "resolv.conf", (struct p9_tree_entry){.text = host_resolvers, .mode = 0444});
    for (size_t i = 0; i < PROTOCOLS && error == 0; i++) {
        view->doors[i] = (struct door){.protocol = protocols[i], .view = view};
        if (rules_name(view->rules, protocols[i])) error = conversation_serve(&view->doors[i]);
    }
    return error;
}

static int create(struct p9_name name, uint32_t uid, struct view **made)
{
    static uint64_t last;
    struct view *view = calloc(1, sizeof(*view));
    if (view == nullptr) return -ENOMEM;
    view->node = (struct p9_node){.operations = &folder_operations,
                                  .references = 1,
                                  .mode = S_IFDIR | 0555,
                                  .path = p9_path_new()};
    snprintf(view->name, sizeof(view->name), "%llu", (unsigned long long)++last);
    memcpy(view->text, name.text, name.size < 256 ? name.size : 255);
    int error = rules_read(name.text, name.size, &view->rules);
    if (error == 0) {
        view->rules->is_name_server = host_is_name_server;
        view->rules->is_by_zero = uid == 0;
        error = fill(view);
    }
    if (error == 0)
        *made = view;
    else
        destroy(view);
    return error;
}

static int view_lookup(struct p9_request *request, struct p9_node *unused, struct p9_name name,
                       struct p9_node **found)
{
    struct view *view;
    int error = create(name, request->identity->uid, &view);
    if (error == 0) *found = &view->node;
    return error;
}

static int view_readdir(struct p9_request *request, struct p9_open *open, uint64_t offset,
                        struct p9_listing *listing)
{
    return 0;
}

int views_serve(void)
{
    static const struct p9_operations operations = {.lookup = view_lookup, .readdir = view_readdir};
    static const struct p9_tree_entry entry = {
        .path = "view", .mode = S_IFDIR | 0555, .operations = &operations};
    struct p9_node *unused;
    int error = p9_tree_create(nullptr, 0, &views);
    return error == 0 ? p9_tree_add(tree, &entry, &unused) : error;
}
