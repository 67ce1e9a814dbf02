// What arrives from a socket is cut anywhere: parsers are tried with a text in slices of every size.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace base {

// Gives the text to take(std::string&) in slices of that size until it returns false. Each lies in memory of its own,
// gone after the call, so that a view which was kept too long is seen by a sanitizer.
template <class Take>
void in_slices(std::string_view text, std::size_t slice, Take take) {
  for (; !text.empty(); text.remove_prefix(std::min(slice, text.size()))) {
    std::string own(text.substr(0, slice));
    own.shrink_to_fit();
    if (!take(own)) return;
  }
}

}  // namespace base
