// The body of a log is the same records however it is cut, framed or a terminal's.
#include <vector>

#include "base/check.hpp"
#include "base/slices.hpp"
#include "docker/log_record.hpp"

namespace {

struct Owned {
  docker::LogStream stream;
  std::int64_t time_ns;
  std::string payload;
  bool operator==(const Owned&) const = default;
};

struct Heard {
  std::vector<Owned> records;
  bool failed = false;
  bool operator==(const Heard&) const = default;
};

Heard cut(std::string_view body, std::size_t slice, bool tty) {
  docker::LogRecords records(tty);
  docker::LogRecord record;
  Heard heard;
  const auto keep = [&] {
    CHECK(record.payload.size() <= docker::record_bytes_max);
    heard.records.push_back({record.stream, record.time_ns, std::string(record.payload)});
  };
  base::in_slices(body, slice, [&](const std::string& bytes) {
    records.feed(bytes);
    while (records.next(record)) keep();
    return !records.failed();
  });
  if (records.finish(record)) keep();
  heard.failed = records.failed().has_value();
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(bytes), size);
  for (const bool tty : {false, true}) {
    const Heard heard = cut(body, size, tty);
    for (const std::size_t slice : {size < 1000 ? 1u : 31u, 40u, 16'400u}) CHECK(cut(body, slice, tty) == heard);
  }
  return 0;
}
