#include "ws/deflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/check.hpp"

namespace ws {
namespace {

// What a sender leaves out of the end of a payload, and a receiver puts there again (RFC 7692, 7.2.1).
constexpr std::string_view tail("\x00\x00\xff\xff", 4);

constexpr std::size_t chunk_bytes = 16 * 1024;
constexpr int level = Z_BEST_SPEED, memory_level = 8;

// zlib's interface is of a time before const.
Bytef* bytes_of(std::string_view text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); }

}  // namespace

void Deflater::End::operator()(z_stream_s* stream) const {
  deflateEnd(stream);
  delete stream;
}

Deflater::Deflater(int window_bits) : window_bits_(window_bits) { CHECK(window_bits >= 9 && window_bits <= 15); }

void Deflater::deflate(std::string& out, std::string_view text) {
  if (!stream_) {
    stream_.reset(new z_stream_s{});
    CHECK(deflateInit2(stream_.get(), level, Z_DEFLATED, -window_bits_, memory_level, Z_DEFAULT_STRATEGY) == Z_OK);
  }
  CHECK(deflateReset(stream_.get()) == Z_OK);
  stream_->next_in = bytes_of(text);
  stream_->avail_in = static_cast<uInt>(text.size());
  const std::size_t start = out.size();
  std::size_t end = start;
  do {
    out.resize(end + std::min<std::size_t>(chunk_bytes, text.size() / 2 + 64));
    stream_->next_out = bytes_of(out) + end;
    stream_->avail_out = static_cast<uInt>(out.size() - end);
    CHECK(::deflate(stream_.get(), Z_SYNC_FLUSH) != Z_STREAM_ERROR);
    end = out.size() - stream_->avail_out;
  } while (stream_->avail_out == 0);
  CHECK(end >= start + tail.size() && std::string_view(out).substr(end - tail.size(), tail.size()) == tail);
  out.resize(end - tail.size());
}

void Inflater::End::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;
}

Inflater::Outcome Inflater::inflate(std::string& out, std::string_view payload, std::size_t bytes_max) {
  if (!stream_) {
    stream_.reset(new z_stream_s{});
    CHECK(inflateInit2(stream_.get(), -15) == Z_OK);  // the greatest window reads what was made with any
  }
  CHECK(inflateReset(stream_.get()) == Z_OK);
  for (const std::string_view part : {payload, tail}) {
    if (const Outcome outcome = feed(out, part, bytes_max); outcome != Outcome::done) return outcome;
  }
  constexpr int between_blocks = 128;  // of data_type, see zlib.h
  return (stream_->data_type & between_blocks) != 0 ? Outcome::done : Outcome::corrupt;
}

Inflater::Outcome Inflater::feed(std::string& out, std::string_view bytes, std::size_t bytes_max) {
  std::array<char, chunk_bytes> chunk;
  stream_->next_in = bytes_of(bytes);
  stream_->avail_in = static_cast<uInt>(bytes.size());
  do {
    stream_->next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream_->avail_out = static_cast<uInt>(chunk.size());
    const int result = ::inflate(stream_.get(), Z_SYNC_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return Outcome::corrupt;
    const std::size_t made = chunk.size() - stream_->avail_out;
    if (made > bytes_max - std::min(bytes_max, out.size())) return Outcome::too_long;
    out.append(chunk.data(), made);
    // A sender may end its blocks for good within a message (7.2.3.4); what follows is a stream of its own.
    if (result == Z_STREAM_END && inflateReset(stream_.get()) != Z_OK) return Outcome::corrupt;
  } while (stream_->avail_in > 0 || stream_->avail_out == 0);
  return Outcome::done;
}

}  // namespace ws
