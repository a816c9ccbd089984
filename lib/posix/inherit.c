// SPDX-License-Identifier: MIT
// Handing open files to a child, and taking them over at start. Files of one session are shared by
// one request.
#include "inherit.h"
#include "context.h"
#include "file.h"
#include "signals.h"
#include "socket.h"
#include "thread.h"
#include <abi/message.h>
#include <errno.h>
#include <ferrite/log.h>
#include <ferrite/handle.h>
#include <ferrite/start.h>
#include <stdlib.h>
#include <string.h>

enum : int32_t { NOT_STARTED = 127 }; // as of a spawned program that could not be run

// --- To a child --------------------------------------------------------------------------------

// The distinct open files that the child gets, in the order of their first descriptor.
struct selection {
    struct file **files;
    size_t count;
};

static long find_file(const struct selection *selection, const struct file *file)
{
    for (size_t i = 0; i < selection->count; i++) {
        if (selection->files[i] == file) return (long)i;
    }
    return -1;
}

static bool goes_along(const struct descriptor *entry)
{
    return entry->file != nullptr && !entry->close_on_exec &&
           (entry->file->p9 != nullptr || entry->file->socket != nullptr);
}

static long select_files(const struct context *context, struct selection *selection)
{
    const struct descriptor_table *table = &context->descriptors;
    *selection = (struct selection){};
    if (table->capacity == 0) return 0;
    selection->files = calloc(table->capacity, sizeof(struct file *));
    if (selection->files == nullptr) return -ENOMEM;
    for (uint32_t i = 0; i < table->capacity; i++) {
        struct descriptor *entry = &table->entries[i];
        if (goes_along(entry) && find_file(selection, entry->file) < 0) {
            selection->files[selection->count++] = entry->file;
        }
    }
    return 0;
}

// All protocol files that belong to the selected ones: two of a socket.
static size_t list_parts(const struct selection *selection, struct p9_file **parts)
{
    size_t count = 0;
    for (size_t i = 0; i < selection->count; i++) {
        struct file *file = selection->files[i];
        if (file->p9 != nullptr) parts[count++] = file->p9;
        if (file->socket != nullptr && socket_control_file(file->socket) != nullptr) {
            parts[count++] = socket_control_file(file->socket);
        }
    }
    return count;
}

// Shares the parts of each session; their order by session becomes the session's index.
static long share_sessions(struct p9_file **parts, size_t count, struct inherit_parcel *parcel)
{
    struct p9_file **group = calloc(count, sizeof *group);
    if (group == nullptr) return -ENOMEM;
    long error = 0;
    for (size_t i = 0; i < count && error == 0; i++) {
        bool is_first = true;
        for (size_t j = 0; j < i; j++) is_first &= parts[j]->session != parts[i]->session;
        if (!is_first) continue;
        size_t size = 0;
        for (size_t j = i; j < count; j++) {
            if (parts[j]->session == parts[i]->session) group[size++] = parts[j];
        }
        fe_handle handle;
        error = p9_share(group, size, &handle);
        if (error < 0) break;
        size_t index = parcel->handle_count++;
        fe_format(parcel->names[index], sizeof *parcel->names, "files/%zu", index);
        parcel->handles[index] =
            (struct fe_spawn_handle){.name = parcel->names[index], .handle = handle};
    }
    free(group);
    return error;
}

static uint32_t session_index(struct p9_file **parts, size_t count,
                              const struct p9_session *session)
{
    uint32_t index = 0;
    for (size_t i = 0; i < count && parts[i]->session != session; i++) {
        bool is_first = true;
        for (size_t j = 0; j < i; j++) is_first &= parts[j]->session != parts[i]->session;
        index += is_first;
    }
    return index;
}

static void write_file(struct inherit_text *text, const struct file *file, struct p9_file **parts,
                       size_t count, bool has_path)
{
    struct inherit_file entry = {.flags = open_flags_to_protocol(file->flags)};
    const struct p9_file *p9 = file->p9;
    if (file->socket != nullptr) {
        socket_describe(file->socket, &entry);
        if (p9 == nullptr) p9 = socket_control_file(file->socket);
    }
    entry.session = session_index(parts, count, p9->session);
    entry.fid = file->p9 == nullptr ? FE_9P_NO_FID : file->p9->fid;
    entry.qid_kind = p9->qid_kind;
    entry.qid_path = p9->qid_path;
    entry.io_unit = p9->io_unit;
    inherit_add_file(text, &entry, has_path ? p9->path : nullptr);
}

