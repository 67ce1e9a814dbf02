// The protocol's error codes: each a name, an HTTP status, a close code, and whether trying again may help
// (docs/protocol.md, "Error codes" and "Close codes"; protocol/*.json, which the test compares). What failed becomes a
// code here and nowhere else.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/refusal.hpp"

namespace api {

enum class Code : std::uint8_t {
  bad_request,
  not_found,
  ambiguous,
  forbidden,
  unauthorized,
  conflict,
  rate_limited,
  too_many,
  too_large,
  unavailable,
  unknown_outcome,
  unsupported,
  internal,
};

struct CodeRow {
  std::string_view name;
  int status;           // of the HTTP answer
  std::uint16_t close;  // of a connection that is about nothing else
  bool retry;
};
const CodeRow& row(Code code);

// What a client is told: a code, and a sentence that a person can act on.
struct Failure {
  Failure(Code code_in, std::string message_in) : code(code_in), message(std::move(message_in)) {}
  Failure(const base::Error& error);  // NOLINT(google-explicit-constructor)
  http::Refusal refusal() const;

  Code code;
  std::string message;
};

// Close codes that belong to no error (protocol.md, "Close codes").
namespace close_code {
inline constexpr std::uint16_t normal = 1000, unsupported_data = 1003;
inline constexpr std::uint16_t no_progress = 4103, no_pong = 4108, rate_limited = 4129, drain = 4200;
inline constexpr std::uint16_t not_accepted = 4300, no_credentials = 4308;
}  // namespace close_code

// The closed set of close codes that are counted; "lost" is a connection that ended without one.
inline constexpr std::array<std::string_view, 20> counted_closes = {
    "lost", "other", "1000", "1001", "1002", "1003", "1007", "1009", "4000", "4003",
    "4004", "4029",  "4100", "4103", "4108", "4129", "4153", "4200", "4300", "4308"};
enum class CountedClose : std::uint8_t { lost, other };  // the rest by their place in the table
CountedClose counted(std::uint16_t code);

}  // namespace api
