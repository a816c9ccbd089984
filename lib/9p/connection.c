// SPDX-License-Identifier: MIT
// Sessions, who they act for, their fids, and open files. The kernel gives the badge with every
// message: the place in the table, and a number that tells a new session from an old one in the
// same place.
#include "server_internal.h"

static struct fe_pool open_pool;

enum : uint32_t { FID_LIMIT = 65536, SESSION_LIMIT = 1u << 20 };

struct p9_identity *identity_create(uint32_t uid, uint32_t gid, const uint32_t *groups,
                                    uint32_t count)
{
    struct p9_identity *identity = malloc(sizeof *identity + count * sizeof(uint32_t));
    if (identity == nullptr) return nullptr;
    *identity = (struct p9_identity){.references = 1, .uid = uid, .gid = gid, .group_count = count};
    for (uint32_t i = 0; i < count; i++) identity->groups[i] = groups[i];
    return identity;
}

void identity_put(struct p9_identity *identity)
{
    if (identity && --identity->references == 0) free(identity);
}

static int table_grow(struct p9_server_state *state, uint32_t capacity)
{
    if (capacity > SESSION_LIMIT) return -ENFILE;
    struct p9_connection **table = realloc(state->connections, capacity * sizeof *table);
    if (table == nullptr) return -ENOMEM;
    memset(table + state->connection_capacity, 0,
           (capacity - state->connection_capacity) * sizeof *table);
    state->connections = table;
    state->connection_capacity = capacity;
    return 0;
}

static int table_place(struct p9_server_state *state, uint64_t number, uint32_t *place)
{
    if (state->connection_count == state->connection_capacity) {
        int result =
            table_grow(state, state->connection_capacity ? state->connection_capacity * 2 : 16);
        if (result != 0) return result;
    }
    for (uint32_t i = 0; i < state->connection_capacity; i++) {
        uint32_t at = (uint32_t)((number + i) % state->connection_capacity);
        if (state->connections[at] == nullptr) {
            *place = at;
            return 0;
        }
    }
    return -ENFILE;
}

// References are counted here.
static void connection_place(struct p9_server *server, struct p9_connection *connection,
                             struct p9_identity *identity, struct p9_node *root)
{
    struct p9_server_state *state = server->state;
    identity->references++;
    connection->identity = identity;
    if (root != nullptr) {
        node_adopt(server, root);
        p9_node_get(root);
    }
    connection->root = root;
    state->connections[badge_place(connection->badge) - 1] = connection;
    state->connection_count++;
    state->newest = connection->badge;
}

// The identity's reference is shared (counted here), as is the root's. nullptr: nothing can be
// reached but by the fids that are put there.
struct p9_connection *connection_create(struct p9_server *server, struct p9_identity *identity,
                                        struct p9_node *root, fe_handle *session)
{
    uint32_t place;
    uint64_t number = ++server->state->number;
    if (table_place(server->state, number, &place) != 0) return nullptr;
    struct p9_connection *connection = calloc(1, sizeof *connection);
    if (connection == nullptr) return nullptr;
    connection->badge = number << PLACE_BITS | (place + 1);
    if (fe_channel_mint(server->channel, connection->badge, session, &connection->id) != OK) {
        free(connection);
        return nullptr;
    }
    connection_place(server, connection, identity, root);
    return connection;
}

enum status connection_restore(struct p9_server *server, uint64_t badge,
                               struct p9_identity *identity, struct p9_node *root,
                               struct p9_connection **result)
{
    struct p9_server_state *state = server->state;
    uint32_t place = badge_place(badge), capacity = 16;
    while (capacity < place) capacity *= 2;
    if (place == 0 || place > SESSION_LIMIT) return ERR_BAD_ARGUMENT;
    if (capacity > state->connection_capacity && table_grow(state, capacity) != 0)
        return ERR_NO_MEMORY;
    if (state->connections[place - 1] != nullptr) return ERR_EXISTS;
    struct p9_connection *connection = calloc(1, sizeof *connection);
    if (connection == nullptr) return ERR_NO_MEMORY;
    connection->badge = badge;
    connection_place(server, connection, identity, root);
    *result = connection;
    return OK;
}

void connection_destroy(struct p9_server *server, struct p9_connection *connection)
{
    struct p9_server_state *state = server->state;
    wait_forget(server, connection);
    state->connections[badge_place(connection->badge) - 1] = nullptr;
    state->connection_count--;
    for (uint32_t fid = 0; fid < connection->fid_capacity; fid++) {
        if (connection->fids[fid].node) (void)fid_clear(connection, fid);
    }
    if (connection->owner && state->gone) state->gone(connection->owner, connection->badge);
    p9_node_put(connection->root);
    identity_put(connection->identity);
    free(connection->fids);
    free(connection->path);
    free(connection);
}

