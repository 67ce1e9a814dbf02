#include "ws/extension.hpp"

#include <utility>

namespace ws {
namespace {

struct Parameter {
  std::string_view name;
  std::optional<std::string_view> value;
};

// "name" or "name=value", where a value in quotes must be a token without them (RFC 6455, 9.1).
std::optional<Parameter> parse_parameter(std::string_view text) {
  const auto equals = text.find('=');
  Parameter parameter{http::trimmed(text.substr(0, equals)), {}};
  if (!http::is_token(parameter.name)) return std::nullopt;
  if (equals == text.npos) return parameter;
  std::string_view value = http::trimmed(text.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  if (!http::is_token(value)) return std::nullopt;
  parameter.value = value;
  return parameter;
}

// 8 to 15, without a leading zero (RFC 7692, 7.1.2.1).
std::optional<int> window_bits(std::string_view text) {
  if (text == "8" || text == "9") return text.front() - '0';
  if (text.size() == 2 && text[0] == '1' && text[1] >= '0' && text[1] <= '5') return 10 + (text[1] - '0');
  return std::nullopt;
}

struct Offer {
  bool server_no_takeover = false, client_no_takeover = false, client_bits = false;
  std::optional<int> server_bits;

  // False: it cannot be kept.
  bool take(const Parameter& parameter) {
    if (parameter.name == "server_no_context_takeover") return flag(server_no_takeover, parameter);
    if (parameter.name == "client_no_context_takeover") return flag(client_no_takeover, parameter);
    if (parameter.name == "server_max_window_bits") {
      if (server_bits || !parameter.value) return false;
      server_bits = window_bits(*parameter.value);
      return server_bits.has_value();
    }
    if (parameter.name == "client_max_window_bits") {
      const bool good = !parameter.value || window_bits(*parameter.value);
      return !std::exchange(client_bits, true) && good;
    }
    return false;
  }

 private:
  static bool flag(bool& seen, const Parameter& parameter) { return !std::exchange(seen, true) && !parameter.value; }
};

std::optional<Offer> parse_offer(std::string_view text) {
  auto semicolon = text.find(';');
  if (http::trimmed(text.substr(0, semicolon)) != "permessage-deflate") return std::nullopt;
  Offer offer;
  while (semicolon != text.npos) {
    text.remove_prefix(semicolon + 1);
    semicolon = text.find(';');
    const auto parameter = parse_parameter(text.substr(0, semicolon));
    if (!parameter || !offer.take(*parameter)) return std::nullopt;
  }
  return offer;
}

}  // namespace

std::optional<DeflateTerms> agree_on_deflate(const http::Headers& headers) {
  for (const std::string_view text : headers.list("Sec-WebSocket-Extensions")) {
    const auto offer = parse_offer(text);
    if (!offer) continue;
    DeflateTerms terms;
    terms.answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    if (offer->server_bits) {
      terms.window_bits = *offer->server_bits;
      terms.answer += "; server_max_window_bits=" + std::to_string(terms.window_bits);
    }
    return terms;
  }
  return std::nullopt;
}

}  // namespace ws
