// SPDX-License-Identifier: Apache-2.0
// Rules about where the host listens, and who may speak to it there.
#include <nlohmann/json.hpp>

#include "config/decode.h"
#include "config/secrets.h"

namespace orc::config {

namespace {

class ListenerCheck {
 public:
  ListenerCheck(const Decoded& decoded, Findings& findings)
      : decoded_(decoded), config_(decoded.config), findings_(findings) {}

  void run() const {
    check_board();
    check_control_socket();
    check_webhooks();
  }

 private:
  void error(const std::string& key, std::string problem, std::string fix) const {
    findings_.error(decoded_.nearest_origin(key), key, std::move(problem), std::move(fix));
  }

  void check_board() const {
    const std::string& host = config_.board.host;
    const bool loopback = host == "localhost" || host == "::1" || host.starts_with("127.");
    if (config_.board.port < 0 || loopback) return;
    error("http.board.listen",
          "\"" + host + "\" is not a loopback address, and the board asks for no password",
          "listen on 127.0.0.1 and put a reverse proxy with authentication in front");
  }

  // unix(7): the address of a socket has room for 108 bytes, the closing zero among them.
  void check_control_socket() const {
    constexpr std::size_t k_longest = 107;
    if (config_.control_socket.native().size() <= k_longest) return;
    error("http.control.socket",
          "the path has " + std::to_string(config_.control_socket.native().size()) +
              " bytes, a Unix socket takes " + std::to_string(k_longest),
          "choose a shorter folder, such as /run/orchestrator");
  }

  // Whoever reaches the listener may try: without a secret everybody would be a forge.
  void check_webhooks() const {
    for (const auto& [forge, reference] : config_.webhook_secrets) {
      if (is_secret(nlohmann::json::parse(reference, nullptr, false))) continue;
      error("http.webhooks." + forge + ".secret", "names no secret",
            "such as { credential: " + forge + "-webhook }");
    }
    if (config_.webhooks.port >= 0 && config_.webhook_secrets.empty()) {
      error("http.webhooks.listen", "no secret is configured, so every webhook would be refused",
            "give http.webhooks.gitea.secret or http.webhooks.github.secret, or set it to off");
    }
  }

  const Decoded& decoded_;
  const Config& config_;
  Findings& findings_;
};

}  // namespace

void check_listeners(const Decoded& decoded, Findings& findings) {
  ListenerCheck(decoded, findings).run();
}

}  // namespace orc::config
