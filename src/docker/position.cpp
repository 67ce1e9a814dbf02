#include "docker/position.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

namespace docker {
namespace {

constexpr std::string_view position_prefix = "p1.";
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t bytes_max = 1 + 8 + 16 + 2 * (8 + 5) + 8;
constexpr std::uint8_t head_err_flag = 1;
constexpr std::uint8_t stepped_flag = 2;

// Positions are printed for every batch and line, so all of it happens in place.
class Writer {
 public:
  void u8(std::uint8_t value) { bytes_[size_++] = value; }
  void u64(std::uint64_t value) {
    if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap64(value);
    std::memcpy(bytes_.data() + size_, &value, sizeof value);
    size_ += sizeof value;
  }
  void raw(std::span<const std::uint8_t> bytes) {
    std::memcpy(bytes_.data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  // Seven bits a byte, lowest first; the shortest form only.
  void count(std::uint32_t count) {
    for (; count >= 0x80; count >>= 7) u8(static_cast<std::uint8_t>(count | 0x80));
    u8(static_cast<std::uint8_t>(count));
  }
  std::string base64url() const {
    std::string text(position_prefix.size() + (size_ * 4 + 2) / 3, '\0');
    char* out = std::copy(position_prefix.begin(), position_prefix.end(), text.data());
    std::size_t i = 0;
    for (; i + 3 <= size_; i += 3, out += 4) put(out, three(i), 4);
    put(out, three(i), size_ == i ? 0 : size_ - i + 1);
    return text;
  }

 private:
  std::uint32_t three(std::size_t at) const {
    return static_cast<std::uint32_t>(bytes_[at] << 16 | bytes_[at + 1] << 8 | bytes_[at + 2]);
  }
  static void put(char* out, std::uint32_t bits, std::size_t digits) {
    for (std::size_t i = 0; i < digits; ++i) out[i] = base64_digits[bits >> (18 - 6 * i) & 63];
  }

  std::array<std::uint8_t, bytes_max + 3> bytes_{};  // zeros behind the last, where its three are not whole
  std::size_t size_ = 0;
};

std::optional<std::string> from_base64url(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (char c : text) {
    auto digit = base64_digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes.push_back(static_cast<char>(bits >> held));
  }
  bool padded_with_zeros = (bits & ((1u << held) - 1)) == 0;
  if (held >= 6 || !padded_with_zeros) return std::nullopt;
  return bytes;
}

// Reads what the put functions wrote; once something is missing or malformed, `good` stays false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t u8() {
    if (bytes_.empty()) good_ = false;
    if (!good_) return 0;
    auto byte = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  std::uint64_t u64() {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | u8();
    return value;
  }
  std::uint32_t count() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      std::uint8_t byte = u8();
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) != 0) continue;
      bool shortest = byte != 0 || shift == 0;
      if (!shortest || value > UINT32_MAX) good_ = false;
      return static_cast<std::uint32_t>(value);
    }
    good_ = false;
    return 0;
  }
  bool done() const { return good_ && bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool good_ = true;
};

}  // namespace

std::string Position::print() const {
  Writer writer;
  writer.u8((head == LogStream::err ? head_err_flag : 0) | (stepped_ns != 0 ? stepped_flag : 0));
  writer.u64(engine);
  writer.raw(container);
  for (const Mark& mark : marks) {
    writer.u64(static_cast<std::uint64_t>(mark.max_ns));
    writer.count(mark.count);
  }
  if (stepped_ns != 0) writer.u64(static_cast<std::uint64_t>(stepped_ns));
  return writer.base64url();
}

std::optional<Position> Position::parse(std::string_view text) {
  if (!text.starts_with(position_prefix) || text.size() > position_prefix.size() + (bytes_max * 4 + 2) / 3)
    return std::nullopt;
  auto bytes = from_base64url(text.substr(position_prefix.size()));
  if (!bytes) return std::nullopt;
  Reader reader(*bytes);
  Position position;
  std::uint8_t flags = reader.u8();
  if (flags > (head_err_flag | stepped_flag)) return std::nullopt;
  position.head = static_cast<LogStream>(flags & head_err_flag);
  position.engine = reader.u64();
  for (auto& byte : position.container) byte = reader.u8();
  for (Mark& mark : position.marks) {
    mark.max_ns = static_cast<std::int64_t>(reader.u64());
    mark.count = reader.count();
  }
  if ((flags & stepped_flag) != 0) {
    position.stepped_ns = static_cast<std::int64_t>(reader.u64());
    if (position.stepped_ns == 0 || position.stepped_ns >= position.mark(position.head).max_ns) return std::nullopt;
  }
  if (!reader.done()) return std::nullopt;
  return position;
}

bool same_log(const Position& a, const Position& b) { return a.engine == b.engine && a.container == b.container; }

bool behind(const Position& a, const Position& b) { return a.marks[0] < b.marks[0] || a.marks[1] < b.marks[1]; }

bool lacks(const Position& a, const Position& b) {
  for (std::size_t s = 0; s < a.marks.size(); ++s)
    if (b.marks[s].count > 0 && a.marks[s] < b.marks[s]) return true;
  return false;
}

bool renamed(const Position& a, const Position& b) {
  const Mark &head = a.mark(a.head), &same = b.mark(a.head);
  if (a.head != b.head || a.head_ns() != b.head_ns() || head.count == 0 || same.count == 0) return false;
  const bool stepped = a.stepped_ns != 0 && b.stepped_ns != 0;  // then a gap may have counted as one record
  if (head.max_ns != same.max_ns || (stepped && head != same)) return true;
  const Mark &rest = a.mark(other(a.head)), &rest_there = b.mark(other(a.head));
  return head == same && rest != rest_there && (rest.count == 0 || rest_there.count == 0);
}

Position merge(const Position& a, const Position& b) {
  // Positions of one log as it lies are ordered; where they are not, the later head is the better guess.
  bool b_leads = behind(b, a) ? behind(a, b) && a.head_ns() < b.head_ns() : true;
  Position merged = b_leads ? b : a;
  for (std::size_t s = 0; s < merged.marks.size(); ++s) merged.marks[s] = std::max(a.marks[s], b.marks[s]);
  if (merged.mark(merged.head) != (b_leads ? b : a).mark(merged.head)) merged.stepped_ns = 0;
  return merged;
}

// FNV-1a: spread is all that is asked of it.
std::uint64_t engine_key(std::string_view engine_id) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : engine_id) hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

std::optional<std::array<std::uint8_t, 16>> container_key(std::string_view id) {
  constexpr std::string_view hex = "0123456789abcdef";
  if (id.size() != 64 || id.find_first_not_of(hex) != std::string_view::npos) return std::nullopt;
  std::array<std::uint8_t, 16> key;
  for (std::size_t i = 0; i < key.size(); ++i)
    key[i] = static_cast<std::uint8_t>(hex.find(id[2 * i]) << 4 | hex.find(id[2 * i + 1]));
  return key;
}

}  // namespace docker
