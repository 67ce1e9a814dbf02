// What an Engine answers is the same response however it is cut, to HEAD and to other requests.
#include "base/check.hpp"
#include "base/slices.hpp"
#include "http/response_reader.hpp"

namespace {

std::string read(std::string_view stream, std::size_t slice, bool bodiless) {
  using Kind = http::ResponseReader::Kind;
  http::ResponseReader reader(bodiless, 512);
  std::string heard;
  bool over = false;
  base::in_slices(stream, slice, [&](const std::string& bytes) {
    std::string_view rest = bytes;
    for (;;) {
      const auto event = reader.next(rest);
      if (!event) heard += "\nfault";
      over = !event || event->kind == Kind::end;
      if (over) return false;
      if (event->kind == Kind::more) break;
      heard += event->body;
      if (event->kind != Kind::head) continue;
      heard += std::to_string(reader.head().status) + reader.head().reason + "\n";
      for (const auto& [name, value] : reader.head().headers) heard += name + ": " + value + "\n";
    }
    CHECK(rest.empty());
    return true;
  });
  if (over) return heard;
  return heard + (reader.end_of_stream() ? "\nwhole" : "\ncut");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(bytes), size);
  for (const bool bodiless : {false, true}) {
    const std::string heard = read(stream, size, bodiless);
    for (const std::size_t slice : {1u, 7u, 100u}) CHECK(read(stream, slice, bodiless) == heard);
  }
  return 0;
}
