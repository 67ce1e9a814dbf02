// Setting: a row of the one table of everything an operator can say. From the rows come flags, names in the environment
// and in the file, `--help`, the reference docs/settings.md and the example file.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "app/settings.hpp"

namespace app {

// What a text may be, in words, and the way from it into the Settings.
struct Meaning {
  enum class Kind : std::uint8_t { text, number, boolean, list };  // how the file writes it
  Kind kind = Kind::text;
  std::string allowed;                                           // "a duration from 1s to 10m"
  std::function<bool(Settings&, const std::string& text)> take;  // false: it is not allowed
};

struct Setting {
  enum class Secret : std::uint8_t {
    no,
    in_part,  // never shown, and a file can be named instead: NAME_FILE
    whole,    // also no flag of its own, since everybody on the machine sees a command line
  };
  std::string_view group;
  std::string_view name;  // in the environment: DOCKCAST_LEASE_TTL, --lease-ttl, lease_ttl
  Meaning meaning;
  std::string_view fallback;  // the text taken when nobody says anything; none where it is empty
  std::string_view help;      // what it does, in a sentence or two
  Secret secret = Secret::no;

  std::string key() const;   // in the file
  std::string flag() const;  // empty: there is none
  bool shown() const { return secret == Secret::no; }
};

const std::vector<Setting>& settings_table();
void add_limits(std::vector<Setting>& rows);  // settings_limits.cpp
const Setting* find_setting(std::string_view name);

// Where the value of a row goes: at(&Settings::server, &api::ServerSettings::ping_interval).
template <class Value>
using Place = std::function<Value&(Settings&)>;
template <class Value>
Place<Value> at(Value Settings::*member) {
  return [member](Settings& settings) -> Value& { return settings.*member; };
}
template <class Part, class Value>
Place<Value> at(Part Settings::*part, Value Part::*member) {
  return [part, member](Settings& settings) -> Value& { return settings.*part.*member; };
}
template <class Part, class Inner, class Value>
Place<Value> at(Part Settings::*part, Inner Part::*inner, Value Inner::*member) {
  return [=](Settings& settings) -> Value& { return settings.*part.*inner.*member; };
}

using Accepts = bool (*)(const std::string& text);

Meaning text(Place<std::string> place, std::string allowed, Accepts accepts);
Meaning list(Place<std::vector<std::string>> place, std::string allowed, Accepts accepts);
Meaning message_rules(Place<messages::Rules> place);
Meaning boolean(Place<bool> place);
Meaning duration(Place<net::Duration> place, net::Duration least, net::Duration most);
Meaning size(Place<std::size_t> place, std::size_t least, std::size_t most);

template <class Number>
Meaning number(Place<Number> place, std::type_identity_t<Number> least, std::type_identity_t<Number> most);
extern template Meaning number(Place<std::uint16_t>, std::uint16_t, std::uint16_t);
extern template Meaning number(Place<std::uint32_t>, std::uint32_t, std::uint32_t);
extern template Meaning number(Place<std::size_t>, std::size_t, std::size_t);

// One of a few words.
template <class Value>
Meaning choice(Place<Value> place, std::vector<std::pair<std::string, Value>> words) {
  std::string allowed;
  for (const auto& [word, value] : words)
    allowed += (allowed.empty() ? "" : &word == &words.back().first ? " or " : ", ") + word;
  auto take = [place = std::move(place), words = std::move(words)](Settings& settings, const std::string& text) {
    for (const auto& [word, value] : words) {
      if (word != text) continue;
      place(settings) = value;
      return true;
    }
    return false;
  };
  return {Meaning::Kind::text, std::move(allowed), std::move(take)};
}

}  // namespace app
