#include "http/refusal.hpp"

#include "base/check.hpp"

namespace http {

void throw_exception_from_error(const Refusal& refusal, const boost::source_location& where) {
  base::check_failed(refusal.message.c_str(), where.file_name(), static_cast<int>(where.line()));
}

}  // namespace http
