#include "http/request_reader.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "http/origin.hpp"

namespace http {
namespace {

constexpr std::size_t start_line_extra_bytes = 64;  // what a start line may have beside its target

bool wants_keep_alive(const RequestHead& head) {
  if (head.version_minor == 0) return head.headers.lists("Connection", "keep-alive");
  return !head.headers.lists("Connection", "close");
}

// The Host header, and the target without the authority that an absolute one carries (RFC 9112, 3.2).
struct Destination {
  std::string host;
  std::string_view target;
};
OrRefusal<Destination> destination(const RequestHead& head) {
  const std::size_t hosts = head.headers.count("Host");
  if (hosts > 1 || (hosts == 0 && head.version_minor > 0)) {
    return bad_request("A request has exactly one Host header.");
  }
  Destination found{std::string(head.headers.get("Host")), head.target};
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignoring_case(found.target.substr(0, scheme.size()), scheme)) continue;
    found.target.remove_prefix(scheme.size());
    const std::size_t end = std::min(found.target.find_first_of("/?"), found.target.size());
    found.host = std::string(found.target.substr(0, end));
    found.target.remove_prefix(end);
    if (found.target.empty()) found.target = "/";
    break;
  }
  if (!found.host.empty() && !parse_authority(found.host)) return bad_request("The Host header is malformed.");
  return found;
}

}  // namespace

RequestReader::Progress RequestReader::feed(std::string_view& bytes) {
  CHECK(state_ == State::head || state_ == State::body);
  if (state_ == State::head) {
    if (const Progress progress = read_head(bytes); progress != Progress::complete) return progress;
  }
  return read_body(bytes);
}

Request RequestReader::take() {
  CHECK(state_ == State::complete);
  state_ = State::head;
  head_.clear();
  continue_wanted_ = false;
  return std::exchange(request_, {});
}

// `complete` when the head is.
RequestReader::Progress RequestReader::read_head(std::string_view& bytes) {
  const Head::Progress progress = head_.feed(bytes);
  const std::string_view text = head_.text();
  const std::size_t start_line_bytes = std::min(text.find('\n'), text.size());
  if (start_line_bytes > limits_.target_bytes_max + start_line_extra_bytes) return refuse(beyond(Bound::target));
  switch (progress) {
    case Head::Progress::more:
      break;
    case Head::Progress::too_large:
      return refuse(beyond(head_.in_first_line() ? Bound::target : Bound::head_bytes));
    case Head::Progress::malformed:
      return refuse(bad_request("The request is malformed."));
    case Head::Progress::complete: {
      auto parsed = parse_request_head(text);
      if (!parsed) return refuse(bad_request("The request is malformed."));
      if (auto begun = begin(std::move(*parsed)); !begun) return refuse(begun.error());
      state_ = State::body;
      return Progress::complete;
    }
  }
  // What can be no request is refused at once: TLS on a plain port, say. A "\r" may begin an empty line before one.
  if (!text.empty() && text != "\r" && !is_token(text.substr(0, 1))) return refuse(bad_request("This is not HTTP."));
  return Progress::more;
}

OrRefusal<void> RequestReader::begin(RequestHead head) {
  if (head.target.size() > limits_.target_bytes_max) return beyond(Bound::target);
  if (head.headers.size() > limits_.headers_max) return beyond(Bound::headers);
  auto where = destination(head);
  if (!where) return where.error();
  if (where->target == "*" && head.method == "OPTIONS") {
    request_.target.path = "*";
  } else if (auto target = parse_target(where->target)) {
    request_.target = std::move(*target);
  } else {
    return target.error();
  }

  auto framing = declared_framing(head.headers, head.version_minor);
  if (!framing && framing.error().fault == base::Fault::unsupported) {
    return Refusal{501, "unsupported", "No transfer coding but chunked is supported."};
  }
  if (!framing) return bad_request("The length of the request's body is not clear.");
  const BodyFraming body = framing->value_or(BodyFraming{});
  if (body.bytes > limits_.body_bytes_max) return beyond(Bound::body);
  body_ = BodyReader(body);

  if (const auto expectation = head.headers.find("Expect"); expectation && head.version_minor > 0) {
    if (!equals_ignoring_case(*expectation, "100-continue")) {
      return Refusal{417, "unsupported", "No expectation but 100-continue is supported."};
    }
    continue_wanted_ = !body_.ended();
  }
  request_.keep_alive = wants_keep_alive(head);
  request_.host = std::move(where->host);
  request_.method = std::move(head.method);
  request_.version_minor = head.version_minor;
  request_.headers = std::move(head.headers);
  return {};
}

RequestReader::Progress RequestReader::read_body(std::string_view& bytes) {
  while (!body_.ended() && !bytes.empty()) {
    auto run = body_.next(bytes);
    if (!run) return refuse(bad_request("The request's body is malformed."));
    if (request_.body.size() + run->size() > limits_.body_bytes_max) return refuse(beyond(Bound::body));
    request_.body.append(*run);
  }
  if (!body_.ended()) return Progress::more;
  state_ = State::complete;
  return Progress::complete;
}

Refusal RequestReader::beyond(Bound bound) {
  bound_ = bound;
  switch (bound) {
    case Bound::target:
      return {414, "too_large", "The request target is too long."};
    case Bound::head_bytes:
      return {431, "too_large", "The request's header fields are too large."};
    case Bound::headers:
      return {431, "too_large", "The request has too many header fields."};
    case Bound::body:
    case Bound::none:
      break;
  }
  return {413, "too_large", "The request's body is too large."};
}

RequestReader::Progress RequestReader::refuse(Refusal refusal) {
  state_ = State::refused;
  refusal_ = std::move(refusal);
  return Progress::refused;
}

}  // namespace http
