// SPDX-License-Identifier: MIT
// Kernel objects, and what a handle to each allows. Authority is a handle with rights and nothing
// else; a duplicate can only take rights away.
#pragma once

#include <stdint.h>

// A process's name for an object: index and generation, so a stale number never aliases a newer
// object. Zero is never a handle.
typedef uint32_t fe_handle;
enum { FE_NO_HANDLE = 0 };

enum object_type : uint8_t {
    OBJECT_NONE,
    OBJECT_PROCESS,
    OBJECT_THREAD,
    OBJECT_MEMORY,
    OBJECT_CHANNEL, // the server end of a channel
    OBJECT_SESSION, // a client end of a channel, with the badge that its server knows it by
    OBJECT_EVENT,
    OBJECT_INTERRUPT,
    OBJECT_NAMESPACE,
    OBJECT_IMAGE,
    OBJECT_RESOURCE,
    OBJECT_TYPE_COUNT,
};

// Rights. The low byte means the same for every type; the others belong to one type.
enum : uint32_t {
    RIGHT_DUPLICATE = 1u << 0, // handle_duplicate
    RIGHT_TRANSFER = 1u << 1,  // may be moved in a message or granted to a child
    RIGHT_INSPECT = 1u << 2,

    RIGHT_PROCESS_START = 1u << 8, // grant, map, unmap, start while it is being built
    RIGHT_PROCESS_KILL = 1u << 9,
    RIGHT_PROCESS_SPAWN = 1u << 10,  // create children whose quota comes out of this process's
    RIGHT_PROCESS_MAP = 1u << 11,    // change its address space
    RIGHT_PROCESS_THREAD = 1u << 12, // create threads in it

    RIGHT_THREAD_CONTROL = 1u << 8, // interrupt, stop
    RIGHT_THREAD_SCHEDULE = 1u << 9,
    RIGHT_THREAD_CEILING = 63u << 16, // the highest priority that it can be given: RIGHT_CEILING

    RIGHT_MEMORY_READ = 1u << 8,
    RIGHT_MEMORY_WRITE = 1u << 9,
    RIGHT_MEMORY_EXECUTE = 1u << 10,
    RIGHT_MEMORY_MAP = 1u << 11,
    RIGHT_MEMORY_SEAL = 1u << 12,
    RIGHT_MEMORY_PHYSICAL = 1u << 13, // may ask for physical addresses
    RIGHT_MEMORY_RESIZE = 1u << 14,

    RIGHT_CHANNEL_SERVE = 1u << 8, // receive, reply, bind
    RIGHT_CHANNEL_MINT = 1u << 9,  // make and revoke sessions

    RIGHT_SESSION_CALL = 1u << 8,

    RIGHT_EVENT_SIGNAL = 1u << 8,
    RIGHT_EVENT_WAIT = 1u << 9,
    // With SIGNAL and without WAIT, of a handle lent to somebody who is to signal the event: when
    // its holder ends with it, all bits are set, so that nobody waits for the dead.
    RIGHT_EVENT_END = 1u << 10,

    RIGHT_INTERRUPT_BIND = 1u << 8,
    RIGHT_INTERRUPT_ACKNOWLEDGE = 1u << 9,

    RIGHT_NAMESPACE_RESOLVE = 1u << 8,
    RIGHT_NAMESPACE_MOUNT = 1u << 9,
    RIGHT_NAMESPACE_CLONE = 1u << 10,

    RIGHT_IMAGE_SPAWN = 1u << 8,

    RIGHT_RESOURCE_DERIVE = 1u << 8,
    RIGHT_RESOURCE_USE = 1u << 9,

    RIGHT_ALL = 0xffffffffu,
};

// A thread handle's ceiling among its rights, and back. Of two ceilings, handle_duplicate keeps the
// lower one.
#define RIGHT_CEILING(priority) ((uint32_t)(priority) << 16)
#define RIGHT_CEILING_OF(rights) (((uint32_t)(rights) & RIGHT_THREAD_CEILING) >> 16)

