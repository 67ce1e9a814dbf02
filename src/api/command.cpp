#include "api/command.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <cstdio>
#include <utility>

namespace api {
namespace {

namespace json = boost::json;

const CommandRow* row_of(std::string_view type) {
  const auto found = std::find_if(command_rows.begin(), command_rows.end(),
                                  [type](const CommandRow& row) { return row.name == type; });
  return found == command_rows.end() ? nullptr : &*found;
}

const json::string* string_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_string();
}

// A string of valid JSON, with its quotes, says `name`: "\u0069d" says id.
bool says(std::string_view quoted, std::string_view name) {
  if (quoted.find('\\') == std::string_view::npos) return quoted.substr(1, quoted.size() - 2) == name;
  return json::parse(json::string_view(quoted.data(), quoted.size())).as_string() == name;
}

// An option's value as text; nothing for what is neither text nor number nor boolean.
std::optional<std::string> option_text(const json::value& value) {
  if (const auto* text = value.if_string()) return std::string(*text);
  if (const auto* on = value.if_bool()) return *on ? "true" : "false";
  if (const auto* number = value.if_int64()) return std::to_string(*number);
  if (const auto* number = value.if_uint64()) return std::to_string(*number);
  if (const auto* number = value.if_double()) {
    char text[64];
    const int size = std::snprintf(text, sizeof text, std::trunc(*number) == *number ? "%.0f" : "%.9f", *number);
    if (size > 0 && size < static_cast<int>(sizeof text)) return std::string(text, static_cast<std::size_t>(size));
  }
  return std::nullopt;
}

Wish wish_of(const json::value& value) {
  Wish wish;
  const json::object* object = value.if_object();
  const json::string* channel = object == nullptr ? nullptr : string_at(*object, "channel");
  if (channel == nullptr) {
    wish.problem = "A subscription names its channel, as text.";
    return wish;
  }
  wish.channel = std::string(*channel);
  for (const char* name : {"since", "tail", "stdout", "stderr", "before", "limit", "presence"}) {
    const json::value* option = object->if_contains(name);
    if (option == nullptr || option->is_null()) continue;
    if (auto text = option_text(*option)) {
      wish.options.push_back({name, std::move(*text)});
    } else if (wish.problem.empty()) {
      wish.problem = std::string(name) + " can be text, a number or a boolean.";
    }
  }
  return wish;
}

Command bad(Command command, std::string problem) {
  command.kind = Command::Kind::bad;
  command.problem = std::move(problem);
  return command;
}

Command read_connect(Command command, const json::object& object) {
  if (const json::value* token = object.if_contains("token"); token != nullptr && !token->is_null()) {
    if (!token->is_string()) return bad(std::move(command), "token must be text.");
    command.token = std::string(token->as_string());
  }
  const json::value* wishes = object.if_contains("subscriptions");
  if (wishes == nullptr || wishes->is_null()) return command;
  if (!wishes->is_array()) return bad(std::move(command), "subscriptions must be a list.");
  for (const json::value& each : wishes->as_array()) command.wishes.push_back(wish_of(each));
  return command;
}

// Of a request's body.
base::Result<json::object> object_of(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) return base::Error{base::Fault::bad_request, "The body is a JSON object."};
  return std::move(value.as_object());
}

base::Result<Said> said(const json::object& object, std::string_view text) {
  const auto bad = [](const char* what) { return base::Error{base::Fault::bad_request, what}; };
  Said result;
  const json::string* channel = string_at(object, "channel");
  if (channel == nullptr) return bad("A publication names its channel, as text.");
  result.channel = std::string(*channel);
  if (object.if_contains("data") == nullptr) return bad("A publication has data: any JSON.");
  result.data = in_one_line(raw_member(text, "data"));
  const json::value* id = object.if_contains("message_id");
  if (id == nullptr || id->is_null()) return result;
  if (!id->is_string() || id->as_string().empty() || id->as_string().size() > limit::message_id_bytes)
    return bad("message_id is text of 1 to 64 bytes.");
  result.message_id = std::string(id->as_string());
  return result;
}

}  // namespace

