// SPDX-License-Identifier: MIT
// Connectors that outlive their server, where its channel does (abi/keep.h): a note that the kernel
// keeps with the session says for whom it acts and where its root is, and from that the next server
// makes the same. The root is looked for when the connector is used for the first time, each part
// of its path for whom it was walked at first: only user 0 becomes somebody else, so that is user 0
// up to a place, and who the session acts for from there on. So a namespace that nobody but its own
// processes knows has its services back too.
#include "server_internal.h"

// Then the groups, the base's name with a NUL, and the path of the root below it.
struct note {
    uint64_t root_path; // 0: no server of this kind has it again by number
    uint32_t root_generation;
    uint32_t uid, gid, group_count;
    uint32_t zero_size; // of the path, which user 0 walked
};
enum : size_t { NOTE_MAX = 1024 };

// --- Where connectors begin ---

struct p9_base *base_get(struct p9_server *server, const char *name)
{
    struct p9_base *base = server->state->bases;
    while (base != nullptr && strcmp(base->name, name) != 0) base = base->next;
    if (base != nullptr) return base;
    size_t size = strlen(name) + 1;
    base = calloc(1, sizeof *base + size);
    if (base == nullptr) return nullptr;
    memcpy(base->name, name, size);
    base->next = server->state->bases;
    server->state->bases = base;
    return base;
}

// The note's size; 0: it would be too long.
static size_t note_write(const struct p9_server *server, const struct p9_connection *connection,
                         uint8_t text[static NOTE_MAX])
{
    const struct p9_identity *identity = connection->identity;
    const char *path = connection->path != nullptr ? connection->path : "";
    size_t groups = identity->group_count * sizeof identity->groups[0];
    size_t name = strlen(connection->base->name) + 1, rest = strlen(path);
    if (sizeof(struct note) + groups + name + rest > NOTE_MAX) return 0;
    struct note note = {.uid = identity->uid, .gid = identity->gid};
    note.group_count = identity->group_count;
    note.root_path = server->is_lasting ? connection->root->path : 0;
    note.root_generation = connection->root->generation & 0xffffff;
    note.zero_size = (uint32_t)connection->zero_size;
    uint8_t *at = text;
    memcpy(at, &note, sizeof note);
    memcpy(at += sizeof note, identity->groups, groups);
    memcpy(at += groups, connection->base->name, name);
    memcpy(at += name, path, rest);
    return (size_t)(at - text) + rest;
}

static int note_leave(struct p9_server *server, const struct p9_connection *connection)
{
    uint8_t text[NOTE_MAX];
    if (!server->state->is_kept) return 0;
    size_t size = note_write(server, connection, text);
    if (size == 0) return 0; // ends with the server
    return fe_channel_note(server->channel, connection->id, text, size) == OK ? 0 : -ENOMEM;
}

// Both with a slash between them; *joined is nullptr where both are empty.
static int path_join(const char *above, struct p9_name below, char **joined)
{
    size_t first = above != nullptr ? strlen(above) : 0;
    bool has_slash = first != 0 && below.size != 0;
    *joined = nullptr;
    if (first + below.size == 0) return 0;
    char *path = malloc(first + has_slash + below.size + 1);
    if (path == nullptr) return -ENOMEM;
    if (first != 0) memcpy(path, above, first);
    if (has_slash) path[first] = '/';
    if (below.size != 0) memcpy(path + first + has_slash, below.text, below.size);
    path[first + has_slash + below.size] = '\0';
    *joined = path;
    return 0;
}

int connection_base(struct p9_server *server, struct p9_connection *made,
                    const struct p9_connection *from, struct p9_name path, bool keeps)
{
    if (from->base == nullptr) return 0;
    int result = path_join(from->path, path, &made->path);
    if (result != 0) return result;
    made->base = from->base;
    made->zero_size = from->zero_size;
    if (from->identity->uid == 0 && made->path != nullptr) made->zero_size = strlen(made->path);
    return keeps ? note_leave(server, made) : 0;
}

int connection_base_at(struct p9_server *server, struct p9_connection *made,
                       const struct p9_base *base)
{
    made->base = base;
    return note_leave(server, made);
}

// --- Finding them again ---

