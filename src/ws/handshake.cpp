#include "ws/handshake.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace ws {
namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Sixteen bytes in base64 (4.2.1).
bool is_key(std::string_view key) {
  return key.size() == 24 && key.ends_with("==") && key.find_first_not_of(base64_digits) == 22;
}

http::Refusal upgrade_required(std::string message) {
  return {426, "bad_request", std::move(message), {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}}};
}

}  // namespace

bool wants_upgrade(const http::Request& request) { return request.headers.lists("Upgrade", "websocket"); }

http::OrRefusal<Upgrade> check_upgrade(const http::Request& request, std::span<const std::string_view> protocols,
                                       bool deflate) {
  const http::Headers& headers = request.headers;
  if (request.method != "GET") {
    return http::Refusal{405, "bad_request", "A WebSocket is opened with GET.", {{"Allow", "GET"}}};
  }
  if (request.version_minor == 0) return http::bad_request("A WebSocket needs HTTP/1.1.");
  if (!wants_upgrade(request)) return upgrade_required("Here speaks a WebSocket: the request must upgrade to it.");
  if (!headers.lists("Connection", "upgrade")) {
    return http::bad_request("The Connection header does not name the upgrade.");
  }
  if (headers.count("Sec-WebSocket-Version") != 1 || headers.get("Sec-WebSocket-Version") != "13") {
    return upgrade_required("Only version 13 of the WebSocket protocol is spoken here.");
  }
  const std::string_view key = headers.get("Sec-WebSocket-Key");
  if (headers.count("Sec-WebSocket-Key") != 1 || !is_key(key)) {
    return http::bad_request("Sec-WebSocket-Key must come once and be 16 bytes in base64.");
  }

  Upgrade upgrade{accept_key(key), {}};
  const auto offered = headers.list("Sec-WebSocket-Protocol");
  const auto chosen = std::find_first_of(protocols.begin(), protocols.end(), offered.begin(), offered.end());
  if (chosen != protocols.end()) upgrade.protocol = *chosen;
  if (deflate) upgrade.deflate = agree_on_deflate(headers);
  return upgrade;
}

std::string upgrade_response(const Upgrade& upgrade) {
  std::string out = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  out += "Sec-WebSocket-Accept: " + upgrade.accept + "\r\n";
  if (!upgrade.protocol.empty()) out.append("Sec-WebSocket-Protocol: ").append(upgrade.protocol).append("\r\n");
  if (upgrade.deflate) out.append("Sec-WebSocket-Extensions: ").append(upgrade.deflate->answer).append("\r\n");
  return out += "\r\n";
}

std::string accept_key(std::string_view key) {
  const std::string salted = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest = {};
  SHA1(reinterpret_cast<const unsigned char*>(salted.data()), salted.size(), digest.data());
  std::array<unsigned char, 29> text = {};  // 28 and the end
  const int size = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(size)};
}

}  // namespace ws
