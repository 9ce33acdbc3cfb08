// SPDX-License-Identifier: Apache-2.0
#include "http/listeners.h"

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocketImpl.h>
#include <Poco/Net/SocketAddress.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "base/unique_fd.h"
#include "process/table.h"

namespace orc::http {

namespace {

constexpr int k_backlog = 64;

// Poco's accept loop looks up four times a second. Nothing it looks for needs that: a connection
// ends the wait, and so does the shutdown of the socket when the server stops. An idle host stays
// asleep.
class PatientSocketImpl final : public Poco::Net::ServerSocketImpl {
 public:
  bool poll(const Poco::Timespan&, int mode) override {
    return ServerSocketImpl::poll(Poco::Timespan(k_hour_seconds, 0), mode);
  }

 private:
  static constexpr long k_hour_seconds = 3600;
};

class PatientSocket final : public Poco::Net::ServerSocket {
 public:
  PatientSocket() : ServerSocket(new PatientSocketImpl, true) {}
};

std::string errno_text(int number) {
  return std::generic_category().message(number);
}

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.native().copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
  return address;
}

// Removes a socket file that nobody listens on; anything else at that place stays and is an error.
Status clear_stale(const std::filesystem::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return Done{};
    return Error{ErrorKind::io, path.string() + ": " + errno_text(errno)};
  }
  if (!S_ISSOCK(info.st_mode)) {
    return Error{ErrorKind::refused, path.string() + " exists and is not a socket"};
  }
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un address = address_of(path);
  const int answer =
      ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  if (answer == 0 || errno == EAGAIN) {
    return Error{ErrorKind::conflict, "another process listens on " + path.string()};
  }
  if (errno != ECONNREFUSED && errno != ENOENT) {
    return Error{ErrorKind::io, path.string() + ": " + errno_text(errno)};
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return Error{ErrorKind::io, path.string() + ": " + errno_text(errno)};
  }
  return Done{};
}

Result<Poco::Net::ServerSocket> bound_unix(const std::filesystem::path& path, unsigned mode) {
  return guard("control socket " + path.string(), [&]() -> Result<Poco::Net::ServerSocket> {
    PatientSocket socket;
    socket.bind(Poco::Net::SocketAddress(Poco::Net::SocketAddress::UNIX_LOCAL, path.string()));
    // Before listen() nobody can connect, so no connection ever passes under the wrong mode.
    if (::chmod(path.c_str(), mode) != 0) {
      return Error{ErrorKind::io, path.string() + ": " + errno_text(errno)};
    }
    socket.listen(k_backlog);
    return Poco::Net::ServerSocket(socket);
  });
}

unsigned long inode_of(const std::filesystem::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

}  // namespace

ControlSocket::ControlSocket(std::filesystem::path path, Poco::Net::ServerSocket socket)
    : path_(std::move(path)), socket_(std::move(socket)), inode_(inode_of(path_)) {}

ControlSocket::ControlSocket(ControlSocket&& other) noexcept
    : path_(std::move(other.path_)),
      socket_(other.socket_),
      inode_(std::exchange(other.inode_, 0)) {}

ControlSocket::~ControlSocket() {
  if (inode_ != 0 && inode_of(path_) == inode_) ::unlink(path_.c_str());
}

Result<ControlSocket> ControlSocket::listen(const std::filesystem::path& path, unsigned mode) {
  if (!path.is_absolute() || path.native().size() >= sizeof(sockaddr_un::sun_path)) {
    return Error{ErrorKind::refused,
                 "control socket " + path.string() + ": must be an absolute path of at most " +
                     std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes"};
  }
  ORC_CHECK_OK(make_folder(path.parent_path()));
  ORC_CHECK_OK(clear_stale(path));
  ORC_TRY(auto socket, bound_unix(path, mode));
  return ControlSocket(path, std::move(socket));
}

Result<Poco::Net::ServerSocket> listen_tcp(const std::string& host, int port) {
  const std::string where = host + ":" + std::to_string(port);
  try {
    PatientSocket socket;
    // Poco's shorter forms also set SO_REUSEPORT: a second host would share the port instead of
    // being told.
    socket.bind(Poco::Net::SocketAddress(host, static_cast<Poco::UInt16>(port)), true, false);
    socket.listen(k_backlog);
    return Poco::Net::ServerSocket(socket);
  } catch (const Poco::Exception& e) {
    const ErrorKind kind = e.code() == EADDRINUSE ? ErrorKind::conflict : ErrorKind::io;
    return Error{kind, "cannot listen on " + where + ": " + e.displayText()};
  }
}

bool comes_from_confined(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return true;
  // Programs of jobs run as the host's own user and cannot become another.
  if (peer.uid != ::geteuid()) return false;
  return process::is_marked(peer.pid) && process::has_ancestor("orchestrator-worker", peer.pid);
}

std::string peer_user(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return "unknown";
  constexpr std::size_t k_buffer = 16 * 1024;
  std::vector<char> buffer(k_buffer);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(peer.uid, &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? found->pw_name : "uid:" + std::to_string(peer.uid);
}

}  // namespace orc::http
