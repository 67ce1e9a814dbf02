#include "http/response_reader.hpp"

namespace http {

base::Result<ResponseReader::Event> ResponseReader::next(std::string_view& bytes) {
  if (state_ == State::head) return read_head(bytes);
  if (state_ == State::ended) return Event{Kind::end};
  auto run = body_.next(bytes);
  if (!run) return run.error();
  if (!run->empty()) return Event{Kind::body, *run};
  if (!body_.ended()) return Event{Kind::more};
  state_ = State::ended;
  return Event{Kind::end};
}

base::Result<void> ResponseReader::end_of_stream() {
  if (state_ == State::head) return base::Error{base::Fault::closed, "the connection ended before the answer"};
  if (state_ == State::ended) return {};
  return body_.end_of_stream();
}

base::Result<ResponseReader::Event> ResponseReader::read_head(std::string_view& bytes) {
  for (;;) {
    switch (head_bytes_.feed(bytes)) {
      case Head::Progress::more:
        return Event{Kind::more};
      case Head::Progress::too_large:
        return base::Error{base::Fault::too_large, "the answer's head is too large"};
      case Head::Progress::malformed:
        return base::Error{base::Fault::protocol, "the answer's head is malformed"};
      case Head::Progress::complete:
        break;
    }
    auto head = parse_response_head(head_bytes_.text());
    if (!head) return head.error();
    head_bytes_.clear();
    if (head->status >= 200 || head->status == 101) {
      head_ = std::move(*head);
      break;
    }
  }
  state_ = State::body;
  const bool bodiless = bodiless_ || head_.status == 101 || head_.status == 204 || head_.status == 304;
  if (bodiless) return Event{Kind::head};  // RFC 9112, 6.3, whatever the headers say
  const auto framing = declared_framing(head_.headers, head_.version_minor);
  if (!framing) return base::Error{base::Fault::protocol, framing.error().message};
  body_ = BodyReader(framing->value_or(BodyFraming{BodyFraming::Kind::until_close}));
  return Event{Kind::head};
}

}  // namespace http
