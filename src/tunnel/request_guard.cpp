#include "tunnel/request_guard.hpp"

#include <algorithm>
#include <array>

#include "base/message.hpp"
#include "http/response.hpp"

namespace tunnel {
namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view of_names = "-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// "/v1.45/info" → "/info"
std::string_view without_version(std::string_view path) {
  constexpr std::string_view version = "/v1.";
  if (!path.starts_with(version)) return path;
  const std::size_t slash = path.find('/', version.size());
  if (slash == path.npos) return path;
  const std::string_view minor = path.substr(version.size(), slash - version.size());
  const bool number = !minor.empty() && minor.size() <= 3 && minor.find_first_not_of(digits) == minor.npos;
  return number ? path.substr(slash) : path;
}

bool is_open(std::string_view path) {
  constexpr std::array<std::string_view, 5> whole = {"/_ping", "/version", "/info", "/containers/json", "/events"};
  constexpr std::array<std::string_view, 3> of_container = {"json", "logs", "stats"};
  if (std::find(whole.begin(), whole.end(), path) != whole.end()) return true;
  constexpr std::string_view containers = "/containers/";
  if (!path.starts_with(containers)) return false;
  path.remove_prefix(containers.size());
  const std::size_t slash = path.find('/');
  if (slash == 0 || slash == path.npos || path.substr(0, slash).find_first_not_of(of_names) != path.npos) return false;
  return std::find(of_container.begin(), of_container.end(), path.substr(slash + 1)) != of_container.end();
}

bool is_open_parameter(std::string_view name) {
  constexpr std::array<std::string_view, 10> names = {"all",    "filters", "follow", "since", "stderr",
                                                      "stdout", "stream",  "tail",   "until", "timestamps"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string written(const http::Request& request) {
  std::string text = request.method + ' ' + request.target.path;
  char separator = '?';
  for (const http::Parameter& each : request.target.query) {
    text += std::exchange(separator, '&');
    text.append(each.name).append("=").append(http::percent_encoded(each.value));
  }
  return text + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
}

}  // namespace

RequestGuard::RequestGuard() : reader_(http::RequestLimits{.body_bytes_max = 0}) {}

RequestGuard::Verdict RequestGuard::feed(std::string_view bytes) {
  if (passed_) return Verdict::refused;  // the text may be on its way
  switch (reader_.feed(bytes)) {
    case http::RequestReader::Progress::more:
      return Verdict::more;
    case http::RequestReader::Progress::refused:
      return refuse(reader_.refusal().status, reader_.refusal().message);
    case http::RequestReader::Progress::complete:
      break;
  }
  const http::Request request = reader_.take();
  const auto& query = request.target.query;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (!bytes.empty() || !reads || !is_open(without_version(request.target.path)) ||
      !std::all_of(query.begin(), query.end(), [](const auto& each) { return is_open_parameter(each.name); }))
    return refuse(403, "No such request passes through a tunnel");
  passed_ = true;
  text_ = written(request);
  return Verdict::passes;
}

bool is_long(std::string_view head) {
  const std::size_t begin = head.find(' ') + 1;
  const std::string_view path = head.substr(begin, head.find_first_of(" ?", begin) - begin);
  return path.ends_with("/logs") || path.ends_with("/stats") || path.ends_with("/events");
}

// In the Engine's own form.
RequestGuard::Verdict RequestGuard::refuse(int status, std::string_view why) {
  passed_ = true;
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = base::Message().text("message", why).take();
  text_ = http::serialize(response, http::AnswerForm{});
  return Verdict::refused;
}

}  // namespace tunnel
