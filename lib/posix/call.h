// SPDX-License-Identifier: MIT
// The calls of the C library, each a function of its six arguments, by area: numbers and addresses
// of 64 bits on every instruction set. Results are those of the C library's raw calls: a value or a
// negative errno. Two more results never leave lib/posix:
#pragma once

#include <stdint.h>

enum : long {
    RESTART = -512, // a wait was interrupted: handlers run, then again unless one of them
                    // was installed without SA_RESTART (then EINTR)
    RESTART_UNLESS_HANDLED = -514, // the same, but EINTR after any handler
};

typedef int64_t posix_call(const int64_t *a);

// Memory.
posix_call call_mmap, call_munmap, call_mprotect, call_madvise, call_mlock, call_mlockall,
    call_msync;
// Files by descriptor.
posix_call call_openat, call_close, call_dup, call_dup3, call_fcntl, call_ioctl, call_flock;
posix_call call_read, call_write, call_readv, call_writev, call_pread, call_pwrite, call_preadv,
    call_pwritev, call_lseek, call_sendfile, call_ftruncate, call_fsync, call_fallocate,
    call_copy_file_range;
posix_call call_ppoll, call_pselect, call_pipe2;
// Files by name.
posix_call call_fstat, call_fstatat, call_statx, call_statfs, call_fstatfs, call_faccessat,
    call_fchmod, call_fchmodat, call_fchown, call_fchownat, call_utimensat, call_truncate;
posix_call call_getdents, call_mkdirat, call_mknodat, call_unlinkat, call_renameat, call_symlinkat,
    call_readlinkat, call_linkat, call_chdir, call_fchdir, call_getcwd, call_umask;
// Time.
posix_call call_clock_gettime, call_clock_getres, call_clock_settime, call_nanosleep,
    call_clock_nanosleep, call_gettimeofday, call_setitimer, call_getitimer, call_times;
// Threads.
posix_call call_futex, call_set_tid_address, call_gettid, call_exit, call_sched_yield, call_tkill,
    call_tgkill, call_get_robust_list, call_membarrier, call_sched_getaffinity,
    call_sched_setscheduler, call_sched_getscheduler, call_sched_setparam, call_sched_getparam,
    call_sched_get_priority_max, call_sched_get_priority_min;
// Processes.
posix_call call_exit_group, call_execve, call_clone, call_wait4, call_waitid, call_getpid,
    call_getppid, call_getpgid, call_setpgid, call_getsid, call_setsid, call_getuid, call_getgid,
    call_getgroups, call_setgroups, call_setuid, call_setgid, call_setresuid, call_setresgid,
    call_getresuid, call_getresgid, call_kill, call_getrusage, call_prlimit, call_getrlimit,
    call_getpriority;
// Signals.
posix_call call_rt_sigaction, call_rt_sigprocmask, call_rt_sigpending, call_rt_sigsuspend,
    call_rt_sigtimedwait, call_rt_sigqueueinfo, call_sigaltstack;
// Message queues.
posix_call call_mq_open, call_mq_unlink, call_mq_timedsend, call_mq_timedreceive, call_mq_notify,
    call_mq_getsetattr;
// The machine.
posix_call call_uname, call_sysinfo, call_getrandom, call_reboot, call_sync, call_syslog;
// Sockets.
posix_call call_socket, call_socketpair, call_bind, call_listen, call_accept, call_accept4,
    call_connect, call_getsockname, call_getpeername, call_sendto, call_recvfrom, call_setsockopt,
    call_getsockopt, call_shutdown, call_sendmsg, call_recvmsg;
