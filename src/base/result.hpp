// Result<T>: what may fail because the world failed. The kinds are few: one exists only if a caller branches on it.
#pragma once

#include <boost/system/result.hpp>
#include <string>

namespace base {

enum class Fault {
  closed,           // the peer ended the connection, or the stream is at its end
  refused,          // nothing answers at that address
  timed_out,        // no answer in time
  protocol,         // the peer said what its protocol does not allow
  too_large,        // over a bound of ours
  rate_limited,     // over a rate of ours
  bad_request,      // the asker's mistake
  unauthorized,     // no or wrong credentials
  forbidden,        // not allowed
  not_found,        // no such container, channel, route
  ambiguous,        // a prefix that several containers share
  conflict,         // the state does not allow it now
  unsupported,      // the engine or driver cannot do it
  unavailable,      // a part below us is down
  unknown_outcome,  // it may have been done: nobody said in time
  internal,         // anything else
};

// What happened, to what; `message` is whole sentences that a person can act on.
struct Error {
  Fault fault = Fault::internal;
  std::string message;
};

// Asking an error for its value is a programmer's mistake.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace base