// `text` has its beginning already.
static long write_text(struct context *context, const struct selection *selection,
                       struct p9_file **parts, size_t part_count, struct inherit_text *text)
{
    if (text->failed) return -ENOMEM;
    struct inherit_header *header = (struct inherit_header *)text->data;
    header->umask = context->umask;
    header->ignored = signal_ignored(context);
    header->blocked = context_blocked(context);
    for (size_t i = 0; i < selection->count; i++) {
        write_file(text, selection->files[i], parts, part_count, true);
    }
    for (uint32_t i = 0; i < context->descriptors.capacity; i++) {
        struct descriptor *entry = &context->descriptors.entries[i];
        if (!goes_along(entry)) continue;
        struct inherit_descriptor line = {i, (uint32_t)find_file(selection, entry->file)};
        inherit_add_descriptor(text, &line);
    }
    return text->failed ? -ENOMEM : 0;
}

// No other thread changes the context meanwhile in a way that matters: it is a child's, or exec
// ends them all.
long inherit_pack(struct context *context, const char *program, struct inherit_parcel *parcel)
{
    *parcel = (struct inherit_parcel){};
    inherit_begin(&parcel->text, program);
    struct selection selection;
    long error = select_files(context, &selection);
    size_t most = selection.count * 2 + 1;
    struct p9_file **parts = calloc(most, sizeof *parts);
    parcel->handles = calloc(most + 1, sizeof *parcel->handles); // one more for the caller
    parcel->names = calloc(most, sizeof *parcel->names);
    if (error == 0 && (!parts || !parcel->handles || !parcel->names)) error = -ENOMEM;
    size_t part_count = error == 0 ? list_parts(&selection, parts) : 0;
    if (error == 0 && part_count != 0) error = share_sessions(parts, part_count, parcel);
    if (error == 0) error = write_text(context, &selection, parts, part_count, &parcel->text);
    free(parts);
    free(selection.files);
    if (error < 0) inherit_unpack(parcel, false);
    return error;
}

static long select_given(struct file **files, size_t count, struct selection *selection)
{
    *selection = (struct selection){.files = calloc(count, sizeof(struct file *))};
    if (selection->files == nullptr) return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (find_file(selection, files[i]) < 0) selection->files[selection->count++] = files[i];
    }
    return 0;
}

static long parcel_init(struct inherit_parcel *parcel, size_t most)
{
    *parcel = (struct inherit_parcel){.handles = calloc(most, sizeof *parcel->handles),
                                      .names = calloc(most, sizeof *parcel->names)};
    inherit_begin(&parcel->text, "");
    return parcel->handles && parcel->names && !parcel->text.failed ? 0 : -ENOMEM;
}

long inherit_pack_files(struct file **files, size_t count, struct inherit_parcel *parcel)
{
    struct selection selection;
    long error = select_given(files, count, &selection);
    struct p9_file **parts = calloc(count * 2, sizeof *parts);
    long init = parcel_init(parcel, count * 2);
    if (error == 0) error = parts == nullptr ? -ENOMEM : init;
    size_t part_count = error == 0 ? list_parts(&selection, parts) : 0;
    if (error == 0) error = share_sessions(parts, part_count, parcel);
    if (error == 0 && parcel->handle_count > FE_MESSAGE_HANDLES) error = -ETOOMANYREFS;
    for (size_t i = 0; i < selection.count && error == 0; i++)
        write_file(&parcel->text, selection.files[i], parts, part_count, false);
    for (uint32_t i = 0; i < count && error == 0; i++) {
        struct inherit_descriptor line = {i, (uint32_t)find_file(&selection, files[i])};
        inherit_add_descriptor(&parcel->text, &line);
    }
    if (error == 0 && parcel->text.failed) error = -ENOMEM;
    free(parts);
    free(selection.files);
    if (error < 0) inherit_unpack(parcel, false);
    return error;
}

void inherit_unpack(struct inherit_parcel *parcel, bool consumed)
{
    for (size_t i = 0; i < parcel->handle_count && !consumed; i++) {
        fe_handle_drop(&parcel->handles[i].handle);
    }
    free(parcel->text.data);
    free(parcel->handles);
    free(parcel->names);
    *parcel = (struct inherit_parcel){};
}

// --- From the parent ---------------------------------------------------------------------------

static struct p9_session *adopt_session(uint32_t index)
{
    char name[16];
    fe_format(name, sizeof name, "files/%u", index);
    fe_handle handle = fe_start_handle(name);
    return handle == FE_NO_HANDLE ? nullptr : p9_session_adopt(handle);
}

