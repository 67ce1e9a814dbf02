// What a client sends is the same requests however it is cut, or is refused all the same.
#include "base/check.hpp"
#include "base/slices.hpp"
#include "http/request_reader.hpp"

namespace {

constexpr http::RequestLimits limits{
    .head_bytes_max = 512, .headers_max = 8, .target_bytes_max = 128, .body_bytes_max = 256};

std::string text_of(const http::Request& request) {
  std::string text = request.method + " " + request.target.path + " " + request.host + "\n";
  for (const auto& [name, value] : request.target.query) text += name + "=" + value + "\n";
  for (const auto& [name, value] : request.headers) text += name + ": " + value + "\n";
  return text + (request.keep_alive ? "keep\n" : "close\n") + request.body + "\n";
}

std::string read(std::string_view stream, std::size_t slice) {
  using Progress = http::RequestReader::Progress;
  http::RequestReader reader(limits);
  std::string heard;
  base::in_slices(stream, slice, [&](const std::string& bytes) {
    for (std::string_view rest = bytes; !rest.empty();) {
      const Progress progress = reader.feed(rest);
      if (progress == Progress::refused) {
        CHECK(reader.refusal().status >= 400);
        heard += "refused";
        return false;
      }
      CHECK(progress == Progress::complete || rest.empty());
      if (progress == Progress::complete) heard += text_of(reader.take());
    }
    return true;
  });
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(bytes), size);
  const std::string heard = read(stream, size);
  for (const std::size_t slice : {1u, 7u, 100u}) CHECK(read(stream, slice) == heard);
  return 0;
}
