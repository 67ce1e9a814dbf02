// Refusal: a request that is answered with an error instead: status, a code of protocol.md, a sentence for people.
// Becomes a response in problem() (response.hpp).
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

#include "http/headers.hpp"

namespace http {

struct Refusal {
  int status = 400;
  std::string_view code = "bad_request";  // a literal
  std::string message;
  Headers headers = {};      // what else the answer must carry: Allow, Retry-After…
  std::string members = {};  // and its body: JSON, a comma before each
};

// Asking a refusal for its value is a programmer's mistake.
[[noreturn]] void throw_exception_from_error(const Refusal& refusal, const boost::source_location& where);

template <class T>
using OrRefusal = boost::system::result<T, Refusal>;

inline Refusal bad_request(std::string message) { return {400, "bad_request", std::move(message)}; }

}  // namespace http
