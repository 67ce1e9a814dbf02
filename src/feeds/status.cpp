#include "feeds/status.hpp"

#include "base/json_text.hpp"

namespace feeds {
namespace {

// For front-ends that hand every message to one function and print its `data`.
std::string readable(LogState state) {
  switch (state) {
    case LogState::live:
      return "Following the log";
    case LogState::stopped:
      return "The container has stopped";
    case LogState::restarted:
      return "The container runs again";
    case LogState::removed:
      return "The container was removed";
    case LogState::source_down:
      return "The Docker Engine does not answer; waiting for it";
    case LogState::degraded:
      return "The cluster's Redis does not answer; reading on without it";
    case LogState::recovered:
      return "Back to normal";
    case LogState::unknown:
      break;
  }
  return "";
}

}  // namespace

std::string_view name_of(LogState state) {
  static constexpr std::string_view names[] = {"unknown", "live",        "stopped",   "restarted",
                                               "removed", "source_down", "recovered", "degraded"};
  return names[static_cast<std::size_t>(state)];
}

std::string status_fields(LogState state, Form form) {
  std::string fields = ",\"state\":\"";
  fields.append(name_of(state)).append("\"");
  if (is_quiet(form)) fields += ",\"data\":" + base::json_string(readable(state));
  return fields;
}

}  // namespace feeds
