// Response: one answer of ours and how it is written (HTTP/1.1; understood by 1.0). A plain value and pure functions.
#pragma once

#include <string>
#include <string_view>

#include "http/refusal.hpp"
#include "http/request.hpp"

namespace http {

struct Response {
  int status = 200;
  Headers headers = {};  // without Content-Length, Transfer-Encoding and Connection, which the form decides
  std::string body = {};
};

// The form an answer takes, as its request decides.
struct AnswerForm {
  bool head_only = false;   // HEAD
  bool chunks = true;       // HTTP/1.1: a body of unknown length can be chunked; else its end is the close
  bool keep_alive = false;  // the connection goes on

  static AnswerForm of(const Request& request) {
    return {request.method == "HEAD", request.version_minor > 0, request.keep_alive};
  }
};

// The whole answer.
std::string serialize(const Response& response, AnswerForm form);

// An answer whose body comes piece by piece: its head, then append_piece() for each, then append_end(). To an HTTP/1.0
// client the connection must be closed behind it.
std::string serialize_stream_head(const Response& response, AnswerForm form);
void append_piece(std::string& out, std::string_view piece, AnswerForm form);
void append_end(std::string& out, AnswerForm form);

// The refusal as an RFC 9457 problem document. `ref` stands in the log line too.
Response problem(const Refusal& refusal, std::string_view ref);

std::string_view reason_phrase(int status);
// A method of RFC 9110 or 5789: wrong ones are answered with 405, unknown ones with 501.
bool is_known_method(std::string_view method);

}  // namespace http
