// SPDX-License-Identifier: MIT
// efi KERNEL.ELF OUT.EFI: makes a UEFI application of the kernel (PE32+, Microsoft's PE format, and
// UEFI Specification 2.10, 2.1.1). The image keeps its shape, as one section for each segment, and
// begins at uefi_entry, which is position-independent: there are no relocations.
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <support/file.h>

enum : uint32_t {
    PAGE = 4096,
    SIGNATURE_AT = 64, // behind the DOS header
    SECTIONS_MAX = 8,
    SIZE_LIMIT = 1u << 30,
    DIRECTORIES = 6,
    SECTION_CODE = 0x20,
    SECTION_DATA = 0x40,
    SECTION_EXECUTE = 0x2000'0000,
    SECTION_READ = 0x4000'0000,
    SECTION_WRITE = 0x8000'0000,
};

struct [[gnu::packed]] pe {
    uint32_t signature;
    uint16_t machine, section_count;
    uint32_t time, symbols, symbol_count;
    uint16_t optional_size, characteristics;
    uint16_t magic;
    uint8_t linker[2];
    uint32_t code_size, data_size, bss_size, entry, code_base;
    uint64_t image_base;
    uint32_t section_alignment, file_alignment;
    uint16_t system[2], image[2], subsystem_version[2];
    uint32_t zero, image_size, header_size, checksum;
    uint16_t subsystem, traits;
    uint64_t stack[2], heap[2];
    uint32_t flags, directory_count;
    uint64_t directory[DIRECTORIES];
};
static_assert(sizeof(struct pe) == 24 + 112 + 8 * DIRECTORIES);

struct pe_section {
    char name[8];
    uint32_t size, address, file_size, file_offset, unused[3], flags;
};
static_assert(sizeof(struct pe_section) == 40);

struct kernel {
    const uint8_t *bytes;
    size_t size;
    const Elf64_Ehdr *header;
    uint64_t start, end, entry; // link addresses
};

static const void *at(const struct kernel *kernel, uint64_t offset, uint64_t size)
{
    if (offset > kernel->size || size > kernel->size - offset)
        complain("the ELF file is cut short");
    return kernel->bytes + offset;
}

static void symbol_note(struct kernel *kernel, const char *name, uint64_t value)
{
    if (strcmp(name, "image_start") == 0) kernel->start = value;
    if (strcmp(name, "image_end") == 0) kernel->end = value;
    if (strcmp(name, "uefi_entry") == 0) kernel->entry = value;
}

static void symbols_read(struct kernel *kernel)
{
    const Elf64_Shdr *section =
        at(kernel, kernel->header->e_shoff, kernel->header->e_shnum * sizeof *section);
    for (uint32_t i = 0; i < kernel->header->e_shnum; i++) {
        if (section[i].sh_type != SHT_SYMTAB) continue;
        if (section[i].sh_link >= kernel->header->e_shnum) complain("the symbols have no names");
        const Elf64_Shdr *names = &section[section[i].sh_link];
        const char *text = at(kernel, names->sh_offset, names->sh_size);
        if (names->sh_size == 0 || text[names->sh_size - 1] != '\0')
            complain("names without an end");
        const Elf64_Sym *symbol = at(kernel, section[i].sh_offset, section[i].sh_size);
        for (uint64_t k = 0; k < section[i].sh_size / sizeof *symbol; k++)
            if (symbol[k].st_name < names->sh_size)
                symbol_note(kernel, text + symbol[k].st_name, symbol[k].st_value);
    }
    if (kernel->start == 0 || kernel->end <= kernel->start || kernel->entry == 0)
        complain("no kernel: image_start, image_end or uefi_entry is missing");
    if (kernel->end - kernel->start > SIZE_LIMIT) complain("the kernel is too large");
    if (kernel->entry < kernel->start || kernel->entry >= kernel->end)
        complain("uefi_entry is not in the kernel");
}

static uint16_t machine_of(const Elf64_Ehdr *header)
{
    switch (header->e_machine) {
    case EM_AARCH64: return 0xaa64;
    case EM_X86_64: return 0x8664;
    case EM_RISCV: return 0x5064;
    default: complain("not of an instruction set that UEFI knows here");
    }
}

static uint32_t pages(uint64_t size)
{
    return (uint32_t)((size + PAGE - 1) & ~(uint64_t)(PAGE - 1));
}

// Where an address of the kernel lies in the image: behind a page of headers.
static uint32_t address_of(const struct kernel *kernel, uint64_t address)
{
    return (uint32_t)(address - kernel->start) + PAGE;
}

