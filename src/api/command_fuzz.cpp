// Whatever a client says is a command or a reason why it is none; an id comes back as it was sent.
#include "api/command.hpp"
#include "base/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const api::Command command = api::parse_command(text);
  CHECK((command.kind == api::Command::Kind::bad) == !command.problem.empty());
  if (command.id.empty()) return 0;
  const api::Command echo = api::parse_command("{\"type\":\"ping\",\"id\":" + command.id + "}");
  CHECK(echo.kind == api::Command::Kind::ping && echo.id == command.id);
  return 0;
}
