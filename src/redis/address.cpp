#include "redis/address.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace redis {
namespace {

constexpr std::uint16_t redis_port = 6379, sentinel_port = 26379;
constexpr std::string_view with_sentinels = "redis+sentinel", with_sentinels_tls = "rediss+sentinel";

base::Error bad(std::string message) { return base::Error{base::Fault::bad_request, std::move(message)}; }

constexpr const char* shape =
    "expected redis[s]://[[user]:password@]host[:port][/database], with anything else than "
    "letters and digits in user and password percent-encoded";
constexpr const char* sentinel_shape =
    "expected redis[s]+sentinel://[[user]:password@]host[:port],host[:port]/master[/database]";

base::Result<boost::urls::url_view> parse(std::string_view url) {
  const auto parsed = boost::urls::parse_uri(boost::core::string_view(url.data(), url.size()));
  if (!parsed) return bad(std::string("REDIS_URL makes no sense: ") + shape);
  return *parsed;
}

// By hand: Boost 1.81 reads beyond an empty query that a fragment follows.
std::string_view raw_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    const std::size_t equals = std::min(item.find('='), item.size());
    if (item.substr(0, equals) == name) return item.substr(std::min(equals + 1, item.size()));
    query.remove_prefix(std::min(item.size() + 1, query.size()));
  }
  return {};
}

std::string query_value(const boost::urls::url_view& view, std::string_view name) {
  const std::string_view raw = raw_value(view.encoded_query(), name);
  const auto text = boost::urls::make_pct_string_view(boost::core::string_view(raw.data(), raw.size()));
  return text ? text->decode() : std::string(raw);
}

base::Result<unsigned> parse_database(std::string_view text) {
  unsigned database = 0;
  if (text.empty()) return database;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), database);
  if (error != std::errc() || end != text.data() + text.size()) return bad("REDIS_URL: the database is not a number");
  return database;
}

base::Result<net::Endpoint> endpoint_of(const boost::urls::url_view& view, std::uint16_t usual_port) {
  net::Endpoint endpoint{.path = {}, .host = view.host_address(), .port = usual_port};
  if (endpoint.host.empty()) return bad(std::string("REDIS_URL names no host: ") + shape);
  if (view.has_port() && !view.port().empty()) endpoint.port = view.port_number();
  if (endpoint.port == 0) return bad("REDIS_URL: the port is not one");
  return endpoint;
}

base::Result<Address> at_path(const boost::urls::url_view& view) {
  Address address;
  address.endpoint.path = view.path();
  if (address.endpoint.path.size() < 2 || !view.host().empty()) return bad("REDIS_URL: unix:// needs a path");
  const auto number = parse_database(query_value(view, "db"));
  if (!number) return number.error();
  address.database = *number;
  return address;
}

base::Result<Address> at_host(const boost::urls::url_view& view) {
  Address address;
  auto endpoint = endpoint_of(view, redis_port);
  if (!endpoint) return endpoint.error();
  address.endpoint = std::move(*endpoint);
  const std::string path = view.path();
  const auto number = parse_database(std::string_view(path).substr(std::min<std::size_t>(path.size(), 1)));
  if (!number) return number.error();
  address.database = *number;
  return address;
}

// Several hosts are no URL: each is read as the host of one.
base::Result<Address> at_sentinels(std::string_view hosts, const boost::urls::url_view& view) {
  Address address;
  while (!hosts.empty()) {
    const std::string_view host = hosts.substr(0, hosts.find(','));
    hosts.remove_prefix(std::min(host.size() + 1, hosts.size()));
    const std::string alone = "redis://" + std::string(host);
    const auto parsed = parse(alone);
    if (!parsed) return parsed.error();
    auto sentinel = endpoint_of(*parsed, sentinel_port);
    if (!sentinel) return sentinel.error();
    address.sentinels.push_back(std::move(*sentinel));
  }
  if (address.sentinels.empty()) return bad(std::string("REDIS_URL names no sentinel: ") + sentinel_shape);
  const std::string path = view.path();
  const std::size_t end = path.find('/', 1);
  if (path.size() > 1) address.master = path.substr(1, end == path.npos ? end : end - 1);
  if (address.master.empty()) return bad(std::string("REDIS_URL names no master: ") + sentinel_shape);
  const auto number = parse_database(end == path.npos ? "" : std::string_view(path).substr(end + 1));
  if (!number) return number.error();
  address.database = *number;
  address.sentinel_user = query_value(view, "sentinel_user");
  address.sentinel_password = query_value(view, "sentinel_password");
  return address;
}

}  // namespace

std::string Address::to_string() const {
  if (sentinels.empty()) return endpoint.to_string();
  std::string text = master + ", by ";
  for (const net::Endpoint& sentinel : sentinels) {
    text += (&sentinel == &sentinels.front() ? "" : ",") + sentinel.to_string();
  }
  return text;
}

void Address::use(const net::TlsPeer& peer) {
  if (endpoint.tls) endpoint.tls = peer;
  for (net::Endpoint& sentinel : sentinels) {
    if (sentinel.tls) sentinel.tls = peer;
  }
}

base::Result<Address> parse_address(std::string_view url) {
  std::string one(url);
  std::string hosts;
  const std::size_t scheme_end = url.find("://");
  const bool sentinels = url.substr(0, scheme_end) == with_sentinels || url.substr(0, scheme_end) == with_sentinels_tls;
  if (sentinels && scheme_end != url.npos) {
    const std::size_t begin = scheme_end + 3, end = std::min(url.find_first_of("/?#", begin), url.size());
    const std::size_t at = url.substr(0, end).rfind('@');
    const std::size_t first = at == url.npos || at < begin ? begin : at + 1;
    hosts = url.substr(first, end - first);
    one.replace(first, end - first, "x");
  }
  const auto view = parse(one);
  if (!view) return view.error();
  const std::string_view scheme = view->scheme();
  base::Result<Address> address =
      bad(std::string("REDIS_URL is neither redis://, rediss://, redis+sentinel:// nor unix://: ") + shape);
  if (scheme == "unix") {
    address = at_path(*view);
  } else if (scheme == "redis" || scheme == "rediss") {
    address = at_host(*view);
  } else if (sentinels) {
    address = at_sentinels(hosts, *view);
  }
  if (!address) return address;
  address->user = view->user();
  address->password = view->password();
  if (scheme == "rediss" || scheme == with_sentinels_tls) {
    address->endpoint.tls.emplace();
    for (net::Endpoint& sentinel : address->sentinels) sentinel.tls.emplace();
  }
  return address;
}

}  // namespace redis
