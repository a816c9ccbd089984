// SPDX-License-Identifier: MIT
// What lib/posix writes for SYS_fstat and SYS_newfstatat, the same on every instruction set.

#pragma once

struct kstat {
    unsigned long long st_dev, st_ino, st_nlink, st_rdev;
    unsigned st_mode, st_uid, st_gid, st_blksize;
    long long st_size, st_blocks;
    long long st_atime_sec, st_atime_nsec;
    long long st_mtime_sec, st_mtime_nsec;
    long long st_ctime_sec, st_ctime_nsec;
};