// As user 0, whoever asks.
static int walk_as_zero(struct p9_request *request, struct p9_node *from, struct p9_name path,
                        struct p9_node **node)
{
    static const struct p9_identity zero = {.references = 1};
    const struct p9_identity *who = request->identity;
    request->identity = &zero;
    int result = walk_path(request, from, path, true, node);
    request->identity = who;
    return result;
}

static int root_find(struct p9_request *request, struct p9_node **root)
{
    const struct p9_connection *connection = request->connection;
    const char *path = connection->path != nullptr ? connection->path : "";
    size_t size = connection->zero_size;
    bool has_slash = size != 0 && path[size] == '/';
    struct p9_name rest = p9_name_of(path + size + has_slash);
    struct p9_node *given;
    int result =
        walk_as_zero(request, connection->base->root, (struct p9_name){path, size}, &given);
    if (result != 0) return result;
    result = walk_path(request, given, rest, true, root);
    p9_node_put(given);
    return result;
}

int connection_root(struct p9_request *request)
{
    struct p9_connection *connection = request->connection;
    const struct p9_base *base = connection->base;
    if (connection->root != nullptr) return 0;
    if (base == nullptr) return -EPERM;
    if (base->root == nullptr) return -EIO; // this server does not provide it
    struct p9_node *root;
    int result = root_find(request, &root);
    if (result != 0) return result == WALK_LINK ? -ELOOP : result;
    bool is_same = connection->root_path == 0 ||
                   (root->path == connection->root_path &&
                    (root->generation & 0xffffff) == connection->root_generation);
    if (!is_same) {
        p9_node_put(root);
        return -EIO; // something else has its name now
    }
    node_adopt(request->server, root);
    connection->root = root;
    return 0;
}

// The text after the note's head: nullptr where it is none of ours.
static const char *note_read(struct note *note, const uint8_t *text, size_t size,
                             const uint32_t **groups)
{
    if (size < sizeof *note) return nullptr;
    memcpy(note, text, sizeof *note);
    size_t left = size - sizeof *note;
    if (note->group_count > left / sizeof **groups) return nullptr;
    *groups = (const uint32_t *)(const void *)(text + sizeof *note);
    const char *name = (const char *)(*groups + note->group_count);
    return memchr(name, '\0', left - note->group_count * sizeof **groups) ? name : nullptr;
}

// `text` has a NUL behind it.
static enum status revive(struct p9_server *server, uint64_t badge, const uint8_t *text,
                          size_t size)
{
    struct note note;
    const uint32_t *groups;
    struct p9_connection *connection;
    const char *name = note_read(&note, text, size, &groups);
    if (name == nullptr) return OK;
    const char *path = name + strlen(name) + 1;
    if (note.zero_size > strlen(path)) return OK;
    const struct p9_base *base = base_get(server, name);
    struct p9_identity *identity = identity_create(note.uid, note.gid, groups, note.group_count);
    if (base == nullptr || identity == nullptr) {
        identity_put(identity);
        return ERR_NO_MEMORY;
    }
    enum status status = connection_restore(server, badge, identity, nullptr, &connection);
    identity_put(identity);
    TRY(status);
    connection->base = base;
    connection->root_path = note.root_path;
    connection->root_generation = note.root_generation;
    connection->zero_size = note.zero_size;
    return path_join(nullptr, p9_name_of(path), &connection->path) == 0 ? OK : ERR_NO_MEMORY;
}

// Numbers of sessions begin where no earlier server's can be: each took one of the kernel's, which
// only grow.
static enum status number_begin(struct p9_server *server)
{
    fe_handle session;
    TRY(fe_channel_mint(server->channel, 0, &session, &server->state->number));
    return fe_handle_close(session);
}

enum status connections_revive(struct p9_server *server)
{
    alignas(uint32_t) uint8_t text[NOTE_MAX + 1];
    uint64_t id = 0, badge;
    size_t size;
    TRY(number_begin(server));
    for (;;) {
        enum status status =
            fe_channel_next_note(server->channel, id, text, NOTE_MAX, &id, &badge, &size);
        if (status == ERR_NOT_FOUND) return OK;
        TRY(status);
        text[size] = '\0';
        TRY(revive(server, badge, text, size));
    }
}
