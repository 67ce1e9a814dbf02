// Whatever the Engine tells of its containers is a container, a list of them, or an error; never a wrong time.
#include "base/check.hpp"
#include "docker/container.hpp"
#include "docker/log_strategy.hpp"

namespace {

void check(const docker::Container& container) {
  CHECK(!container.id.empty());
  CHECK(!container.name.starts_with('/') || container.name.size() > 1);
  CHECK(!(container.running() && container.restarting()));
  CHECK(container.project() == container.label("com.docker.compose.project"));
  if (container.started && container.finished) {
    const net::WallTime border = container.run_border();
    CHECK(border <= *container.started);
    CHECK(*container.finished > *container.started || border >= *container.finished);
  }
  for (const int api_minor : {41, 47}) {
    const auto reading = docker::choose_strategy(api_minor, container.log_driver, container.log_options);
    CHECK(reading.rotates == docker::log_rotates(container.log_driver, container.log_options));
    CHECK(reading.file_bytes >= 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (const auto container = docker::parse_container_inspect(text)) check(*container);
  if (const auto list = docker::parse_container_list(text))
    for (const docker::Container& container : *list) check(container);
  return 0;
}
