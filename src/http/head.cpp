#include "http/head.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>

namespace http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using beast::string_view;

std::string_view std_view(string_view text) { return {text.data(), text.size()}; }

// Beast's parser, stopped behind the header: bodies are BodyReader's. `is_request` chooses which start line it takes.
template <bool is_request, class Parsed>
class Parser final : public beast::http::basic_parser<is_request> {
 public:
  Parser() {
    this->header_limit(UINT32_MAX);  // Head has counted already
    this->skip(true);
  }
  Parsed parsed;

 private:
  void on_request_impl(beast::http::verb, string_view method, string_view target, int version, error_code&) override {
    if constexpr (is_request) {
      parsed.method = std_view(method);
      parsed.target = std_view(target);
      parsed.version_minor = version % 10;
    }
  }
  void on_response_impl(int status, string_view reason, int version, error_code&) override {
    if constexpr (!is_request) {
      parsed.status = status;
      parsed.reason = std_view(reason);
      parsed.version_minor = version % 10;
    }
  }
  void on_field_impl(beast::http::field, string_view name, string_view value, error_code&) override {
    parsed.headers.add(std_view(name), std_view(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view bytes, error_code&) override { return bytes.size(); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code&) override { return bytes.size(); }
  void on_finish_impl(error_code&) override {}
};

template <bool is_request, class Parsed>
base::Result<Parsed> parse(std::string_view text) {
  Parser<is_request, Parsed> parser;
  error_code error;
  const std::size_t taken = parser.put(boost::asio::const_buffer(text.data(), text.size()), error);
  if (error) return base::Error{base::Fault::protocol, "malformed head: " + error.message()};
  if (!parser.is_done() || taken != text.size()) return base::Error{base::Fault::protocol, "malformed head"};
  return std::move(parser.parsed);
}

}  // namespace

Head::Progress Head::feed(std::string_view& bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::size_t size = end == std::string_view::npos ? bytes.size() : end + 1;
    if (text_.size() + size > bytes_max_) return Progress::too_large;
    text_.append(bytes.substr(0, size));
    bytes.remove_prefix(size);
    if (end == std::string_view::npos) return Progress::more;
    if (!text_.ends_with("\r\n")) return Progress::malformed;  // bare line feed

    const std::string_view line = std::string_view(text_).substr(line_start_);
    if (line.front() == ' ' || line.front() == '\t') return Progress::malformed;  // obs-fold, RFC 9112, 5.2
    if (line.size() > 2) {
      line_start_ = text_.size();
    } else if (line_start_ > 0) {
      return Progress::complete;
    } else {
      text_.clear();
    }
  }
  return Progress::more;
}

void Head::clear() {
  text_.clear();
  line_start_ = 0;
}

base::Result<RequestHead> parse_request_head(std::string_view text) { return parse<true, RequestHead>(text); }
base::Result<ResponseHead> parse_response_head(std::string_view text) { return parse<false, ResponseHead>(text); }

}  // namespace http
