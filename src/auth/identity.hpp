// Identity: who somebody is, once that was found out. A handle of one word: subjects are interned by the one who knows
// them (access.hpp) and outlive every connection. A default one is nobody, who may do nothing.
#pragma once

#include <string>
#include <string_view>

namespace auth {

class Identity {
 public:
  Identity() = default;
  explicit Identity(const std::string& interned) : subject_(&interned) {}

  bool known() const { return subject_ != nullptr; }
  std::string_view subject() const { return known() ? std::string_view(*subject_) : std::string_view(); }

 private:
  const std::string* subject_ = nullptr;
};

}  // namespace auth
