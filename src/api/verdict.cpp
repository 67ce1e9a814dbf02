#include "api/verdict.hpp"

#include <algorithm>

namespace api {
namespace {

constexpr std::array<CodeRow, 13> rows = {{
    {"bad_request", 400, 4000, false},
    {"not_found", 404, 4004, false},
    {"ambiguous", 409, 4000, false},
    {"forbidden", 403, 4003, false},
    {"unauthorized", 401, 4300, false},
    {"conflict", 409, 4000, false},
    {"rate_limited", 429, 4129, true},
    {"too_many", 429, 4029, false},
    {"too_large", 413, 1009, false},
    {"unavailable", 503, 4153, true},
    {"unknown_outcome", 504, 4100, true},
    {"unsupported", 501, 4000, false},
    {"internal", 500, 4100, true},
}};

Code code_of(base::Fault fault) {
  switch (fault) {
    case base::Fault::closed:
    case base::Fault::refused:
    case base::Fault::timed_out:
    case base::Fault::protocol:
    case base::Fault::unavailable:
      return Code::unavailable;
    case base::Fault::too_large:
      return Code::too_large;
    case base::Fault::bad_request:
      return Code::bad_request;
    case base::Fault::unauthorized:
      return Code::unauthorized;
    case base::Fault::forbidden:
      return Code::forbidden;
    case base::Fault::not_found:
      return Code::not_found;
    case base::Fault::ambiguous:
      return Code::ambiguous;
    case base::Fault::conflict:
      return Code::conflict;
    case base::Fault::unsupported:
      return Code::unsupported;
    case base::Fault::internal:
      break;
  }
  return Code::internal;
}

}  // namespace

const CodeRow& row(Code code) { return rows[static_cast<std::size_t>(code)]; }

Failure::Failure(const base::Error& error) : code(code_of(error.fault)), message(error.message) {}

http::Refusal Failure::refusal() const { return {row(code).status, row(code).name, message}; }

CountedClose counted(std::uint16_t code) {
  const std::string text = std::to_string(code);
  const auto found = std::find(counted_closes.begin(), counted_closes.end(), text);
  return found == counted_closes.end() ? CountedClose::other
                                       : static_cast<CountedClose>(found - counted_closes.begin());
}

}  // namespace api
