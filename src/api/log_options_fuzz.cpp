// Options of a log channel, as any query or command says them: a start that can be kept, or what is wrong with it.
// Lines of the input are the values of since, tail, stdout and stderr; the first one is also read as a duration.
#include <vector>

#include "api/log_options.hpp"
#include "base/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(bytes), size);
  std::vector<api::Option> options;
  for (const char* name : {"since", "tail", "stdout", "stderr"}) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    options.push_back({name, std::string(rest.substr(0, end))});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const net::WallTime now(std::chrono::seconds(1'700'000'000));
  const auto parsed = api::parse_log_options(options, now);
  if (!parsed) {
    CHECK(parsed.error().fault == base::Fault::bad_request && !parsed.error().message.empty());
  } else {
    CHECK(parsed->out || parsed->err);
    CHECK(!parsed->start.after || parsed->start.after->print() == options[0].value);
  }
  const std::string& text = options[0].value;
  const auto duration = api::parse_duration(text);
  CHECK(!duration || duration->count() >= 0);
  const auto seconds = api::parse_unix_seconds(text);
  CHECK(!seconds || *seconds >= 0);
  CHECK(!duration || !seconds);  // a duration has a unit
  const auto twice = duration ? api::parse_duration(std::to_string(duration->count()) + "ns") : duration;
  CHECK(twice == duration);
  return 0;
}
