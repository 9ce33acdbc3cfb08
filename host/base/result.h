// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error. The only error channel between the folders of the host;
// exceptions stop at the edges of Poco, yaml-cpp and Boost.DLL (see guard()).
#pragma once

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace orc {

enum class ErrorKind : std::uint8_t {
  not_found,    // the named thing does not exist
  malformed,    // input that breaks its grammar or contract
  conflict,     // exists already, or changed under the caller
  refused,      // a rule forbids it
  unavailable,  // may work later: busy, timed out, no space
  io,           // the operating system said no
  internal,     // a library failed in a way that has no better name
};

struct Error {
  ErrorKind kind;
  std::string message;

  // The same error, prefixed with what the caller was doing.
  Error while_doing(std::string_view what) && {
    return Error{kind, std::string(what) + ": " + std::move(message)};
  }
};

// Neither arm converts implicitly from anything but its own type: an enumerator, an integer or a
// pointer returned by mistake does not become a success.
template <typename T>
class [[nodiscard]] Result {
 public:
  // NOLINTBEGIN(google-explicit-constructor): converting from exactly T or Error is the purpose
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  // NOLINTEND(google-explicit-constructor)
  template <typename U>
  requires(!std::is_same_v<std::remove_cvref_t<U>, T> &&
           !std::is_same_v<std::remove_cvref_t<U>, Error> &&
           !std::is_same_v<std::remove_cvref_t<U>, Result>) Result(U&&)
  = delete;

  bool ok() const noexcept { return state_.index() == 0; }

  // Reading the arm that is not there is a bug of the caller and ends the program.
  const T& value() const& { return *arm<0>(); }
  T& value() & { return *arm<0>(); }
  // By value, so that `for (x : read().value())` walks something that lives until its end.
  T value() && { return std::move(*arm<0>()); }
  const Error& error() const& { return *arm<1>(); }
  Error error() && { return std::move(*arm<1>()); }

 private:
  template <std::size_t I>
  auto* arm() {
    auto* held = std::get_if<I>(&state_);
    if (held == nullptr) std::abort();
    return held;
  }
  template <std::size_t I>
  const auto* arm() const {
    const auto* held = std::get_if<I>(&state_);
    if (held == nullptr) std::abort();
    return held;
  }

  std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;

// Runs `body` and turns whatever it throws into an Error that names `what`. Out of memory is not
// caught on purpose: there is nothing sound to do with it.
template <typename Body>
auto guard(std::string_view what, Body&& body) -> decltype(body()) {
  try {
    return std::forward<Body>(body)();
  } catch (const std::bad_alloc&) {
    std::abort();
  } catch (const std::exception& e) {
    return Error{ErrorKind::internal, std::string(what) + ": " + e.what()};
  } catch (...) {
    return Error{ErrorKind::internal, std::string(what) + ": unknown exception"};
  }
}

template <typename... F>
struct overloaded : F... {
  using F::operator()...;
};
template <typename... F>
overloaded(F...) -> overloaded<F...>;

}  // namespace orc

// `ORC_TRY(auto x, f())` binds the value or returns the error from the enclosing function;
// `ORC_CHECK_OK(f())` does the same for a Status.
#define ORC_TRY_JOIN_(a, b) a##b
#define ORC_TRY_NAME_(line) ORC_TRY_JOIN_(orc_try_, line)
#define ORC_TRY(declaration, ...)                                                       \
  auto ORC_TRY_NAME_(__LINE__) = (__VA_ARGS__);                                         \
  if (!ORC_TRY_NAME_(__LINE__).ok()) return std::move(ORC_TRY_NAME_(__LINE__)).error(); \
  declaration = std::move(ORC_TRY_NAME_(__LINE__)).value()
#define ORC_CHECK_OK(...)                                       \
  do {                                                          \
    auto orc_status = (__VA_ARGS__);                            \
    if (!orc_status.ok()) return std::move(orc_status).error(); \
  } while (false)
