// SPDX-License-Identifier: MIT
// Directory entries for a server of files: see fatfs/entry.h. The engine's own functions work on
// paths; these use its parts, which are static, and so are one file with it.
#include <ff.c>

#include <fatfs/entry.h>

static int is_exfat(const FATFS *fs)
{
    return fs->fs_type == FS_EXFAT;
}

void fat_root(FATFS *fs, FFOBJID *directory)
{
    memset(directory, 0, sizeof *directory);
    directory->fs = fs;
    directory->id = fs->id;
    directory->attr = AM_DIR;
}

static void directory_open(DIR *dir, const FFOBJID *directory)
{
    memset(dir, 0, sizeof *dir);
    dir->obj = *directory;
    dir->obj.n_frag = 0;
    dir->blk_ofs = 0xFFFFFFFF;
}

static FRESULT entry_find(DIR *dir, const FFOBJID *directory, const char *name)
{
    directory_open(dir, directory);
    FRESULT result = create_name(dir, &name);
    return result == FR_OK ? dir_find(dir) : result;
}

static void stamp_read(struct fat_stamp *stamp, const BYTE *time, const BYTE *rest)
{
    stamp->time = ld_dword(time);
    stamp->hundredths = rest == 0 ? 0 : rest[0];
    stamp->zone = 0;
}

static void entry_read_exfat(const DIR *dir, struct fat_entry *entry)
{
    FATFS *fs = dir->obj.fs;
    const BYTE *raw = fs->dirbuf;
    static const BYTE none;
    entry->object.c_scl = dir->obj.sclust;
    entry->object.c_size = ((DWORD)dir->obj.objsize & 0xFFFFFF00) | dir->obj.stat;
    entry->object.c_ofs = dir->blk_ofs;
    init_alloc_info(fs, &entry->object);
    entry->offset = dir->blk_ofs;
    entry->attributes = raw[XDIR_Attr] & AM_MASKX;
    entry->valid = ld_qword(raw + XDIR_ValidFileSize);
    stamp_read(&entry->created, raw + XDIR_CrtTime, raw + XDIR_CrtTime10);
    stamp_read(&entry->modified, raw + XDIR_ModTime, raw + XDIR_ModTime10);
    stamp_read(&entry->accessed, raw + XDIR_AccTime, &none);
    entry->created.zone = raw[XDIR_CrtTZ];
    entry->modified.zone = raw[XDIR_ModTZ];
    entry->accessed.zone = raw[XDIR_AccTZ];
}

// What `dir` stands at: in the window, or for exFAT in the buffer of entries.
static void entry_read(const DIR *dir, struct fat_entry *entry)
{
    FATFS *fs = dir->obj.fs;
    memset(entry, 0, sizeof *entry);
    entry->object.fs = fs;
    entry->object.id = fs->id;
    entry->directory = dir->obj.sclust;
    if (is_exfat(fs)) {
        entry_read_exfat(dir, entry);
    } else {
        const BYTE *raw = dir->dir;
        entry->offset = dir->dptr;
        entry->sector = dir->sect;
        entry->at = (WORD)(raw - fs->win);
        entry->attributes = raw[DIR_Attr] & AM_MASK;
        entry->object.sclust = ld_clust(fs, raw);
        entry->object.objsize = entry->attributes & AM_DIR ? 0 : ld_dword(raw + DIR_FileSize);
        entry->valid = entry->object.objsize;
        stamp_read(&entry->created, raw + DIR_CrtTime, raw + DIR_CrtTime10);
        stamp_read(&entry->modified, raw + DIR_ModTime, 0);
        entry->accessed.time = (DWORD)ld_word(raw + DIR_LstAccDate) << 16;
    }
    entry->object.attr = entry->attributes;
}

FRESULT fat_find(const FFOBJID *directory, const char *name, struct fat_entry *entry)
{
    DIR dir;
    FRESULT result = entry_find(&dir, directory, name);
    if (result == FR_OK) entry_read(&dir, entry);
    return result;
}

FRESULT fat_list_begin(const FFOBJID *directory, DWORD offset, DIR *position)
{
    directory_open(position, directory);
    if (offset < SZDIRE) return dir_sdi(position, 0);
    FRESULT result = dir_sdi(position, offset - SZDIRE);
    return result == FR_OK ? dir_next(position, 0) : result;
}

FRESULT fat_list(DIR *position, struct fat_entry *entry, FILINFO *info, DWORD *next)
{
    FRESULT result = dir_read(position, 0);
    if (result != FR_OK) return result;
    entry_read(position, entry);
    get_fileinfo(position, info);
    *next = position->dptr + SZDIRE;
    result = dir_next(position, 0);
    return result == FR_NO_FILE ? FR_OK : result;
}

static void stamp_write(const struct fat_stamp *stamp, BYTE *time, BYTE *rest)
{
    st_dword(time, stamp->time);
    if (rest) rest[0] = stamp->hundredths;
}

