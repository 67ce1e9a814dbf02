// Plays files to the fuzzer it is linked with, each as one test: PROGRAM (DIRECTORY | FILE)... Fails where there is
// none. A fuzzer that finds something wrong ends the process; the test that had begun names the file.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size);

namespace {

class Replay final : public testing::Test {
 public:
  explicit Replay(std::filesystem::path file) : file_(std::move(file)) {}

 private:
  void TestBody() override {
    std::ifstream stream(file_, std::ios::binary);
    ASSERT_TRUE(stream) << file_;
    const std::vector<unsigned char> bytes(std::istreambuf_iterator<char>(stream), {});
    EXPECT_EQ(LLVMFuzzerTestOneInput(bytes.data(), bytes.size()), 0);
  }

  std::filesystem::path file_;
};

void add(const std::filesystem::path& file) {
  testing::RegisterTest("Corpus", file.filename().c_str(), nullptr, nullptr, __FILE__, __LINE__,
                        [file]() -> testing::Test* { return new Replay(file); });
}

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  int files = 0;
  for (const std::filesystem::path path : std::vector<std::string>(arguments + 1, arguments + count)) {
    std::vector<std::filesystem::path> found = {path};
    if (std::filesystem::is_directory(path)) found.assign(std::filesystem::directory_iterator(path), {});
    std::sort(found.begin(), found.end());
    files += static_cast<int>(found.size());
    for (const auto& file : found) add(file);
  }
  if (files > 0) return RUN_ALL_TESTS();
  std::puts("There is nothing to play.");
  return 1;
}