static struct p9_file *adopt_part(struct p9_session *session, uint32_t fid,
                                  const struct inherit_file *entry, const char *path)
{
    struct p9_file *p9 = p9_file_adopt(session, fid, entry->flags);
    if (p9 == nullptr) return nullptr;
    p9->qid_kind = entry->qid_kind;
    p9->qid_path = entry->qid_path;
    p9->io_unit = entry->io_unit;
    if (path != nullptr) p9->path = strdup(path);
    return p9;
}

static struct file *adopt_file(struct p9_session *session, const struct inherit_file *entry,
                               const char *path)
{
    struct p9_file *p9 = nullptr;
    if (entry->fid != FE_9P_NO_FID) {
        p9 = adopt_part(session, entry->fid, entry, path);
        if (p9 == nullptr) return nullptr;
    }
    struct file *file = file_create(p9, open_flags_from_protocol(entry->flags));
    if (file == nullptr || entry->kind != INHERIT_SOCKET) return file;
    bool is_local = entry->control == FE_9P_NO_FID; // its data file is all there is
    struct p9_file *control = is_local ? nullptr : adopt_part(session, entry->control, entry, path);
    file->socket = control != nullptr || is_local ? socket_adopt(control, entry) : nullptr;
    return file->socket == nullptr ? nullptr : file;
}

static bool restore_descriptors(struct inherit_reader *reader, struct file **files, uint32_t count,
                                struct context *context)
{
    struct inherit_descriptor entry;
    long error = 0;
    while (error == 0 && inherit_next_descriptor(reader, &entry)) {
        struct file *before = nullptr;
        if (entry.file >= count) return false;
        struct descriptor descriptor = {files[entry.file], false};
        context_lock();
        error = descriptor_place(&context->descriptors, entry.number, descriptor, &before);
        if (error == 0) file_get(files[entry.file]);
        if (before != nullptr) file_put(before);
        context_unlock();
    }
    return error == 0 && reader->header.descriptor_count == 0;
}

// What the files of a start block become; a file has parts in at most two sessions.
struct restored {
    struct file **files;
    struct p9_session **sessions;
    uint32_t count, session_count;
};

static bool restore_file(struct restored *restored, uint32_t index,
                         const struct inherit_file *entry, const char *path)
{
    if (entry->session >= restored->session_count) return false;
    struct p9_session **session = &restored->sessions[entry->session];
    if (*session == nullptr) *session = adopt_session(entry->session);
    if (*session != nullptr) restored->files[index] = adopt_file(*session, entry, path);
    return restored->files[index] != nullptr;
}

// Whether it can be an open file: one without any part would be none.
static bool is_whole(const struct inherit_file *entry)
{
    bool has_control = entry->kind == INHERIT_SOCKET && entry->control != FE_9P_NO_FID;
    return entry->fid != FE_9P_NO_FID || has_control;
}

static bool restore_files(struct restored *restored, struct inherit_reader *reader,
                          struct context *context)
{
    struct inherit_file entry;
    const char *path;
    if (restored->files == nullptr || restored->sessions == nullptr) return false;
    for (uint32_t i = 0; i < restored->count; i++) {
        if (!inherit_next_file(reader, &entry, &path) || !is_whole(&entry)) return false;
        if (!restore_file(restored, i, &entry, path)) return false;
    }
    return restore_descriptors(reader, restored->files, restored->count, context);
}

static void restored_fini(struct restored *restored)
{
    context_lock();
    for (uint32_t i = 0; i < restored->count && restored->files != nullptr; i++)
        if (restored->files[i] != nullptr) file_put(restored->files[i]);
    context_unlock();
    for (uint32_t i = 0; i < restored->session_count && restored->sessions != nullptr; i++)
        if (restored->sessions[i] != nullptr) p9_session_put(restored->sessions[i]);
    free(restored->files);
    free(restored->sessions);
}

static bool restore_text(const void *data, size_t size, struct context *context)
{
    struct inherit_reader reader;
    if (!inherit_is_marked(data, size)) return true; // no C library's
    if (!inherit_open(&reader, data, size)) return false;
    context->umask = reader.header.umask;
    context->program = strdup(reader.program);
    signal_inherit(context, reader.header.ignored, reader.header.blocked);
    uint32_t count = reader.header.file_count;
    struct restored restored = {
        .files = calloc((size_t)count + 1, sizeof *restored.files),
        .sessions = calloc((size_t)count * 2 + 1, sizeof *restored.sessions),
        .count = count,
        .session_count = count * 2,
    };
    bool is_done = restore_files(&restored, &reader, context);
    restored_fini(&restored);
    return is_done;
}