static void entry_write_exfat(BYTE *raw, const struct fat_entry *entry)
{
    const FFOBJID *object = &entry->object;
    raw[XDIR_Attr] = entry->attributes;
    raw[XDIR_GenFlags] = object->stat | 1;
    st_dword(raw + XDIR_FstClus, object->sclust);
    st_qword(raw + XDIR_FileSize, object->objsize);
    st_qword(raw + XDIR_ValidFileSize, entry->attributes & AM_DIR ? object->objsize : entry->valid);
    stamp_write(&entry->created, raw + XDIR_CrtTime, raw + XDIR_CrtTime10);
    stamp_write(&entry->modified, raw + XDIR_ModTime, raw + XDIR_ModTime10);
    stamp_write(&entry->accessed, raw + XDIR_AccTime, 0);
    raw[XDIR_CrtTZ] = entry->created.zone;
    raw[XDIR_ModTZ] = entry->modified.zone;
    raw[XDIR_AccTZ] = entry->accessed.zone;
}

static void entry_write(FATFS *fs, BYTE *raw, const struct fat_entry *entry)
{
    raw[DIR_Attr] = entry->attributes;
    st_clust(fs, raw, entry->object.sclust);
    st_dword(raw + DIR_FileSize, entry->attributes & AM_DIR ? 0 : (DWORD)entry->object.objsize);
    stamp_write(&entry->created, raw + DIR_CrtTime, raw + DIR_CrtTime10);
    stamp_write(&entry->modified, raw + DIR_ModTime, 0);
    st_word(raw + DIR_LstAccDate, (WORD)(entry->accessed.time >> 16));
    fs->wflag = 1;
}

FRESULT fat_store(const struct fat_entry *entry)
{
    FATFS *fs = entry->object.fs;
    DIR dir;
    if (is_exfat(fs)) {
        FRESULT result = load_obj_xdir(&dir, &entry->object);
        if (result != FR_OK) return result;
        entry_write_exfat(fs->dirbuf, entry);
        return store_xdir(&dir);
    }
    FRESULT result = move_window(fs, entry->sector);
    if (result == FR_OK) entry_write(fs, fs->win + entry->at, entry);
    return result;
}

// The first cluster of a new directory, empty but for the dots that FAT has.
static FRESULT directory_fill(FATFS *fs, DWORD cluster, DWORD parent, const struct fat_entry *like)
{
    FRESULT result = dir_clear(fs, cluster);
    if (result != FR_OK || is_exfat(fs)) return result;
    struct fat_entry dots = *like;
    memset(fs->win + DIR_Name, ' ', 11);
    memset(fs->win + SZDIRE + DIR_Name, ' ', 11);
    fs->win[DIR_Name] = fs->win[SZDIRE] = fs->win[SZDIRE + 1] = '.';
    dots.object.sclust = cluster;
    entry_write(fs, fs->win, &dots);
    dots.object.sclust = parent;
    entry_write(fs, fs->win + SZDIRE, &dots);
    return FR_OK;
}

static FRESULT directory_make(FFOBJID *object, DWORD parent, const struct fat_entry *like)
{
    FATFS *fs = object->fs;
    DWORD cluster = create_chain(object, 0);
    if (cluster == 0) return FR_DENIED;
    if (cluster == 1) return FR_INT_ERR;
    if (cluster == 0xFFFFFFFF) return FR_DISK_ERR;
    object->sclust = cluster;
    if (is_exfat(fs)) object->objsize = (DWORD)fs->csize * SS(fs);
    FRESULT result = directory_fill(fs, cluster, parent, like);
    if (result != FR_OK) (void)remove_chain(object, cluster, 0);
    return result;
}

// The directory's own size, as it is after an entry was added.
static void directory_close(const DIR *dir, FFOBJID *directory)
{
    directory->objsize = dir->obj.objsize;
    directory->stat = dir->obj.stat & 3;
}

FRESULT fat_create(FFOBJID *directory, const char *name, struct fat_entry *entry)
{
    FATFS *fs = directory->fs;
    DIR dir;
    struct fat_entry made = *entry;
    fat_root(fs, &made.object);
    made.valid = 0;
    FRESULT result = entry_find(&dir, directory, name);
    if (result != FR_NO_FILE) return result == FR_OK ? FR_EXIST : result;
    if (made.attributes & AM_DIR) {
        result = directory_make(&made.object, directory->sclust, entry);
        if (result != FR_OK) return result;
    }
    result = dir_register(&dir);
    directory_close(&dir, directory);
    if (result == FR_OK && is_exfat(fs)) {
        entry_write_exfat(fs->dirbuf, &made);
        result = store_xdir(&dir);
    } else if (result == FR_OK) {
        entry_write(fs, dir.dir, &made);
    }
    if (result == FR_OK) {
        entry_read(&dir, entry);
    } else if (made.object.sclust != 0) {
        (void)remove_chain(&made.object, made.object.sclust, 0);
    }
    return result;
}

FRESULT fat_remove(const FFOBJID *directory, const char *name)
{
    DIR dir;
    FRESULT result = entry_find(&dir, directory, name);
    return result == FR_OK ? dir_remove(&dir) : result;
}