std::string in_one_line(std::string_view json) {
  std::string line(json);
  for (char& each : line)
    if (each == '\n' || each == '\r') each = ' ';
  return line;
}

base::Result<std::string> parse_letter(std::string_view text) {
  const auto object = object_of(text);
  if (!object) return object.error();
  if (!object->contains("data")) return base::Error{base::Fault::bad_request, "It has data: any JSON."};
  return in_one_line(raw_member(text, "data"));
}

base::Result<Said> parse_said(std::string_view text) {
  const auto object = object_of(text);
  if (!object) return object.error();
  return said(*object, text);
}

Command parse_command(std::string_view text) {
  Command command;
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return bad(std::move(command), "This is not JSON: " + error.message() + ".");
  const json::object* object = value.if_object();
  if (object == nullptr) return bad(std::move(command), "A command is a JSON object.");
  if (const json::value* id = object->if_contains("id"); id != nullptr && !id->is_null()) {
    if (!id->is_string() && !id->is_number()) return bad(std::move(command), "id must be text or a number.");
    command.id = raw_member(text, "id");
  }
  const json::string* type = string_at(*object, "type");
  if (type == nullptr) return bad(std::move(command), "A command has a type, as text.");
  const CommandRow* row = row_of(*type);
  if (row == nullptr)
    return bad(std::move(command), "There is no command \"" + std::string(*type).substr(0, 64) + "\".");
  command.kind = command.meant = row->kind;
  if (row->kind == Command::Kind::connect) return read_connect(std::move(command), *object);
  if (!row->has_channel) return command;
  Wish wish = wish_of(value);
  if (!wish.problem.empty()) return bad(std::move(command), std::move(wish.problem));
  if (row->kind == Command::Kind::publish && wish.channel.starts_with("app:")) {
    auto what = said(*object, text);
    if (!what) return bad(std::move(command), what.error().message);
    command.said = std::move(*what);
  }
  command.wishes.push_back(std::move(wish));
  return command;
}

// Numbers and strings are echoed as they came, and a parser gives neither "1e2" nor 20 digits back. The text is valid,
// so a scan needs to know strings and depth only.
std::string_view raw_member(std::string_view text, std::string_view name) {
  constexpr std::string_view spaces = " \t\r\n";
  const auto string_end = [text](std::size_t i) {  // of the string that starts at i
    for (++i; text[i] != '"'; ++i)
      if (text[i] == '\\') ++i;
    return i + 1;
  };
  const auto nested_end = [&](std::size_t i) {  // of the object or list that starts at i
    int depth = 0;
    do {
      if (text[i] == '{' || text[i] == '[') ++depth;
      if (text[i] == '}' || text[i] == ']') --depth;
      i = text[i] == '"' ? string_end(i) : i + 1;
    } while (depth > 0);
    return i;
  };
  std::string_view found;
  int depth = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '{' || text[i] == '[') ++depth;
    if (text[i] == '}' || text[i] == ']') --depth;
    if (text[i] != '"') {
      ++i;
      continue;
    }
    const std::size_t start = std::exchange(i, string_end(i));
    const std::size_t colon = text.find_first_not_of(spaces, i);
    if (depth != 1 || colon == std::string_view::npos || text[colon] != ':') continue;
    if (!says(text.substr(start, i - start), name)) continue;
    const std::size_t value = text.find_first_not_of(spaces, colon + 1);
    const bool string = text[value] == '"';
    std::size_t end = string ? string_end(value) : text.find_first_of(",}] \t\r\n", value);
    if (text[value] == '{' || text[value] == '[') end = nested_end(value);
    found = text.substr(value, end - value);
    i = end;
  }
  return found;
}

}  // namespace api
