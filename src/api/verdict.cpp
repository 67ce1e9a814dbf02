#include "api/verdict.hpp"

#include <algorithm>

namespace api {
namespace {

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
    case base::Fault::rate_limited:
      return Code::rate_limited;
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
    case base::Fault::unknown_outcome:
      return Code::unknown_outcome;
    case base::Fault::internal:
      break;
  }
  return Code::internal;
}

}  // namespace

const CodeRow& row(Code code) { return code_rows[static_cast<std::size_t>(code)]; }

Failure::Failure(const base::Error& error) : code(code_of(error.fault)), message(error.message) {}

http::Refusal Failure::refusal() const { return {row(code).status, row(code).name, message}; }

CountedClose counted(std::uint16_t code) {
  const std::string text = std::to_string(code);
  const auto found = std::find(counted_closes.begin(), counted_closes.end(), text);
  return found == counted_closes.end() ? CountedClose::other
                                       : static_cast<CountedClose>(found - counted_closes.begin());
}

}  // namespace api