// Everything but the name goes from one entry to another.
static FRESULT entry_copy_exfat(DIR *to, const BYTE *from)
{
    BYTE *raw = to->obj.fs->dirbuf;
    BYTE count = raw[XDIR_NumSec], size = raw[XDIR_NumName];
    WORD hash = ld_word(raw + XDIR_NameHash);
    memcpy(raw, from, SZDIRE * 2);
    raw[XDIR_NumSec] = count;
    raw[XDIR_NumName] = size;
    st_word(raw + XDIR_NameHash, hash);
    return store_xdir(to);
}

static void entry_copy(DIR *to, const BYTE *from)
{
    memcpy(to->dir + DIR_CrtTime10, from + DIR_CrtTime10, SZDIRE - DIR_CrtTime10);
    to->dir[DIR_Attr] = from[DIR_Attr];
    to->obj.fs->wflag = 1;
}

// A directory of FAT says what is above it.
static FRESULT parent_write(FATFS *fs, DWORD cluster, DWORD parent)
{
    LBA_t sector = clst2sect(fs, cluster);
    if (sector == 0) return FR_INT_ERR;
    FRESULT result = move_window(fs, sector);
    if (result != FR_OK || fs->win[SZDIRE + 1] != '.') return result;
    st_clust(fs, fs->win + SZDIRE, parent);
    fs->wflag = 1;
    return FR_OK;
}

FRESULT fat_move(const struct fat_move *move, struct fat_entry *entry)
{
    FATFS *fs = move->from->fs;
    DIR old, new;
    BYTE raw[SZDIRE * 2];
    FRESULT result = entry_find(&old, move->from, move->name);
    if (result != FR_OK) return result;
    memcpy(raw, is_exfat(fs) ? fs->dirbuf : old.dir, is_exfat(fs) ? SZDIRE * 2 : SZDIRE);
    result = entry_find(&new, move->to, move->new_name);
    int is_same = result == FR_OK && new.obj.sclust == old.obj.sclust && new.dptr == old.dptr;
    if (result == FR_OK && !is_same && !move->is_replacing) return FR_EXIST;
    if (result == FR_NO_FILE || is_same) {
        result = dir_register(&new);
        directory_close(&new, move->to);
    }
    if (result == FR_OK && is_exfat(fs)) {
        result = entry_copy_exfat(&new, raw);
    } else if (result == FR_OK) {
        entry_copy(&new, raw);
    }
    if (result != FR_OK) return result;
    entry_read(&new, entry);
    if (!is_exfat(fs) && (entry->attributes & AM_DIR) && old.obj.sclust != new.obj.sclust)
        result = parent_write(fs, entry->object.sclust, new.obj.sclust);
    return result == FR_OK ? dir_remove(&old) : result;
}

DWORD fat_next(const FFOBJID *object, DWORD cluster)
{
    FFOBJID copy = *object;
    return get_fat(&copy, cluster);
}

FRESULT fat_extend(FFOBJID *object, DWORD last, QWORD size, DWORD *added)
{
    if (last != 0) object->objsize = size;
    DWORD cluster = create_chain(object, last);
    if (cluster == 0) return FR_DENIED;
    if (cluster == 1) return FR_INT_ERR;
    if (cluster == 0xFFFFFFFF) return FR_DISK_ERR;
    if (last == 0) object->sclust = cluster;
    *added = cluster;
    if (!is_exfat(object->fs)) return FR_OK;
    FRESULT result = fill_first_frag(object);
    return result == FR_OK ? fill_last_frag(object, cluster, 0xFFFFFFFF) : result;
}

FRESULT fat_cut(FFOBJID *object, DWORD last, DWORD first)
{
    FRESULT result = remove_chain(object, first, last);
    if (last == 0) object->sclust = 0;
    return result;
}

LBA_t fat_sector(FATFS *fs, DWORD cluster)
{
    return clst2sect(fs, cluster);
}

static BYTE *dirty_byte(FATFS *fs, BYTE *bit)
{
    *bit = is_exfat(fs) ? 2 : 1;
    return fs->win + (is_exfat(fs)                ? BPB_VolFlagEx
                      : fs->fs_type == FS_FAT32 ? BS_NTres32
                                                  : BS_NTres);
}

FRESULT fat_dirty(FATFS *fs, int *is_dirty)
{
    BYTE bit;
    FRESULT result = move_window(fs, fs->volbase);
    if (result == FR_OK) *is_dirty = (*dirty_byte(fs, &bit) & bit) != 0;
    return result;
}

FRESULT fat_dirty_set(FATFS *fs, int is_dirty)
{
    BYTE bit;
    FRESULT result = move_window(fs, fs->volbase);
    if (result != FR_OK) return result;
    BYTE *at = dirty_byte(fs, &bit);
    *at = is_dirty ? *at | bit : *at & ~bit;
    fs->wflag = 1;
    return sync_window(fs);
}

FRESULT fat_sync(FATFS *fs)
{
    return sync_fs(fs);
}
