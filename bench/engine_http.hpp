// What the fake Engine says and understands: requests, Docker's JSON answers, multiplexed log frames. No I/O, no state.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

struct Request {
  std::string method;
  std::string path;  // without /v1.NN
  std::map<std::string, std::string> query;
  bool version_1_0 = false;
  bool closes = false;  // wants the connection closed after the answer
};

struct LogQuery {
  bool out = false, err = false, follow = false, timestamps = false, chunked = true;
  size_t tail = std::numeric_limits<size_t>::max();
  int64_t since_ns = 0, until_ns = std::numeric_limits<int64_t>::max();
};

Request parse_request(const std::string& head);
LogQuery log_query(const Request& request);

std::string ping_answer(bool head_only);
std::string json_answer(int status, const std::string& body);
// The header of an answer that goes on; chunked unless the request was HTTP/1.0.
std::string stream_header(const Request& request, std::string_view content_type);

std::string version_json();
std::string info_json(size_t containers);
std::string list_json(size_t containers);
std::string inspect_json(uint32_t container);

// The container named in /containers/{id or name}/…, if there is one.
std::optional<uint32_t> find_container(const std::string& path, size_t containers);

// 2026-01-01T00:00:00.000000000Z
std::string timestamp(int64_t time_ns);
// One record of stdout, in one chunk as the Engine usually sends it (docker-engine.md 3.2).
void append_log_frame(std::string& to, std::string_view text, bool chunked);

}  // namespace bench
