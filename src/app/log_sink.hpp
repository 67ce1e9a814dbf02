// Where log lines go: stderr, as text with name=value pairs or as one JSON object a line, with the time in UTC.
#pragma once

#include "app/settings.hpp"

namespace app {

// Before any thread is started.
void open_log(base::log::Level least, LogFormat format);

// What of a line stands behind its time and level.
std::string text_line(std::string_view text, base::log::Fields fields);
std::string json_members(std::string_view text, base::log::Fields fields);  // "message":"…","name":"…"

}  // namespace app