// What a resource handle is a range of.
enum resource_kind : uint32_t {
    RESOURCE_MEMORY,    // physical addresses, in bytes
    RESOURCE_INTERRUPT, // interrupt numbers: GIC INTID, or ACPI global system interrupt
    RESOURCE_MSI,       // devices that may send message-signalled interrupts: see interrupt_message
    RESOURCE_PORT,      // x86 I/O ports
    RESOURCE_DMA,       // bytes of contiguous memory with known physical addresses: [0, size)
    RESOURCE_DEBUG,     // the kernel's debug console and log: [0, 1)
    RESOURCE_POWER,     // machine reset and power-off: [0, 1)
    RESOURCE_ENTROPY,   // feeding the kernel's random generator: [0, 1)
    RESOURCE_SYSTEM,    // system-wide figures and the list of processes: [0, 1)
    RESOURCE_TIME,      // processor time to promise, in millionths of a CPU: [0, size)
    RESOURCE_KIND_COUNT,
};

// Deadlines that never come, ns. A wait until FE_UNINTERRUPTED is not ended by thread_interrupt
// either (nor by process_stop): for requests that must not be half done.
enum : uint64_t { FE_FOREVER = UINT64_MAX, FE_UNINTERRUPTED = UINT64_MAX - 1 };

// thread_interrupt ends a wait with ERR_INTERRUPTED; but a call that a server has received is the
// server's to end: it gets FE_NOTICE_CANCELLED and answers, or has answered already. A thread that
// does not wait, or waits uninterrupted, gets an upcall at its next return to user mode when it has
// set an entry for it (argument: address of its saved struct frame, below the red zone; stack
// 16-aligned), and goes on with thread_upcall_return. Without an entry, or when
// thread_upcall_return is told to keep the interrupt, its next wait that can be interrupted ends at
// once. process_stop ends every such wait of a process and then runs none of its threads until
// process_continue.
//
// A thread that does what it may not gets an upcall as well, when its process has set an entry for
// that (thread_fault_set): at once, whatever else is under way. It goes on where it was, which is
// tried again. Without an entry, or when neither its stack nor the one that it has named for that
// can take the frame, its process ends; so it does when memory is short, and by a breakpoint.
enum : uint32_t { UPCALL_KEEP = 1u << 0 }; // thread_upcall_return flags

// What an upcall finds below the frame: it ends where that begins.
struct fe_upcall {
    uint32_t reason;       // enum fault_reason; 0: interrupted
    uint32_t access;       // of what is mapped at the address, MAP_*; 0: nothing is
    uint64_t address;      // of the data, or of the instruction
    uint64_t place, stack; // the thread's
};
static_assert(sizeof(struct fe_upcall) == 32);

// What handle_inspect tells.
struct fe_handle_info {
    uint64_t id; // the object's own number, never reused
    uint32_t type;
    uint32_t rights;
    uint32_t references; // handles to the object, and what else holds it; 1: this handle alone
    uint32_t zero;
};
static_assert(sizeof(struct fe_handle_info) == 24);

// Protection and placement of a mapping (process_map).
enum : uint32_t {
    MAP_READ = 1u << 0,
    MAP_WRITE = 1u << 1,
    MAP_EXECUTE = 1u << 2,
    MAP_FIXED = 1u << 3,   // exactly at the address, which must be free
    MAP_REPLACE = 1u << 4, // with MAP_FIXED: whatever is there is unmapped first
    MAP_GUARD = 1u << 5,   // keep one unmapped page below (stacks)
};

// memory_create flags.
enum : uint32_t {
    MEMORY_COMMIT = 1u << 0, // allocate all pages now
};

// memory_window / memory_contiguous cache attributes.
enum : uint32_t {
    MEMORY_DEVICE = 0,        // strongly ordered device registers
    MEMORY_WRITE_COMBINE = 1, // frame buffers
    MEMORY_CACHED = 2,        // ordinary RAM (ACPI tables, reserved RAM)
};

// What process_create asks for. Zero means "as the parent".
struct fe_process_options {
    char name[32];         // for people; NUL-terminated
    uint64_t memory_limit; // bytes, taken out of the parent's limit
    uint32_t handle_limit;
    uint32_t thread_limit;
    fe_handle name_space; // a namespace handle, or FE_NO_HANDLE to share the parent's
    uint32_t priority;    // highest priority its threads may have; 0: the parent's ceiling
};
static_assert(sizeof(struct fe_process_options) == 56);

