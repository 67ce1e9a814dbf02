// The logging front: one line of text and named values. The sink is set once by `app`, before any thread starts;
// without one, lines go to stderr. Values are escaped by the sink: C0, C1, ESC and newlines never reach a terminal.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace base::log {

enum class Level { debug, info, warn, error };

// A named value: a string, or a number printed as such.
struct Field {
  Field(std::string_view name_in, std::string_view text) : name(name_in), value(text) {}
  Field(std::string_view name_in, const std::string& text) : name(name_in), value(text) {}
  Field(std::string_view name_in, const char* text) : name(name_in), value(text) {}
  template <class Number>
  requires(std::is_arithmetic_v<Number>) Field(std::string_view name_in, Number number)
      : name(name_in), value(std::to_string(number)) {}

  std::string_view name;
  std::string value;
};

using Fields = std::initializer_list<Field>;
using Sink = void (*)(Level, std::string_view text, Fields);

void set_sink(Sink sink);
void set_level(Level least);
bool enabled(Level level);
void write(Level level, std::string_view text, Fields fields);

inline void debug(std::string_view text, Fields fields = {}) { write(Level::debug, text, fields); }
inline void info(std::string_view text, Fields fields = {}) { write(Level::info, text, fields); }
inline void warn(std::string_view text, Fields fields = {}) { write(Level::warn, text, fields); }
inline void error(std::string_view text, Fields fields = {}) { write(Level::error, text, fields); }

// The text with control characters as \xNN, cut to `bytes_max`: fit for a terminal and one line.
std::string escaped(std::string_view text, std::size_t bytes_max = 512);

}  // namespace base::log
