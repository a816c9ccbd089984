// SPDX-License-Identifier: MIT
// How FatFs reads and writes: from the cache, and into it as held blocks. A block is a sector.
#include "fat.h"

#include <ferrite/clock.h>
#include <string.h>

#include <diskio.h>

DSTATUS disk_initialize(BYTE drive)
{
    return disk_status(drive);
}

DSTATUS disk_status(BYTE drive)
{
    return fat.is_read_only ? STA_PROTECT : 0;
}

DRESULT disk_read(BYTE drive, BYTE *to, LBA_t sector, UINT count)
{
    while (count != 0) {
        const uint8_t *bytes;
        uint32_t part = count;
        if (cache_read(&fat.cache, sector, &part, &bytes) != 0) return RES_ERROR;
        memcpy(to, bytes, (size_t)part * fat.cache.block_size);
        to += (size_t)part * fat.cache.block_size;
        sector += part;
        count -= part;
    }
    return RES_OK;
}

DRESULT disk_write(BYTE drive, const BYTE *from, LBA_t sector, UINT count)
{
    if (fat.is_read_only) return RES_WRPRT;
    for (; count != 0; count--, sector++, from += fat.cache.block_size) {
        uint8_t *to;
        if (cache_change(&fat.cache, sector, BLOCK_HELD, true, &to) != 0) return RES_ERROR;
        memcpy(to, from, fat.cache.block_size);
    }
    return RES_OK;
}

DRESULT disk_ioctl(BYTE drive, BYTE command, void *buffer)
{
    const LBA_t *range = buffer;
    switch (command) {
    case CTRL_SYNC: return RES_OK; // a commit does that
    case GET_SECTOR_SIZE: *(WORD *)buffer = (WORD)fat.cache.block_size; return RES_OK;
    case CTRL_TRIM: // nobody has these any more
        for (LBA_t at = range[0]; at <= range[1]; at++) cache_forget(&fat.cache, at);
        return RES_OK;
    default: return RES_PARERR;
    }
}

DWORD get_fattime(void)
{
    struct fat_stamp stamp;
    time_write(fe_clock_realtime(), &stamp);
    return stamp.time;
}
