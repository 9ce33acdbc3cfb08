// SPDX-License-Identifier: Apache-2.0
#include "worker/ident.h"

#include <elf.h>
#include <fcntl.h>
#include <orchestrator/plugin/abi.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "base/unique_fd.h"

namespace orc::worker {

namespace {

constexpr std::size_t k_most_sections = 4096;

// Bounded reads of one file.
class ElfFile {
 public:
  static Result<ElfFile> open(const std::filesystem::path& path);

  template <typename Struct>
  Result<Struct> at(std::uint64_t offset) const {
    Struct value{};
    ORC_CHECK_OK(read(offset, &value, sizeof(value)));
    return value;
  }
  Result<std::string> text(std::uint64_t offset, std::uint64_t size) const {
    if (size > size_) return truncated();
    std::string value(size, '\0');
    ORC_CHECK_OK(read(offset, value.data(), value.size()));
    return value;
  }

 private:
  ElfFile(UniqueFd fd, std::uint64_t size) : fd_(std::move(fd)), size_(size) {}
  static Error truncated() { return Error{ErrorKind::malformed, "the file is truncated"}; }
  Status read(std::uint64_t offset, void* target, std::size_t size) const {
    if (offset > size_ || size > size_ - offset) return truncated();
    const ssize_t got = ::pread(fd_.get(), target, size, static_cast<off_t>(offset));
    if (got != static_cast<ssize_t>(size)) return truncated();
    return Done{};
  }

  UniqueFd fd_;
  std::uint64_t size_;
};

Result<ElfFile> ElfFile::open(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) {
    return Error{errno == ENOENT ? ErrorKind::not_found : ErrorKind::io,
                 std::generic_category().message(errno)};
  }
  if (!S_ISREG(info.st_mode)) return Error{ErrorKind::malformed, "not a regular file"};
  return ElfFile(std::move(fd), static_cast<std::uint64_t>(info.st_size));
}

Result<Elf64_Ehdr> read_header(const ElfFile& file) {
  const Result<Elf64_Ehdr> header = file.at<Elf64_Ehdr>(0);
  const Error not_elf{ErrorKind::malformed, "not a shared object for this machine"};
  if (!header.ok()) return not_elf;
  const Elf64_Ehdr& elf = header.value();
  const bool fits = std::memcmp(elf.e_ident, ELFMAG, SELFMAG) == 0 &&
                    elf.e_ident[EI_CLASS] == ELFCLASS64 && elf.e_ident[EI_DATA] == ELFDATA2LSB &&
                    elf.e_type == ET_DYN && elf.e_shentsize == sizeof(Elf64_Shdr);
  if (!fits) return not_elf;
  return elf;
}

Result<std::vector<Elf64_Shdr>> read_sections(const ElfFile& file, const Elf64_Ehdr& header) {
  if (header.e_shnum > k_most_sections) return Error{ErrorKind::malformed, "too many sections"};
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  ORC_TRY(const std::string table, file.text(header.e_shoff, sections.size() * sizeof(Elf64_Shdr)));
  if (!table.empty()) std::memcpy(sections.data(), table.data(), table.size());
  return sections;
}

Result<Elf64_Shdr> find_ident_section(const ElfFile& file) {
  ORC_TRY(const Elf64_Ehdr header, read_header(file));
  ORC_TRY(const std::vector<Elf64_Shdr> sections, read_sections(file, header));
  if (header.e_shstrndx >= sections.size()) {
    return Error{ErrorKind::malformed, "the section names are missing"};
  }
  const Elf64_Shdr& names = sections[header.e_shstrndx];
  ORC_TRY(const std::string all_names, file.text(names.sh_offset, names.sh_size));
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_name >= all_names.size()) continue;
    const char* name = all_names.c_str() + section.sh_name;
    if (std::strcmp(name, ORCH_IDENT_SECTION) == 0) return section;
  }
  return Error{ErrorKind::malformed, "not a plugin: it has no section " ORCH_IDENT_SECTION};
}

template <std::size_t Size>
std::string text_of(const char (&field)[Size]) {
  return std::string(field, std::find(field, field + Size, '\0'));
}

bool is_id(const std::string& id) {
  return !id.empty() &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string::npos;
}

std::string version_text(std::uint32_t major, std::uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

Result<Ident> check(const orch_ident& raw) {
  if (std::memcmp(raw.magic, ORCH_IDENT_MAGIC, sizeof(raw.magic)) != 0) {
    return Error{ErrorKind::malformed, "not a plugin: its identity has the wrong magic"};
  }
  if (raw.abi_major != ORCH_ABI_MAJOR || raw.abi_minor > ORCH_ABI_MINOR) {
    return Error{ErrorKind::refused,
                 "needs plugin ABI " + version_text(raw.abi_major, raw.abi_minor) +
                     ", this host speaks " + version_text(ORCH_ABI_MAJOR, ORCH_ABI_MINOR) +
                     "; rebuild it with SDK " + std::to_string(ORCH_ABI_MAJOR) + ".x"};
  }
  if (raw.struct_size < sizeof(orch_ident) || raw.pointer_size != sizeof(void*)) {
    return Error{ErrorKind::malformed, "its identity is for another machine"};
  }
  Ident ident{.abi_major = raw.abi_major,
              .abi_minor = raw.abi_minor,
              .id = text_of(raw.id),
              .version = text_of(raw.version),
              .sdk_version = text_of(raw.sdk_version),
              .toolchain = text_of(raw.toolchain)};
  if (!is_id(ident.id)) return Error{ErrorKind::malformed, "its id is not [a-z0-9.-]+"};
  return ident;
}

Result<Ident> read_from(const std::filesystem::path& library) {
  ORC_TRY(const ElfFile file, ElfFile::open(library));
  ORC_TRY(const Elf64_Shdr section, find_ident_section(file));
  if (section.sh_size < sizeof(orch_ident)) {
    return Error{ErrorKind::malformed, "its identity is too short"};
  }
  ORC_TRY(const orch_ident raw, file.at<orch_ident>(section.sh_offset));
  return check(raw);
}

}  // namespace

Result<Ident> read_ident(const std::filesystem::path& library) {
  Result<Ident> ident = read_from(library);
  if (!ident.ok()) return std::move(ident).error().while_doing(library.filename().string());
  return ident;
}

}  // namespace orc::worker
