#include "http/response.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/check.hpp"
#include "base/json_text.hpp"

namespace http {
namespace {

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  const std::size_t start = out.size();
  out += value;
  // A value that came from outside cannot begin a header of its own.
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
      [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  out += "\r\n";
}

// RFC 9110, 8.6: these have no body, and 1xx and 204 no length either.
bool bodiless(int status) { return status < 200 || status == 204 || status == 304; }

std::string start(const Response& response, bool keep_alive) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
  out += reason_phrase(response.status);
  out += "\r\n";
  for (const Header& header : response.headers) append_header(out, header.name, header.value);
  // Sent to HTTP/1.1 too, where it is the default: a 1.0 client needs it.
  if (response.status != 101) append_header(out, "Connection", keep_alive ? "keep-alive" : "close");
  return out;
}

}  // namespace

std::string serialize(const Response& response, AnswerForm form) {
  std::string out = start(response, form.keep_alive);
  if (!bodiless(response.status)) append_header(out, "Content-Length", std::to_string(response.body.size()));
  out += "\r\n";
  if (!form.head_only && !bodiless(response.status)) out += response.body;
  return out;
}

std::string serialize_stream_head(const Response& response, AnswerForm form) {
  CHECK(!bodiless(response.status));
  std::string out = start(response, form.keep_alive && form.chunks);
  if (form.chunks) append_header(out, "Transfer-Encoding", "chunked");
  return out += "\r\n";
}

void append_piece(std::string& out, std::string_view piece, AnswerForm form) {
  if (piece.empty() || form.head_only) return;  // an empty chunk would be the end
  if (!form.chunks) {
    out += piece;
    return;
  }
  char size[20];
  out.append(size, static_cast<std::size_t>(std::snprintf(size, sizeof size, "%zx\r\n", piece.size())));
  out += piece;
  out += "\r\n";
}

void append_end(std::string& out, AnswerForm form) {
  if (form.chunks && !form.head_only) out += "0\r\n\r\n";
}

Response problem(const Refusal& refusal, std::string_view ref) {
  Response response{refusal.status, refusal.headers};
  response.headers.add("Content-Type", "application/problem+json");
  response.headers.add("Cache-Control", "no-store");
  std::string& body = response.body;
  body = R"({"status":)" + std::to_string(refusal.status);
  const auto append = [&body](std::string_view name, std::string_view value) {
    body.append(",\"").append(name).append("\":");
    base::append_json_string(body, value);
  };
  append("title", reason_phrase(refusal.status));
  append("detail", refusal.message);
  append("code", refusal.code);
  append("ref", ref);
  body += refusal.members + '}';
  return response;
}

std::string_view reason_phrase(int status) {
  static constexpr std::pair<int, std::string_view> phrases[] = {
      {100, "Continue"},
      {101, "Switching Protocols"},
      {200, "OK"},
      {202, "Accepted"},
      {204, "No Content"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {421, "Misdirected Request"},
      {426, "Upgrade Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
  };
  for (const auto& [number, phrase] : phrases) {
    if (number == status) return phrase;
  }
  return "Status";  // clients go by the number
}

bool is_known_method(std::string_view method) {
  static constexpr std::array<std::string_view, 9> known = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                            "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  return std::find(known.begin(), known.end(), method) != known.end();
}

}  // namespace http
