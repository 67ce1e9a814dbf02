#include "auth/access.hpp"

#include "base/check.hpp"

namespace auth {
namespace {

// How long it takes tells nothing about where the texts differ.
bool equal_in_constant_time(std::string_view given, std::string_view secret) {
  unsigned difference = given.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto expected = static_cast<unsigned char>(secret[i % secret.size()]);
    difference |= static_cast<unsigned>(static_cast<unsigned char>(given[i]) ^ expected);
  }
  return difference == 0;
}

constexpr std::string_view bearer = "Bearer ";  // RFC 6750, 2.1; schemes know no case (RFC 9110, 11.1)

base::Error wrong(std::string message) { return {base::Fault::unauthorized, std::move(message)}; }

}  // namespace

Access::Access(Settings settings)
    : settings_(std::move(settings)), subject_(settings_.mode == Mode::none ? "anonymous" : "token") {
  CHECK(settings_.mode == Mode::none || !settings_.token.empty());
}

base::Result<Identity> Access::identify(const http::Request& request) const {
  if (settings_.mode == Mode::none) return Identity(subject_);
  if (request.headers.count("Authorization") > 1) return wrong("There is more than one Authorization header.");
  if (const auto header = request.headers.find("Authorization")) {
    if (!http::equals_ignoring_case(header->substr(0, bearer.size()), bearer))
      return wrong("Only Authorization: Bearer is understood.");
    return identify(http::trimmed(header->substr(bearer.size())));
  }
  if (!settings_.allow_query_token) return Identity();
  if (const auto token = request.target.parameter("token")) return identify(*token);
  return Identity();
}

base::Result<Identity> Access::identify(std::string_view token) const {
  if (settings_.mode == Mode::token && !equal_in_constant_time(token, settings_.token))
    return wrong("The token is not accepted.");
  return Identity(subject_);
}

bool Access::may(const Identity& identity, Verb /*verb*/, std::string_view /*what*/) const { return identity.known(); }

}  // namespace auth
