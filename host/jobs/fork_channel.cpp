// SPDX-License-Identifier: Apache-2.0
#include "jobs/fork_channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>
#include <vector>

namespace orc::jobs {

namespace {

constexpr std::size_t k_most_descriptors = 2;
constexpr std::size_t k_longest_message = 8192;

// The control data of a message with up to k_most_descriptors descriptors.
union Control {
  std::array<char, CMSG_SPACE(k_most_descriptors * sizeof(int))> bytes;
  cmsghdr aligned;
};

Status send(int channel, std::span<const char> bytes, std::span<const int> descriptors) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  Control control{};
  if (!descriptors.empty()) {
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(channel, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent == static_cast<ssize_t>(bytes.size())) return Done{};
  const bool is_gone = errno == EPIPE || errno == ECONNRESET;
  return Error{is_gone ? ErrorKind::unavailable : ErrorKind::io,
               "fork server: " + std::generic_category().message(errno)};
}

struct Message {
  std::string bytes;  // empty: the other end is gone
  std::vector<UniqueFd> descriptors;
};

Message receive(int channel) {
  std::array<char, k_longest_message> bytes;
  iovec part{bytes.data(), bytes.size()};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  ssize_t got = 0;
  do {
    got = ::recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  Message received;
  if (got <= 0) return received;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    std::array<int, k_most_descriptors> raw{};
    std::memcpy(raw.data(), CMSG_DATA(header), std::min(count, raw.size()) * sizeof(int));
    for (std::size_t i = 0; i < std::min(count, raw.size()); ++i) {
      received.descriptors.emplace_back(raw[i]);
    }
  }
  received.bytes.assign(bytes.data(), static_cast<std::size_t>(got));
  return received;
}

}  // namespace

Status send_request(int channel, const ForkRequest& request) {
  const std::string text = request.run_id + '\0' + request.folder.native();
  if (request.run_id.size() > k_longest_run_id || text.size() > k_longest_message) {
    return Error{ErrorKind::io, request.folder.string() + ": the name is too long for a job"};
  }
  const std::array<int, k_most_descriptors> both{request.log.get(), request.secrets.get()};
  return send(channel, text, std::span(both).first(request.secrets ? 2 : 1));
}

std::optional<ForkRequest> receive_request(int channel) {
  Message message = receive(channel);
  const std::size_t end = message.bytes.find('\0');
  if (end == std::string::npos || message.descriptors.empty()) return std::nullopt;
  ForkRequest request{.run_id = message.bytes.substr(0, end),
                      .folder = message.bytes.substr(end + 1),
                      .log = std::move(message.descriptors[0]),
                      .secrets = {}};
  if (message.descriptors.size() > 1) request.secrets = std::move(message.descriptors[1]);
  return request;
}

Status send_event(int channel, const ForkEvent& event, int pidfd) {
  std::array<char, sizeof(ForkEvent)> bytes{};
  std::memcpy(bytes.data(), &event, sizeof(event));
  return send(channel, bytes, std::span(&pidfd, pidfd < 0 ? 0 : 1));
}

std::optional<ReceivedEvent> receive_event(int channel, Millis patience) {
  pollfd watched{channel, POLLIN, 0};
  const MonoTime deadline = mono_now() + patience;
  int ready = 0;
  do {
    const Millis left = std::max(Millis{0}, std::chrono::ceil<Millis>(deadline - mono_now()));
    ready = ::poll(&watched, 1, static_cast<int>(left.count()));
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) return std::nullopt;
  Message message = receive(channel);
  ReceivedEvent received;
  if (message.bytes.size() != sizeof(ForkEvent)) return std::nullopt;
  std::memcpy(&received.event, message.bytes.data(), sizeof(ForkEvent));
  if (!message.descriptors.empty()) received.pidfd = std::move(message.descriptors[0]);
  return received;
}

}  // namespace orc::jobs