// --- From anybody ------------------------------------------------------------------------------

static long take_over(struct restored *restored, struct inherit_reader *reader, struct file **files,
                      size_t most)
{
    struct inherit_file entry;
    struct inherit_descriptor line;
    const char *path;
    size_t count = 0;
    for (uint32_t i = 0; i < restored->count; i++) {
        if (!inherit_next_file(reader, &entry, &path) || !is_whole(&entry)) return -EPROTO;
        entry.io_unit = 0;
        if (entry.session >= restored->session_count) return -EPROTO;
        if (!restore_file(restored, i, &entry, nullptr)) return -ENOMEM;
    }
    while (count < most && inherit_next_descriptor(reader, &line)) {
        if (line.file >= restored->count) break;
        files[count] = restored->files[line.file];
        file_get(files[count++]);
    }
    return (long)count;
}

long inherit_unpack_files(const struct inherit_delivery *delivery, struct file **files, size_t most)
{
    struct inherit_reader reader;
    bool is_good = inherit_open(&reader, delivery->text, delivery->size) &&
                   reader.header.file_count != 0 && reader.header.file_count <= INHERIT_FILES_MAX;
    uint32_t count = is_good ? reader.header.file_count : 0;
    struct restored restored = {
        .files = calloc((size_t)count + 1, sizeof *restored.files),
        .sessions = calloc(delivery->handle_count + 1, sizeof *restored.sessions),
        .count = count,
        .session_count = (uint32_t)delivery->handle_count,
    };
    long result = !is_good ? -EPROTO : !restored.files || !restored.sessions ? -ENOMEM : 0;
    for (size_t i = 0; i < delivery->handle_count; i++) {
        fe_handle handle = delivery->handles[i];
        if (restored.sessions == nullptr)
            fe_handle_drop(&handle);
        else if ((restored.sessions[i] = p9_session_adopt(handle)) == nullptr)
            result = -ENOMEM;
    }
    if (result == 0) result = take_over(&restored, &reader, files, most);
    restored_fini(&restored);
    return result;
}

// --- Handles -----------------------------------------------------------------------------------

static struct p9_file *adopt_handle(const struct fe_start_handle *entry, const char *path)
{
    struct p9_session *session = p9_session_adopt(entry->handle);
    if (session == nullptr) return nullptr;
    struct p9_file *p9 =
        p9_file_adopt(session, (uint32_t)entry->value, (uint32_t)(entry->value >> 32));
    p9_session_put(session);
    struct fe_9p_attributes attributes;
    if (p9 == nullptr) return nullptr;
    if (p9_file_stat(p9, &attributes) == 0) {
        p9->qid_kind = attributes.qid_kind;
        p9->qid_path = attributes.qid_path;
    }
    if (*path == ':') p9->path = strdup(path + 1);
    return p9;
}

static bool restore_handle(struct context *context, const struct fe_start_handle *entry)
{
    char *path;
    long number = strtol(fe_start_handle_name(entry) + 3, &path, 10);
    struct p9_file *p9 = adopt_handle(entry, path);
    if (p9 == nullptr) return false;
    struct file *before = nullptr,
                *file = file_create(p9, open_flags_from_protocol((uint32_t)(entry->value >> 32)));
    if (file == nullptr) return false;
    struct descriptor descriptor = {file, false};
    context_lock();
    long error = descriptor_place(&context->descriptors, number, descriptor, &before);
    if (error < 0) file_put(file);
    if (before != nullptr) file_put(before);
    context_unlock();
    return error == 0;
}

// Handles "fd/..." of a parent without a C library: each a session of its own.
static bool restore_handles(struct context *context)
{
    const struct fe_start_handle *entry;
    for (uint32_t i = 0; (entry = fe_start_find_prefix("fd/", i)) != nullptr; i++)
        if (!restore_handle(context, entry)) return false;
    return true;
}

// A program that lacks a file that it was given would take the next one that it opens for it.
void inherit_restore(struct context *context)
{
    const struct fe_start *start = fe_start();
    const uint8_t *data = (const uint8_t *)start + start->data;
    bool is_done = start->data_size == 0 || restore_text(data, start->data_size, context);
    if (is_done && restore_handles(context)) return;
    fe_log("the open files of who started it are damaged, or there is no memory for them");
    fe_exit(NOT_STARTED);
}