static struct pe_section section_of(const struct kernel *kernel, const Elf64_Phdr *segment)
{
    struct pe_section section = {.size = pages(segment->p_memsz),
                                 .address = address_of(kernel, segment->p_vaddr),
                                 .file_size = pages(segment->p_filesz),
                                 .flags = SECTION_READ | SECTION_DATA};
    if (segment->p_vaddr % PAGE != 0) complain("a segment does not begin on a page");
    if (segment->p_filesz > segment->p_memsz ||
        segment->p_memsz > kernel->end - segment->p_vaddr + PAGE)
        complain("a segment is longer than the kernel has room for");
    if (segment->p_flags & PF_W) section.flags |= SECTION_WRITE;
    if (segment->p_flags & PF_X) section.flags = SECTION_READ | SECTION_CODE | SECTION_EXECUTE;
    const char *name = segment->p_flags & PF_X   ? ".text"
                       : segment->p_flags & PF_W ? ".data"
                                                 : ".rodata";
    memcpy(section.name, name, strlen(name));
    return section;
}

static bool is_loaded(const struct kernel *kernel, const Elf64_Phdr *segment)
{
    return segment->p_type == PT_LOAD && segment->p_memsz != 0 &&
           segment->p_vaddr >= kernel->start && segment->p_vaddr < kernel->end;
}

// Writes headers and sections; the sections' places in the file follow one another.
static size_t lay_out(const struct kernel *kernel, uint8_t *out, size_t room)
{
    struct pe *pe = (struct pe *)(out + SIGNATURE_AT);
    struct pe_section *section = (struct pe_section *)(pe + 1);
    const Elf64_Ehdr *header = kernel->header;
    const Elf64_Phdr *segment = at(kernel, header->e_phoff, header->e_phnum * sizeof *segment);
    uint32_t end = PAGE, count = 0;
    for (uint32_t i = 0; i < header->e_phnum; i++) {
        if (!is_loaded(kernel, &segment[i])) continue;
        if (count == SECTIONS_MAX) complain("too many segments");
        struct pe_section made = section_of(kernel, &segment[i]);
        made.file_offset = end;
        if (end + (uint64_t)made.file_size > room) complain("segments overlap");
        memcpy(out + end, at(kernel, segment[i].p_offset, segment[i].p_filesz),
               segment[i].p_filesz);
        end += made.file_size;
        if (made.flags & SECTION_CODE)
            pe->code_base = made.address, pe->code_size += made.size;
        else
            pe->data_size += made.file_size;
        section[count++] = made;
    }
    pe->section_count = (uint16_t)count;
    return end;
}

static void header_fill(const struct kernel *kernel, uint8_t *out)
{
    struct pe *pe = (struct pe *)(out + SIGNATURE_AT);
    memcpy(out, "MZ", 2);
    out[0x3c] = SIGNATURE_AT;
    memcpy(&pe->signature, "PE\0", 4);
    pe->machine = machine_of(kernel->header);
    pe->optional_size = sizeof *pe - 24;
    pe->characteristics =
        0x022e; // executable, no line numbers or symbols, large addresses, no debug
    pe->magic = 0x20b;
    pe->entry = address_of(kernel, kernel->entry);
    pe->section_alignment = pe->file_alignment = pe->header_size = PAGE;
    pe->image_size = pages(address_of(kernel, kernel->end));
    pe->subsystem = 10; // EFI application
    pe->traits = 0x100; // data is not executed
    pe->directory_count = DIRECTORIES;
}

// Microsoft's PE format, "CheckSum": words of 16 bits with their carries, and the size; the field
// itself counts as zero.
static void checksum_fill(uint8_t *out, size_t size)
{
    struct pe *pe = (struct pe *)(out + SIGNATURE_AT);
    uint32_t sum = 0;
    pe->checksum = 0;
    for (size_t i = 0; i + 1 < size; i += 2) {
        sum += (uint32_t)(out[i] | out[i + 1] << 8);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    pe->checksum = sum + (uint32_t)size;
}

int main(int count, char **words)
{
    struct kernel kernel = {};
    tool_name = "efi";
    if (count != 3) {
        fputs("usage: efi KERNEL.ELF OUT.EFI\n", stderr);
        return 2;
    }
    struct file file = file_read(words[1]);
    kernel.bytes = file.bytes;
    kernel.size = file.size;
    kernel.header = at(&kernel, 0, sizeof *kernel.header);
    if (memcmp(kernel.header->e_ident, ELFMAG, SELFMAG) != 0 ||
        kernel.header->e_ident[EI_CLASS] != ELFCLASS64 ||
        kernel.header->e_ident[EI_DATA] != ELFDATA2LSB)
        complain("not an ELF file of 64 bits, little-endian");
    if (kernel.header->e_phentsize != sizeof(Elf64_Phdr) ||
        kernel.header->e_shentsize != sizeof(Elf64_Shdr))
        complain("the ELF file's headers are of another size");
    symbols_read(&kernel);
    size_t room = (size_t)(kernel.end - kernel.start) + 2 * PAGE;
    uint8_t *out = allocate(1, room);
    size_t size = lay_out(&kernel, out, room);
    header_fill(&kernel, out);
    checksum_fill(out, size);
    file_write(words[2], out, size, 0644);
    return 0;
}
