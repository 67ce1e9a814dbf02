// Does one thing wrong, on purpose: tools/run-tests proves with it that a sanitizer's report fails a test.
#include <climits>
#include <cstdlib>
#include <string_view>
#include <thread>

int main(int count, char** words) {
  const std::string_view fault = count == 2 ? words[1] : "";
  volatile int number = INT_MAX;
  if (fault == "overflow") {
    auto* const bytes = static_cast<volatile char*>(std::malloc(static_cast<std::size_t>(count)));
    number = bytes[count];
  } else if (fault == "undefined") {
    number = number + count;
  } else if (fault == "leak") {
    volatile char* bytes = static_cast<volatile char*>(std::malloc(100));
    bytes[0] = 1;
    bytes = nullptr;
  } else if (fault == "race") {
    int shared = 0;
    std::thread other([&shared] { shared = 1; });
    shared = 2;
    other.join();
    number = shared;
  } else {
    return 2;
  }
}
