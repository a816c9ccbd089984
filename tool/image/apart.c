// SPDX-License-Identifier: MIT
// On RISC-V without an MMU text is executed where it lies, by any number of processes, and each has
// its data elsewhere. Compilers reach data relative to the instruction: AUIPC makes the upper part
// of the address, and the instructions that follow add the lower 12 bits (RISC-V ELF psABI, chapter
// "PC-Relative Symbol Addresses"). Here AUIPC becomes LW from the words that data begins with,
// which gp has the address of; each is the address of a page of data, made by the start code. So
// no instruction is added, and nothing moves. The linker leaves its relocations for that.
#include "program.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

// Those of the psABI that <elf.h> may lack.
enum relocation : uint32_t {
    TLS_GD_HIGH = 22,
    PC_RELATIVE_32 = 57,
};
enum : uint32_t { AUIPC = 0x17, LW_OF_GP = 0x1a003, REGISTER = 0xf80, OPCODE = 0x7f };
enum : uint32_t { BASES_MAX = 512 }; // what LW can reach

// An instruction with the upper part of an address.
struct upper {
    uint32_t address, target;
    bool is_paired;
};

struct apart {
    const char *path;
    struct file *file;
    const Elf32_Ehdr *header;
    const Elf32_Shdr *sections;
    uint32_t data; // where it begins
    struct upper *uppers;
    size_t upper_count;
};

static const void *table(const struct apart *apart, uint64_t offset, uint64_t count, size_t each)
{
    if (offset > apart->file->size || count * each > apart->file->size - offset || offset % 4 != 0)
        complain("%s: truncated", apart->path);
    return apart->file->bytes + offset;
}

// The instruction at an address of the image.
static uint32_t *instruction(const struct apart *apart, const Elf32_Shdr *section, uint32_t address)
{
    uint32_t offset = address - section->sh_addr;
    if (address < section->sh_addr || section->sh_size < 4 || offset > section->sh_size - 4)
        complain("%s: a relocation outside of its section", apart->path);
    table(apart, section->sh_offset, section->sh_size, 1);
    return (uint32_t *)(void *)(apart->file->bytes + section->sh_offset + offset);
}

static uint32_t load(const uint32_t *at) // code is aligned to 2
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static void store(uint32_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof value);
}

// The relocations of one section.
struct relocations {
    const Elf32_Shdr *target;
    const Elf32_Rela *entry;
    size_t count;
    const Elf32_Sym *symbols;
    size_t symbol_count;
};

static struct relocations relocations_of(const struct apart *apart, const Elf32_Shdr *section)
{
    if (section->sh_info >= apart->header->e_shnum || section->sh_link >= apart->header->e_shnum)
        complain("%s: malformed sections", apart->path);
    const Elf32_Shdr *symbols = &apart->sections[section->sh_link];
    struct relocations found = {
        .target = &apart->sections[section->sh_info],
        .count = section->sh_size / sizeof(Elf32_Rela),
        .symbol_count = symbols->sh_size / sizeof(Elf32_Sym),
    };
    found.entry = table(apart, section->sh_offset, found.count, sizeof(Elf32_Rela));
    found.symbols = table(apart, symbols->sh_offset, found.symbol_count, sizeof(Elf32_Sym));
    return found;
}

static const Elf32_Sym *symbol_of(const struct apart *apart, const struct relocations *of,
                                  const Elf32_Rela *entry)
{
    if (ELF32_R_SYM(entry->r_info) >= of->symbol_count)
        complain("%s: a relocation without a symbol", apart->path);
    return &of->symbols[ELF32_R_SYM(entry->r_info)];
}

static bool is_in_data(const struct apart *apart, const Elf32_Sym *symbol)
{
    return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS &&
           symbol->st_value >= apart->data;
}

static void uppers_find(struct apart *apart, const struct relocations *of)
{
    for (size_t i = 0; i < of->count; i++) {
        uint32_t address = of->entry[i].r_offset;
        switch (ELF32_R_TYPE(of->entry[i].r_info)) {
        case R_RISCV_PCREL_HI20:
        case R_RISCV_GOT_HI20:
        case R_RISCV_TLS_GOT_HI20: break;
        case TLS_GD_HIGH: complain("%s: thread-local data of a shared library", apart->path);
        default: continue;
        }
        if ((load(instruction(apart, of->target, address)) & OPCODE) != AUIPC)
            complain("%s: %#x is no AUIPC", apart->path, address);
        if ((apart->upper_count & (apart->upper_count - 1)) == 0)
            apart->uppers =
                reallocate(apart->uppers, (2 * apart->upper_count + 1) * sizeof *apart->uppers);
        apart->uppers[apart->upper_count++] = (struct upper){.address = address};
    }
}

static int compare(const void *a, const void *b)
{
    uint32_t left = ((const struct upper *)a)->address, right = ((const struct upper *)b)->address;
    return left < right ? -1 : left > right;
}

// The lower 12 bits of an address, in an instruction that loads or adds, or one that stores.
static uint32_t lower_get(uint32_t word, bool is_store)
{
    int32_t high = (int32_t)word >> 20;
    return is_store ? (uint32_t)(high & ~31) | (word >> 7 & 31) : (uint32_t)high;
}

