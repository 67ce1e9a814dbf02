// Command: one message of a client, understood (protocol.md, "Client → server"). Pure: text in, a value out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/contract.hpp"
#include "api/log_options.hpp"

namespace api {

// A `subscribe`, or one of the subscriptions of a `connect`.
struct Wish {
  std::string channel;  // as asked for
  std::vector<Option> options;
  std::string problem;  // what is wrong with it; empty: nothing
};

// What a `publish` says, as a command or as the body of a request.
struct Said {
  std::string channel;
  std::string data;        // JSON in one line
  std::string message_id;  // empty: none
};

struct Command {
  using Kind = CommandKind;
  Kind kind = Kind::bad;
  Kind meant = Kind::bad;            // bad: what it would be, if that can be told
  std::string id;                    // JSON, exactly as it was sent; empty where there was none
  std::optional<std::string> token;  // connect
  std::vector<Wish> wishes;          // connect: any number; those with a channel: one
  std::optional<Said> said;          // publish
  std::string problem;               // bad: a sentence for the client
};

Command parse_command(std::string_view text);
// Of a body of `POST /api/publish`. Fault::bad_request says what is wrong.
base::Result<Said> parse_said(std::string_view json);

// Of a body of `POST /api/sessions/{session}/send`: its data, as JSON in one line.
base::Result<std::string> parse_letter(std::string_view json);

// Nothing but spaces in JSON breaks a line.
std::string in_one_line(std::string_view json);

// The text of a member of the outermost object, as it stands in `json`, which is valid; the last one of that name.
std::string_view raw_member(std::string_view json, std::string_view name);

}  // namespace api
