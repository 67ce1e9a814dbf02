// The server's side of the WebSocket handshake, for the floors: what RFC 6455 demands and no more.
#pragma once

#include <openssl/evp.h>

#include <string>

namespace bench {

inline std::string accept_key(const std::string& key) {
  std::string both = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 1.3
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int digest_bytes = 0;
  EVP_Digest(both.data(), both.size(), digest, &digest_bytes, EVP_sha1(), nullptr);
  unsigned char text[64];
  int length = EVP_EncodeBlock(text, digest, static_cast<int>(digest_bytes));
  return {reinterpret_cast<char*>(text), static_cast<size_t>(length)};
}

inline std::string header_value(const std::string& request, const std::string& name) {
  size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  at += name.size() + 4;
  return request.substr(at, request.find("\r\n", at) - at);
}

// The answer to a whole request; empty where it brings no key.
inline std::string upgrade_answer(const std::string& request) {
  const std::string key = header_value(request, "Sec-WebSocket-Key");
  if (key.empty()) return {};
  std::string answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  const std::string protocol = header_value(request, "Sec-WebSocket-Protocol");
  if (!protocol.empty()) answer += "Sec-WebSocket-Protocol: " + protocol + "\r\n";
  return answer + "Sec-WebSocket-Accept: " + accept_key(key) + "\r\n\r\n";
}

}  // namespace bench
