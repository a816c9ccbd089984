// SPDX-License-Identifier: MIT
// Names and attributes between the wire and what the protocol on channels has: times there are one
// number, here seconds and nanoseconds.
#include <9wire/wire.h>
#include <ferrite/libc.h>

enum : uint64_t { SECOND = 1'000'000'000, BASIC = 0x7ff }; // ns; the attributes of stat()

// The numbers of a getattr reply.
enum : uint32_t {
    VALID,
    QID_TYPE,
    QID_VERSION,
    QID_PATH,
    MODE,
    UID,
    GID,
    LINKS,
    DEVICE,
    SIZE,
    BLOCK_SIZE,
    BLOCKS,
    ACCESS_TIME, // seconds, nanoseconds
    MODIFY_TIME = ACCESS_TIME + 2,
    CHANGE_TIME = MODIFY_TIME + 2,
};

// The valid bits of a setattr request. A time without its SET bit is the server's own now.
enum : uint32_t {
    CHANGE_MODE = 1u << 0,
    CHANGE_UID = 1u << 1,
    CHANGE_GID = 1u << 2,
    CHANGE_SIZE = 1u << 3,
    CHANGE_ACCESS = 1u << 4,
    CHANGE_MODIFY = 1u << 5,
    CHANGE_STATUS = 1u << 6, // follows from the others
    CHANGE_ACCESS_SET = 1u << 7,
    CHANGE_MODIFY_SET = 1u << 8,
    CHANGE_ALL = (1u << 9) - 1,
};

// Its numbers.
enum : uint32_t {
    WISH = 1,
    WISH_MODE,
    WISH_UID,
    WISH_GID,
    WISH_SIZE,
    WISH_ACCESS,
    WISH_MODIFY = 8
};

static void time_put(uint64_t *number, uint64_t time)
{
    number[0] = time / SECOND;
    number[1] = time % SECOND;
}

// What is out of range, also before 1970, becomes the nearest time that there is.
static uint64_t time_get(const uint64_t *number)
{
    if ((int64_t)number[0] < 0) return 0;
    uint64_t time;
    if (__builtin_mul_overflow(number[0], SECOND, &time)) return UINT64_MAX;
    return __builtin_add_overflow(time, number[1] % SECOND, &time) ? UINT64_MAX : time;
}

void wire_attributes_put(struct wire_message *reply, const struct fe_9p_attributes *attributes)
{
    uint64_t *number = reply->number;
    number[VALID] = BASIC;
    number[QID_TYPE] = attributes->qid_kind & (QID_DIRECTORY | QID_LINK);
    number[QID_VERSION] = attributes->qid_kind >> 32;
    number[QID_PATH] = attributes->qid_path;
    number[MODE] = attributes->mode;
    number[UID] = attributes->uid;
    number[GID] = attributes->gid;
    number[LINKS] = attributes->links;
    number[DEVICE] = (uint32_t)attributes->device; // the other half is the server's own
    number[SIZE] = attributes->size;
    number[BLOCK_SIZE] = attributes->block_size;
    number[BLOCKS] = attributes->blocks;
    time_put(&number[ACCESS_TIME], attributes->access_time);
    time_put(&number[MODIFY_TIME], attributes->modify_time);
    time_put(&number[CHANGE_TIME], attributes->change_time);
}

static uint64_t kind_of(uint32_t mode, uint64_t version)
{
    uint64_t kind = QID_FILE;
    uint32_t type = mode & MODE_TYPE;
    if (type == MODE_DIRECTORY) kind = QID_DIRECTORY;
    if (type == MODE_LINK) kind = QID_LINK;
    if (type == MODE_CHARACTER || type == MODE_BLOCK || type == MODE_FIFO) kind = QID_DEVICE;
    return kind | version << 32;
}

void wire_attributes_get(const struct wire_message *reply, struct fe_9p_attributes *attributes)
{
    const uint64_t *number = reply->number;
    *attributes = (struct fe_9p_attributes){
        .qid_kind = kind_of((uint32_t)number[MODE], number[QID_VERSION]),
        .qid_path = number[QID_PATH],
        .mode = (uint32_t)number[MODE],
        .uid = (uint32_t)number[UID],
        .gid = (uint32_t)number[GID],
        .links = (uint32_t)number[LINKS],
        .device = (uint32_t)number[DEVICE],
        .size = number[SIZE],
        .block_size = number[BLOCK_SIZE],
        .blocks = number[BLOCKS],
        .access_time = time_get(&number[ACCESS_TIME]),
        .modify_time = time_get(&number[MODIFY_TIME]),
        .change_time = time_get(&number[CHANGE_TIME]),
    };
}

void wire_change_put(struct wire_message *request, uint32_t valid,
                     const struct fe_9p_attributes *attributes)
{
    uint64_t *number = request->number;
    uint32_t access = ATTRIBUTE_ACCESS_TIME | ATTRIBUTE_ACCESS_NOW;
    uint32_t modify = ATTRIBUTE_MODIFY_TIME | ATTRIBUTE_MODIFY_NOW;
    uint32_t wish = valid & (CHANGE_MODE | CHANGE_UID | CHANGE_GID | CHANGE_SIZE);
    if (valid & access) wish |= CHANGE_ACCESS;
    if (valid & modify) wish |= CHANGE_MODIFY;
    if (valid & ATTRIBUTE_ACCESS_TIME) wish |= CHANGE_ACCESS_SET;
    if (valid & ATTRIBUTE_MODIFY_TIME) wish |= CHANGE_MODIFY_SET;
    number[WISH] = wish;
    number[WISH_MODE] = attributes->mode & MODE_PERMISSIONS;
    number[WISH_UID] = attributes->uid;
    number[WISH_GID] = attributes->gid;
    number[WISH_SIZE] = attributes->size;
    time_put(&number[WISH_ACCESS], attributes->access_time);
    time_put(&number[WISH_MODIFY], attributes->modify_time);
}

bool wire_change_get(const struct wire_message *request, uint32_t *valid,
                     struct fe_9p_attributes *attributes)
{
    const uint64_t *number = request->number;
    uint32_t wish = (uint32_t)number[WISH];
    if ((wish & ~(uint32_t)CHANGE_ALL) != 0) return false;
    *valid = wish & (CHANGE_MODE | CHANGE_UID | CHANGE_GID | CHANGE_SIZE);
    if (wish & CHANGE_ACCESS) {
        *valid |= wish & CHANGE_ACCESS_SET ? ATTRIBUTE_ACCESS_TIME : ATTRIBUTE_ACCESS_NOW;
    }
    if (wish & CHANGE_MODIFY) {
        *valid |= wish & CHANGE_MODIFY_SET ? ATTRIBUTE_MODIFY_TIME : ATTRIBUTE_MODIFY_NOW;
    }
    *attributes = (struct fe_9p_attributes){
        .mode = (uint32_t)number[WISH_MODE] & MODE_PERMISSIONS,
        .uid = (uint32_t)number[WISH_UID],
        .gid = (uint32_t)number[WISH_GID],
        .size = number[WISH_SIZE],
        .access_time = time_get(&number[WISH_ACCESS]),
        .modify_time = time_get(&number[WISH_MODIFY]),
    };
    return true;
}

void wire_statfs_put(struct wire_message *reply, const struct fe_9p_statfs *statistics)
{
    uint64_t *number = reply->number;
    number[0] = (uint32_t)statistics->type;
    number[1] = (uint32_t)statistics->block_size;
    number[2] = statistics->blocks;
    number[3] = statistics->blocks_free;
    number[4] = statistics->blocks_available;
    number[5] = statistics->files;
    number[6] = statistics->files_free;
    number[7] = 0; // which file system: unknown
    number[8] = (uint32_t)statistics->name_max;
}

void wire_statfs_get(const struct wire_message *reply, struct fe_9p_statfs *statistics)
{
    const uint64_t *number = reply->number;
    *statistics = (struct fe_9p_statfs){
        .type = number[0],
        .block_size = number[1],
        .blocks = number[2],
        .blocks_free = number[3],
        .blocks_available = number[4],
        .files = number[5],
        .files_free = number[6],
        .name_max = number[8],
    };
}

struct wire_text wire_text_of(const char *text)
{
    return (struct wire_text){text, (uint32_t)strlen(text)};
}

bool wire_text_is(struct wire_text text, const char *other)
{
    return strlen(other) == text.size && memcmp(text.text, other, text.size) == 0;
}

bool wire_is_name(struct wire_text name)
{
    enum : uint32_t { NAME_MAX_BYTES = 255 };
    if (name.size == 0 || name.size > NAME_MAX_BYTES) return false;
    if (memchr(name.text, '/', name.size) || memchr(name.text, '\0', name.size)) return false;
    return !wire_text_is(name, ".") && !wire_text_is(name, "..");
}