// What process_inspect tells.
enum process_state : uint32_t { PROCESS_BUILDING, PROCESS_RUNNING, PROCESS_DEAD };
struct fe_process_info {
    uint64_t id;
    char name[32];
    uint32_t state;
    int32_t exit_code; // valid when dead; see FE_EXIT_*
    uint64_t cpu_time; // ns, all threads that ever ran
    uint64_t memory_used;
    uint64_t memory_limit;
    uint32_t handles_used, handle_limit;
    uint32_t threads_used, thread_limit;
    uint64_t start_time;  // ns on the monotonic clock
    uint64_t image_base;  // where its image starts, for symbolising
    uint64_t memory_left; // what it may still take, before those who share the limit with it do
};
static_assert(sizeof(struct fe_process_info) == 112);

// Exit codes that the kernel itself gives: killed by a fault, or by process_kill.
enum : int32_t {
    FE_EXIT_FAULT = -0x1000,  // minus enum fault_reason
    FE_EXIT_KILLED = -0x2000, // process_kill's code is reported as given; this is the default
    FE_EXIT_HUNG = -0x3000,   // what a supervisor gives for one that did not come back
};
enum fault_reason : uint32_t {
    FAULT_READ = 1,
    FAULT_WRITE,
    FAULT_EXECUTE,
    FAULT_INSTRUCTION,
    FAULT_ALIGNMENT,
    FAULT_BREAKPOINT,
    FAULT_ARITHMETIC,
    FAULT_OUT_OF_MEMORY,
    FAULT_BUS, // the device or memory behind the address does not answer
};

// What system_inspect tells.
struct fe_system_info {
    uint64_t memory_total, memory_free, memory_kernel; // bytes
    uint64_t uptime;                                   // ns
    uint64_t idle_time;                                // ns, all CPUs
    uint64_t context_switches, interrupts, calls, page_faults;
    uint32_t cpu_count, process_count, thread_count;
    uint32_t page_size;
    char machine[64]; // from the DTB's model or ACPI
    char arch[16];
    char version[32]; // of a release; otherwise "development"
};
static_assert(sizeof(struct fe_system_info) == 200);

// One CPU's figures, for cpu_inspect. Times in ns, since boot.
enum : uint32_t { FE_CPU_MODEL_MAX = 48 };
struct fe_cpu_info {
    uint64_t hardware_id; // MPIDR affinity, APIC id, hart id
    uint64_t idle_time;
    uint64_t context_switches, interrupts, calls, page_faults;
    uint64_t lock_waits;          // how often it waited for another CPU to leave the kernel
    uint64_t lock_time;           // for which it kept others out of the kernel
    uint64_t thread;              // id of the one that runs there; 0: idle
    uint32_t ready;               // threads that wait to run there
    uint32_t priority;            // of the one that runs there
    char model[FE_CPU_MODEL_MAX]; // what it says that it is, ended by 0
};
static_assert(sizeof(struct fe_cpu_info) == 80 + FE_CPU_MODEL_MAX);

// Something that CPUs of the architecture may have or lack, for cpu_feature.
enum fe_feature_state : uint32_t {
    FEATURE_ABSENT,
    FEATURE_UNUSED, // it is there, and the kernel makes nothing of it
    FEATURE_USED,
};
struct fe_cpu_feature {
    char name[28]; // as the architecture's manual has it, in lower case, ended by 0
    enum fe_feature_state state;
};
static_assert(sizeof(struct fe_cpu_feature) == 32);

