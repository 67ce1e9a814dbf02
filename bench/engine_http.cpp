#include "engine_http.hpp"

#include <cctype>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "line.hpp"

namespace bench {
namespace {

constexpr const char* created = "2026-01-01T00:00:00.000000000Z";

[[gnu::format(printf, 1, 2)]] std::string print(const char* format, ...) {
  char text[2048];
  va_list values;
  va_start(values, format);
  std::vsnprintf(text, sizeof text, format, values);
  va_end(values);
  return text;
}

bool is_on(const Request& request, const std::string& name) {
  auto found = request.query.find(name);
  return found != request.query.end() && (found->second == "1" || found->second == "true" || found->second == "True");
}

// <seconds>[.<fraction>], the fraction padded on the right (docker-engine.md 3.2).
int64_t parse_time_ns(const std::string& text) {
  size_t dot = text.find('.');
  std::string fraction = dot == std::string::npos ? "" : text.substr(dot + 1, 9);
  fraction.resize(9, '0');
  return std::strtoll(text.c_str(), nullptr, 10) * 1'000'000'000 + std::strtoll(fraction.c_str(), nullptr, 10);
}

std::string name_of(uint32_t container) { return print("bench-%u", container); }

}  // namespace

Request parse_request(const std::string& head) {
  std::string line = head.substr(0, head.find('\r'));
  size_t target_at = line.find(' ') + 1;
  size_t target_end = line.find(' ', target_at);
  Request request;
  request.method = line.substr(0, target_at - 1);
  request.version_1_0 = line.ends_with("HTTP/1.0");
  request.closes = request.version_1_0 || head.find("\r\nConnection: close") != std::string::npos;
  std::string target = line.substr(target_at, target_end - target_at);
  size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (request.path.starts_with("/v1.")) request.path.erase(0, request.path.find('/', 1));
  while (question != std::string::npos) {
    size_t next = target.find('&', question + 1);
    std::string pair = target.substr(question + 1, next - question - 1);
    size_t equals = pair.find('=');
    request.query[pair.substr(0, equals)] = equals == std::string::npos ? "" : pair.substr(equals + 1);
    question = next;
  }
  return request;
}

LogQuery log_query(const Request& request) {
  LogQuery query{.out = is_on(request, "stdout"),
                 .err = is_on(request, "stderr"),
                 .follow = is_on(request, "follow"),
                 .timestamps = is_on(request, "timestamps"),
                 .chunked = !request.version_1_0};
  auto value = [&](const char* name) {
    auto found = request.query.find(name);
    return found == request.query.end() ? std::string() : found->second;
  };
  std::string tail = value("tail");
  if (!tail.empty() && std::isdigit(static_cast<unsigned char>(tail[0]))) query.tail = std::stoull(tail);
  if (!value("since").empty()) query.since_ns = parse_time_ns(value("since"));
  if (!value("until").empty() && value("until") != "0") query.until_ns = parse_time_ns(value("until"));
  return query;
}

std::string ping_answer(bool head_only) {
  return print(
      "HTTP/1.1 200 OK\r\nApi-Version: 1.45\r\nOstype: linux\r\nDocker-Experimental: false\r\n"
      "Server: Docker/26.1.5 (linux)\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s",
      head_only ? 0 : 2, head_only ? "" : "OK");
}

std::string json_answer(int status, const std::string& body) {
  const char* reason = status == 200 ? "OK" : status == 400 ? "Bad Request" : "Not Found";
  return print("HTTP/1.1 %d %s\r\nApi-Version: 1.45\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
               status, reason, body.size()) +
         body;
}

std::string stream_header(const Request& request, std::string_view content_type) {
  return print("HTTP/1.%d 200 OK\r\nApi-Version: 1.45\r\nContent-Type: %.*s\r\n%s\r\n", request.version_1_0 ? 0 : 1,
               static_cast<int>(content_type.size()), content_type.data(),
               request.version_1_0 ? "Connection: close\r\n" : "Transfer-Encoding: chunked\r\n");
}

std::string version_json() {
  return R"({"Platform":{"Name":"bench"},"Components":[{"Name":"Engine","Version":"26.1.5","Details":{}}],)"
         R"("Version":"26.1.5","ApiVersion":"1.45","MinAPIVersion":"1.24","Os":"linux","Arch":"amd64"})";
}

std::string info_json(size_t containers) {
  return print(R"({"ID":"be9c4a5e-0000-4000-8000-000000000000","Name":"bench","ServerVersion":"26.1.5",)"
               R"("OSType":"linux","Containers":%zu,"ContainersRunning":%zu,"LoggingDriver":"json-file"})",
               containers, containers);
}

std::string list_json(size_t containers) {
  std::string list = "[";
  for (uint32_t index = 0; index < containers; ++index) {
    list += print(R"(%s{"Id":"%s","Names":["/%s"],"Image":"bench","ImageID":"bench","Command":"bench",)"
                  R"("Created":1767225600,"Ports":[],"Labels":{},"State":"running","Status":"Up 1 hour"})",
                  index > 0 ? "," : "", container_id(index).c_str(), name_of(index).c_str());
  }
  return list + "]";
}

std::string inspect_json(uint32_t container) {
  return print(R"({"Id":"%s","Name":"/%s","Created":"%s","State":{"Status":"running","Running":true,"Paused":false,)"
               R"("Restarting":false,"OOMKilled":false,"Dead":false,"Pid":1,"ExitCode":0,"Error":"","StartedAt":"%s",)"
               R"("FinishedAt":"0001-01-01T00:00:00Z"},"Image":"bench","RestartCount":0,"Driver":"overlay2",)"
               R"("Config":{"Hostname":"bench","Tty":false,"Image":"bench","Env":[],"Cmd":["bench"],"Labels":{}},)"
               R"("HostConfig":{"LogConfig":{"Type":"json-file","Config":{}},"NetworkMode":"none"}})",
               container_id(container).c_str(), name_of(container).c_str(), created, created);
}

std::optional<uint32_t> find_container(const std::string& path, size_t containers) {
  if (!path.starts_with("/containers/")) return std::nullopt;
  std::string word = path.substr(12, path.find('/', 12) - 12);
  std::optional<uint32_t> found;
  if (word.starts_with("bench-")) {
    found = static_cast<uint32_t>(std::strtoul(word.c_str() + 6, nullptr, 10));
  } else {
    found = channel_in(word);
  }
  return found && *found < containers ? found : std::nullopt;
}

std::string timestamp(int64_t time_ns) {
  time_t seconds = time_ns / 1'000'000'000;
  tm parts{};
  gmtime_r(&seconds, &parts);
  char day[32];
  std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
  return print("%s.%09dZ", day, static_cast<int>(time_ns % 1'000'000'000));
}

void append_log_frame(std::string& to, std::string_view text, bool chunked) {
  if (chunked) to += print("%zx\r\n", text.size() + 8);
  auto length = static_cast<uint32_t>(text.size());
  to += {'\1',
         '\0',
         '\0',
         '\0',
         static_cast<char>(length >> 24),
         static_cast<char>(length >> 16),
         static_cast<char>(length >> 8),
         static_cast<char>(length)};
  to += text;
  if (chunked) to += "\r\n";
}

}  // namespace bench
