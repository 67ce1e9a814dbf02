// Frames as they go out (RFC 6455, section 5): unmasked as a server sends them, so that one framed publication is
// every follower's, and masked for clients (tests, benchmarks). Pure; no thread, no state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ws {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

using MaskKey = std::array<char, 4>;

inline constexpr std::size_t header_bytes_max = 10;    // of an unmasked frame
inline constexpr std::size_t control_bytes_max = 125;  // RFC 6455, 5.5

// The header of an unmasked, unfragmented frame, written to `out`, which has header_bytes_max bytes; returns its size.
std::size_t write_header(char* out, Opcode opcode, std::uint64_t payload_bytes);
std::size_t header_bytes(std::uint64_t payload_bytes);

void append_frame(std::string& out, Opcode opcode, std::string_view payload);
inline void append_text_frame(std::string& out, std::string_view payload) { append_frame(out, Opcode::text, payload); }
// Of a message that was deflated (RFC 7692, 6): RSV1 is set.
void append_deflated_frame(std::string& out, Opcode opcode, std::string_view payload);
// A reason that is too long is cut between two characters. Code 0: a close frame without a code.
void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason);

// What a client sends. With `last` false it is a fragment.
void append_masked_frame(std::string& out, Opcode opcode, std::string_view payload, MaskKey key, bool last = true);

// The payload of a close frame.
std::string close_payload(std::uint16_t code, std::string_view reason);
// May this code stand in a close frame? (RFC 6455, 7.4, and the IANA registry)
bool is_close_code(std::uint16_t code);

// Masks or unmasks in place (5.3); `offset` is how many bytes of the payload came before these.
void apply_mask(std::span<char> bytes, MaskKey key, std::size_t offset);

}  // namespace ws