static uint32_t lower_set(uint32_t word, bool is_store, uint32_t value)
{
    if (!is_store) return (word & 0xfffff) | value << 20;
    return (word & 0x1fff07f) | (value & 31) << 7 | (value >> 5 & 0x7f) << 25;
}

// An instruction with a lower part names the one with the upper part.
static void lower_change(struct apart *apart, const struct relocations *of, const Elf32_Rela *entry,
                         bool is_store)
{
    uint32_t *at = instruction(apart, of->target, entry->r_offset), word = load(at);
    struct upper key = {.address = symbol_of(apart, of, entry)->st_value};
    struct upper *upper = bsearch(&key, apart->uppers, apart->upper_count, sizeof key, compare);
    if (upper == nullptr) complain("%s: %#x has no AUIPC", apart->path, entry->r_offset);
    uint32_t high = load(instruction(apart, of->target, upper->address)) & ~0xfffu;
    uint32_t target = upper->address + high + lower_get(word, is_store);
    if (upper->is_paired && upper->target != target)
        complain("%s: %#x makes two addresses", apart->path, upper->address);
    upper->is_paired = true;
    upper->target = target;
    if (target >= apart->data) store(at, lower_set(word, is_store, target - apart->data));
}

static void lowers_change(struct apart *apart, const struct relocations *of)
{
    for (size_t i = 0; i < of->count; i++) {
        uint32_t type = ELF32_R_TYPE(of->entry[i].r_info);
        if (type == R_RISCV_PCREL_LO12_I || type == R_RISCV_PCREL_LO12_S)
            lower_change(apart, of, &of->entry[i], type == R_RISCV_PCREL_LO12_S);
        else if ((type == R_RISCV_HI20 || type == R_RISCV_LO12_I || type == R_RISCV_LO12_S) &&
                 is_in_data(apart, symbol_of(apart, of, &of->entry[i])))
            complain("%s: %#x has an absolute address", apart->path, of->entry[i].r_offset);
    }
}

static void uppers_change(const struct apart *apart, const Elf32_Shdr *section)
{
    for (size_t i = 0; i < apart->upper_count; i++) {
        const struct upper *upper = &apart->uppers[i];
        if (!upper->is_paired)
            complain("%s: %#x makes no whole address", apart->path, upper->address);
        if (upper->target < apart->data) continue;
        uint32_t base = (upper->target - apart->data + 0x800) >> 12;
        uint32_t *at = instruction(apart, section, upper->address);
        if (base >= BASES_MAX) complain("%s: more than 2 MiB of data", apart->path);
        store(at, (load(at) & REGISTER) | LW_OF_GP | base << 22);
    }
}

// Constants with a distance between text and data are wrong.
static void constants_check(const struct apart *apart, const struct relocations *of)
{
    int32_t balance = 0; // addresses of data that were added at an offset, less those taken away
    for (size_t i = 0; i < of->count; i++) {
        const Elf32_Rela *entry = &of->entry[i];
        uint32_t type = ELF32_R_TYPE(entry->r_info);
        bool is_data = is_in_data(apart, symbol_of(apart, of, entry));
        if (i > 0 && entry->r_offset != entry[-1].r_offset) {
            if (balance != 0) break;
        }
        if (type >= R_RISCV_ADD8 && type <= R_RISCV_ADD64) balance += is_data;
        if (type >= R_RISCV_SUB8 && type <= R_RISCV_SUB64) balance -= is_data;
        if (type == PC_RELATIVE_32) balance += is_data;
    }
    if (balance != 0) complain("%s: a constant has a distance to data", apart->path);
}

// Where the first segment begins that is written to.
static uint32_t data_find(const struct apart *apart)
{
    const Elf32_Phdr *part =
        table(apart, apart->header->e_phoff, apart->header->e_phnum, sizeof *part);
    for (size_t i = 0; i < apart->header->e_phnum; i++) {
        if (part[i].p_type == PT_LOAD && part[i].p_flags & PF_W) return part[i].p_vaddr;
    }
    return UINT32_MAX;
}

static void section_change(struct apart *apart, const struct relocations *of)
{
    if (!(of->target->sh_flags & SHF_ALLOC) || of->target->sh_flags & SHF_WRITE) return;
    constants_check(apart, of);
    if (!(of->target->sh_flags & SHF_EXECINSTR)) return;
    uppers_find(apart, of);
    if (apart->upper_count == 0) return;
    qsort(apart->uppers, apart->upper_count, sizeof *apart->uppers, compare);
    lowers_change(apart, of);
    uppers_change(apart, of->target);
    apart->upper_count = 0;
}

void data_set_apart(const char *path, struct file *file)
{
    struct apart apart = {.path = path, .file = file, .header = (void *)file->bytes};
    const Elf32_Ehdr *header = apart.header;
    bool has_text = false;
    if (file->size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS32 || header->e_machine != EM_RISCV)
        return;
    apart.sections = table(&apart, header->e_shoff, header->e_shnum, sizeof *apart.sections);
    apart.data = data_find(&apart);
    for (size_t i = 0; i < header->e_shnum; i++) {
        if (apart.sections[i].sh_type != SHT_RELA) continue;
        struct relocations of = relocations_of(&apart, &apart.sections[i]);
        section_change(&apart, &of);
        if (of.target->sh_flags & SHF_EXECINSTR) has_text = true;
    }
    if (!has_text) complain("%s: linked without --emit-relocs", path);
    free(apart.uppers);
}