// Thread scheduling parameters. Periods follow each other from the call on. A deadline orders
// threads of one priority; without a period it comes once. At each release the budget is full
// again; a thread that has used it up is at the bottom until then. A budget has to be admitted, at
// the cost of a resource; a new schedule gives back what the last one was admitted for.
struct fe_schedule {
    uint32_t priority;          // 0 (idle) to 63
    uint32_t flags;             // zero
    uint64_t period;            // ns, 0: none
    uint64_t relative_deadline; // ns after each period's start, 0: none
    uint64_t budget;            // ns in each period, 0: unlimited
    fe_handle time;             // with a budget: the resource RESOURCE_TIME that it comes out of
    uint32_t reserved;          // zero
};
static_assert(sizeof(struct fe_schedule) == 40);
enum : uint64_t { // ns
    SCHEDULE_PERIOD_MIN = 10'000,
    SCHEDULE_PERIOD_MAX = 3'600'000'000'000,
    SCHEDULE_BUDGET_MIN = 10'000,
};
enum : uint32_t { SCHEDULE_SHARE_MAX = 950'000 }; // parts per million of a CPU, for all budgets
enum : uint32_t { PRIORITY_COUNT = 64, PRIORITY_DEFAULT = 16, PRIORITY_DRIVER = 40 };

// What a thread does.
enum thread_state : uint8_t {
    THREAD_RUNNING,
    THREAD_NEW, // not started, or taken out of everything
    THREAD_READY,
    THREAD_PARKED,       // would be ready, but its process is stopped
    THREAD_CALLING,      // queued at a channel
    THREAD_SERVED,       // its call was received: waits for the reply
    THREAD_RECEIVING,    // waits at a channel's server end
    THREAD_WATCHING,     // waits for an event's bits
    THREAD_RESTING,      // waits for its next period
    THREAD_LOCKING,      // waits for a lock
    THREAD_FUTEX,        // waits on a word
    THREAD_FUTEX_SHARED, // on one that other processes see
    THREAD_DEAD,
};

// What thread_inspect tells. What it is now may be more urgent than what it was given: others lend
// it theirs.
struct fe_thread_info {
    uint64_t id;
    uint32_t state;
    uint32_t priority; // now
    uint64_t deadline; // now: absolute, ns; FE_FOREVER: none
    struct fe_schedule schedule;
    uint64_t cpu_time;         // ns
    uint64_t release;          // ns, of the present period; 0: no period
    uint64_t left;             // ns, of the budget in the present period
    uint64_t misses, overruns; // deadlines; budgets used up
};
static_assert(sizeof(struct fe_thread_info) == 104);

// thread_create flags.
enum : uint32_t {
    THREAD_UNHELD = 1u << 0, // no handle for the creator; process_thread gives one if wanted
};

// thread_create's options. The thread finds its id in the register of a call's second result.
struct fe_thread_options {
    uintptr_t entry;          // first instruction
    uintptr_t stack_pointer;  // initial
    uintptr_t argument;       // first argument register
    uintptr_t thread_pointer; // TLS base
    uint32_t priority;        // 0: the creator's
    uint32_t flags;           // THREAD_*
};
static_assert(sizeof(struct fe_thread_options) == 4 * sizeof(uintptr_t) + 8);

// The word of a lock (futex_lock): the low bits of its owner's id (thread_current), 0 when nobody
// has it, and two flags. All bits of LOCK_OWNER together are nobody's number.
enum : uint32_t {
    LOCK_OWNER = (1u << 30) - 1,
    LOCK_OWNER_DEAD = 1u << 30, // an owner died, and nobody has mended since what it left behind
    LOCK_WAITERS = 1u << 31,    // somebody waits in the kernel: it has to be given up there
};

// interrupt_create flags.
enum : uint32_t {
    INTERRUPT_LEVEL = 0,
    INTERRUPT_EDGE = 1u << 0,
    INTERRUPT_ACTIVE_LOW = 1u << 1,
};

// namespace_mount flags: what happens to what is there already.
enum : uint32_t {
    MOUNT_REPLACE = 0,
    MOUNT_BEFORE = 1,
    MOUNT_AFTER = 2,
    MOUNT_CREATE = 1u << 4, // new files of the union are created here
    MOUNT_UNION = 1u << 5,  // told by resolve and list, never given: there are others at this path
};

// What log_read tells of the piece of the log that it gives.
struct fe_log_piece {
    uint64_t next;    // where to read on
    uint64_t time;    // ns since boot; 0: while the machine started, or long ago
    uint64_t process; // id of the one that wrote it; 0: the kernel itself
    uint64_t size;    // bytes; 0: there is nothing more
};
static_assert(sizeof(struct fe_log_piece) == 32);

// system_power actions.
enum : uint32_t { POWER_OFF, POWER_REBOOT };

// What image_inspect tells.
struct fe_image_info {
    uint64_t size;        // bytes of the file
    uint64_t memory_size; // bytes of address space
    uint64_t entry;       // from the image base
    uint32_t object_kinds, resource_kinds;
    uint64_t memory_ceiling;
    uint64_t stack_size; // what the image asks for; 0: the default
    uint8_t uuid[16];
};
static_assert(sizeof(struct fe_image_info) == 64);
