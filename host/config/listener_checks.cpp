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

  void check_secret(const std::string& key, const std::string& reference,
                    const std::string& example) const {
    if (is_secret(nlohmann::json::parse(reference, nullptr, false))) return;
    error(key, "names no secret", "such as { credential: " + example + " }");
  }

  void check_board() const {
    const std::string& host = config_.board.host;
    const bool has_token = !config_.operator_token.empty();
    if (has_token) check_secret("http.board.operator_token", config_.operator_token, "board-token");
    const bool loopback = host == "localhost" || host == "::1" || host.starts_with("127.");
    if (config_.board.port < 0 || loopback) return;
    if (!has_token) {
      error("http.board.listen",
            "\"" + host + "\" is not a loopback address, and the board has no operator token",
            "listen on 127.0.0.1 behind a reverse proxy with authentication, or give "
            "http.board.operator_token");
    } else if (host == "0.0.0.0" || host == "::") {
      error("http.board.listen", "\"" + host + "\" is no name that a browser can ask for",
            "give the one address or name under which the board is reached");
    } else {
      findings_.warning(decoded_.nearest_origin("http.board.listen"), "http.board.listen",
                        "whoever reaches \"" + host + "\" may read, and the token crosses the "
                        "network as it is",
                        "put a reverse proxy with TLS and authentication in front");
    }
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
    for (const auto& [forge, reference] : config_.webhook_secrets)
      check_secret("http.webhooks." + forge + ".secret", reference, forge + "-webhook");
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
