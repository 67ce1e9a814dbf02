#include "app/settings.hpp"

namespace app {

bool is_loopback(const std::string& listen) {
  return listen.starts_with("127.") || listen == "localhost" || listen == "::1";
}

bool speaks_tls(const Settings& settings) { return !settings.tls.certificate.empty(); }

bool asks_for_token(const Settings& settings) {
  switch (settings.auth) {
    case Auth::none:
      return false;
    case Auth::token:
      return true;
    case Auth::automatic:
      break;
  }
  return !settings.token.empty() || !is_loopback(settings.listen);
}

}  // namespace app
