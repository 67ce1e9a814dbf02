// The protocol's error codes: each a name, an HTTP status, a close code, and whether trying again may help
// (protocol/errors.json and close_codes.json, as api/contract.hpp). What failed becomes a code here and nowhere else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/contract.hpp"
#include "base/result.hpp"
#include "http/refusal.hpp"

namespace api {

const CodeRow& row(Code code);

// What a client is told: a code, and a sentence that a person can act on.
struct Failure {
  Failure(Code code_in, std::string message_in) : code(code_in), message(std::move(message_in)) {}
  Failure(const base::Error& error);  // NOLINT(google-explicit-constructor)
  http::Refusal refusal() const;

  Code code;
  std::string message;
};

enum class CountedClose : std::uint8_t { lost, other };  // the rest by their place in counted_closes
CountedClose counted(std::uint16_t code);

}  // namespace api
