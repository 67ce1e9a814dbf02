#include "redis/address.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace redis {
namespace {

base::Error bad(std::string message) { return base::Error{base::Fault::bad_request, std::move(message)}; }

constexpr const char* shape =
    "expected redis[s]://[[user]:password@]host[:port][/database], with anything else than "
    "letters and digits in user and password percent-encoded";

// By hand: Boost 1.81 reads beyond an empty query that a fragment follows. What is wanted is a number, so nothing is
// decoded.
std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    const std::size_t equals = std::min(item.find('='), item.size());
    if (item.substr(0, equals) == name) return std::string(item.substr(std::min(equals + 1, item.size())));
    query.remove_prefix(std::min(item.size() + 1, query.size()));
  }
  return {};
}

base::Result<unsigned> parse_database(std::string_view text) {
  unsigned database = 0;
  if (text.empty()) return database;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), database);
  if (error != std::errc() || end != text.data() + text.size()) return bad("REDIS_URL: the database is not a number");
  return database;
}

}  // namespace

base::Result<Address> parse_address(std::string_view url) {
  const auto parsed = boost::urls::parse_uri(boost::core::string_view(url.data(), url.size()));
  if (!parsed) return bad(std::string("REDIS_URL makes no sense: ") + shape);
  const boost::urls::url_view view = *parsed;

  Address address;
  address.user = view.user();
  address.password = view.password();
  std::string database;
  if (view.scheme() == "unix") {
    address.endpoint.path = view.path();
    if (address.endpoint.path.size() < 2 || !view.host().empty()) return bad("REDIS_URL: unix:// needs a path");
    database = query_value(view.encoded_query(), "db");
  } else if (view.scheme() == "redis" || view.scheme() == "rediss") {
    if (view.scheme() == "rediss") address.endpoint.tls.emplace();
    address.endpoint.host = view.host_address();
    if (address.endpoint.host.empty()) return bad(std::string("REDIS_URL names no host: ") + shape);
    address.endpoint.port = 6379;
    if (view.has_port() && !view.port().empty()) address.endpoint.port = view.port_number();
    if (address.endpoint.port == 0) return bad("REDIS_URL: the port is not one");
    database = view.path();
    if (!database.empty()) database.erase(0, 1);
  } else {
    return bad(std::string("REDIS_URL is neither redis://, rediss:// nor unix://: ") + shape);
  }
  auto number = parse_database(database);
  if (!number) return number.error();
  address.database = *number;
  return address;
}

}  // namespace redis
