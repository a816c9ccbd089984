// SPDX-License-Identifier: MIT
// FatFs by directories and names in place of paths: what a server of files needs, which has its
// files by where their entries are, replaces one by another in one step, and keeps what was removed
// while somebody has it open. The directory given to a call that adds an entry may grow by it.
//
// Results are FatFs's: FR_NO_FILE for what is not there, FR_EXIST, FR_DENIED when the volume or a
// directory is full, FR_INT_ERR for damage, FR_DISK_ERR. Nothing is flushed: fat_sync() does that.
#pragma once

#include <ff.h>

struct fat_stamp {
    DWORD time;      // as in get_fattime()
    BYTE hundredths; // 0 to 199, in addition
    BYTE zone;       // exFAT's: 0x80 and a count of 15 minutes in 7 bits; 0: not told
};

struct fat_entry {
    FFOBJID object;   // its contents
    DWORD directory;  // cluster where the directory begins that has it
    DWORD offset;     // in that one
    LBA_t sector;     // FAT: of the entry
    WORD at;          // in the sector
    BYTE attributes;  // AM_*
    QWORD valid;      // bytes that were ever written; the others read as zeros
    struct fat_stamp created, modified, accessed;
};

void fat_root(FATFS *fs, FFOBJID *directory);
FRESULT fat_find(const FFOBJID *directory, const char *name, struct fat_entry *entry);

// Entries from `offset` on, 0 or what fat_list() gave.
FRESULT fat_list_begin(const FFOBJID *directory, DWORD offset, DIR *position);
// The next one. `*next`: where to go on after it.
FRESULT fat_list(DIR *position, struct fat_entry *entry, FILINFO *info, DWORD *next);

// A file, or with AM_DIR a directory; `entry` has its attributes and times, and gets the rest.
FRESULT fat_create(FFOBJID *directory, const char *name, struct fat_entry *entry);
// The entry goes; its contents stay, for fat_cut().
FRESULT fat_remove(const FFOBJID *directory, const char *name);

struct fat_move {
    const FFOBJID *from;
    const char *name;
    FFOBJID *to;
    const char *new_name;
    int is_replacing; // there is something else under the new name, which is gone then
};
FRESULT fat_move(const struct fat_move *move, struct fat_entry *entry);

// Writes what `entry` says: contents, attributes, times.
FRESULT fat_store(const struct fat_entry *entry);

// Clusters. The one after `cluster`; from object.fs->n_fatent on: there is none; 0 or 1: damage;
// 0xFFFFFFFF: an error of the disk.
DWORD fat_next(const FFOBJID *object, DWORD cluster);
// Puts a cluster after `last` (0: it has none), of `size` bytes before that. `*added`: it.
FRESULT fat_extend(FFOBJID *object, DWORD last, QWORD size, DWORD *added);
// Gives back those from `first` on; `last` is before it, 0: all go. The size is the old one.
FRESULT fat_cut(FFOBJID *object, DWORD last, DWORD first);
LBA_t fat_sector(FATFS *fs, DWORD cluster); // where it begins; 0: there is no such

// Whether the volume says that it is being written to; and that.
FRESULT fat_dirty(FATFS *fs, int *is_dirty);
FRESULT fat_dirty_set(FATFS *fs, int is_dirty);
FRESULT fat_sync(FATFS *fs); // all is with disk_write()
