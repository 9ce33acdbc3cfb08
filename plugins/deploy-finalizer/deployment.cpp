// SPDX-License-Identifier: Apache-2.0
#include "deployment.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

namespace deploy_finalizer {
namespace {

constexpr std::size_t k_note_cap = std::size_t{64} * 1024;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

bool write_all(int fd, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

bool sync_folder(const std::string& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.ok() && ::fsync(fd.get()) == 0;
}

// Whole or not at all, and still there after a power cut.
bool write_durably(const std::string& folder, const std::string& name, const std::string& text) {
  const std::string path = folder + "/" + name;
  const std::string draft = path + ".new";
  {
    const Descriptor fd(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!fd.ok() || !write_all(fd.get(), text) || ::fsync(fd.get()) != 0) return false;
  }
  return ::rename(draft.c_str(), path.c_str()) == 0 && sync_folder(folder);
}

std::optional<std::string> read_from(int fd, std::size_t cap) {
  std::string text;
  char buffer[4096];
  while (text.size() < cap) {
    const ssize_t n = ::read(fd, buffer, std::min(sizeof buffer, cap - text.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return text;
}

// Absent reads as nothing; what cannot be read is not absent, and comes as a text that no parser
// takes.
std::optional<std::string> read_file(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.ok()) return errno == ENOENT ? std::nullopt : std::optional<std::string>("unreadable");
  return read_from(fd.get(), k_note_cap).value_or("unreadable");
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 || errno != ENOENT;
}

// Does somebody hold the wrapper's lock? A probe holds it for an instant; the wrapper waits that
// long.
bool is_locked(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return fd.ok() && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

Sighting parse_result(const std::string& line, const std::string& id) {
  if (line.compare(0, id.size() + 1, id + " ") != 0) {
    return Damaged{"the result file does not begin with \"" + id +
                   "\": it is not the result of this deployment"};
  }
  const std::string text = line.substr(id.size() + 1);
  if (text == "not-run\n") return NotRun{};
  if (text == "program-missing\n") return ProgramMissing{};
  constexpr std::string_view k_lead = "exit ";
  const std::size_t end = text.find('\n');
  const bool shaped = text.compare(0, k_lead.size(), k_lead) == 0 && end == text.size() - 1 &&
                      end > k_lead.size() && end <= k_lead.size() + 3 &&
                      text.find_first_not_of("0123456789", k_lead.size()) == end;
  const int code = shaped ? std::stoi(text.substr(k_lead.size(), end - k_lead.size())) : 256;
  if (code > 255)
    return Damaged{"the result file says none of \"exit N\", \"not-run\", \"program-missing\""};
  return Finished{code};
}

}  // namespace

StoredIntent DeploymentFolder::current() const {
  const auto text = read_file(state_dir_ + "/intent.json");
  if (!text) return NoIntent{};
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  try {
    Intent intent{json.at("id").get<std::string>(), json.at("commit").get<std::string>(),
                  json.at("job").get<std::string>(), json.at("created_ms").get<std::int64_t>()};
    const bool plain = !intent.id.empty() && intent.id.find('/') == std::string::npos;
    if (plain && intent.id.front() != '.') return intent;
  } catch (const nlohmann::json::exception&) {  // said below
  }
  return Damaged{state_dir_ + "/intent.json cannot be read"};
}

bool DeploymentFolder::make_current(const Intent& intent) const {
  const std::string own = folder(intent);
  if (::mkdir(own.c_str(), 0700) != 0 && errno != EEXIST) return false;
  const nlohmann::json json{{"id", intent.id},
                            {"commit", intent.commit},
                            {"job", intent.job},
                            {"created_ms", intent.created_ms}};
  return sync_folder(state_dir_) && write_durably(state_dir_, "intent.json", json.dump() + "\n");
}

Sighting DeploymentFolder::look(const Intent& intent) const {
  const std::string own = folder(intent);
  if (const auto result = read_file(own + "/result")) return parse_result(*result, intent.id);
  if (is_locked(own + "/lock")) return Running{};
  // It may have finished between the two looks; the lock is given up only after the result is
  // there.
  if (const auto result = read_file(own + "/result")) return parse_result(*result, intent.id);
  if (exists(own + "/started")) return Vanished{};
  return NotBegun{};
}

bool DeploymentFolder::forestall(const Intent& intent) const {
  const std::string own = folder(intent);
  if (::mkdir(own.c_str(), 0700) != 0 && errno != EEXIST) return false;
  return ::mkdir((own + "/started").c_str(), 0700) == 0;
}

std::optional<std::string> DeploymentFolder::note(const Intent& intent,
                                                  const std::string& name) const {
  return read_file(folder(intent) + "/" + name);
}

bool DeploymentFolder::set_note(const Intent& intent, const std::string& name,
                                const std::string& text) const {
  return write_durably(folder(intent), name, text);
}

std::string DeploymentFolder::output_tail(const Intent& intent, std::size_t bytes) const {
  const Descriptor fd(::open((folder(intent) + "/output").c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.ok()) return {};
  const off_t size = ::lseek(fd.get(), 0, SEEK_END);
  const off_t start = std::max<off_t>(0, size - static_cast<off_t>(bytes));
  if (size < 0 || ::lseek(fd.get(), start, SEEK_SET) < 0) return {};
  return read_from(fd.get(), bytes).value_or("");
}

}  // namespace deploy_finalizer