int fid_set(struct p9_connection *connection, uint64_t fid, struct p9_node *node,
            struct p9_open *open)
{
    if (fid >= FID_LIMIT) return -EMFILE;
    if (fid >= connection->fid_capacity) {
        uint32_t capacity = connection->fid_capacity ? connection->fid_capacity : 8;
        while (capacity <= fid) capacity *= 2;
        struct p9_fid *fids = realloc(connection->fids, capacity * sizeof *fids);
        if (fids == nullptr) return -ENOMEM;
        memset(fids + connection->fid_capacity, 0,
               (capacity - connection->fid_capacity) * sizeof *fids);
        connection->fids = fids;
        connection->fid_capacity = capacity;
    }
    if (connection->fids[fid].node) return -EEXIST;
    p9_node_get(node);
    if (open) open_get(open);
    connection->fids[fid] = (struct p9_fid){.node = node, .open = open};
    return 0;
}

int fid_clear(struct p9_connection *connection, uint64_t fid)
{
    struct p9_fid *found = fid_find(connection, fid);
    if (found == nullptr) return -EBADF;
    struct p9_fid old = *found;
    *found = (struct p9_fid){};
    if (old.open && old.node->locks) lock_forget(old.node, connection);
    if (old.open) open_put(old.open);
    p9_node_put(old.node);
    return 0;
}

struct p9_open *open_create(struct p9_node *node, uint32_t flags)
{
    struct p9_open *open = fe_pool_take(&open_pool, sizeof *open);
    if (open == nullptr) return nullptr;
    p9_node_get(node);
    *open = (struct p9_open){.node = node, .references = 1, .flags = flags};
    return open;
}

void open_get(struct p9_open *open)
{
    open->references++;
}

void open_put(struct p9_open *open)
{
    if (--open->references != 0) return;
    poll_forget(open);
    if (open->node->locks) lock_forget(open->node, open);
    if (open->node->operations->close) open->node->operations->close(open);
    open_free(open);
}

void open_free(struct p9_open *open)
{
    p9_node_put(open->node);
    fe_pool_give(&open_pool, open);
}

struct p9_open *p9_fid_open(struct p9_request *request, uint32_t fid)
{
    struct p9_fid *found = fid_find(request->connection, fid);
    return found ? found->open : nullptr;
}

int p9_fid_install(struct p9_request *request, uint32_t fid, struct p9_node *node, uint32_t flags)
{
    node_adopt(request->server, node);
    struct p9_open *open = open_create(node, flags);
    if (open == nullptr) return -ENOMEM;
    int result = node->operations->open ? node->operations->open(request, open) : 0;
    if (result == 0) result = fid_set(request->connection, fid, open->node, open);
    open_put(open);
    return result;
}

static enum status session_make(struct p9_server *server, struct p9_node *root,
                                const struct p9_user *user, struct p9_connection **connection,
                                fe_handle *session)
{
    struct p9_identity *identity =
        identity_create(user->uid, user->gid, user->groups, (uint32_t)user->group_count);
    if (identity == nullptr) return ERR_NO_MEMORY;
    *connection = connection_create(server, identity, root ? root : server->root, session);
    identity_put(identity);
    return *connection ? OK : ERR_NO_MEMORY;
}

enum status p9_connector(struct p9_server *server, struct p9_node *root, uint32_t uid, uint32_t gid,
                         fe_handle *connector)
{
    struct p9_connection *connection;
    struct p9_user user = {.uid = uid, .gid = gid};
    TRY(session_make(server, root, &user, &connection, connector));
    const struct p9_base *base = server->state->bases;
    while (base != nullptr && base->root != connection->root) base = base->next;
    if (base == nullptr || connection_base_at(server, connection, base) == 0) return OK;
    fe_handle_drop(connector); // the connection goes when its end is noticed
    return ERR_NO_MEMORY;
}

enum status p9_session_create(struct p9_server *server, struct p9_node *root,
                              const struct p9_user *user, void *owner, fe_handle *session)
{
    struct p9_connection *connection;
    struct p9_user nobody_else = {}; // uid 0
    TRY(session_make(server, root, user ? user : &nobody_else, &connection, session));
    connection->owner = owner;
    if (fid_set(connection, FE_9P_ROOT_FID, connection->root, nullptr) == 0) return OK;
    connection->owner = nullptr;
    fe_handle_drop(session);
    return ERR_NO_MEMORY; // the connection goes when its end is noticed
}

enum status p9_session_restore(struct p9_server *server, uint64_t badge, struct p9_node *root,
                               const struct p9_user *user, void *owner)
{
    struct p9_connection *connection;
    struct p9_identity *identity =
        identity_create(user->uid, user->gid, user->groups, (uint32_t)user->group_count);
    if (identity == nullptr) return ERR_NO_MEMORY;
    enum status status = connection_restore(server, badge, identity, root, &connection);
    identity_put(identity);
    TRY(status);
    connection->owner = owner;
    return fid_set(connection, FE_9P_ROOT_FID, root, nullptr) == 0 ? OK : ERR_NO_MEMORY;
}

uint64_t p9_session_badge(const struct p9_server *server)
{
    return server->state->newest;
}

void p9_session_disown(struct p9_server *server, uint64_t badge)
{
    struct p9_connection *connection = connection_find(server, badge);
    if (connection != nullptr) connection->owner = nullptr;
}

void *p9_request_owner(const struct p9_request *request)
{
    return request->connection->owner;
}

void p9_session_gone(struct p9_server *server, void (*gone)(void *owner, uint64_t badge))
{
    server->state->gone = gone;
}
