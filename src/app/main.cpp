#include <unistd.h>

#include "app/run.hpp"

int main(int count, char** arguments) {
  app::Environment environment;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view text = *each;
    environment.emplace(text.substr(0, text.find('=')), text.substr(std::min(text.find('='), text.size() - 1) + 1));
  }
  return app::run({arguments + 1, arguments + count}, std::move(environment));
}
