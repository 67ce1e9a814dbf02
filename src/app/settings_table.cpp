// The table. A row that nobody reads any more is to be removed, and a new one needs `dockcast --print-reference`
// written to docs/settings.md again.
#include <algorithm>

#include "app/setting.hpp"
#include "http/origin.hpp"

namespace app {
namespace {

constexpr std::size_t KiB = 1024, MiB = 1024 * KiB;

using namespace std::chrono_literals;
using base::log::Level;
using Secret = Setting::Secret;

bool visible(const std::string& text) {
  for (const char letter : text)
    if (letter <= ' ' || letter > '~') return false;
  return !text.empty();
}

bool anything(const std::string&) { return true; }

// It stands inside keys of Redis, whose hash tag must stay the first one.
bool key_part(const std::string& text) { return visible(text) && text.find_first_of("{}") == text.npos; }

bool address(const std::string& text) {
  const auto colons = std::count(text.begin(), text.end(), ':');
  return colons != 1 && http::host_allowed(colons > 0 ? "[" + text + "]" : text, {});
}

bool path_prefix(const std::string& text) {
  return visible(text) && text.size() > 1 && text.front() == '/' && text.back() != '/' &&
         text.find_first_of("?#%") == text.npos && text.find("//") == text.npos;
}

bool authority(const std::string& text) { return http::parse_authority(text).has_value(); }

bool origin(const std::string& text) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (text.starts_with(scheme)) return authority(text.substr(scheme.size()));
  return false;
}

// What it serves, and where the Engine is.
void add_places(std::vector<Setting>& rows) {
  rows.insert(
      rows.end(),
      {{"Where it listens", "PORT", number(at(&Settings::port), 1, 65535), "8000", "The TCP port."},
       {"Where it listens", "DOCKCAST_LISTEN", text(at(&Settings::listen), "an IP address or localhost", address),
        "127.0.0.1", "The address. 0.0.0.0 or :: for every one this machine has."},
       {"Where it listens", "DOCKCAST_BASE_PATH",
        text(at(&Settings::server, &api::ServerSettings::base_path), "a path such as /docker, without a / at its end",
             path_prefix),
        "", "What the path of every request begins with, where a proxy gives us a part of its site."},
       {"Where it listens", "DOCKCAST_TLS_CERT",
        text(at(&Settings::tls, &net::TlsFiles::certificate), "the path of a PEM file", anything), "",
        "The certificate that clients are shown, with its chain. With it and its key they speak TLS on the one port, "
        "and nothing else (docs/tls.md). Both are read again when they change, and at SIGHUP."},
       {"Where it listens", "DOCKCAST_TLS_KEY",
        text(at(&Settings::tls, &net::TlsFiles::key), "the path of a PEM file without a password", anything), "",
        "The key of that certificate."},
       {"Where it listens", "INSTANCE_ID", text(at(&Settings::instance_id), "visible ASCII without braces", key_part),
        "", "A label of this instance in metrics, logs and session names. Without it, the host name."},
       {"Where it listens", "DOCKCAST_SERVING_LOOPS", number(at(&Settings::serving_loops), 0, 256), "0",
        "Threads that serve clients. 0: one per core; on a single core, the thread that does everything else."},
       {"Docker", "DOCKER_HOST", text(at(&Settings::docker_host), "unix:///path or tcp://host:port", visible), "",
        "The Engine. Without it, the Engine is found as the docker command finds it: the current context, "
        "/var/run/docker.sock, the rootless socket."},
       {"Docker", "DOCKER_CONTEXT", text(at(&Settings::docker_context), "the name of a context", visible), "",
        "The Docker context to use where DOCKER_HOST does not say more."},
       {"Docker", "DOCKER_TLS_VERIFY", text(at(&Settings::docker_tls_verify), "anything, which means yes", anything),
        "", "Speak TLS with the Engine of DOCKER_HOST, and verify it (docs/tls.md). A context says this itself."},
       {"Docker", "DOCKER_TLS", text(at(&Settings::docker_tls), "anything, which means yes", anything), "",
        "Speak TLS with it without verifying anything."},
       {"Docker", "DOCKER_CERT_PATH", text(at(&Settings::docker_cert_path), "the path of a folder", anything), "",
        "Where ca.pem, and perhaps cert.pem and key.pem, are for that. Without it, where the docker command keeps its "
        "own settings, ~/.docker."}});
}

void add_redis(std::vector<Setting>& rows) {
  rows.insert(
      rows.end(),
      {{"Redis", "REDIS_URL",
        text(at(&Settings::redis_url),
             "redis[s]://[[user]:password@]host[:port][/database], unix://[…@]/path[?db=n] or "
             "redis[s]+sentinel://[…@]host[:port],host[:port]/master[/database]",
             visible),
        "", "What makes several instances one (docs/redis.md). Without it, this instance is complete by itself.",
        Secret::in_part},
       {"Redis", "DOCKCAST_REDIS_TLS_CA",
        text(at(&Settings::redis_tls, &net::TlsPeer::authorities), "the path of a PEM file", anything), "",
        "Who may have signed the certificate of a rediss:// Redis, instead of the system's authorities."},
       {"Redis", "DOCKCAST_REDIS_TLS_CERT",
        text(at(&Settings::redis_tls, &net::TlsPeer::certificate), "the path of a PEM file", anything), "",
        "The certificate that a rediss:// Redis is shown, where it asks for one, with its chain."},
       {"Redis", "DOCKCAST_REDIS_TLS_KEY",
        text(at(&Settings::redis_tls, &net::TlsPeer::key), "the path of a PEM file without a password", anything), "",
        "The key of that certificate."},
       {"Redis", "DOCKCAST_REDIS_PREFIX", text(at(&Settings::redis_prefix), "visible ASCII without braces", key_part),
        "dockcast:", "What every key and channel in Redis begins with."},
       {"Redis", "DOCKCAST_LEASE_TTL", duration(at(&Settings::feeds, &feeds::Settings::lease_ttl), 1s, 10min), "10s",
        "How long a reader that died is waited for, before another instance reads its containers."},
       {"Redis", "DOCKCAST_BUS_CHANNEL_RATE",
        size(at(&Settings::feeds, &feeds::Settings::bus, &feeds::BusBudget::Settings::channel_bytes_s), 10'000,
             1'000'000'000),
        "2MiB",
        "Bytes a second that one container's log may send to the others. Above it, they read Docker themselves."},
       {"Redis", "DOCKCAST_BUS_RATE",
        size(at(&Settings::feeds, &feeds::Settings::bus, &feeds::BusBudget::Settings::instance_bytes_s), 100'000,
             10'000'000'000),
        "20MiB", "The same for all logs that this instance reads: the loudest go first."},
       {"Redis", "DOCKCAST_TUNNEL_RATE",
        size(at(&Settings::tunnel, &tunnel::Host::Settings::bytes_s), 100'000, 10'000'000'000), "20MiB",
        "Bytes a second of this instance's Engine that others, who do not reach it, are given over the bus. What is "
        "more comes later."},
       {"Redis", "DOCKCAST_DEGRADED_READS",
        number(at(&Settings::feeds, &feeds::Settings::lone, &feeds::LoneReading::Settings::reads_s), 1, 10'000), "20",
        "While Redis is away, how many logs this instance begins to read in a second, of those that another one read."},
       {"Redis", "DOCKCAST_DEGRADED_FOLLOWS",
        number(at(&Settings::feeds, &feeds::Settings::lone, &feeds::LoneReading::Settings::follows), 1, 100'000), "200",
        "How many of them it then follows at once; the others are read in turn."}});
}

void add_access(std::vector<Setting>& rows) {
  rows.insert(
      rows.end(),
      {{"Access", "DOCKCAST_AUTH", choice(at(&Settings::auth), {{"none", Auth::none}, {"token", Auth::token}}), "",
        "Who may use it: anyone, or whoever has the token. Without it: token where others can reach it, or where a "
        "DOCKCAST_TOKEN is set, on loopback too, since nobody sets one to have it ignored; else none."},
       {"Access", "DOCKCAST_TOKEN", text(at(&Settings::token), "visible ASCII", visible), "",
        "The token. Where one is asked for and none is set, one is drawn at each start and printed once.",
        Secret::whole},
       {"Access", "DOCKCAST_ALLOW_QUERY_TOKEN", boolean(at(&Settings::allow_query_token)), "false",
        "Accept the token as ?token= too. It ends up in the logs of proxies."},
       {"Access", "DOCKCAST_ALLOWED_ORIGINS",
        list(at(&Settings::server, &api::ServerSettings::allowed_origins), "origins such as https://app.example.com",
             origin),
        "", "Sites, beside its own, whose pages may connect from a browser."},
       {"Access", "DOCKCAST_ALLOWED_HOSTS",
        list(at(&Settings::server, &api::ServerSettings::allowed_hosts), "names such as logs.example.com", authority),
        "",
        "Names it may be asked by where access is none, beside IP addresses and localhost: the defence against DNS "
        "rebinding."}});
}

void add_channels(std::vector<Setting>& rows) {
  rows.insert(
      rows.end(),
      {{"Channels", "DOCKCAST_LINGER", duration(at(&Settings::feeds, &feeds::Settings::linger), 0s, 1h), "30s",
        "How long a container's log is read on after the last follower left."},
       {"Channels", "DOCKCAST_RING_BYTES", size(at(&Settings::ring_bytes), 64 * KiB, 1024 * MiB), "4MiB",
        "What is kept of a channel in memory for slow followers; beyond it they read from Docker."},
       {"Clients", "DOCKCAST_DEFLATE", boolean(at(&Settings::server, &api::ServerSettings::deflate)), "false",
        "Agree on permessage-deflate, where a client offers it: what its channels send is compressed once for all, "
        "history is not."}});
}

void add_messages(std::vector<Setting>& rows) {
  rows.insert(
      rows.end(),
      {{"Application channels", "DOCKCAST_APP_HISTORY",
        message_rules(at(&Settings::messages, &feeds::MessageFeeds::Settings::rules)), "*=1000/1h/64KiB",
        "How much of which channel is kept: names behind app:, with a * at the end for any; messages; their "
        "age in s, m, h or d; the bytes of one, which may be left out. The first rule that fits holds."},
       {"Application channels", "DOCKCAST_APP_CHANNELS_MAX",
        number(at(&Settings::messages, &feeds::MessageFeeds::Settings::channels_max), 1, 1'000'000), "10000",
        "Application channels that are followed on this instance, and plain ones; beyond it who wants one more is "
        "refused as unavailable."},
       {"Application channels", "DOCKCAST_APP_PRESENCE_MAX",
        number(at(&Settings::messages, &feeds::MessageFeeds::Settings::presence_max), 1, feeds::members_most), "1000",
        "Members of a channel that presence, join and leave name. Of more it says only how many they are."},
       {"Application channels", "DOCKCAST_APP_HISTORY_BYTES",
        size(at(&Settings::app_history_bytes), KiB, 64 * 1024 * MiB), "64MiB",
        "Without Redis: what is kept of all application channels together; beyond it, whichever has most loses its "
        "oldest. With Redis each channel keeps its rule's messages, at most as large as its rule says."},
       {"Application channels", "DOCKCAST_BROADCASTS", boolean(at(&Settings::broadcasts)), "true",
        "Whether what other back-ends say on Redis' channel websocket:broadcast goes to its followers here."},
       {"Beside another fleet", "DOCKCAST_COMPAT",
        choice(at(&Settings::compat), {{"none", Compat::none}, {"fastapi", Compat::fastapi}}), "none",
        "Which other kind of platform it stands beside, or is moved in for, and keeps the habits of (docs/beside.md). "
        "fastapi: a Python back-end that shares the Redis. ?token= is accepted, /health/websocket is always 200, "
        "and connections are told of under ws:connection:…"}});
}

void add_end(std::vector<Setting>& rows) {
  rows.insert(
      rows.end(),
      {{"The end", "DOCKCAST_DRAIN_NOTICE", duration(at(&Settings::drain_notice), 0s, 1h), "2s",
        "How long it still takes new clients when it is stopped by SIGTERM, and /health/ready already says that it "
        "goes: "
        "as long as a balancer needs to see that. At most half of the grace."},
       {"The end", "DOCKCAST_DRAIN_RATE", number(at(&Settings::drain_rate), 1, 1'000'000), "500",
        "Clients a second that then move to other instances: each is told its time."},
       {"The end", "DOCKCAST_DRAIN_GRACE", duration(at(&Settings::drain_grace), 0s, 1h), "30s",
        "From the signal to its exit, at most. Whom the rate does not let go in time is closed shortly before, and "
        "told "
        "to come back at that rate."},
       {"Logs", "DOCKCAST_LOG_LEVEL",
        choice(at(&Settings::log_level),
               {{"debug", Level::debug}, {"info", Level::info}, {"warn", Level::warn}, {"error", Level::error}}),
        "info", "The least level that is written to stderr."},
       {"Logs", "DOCKCAST_LOG_FORMAT",
        choice(at(&Settings::log_format), {{"text", LogFormat::text}, {"json", LogFormat::json}}), "text",
        "Lines with name=value pairs, or one JSON object a line."},
       {"Logs", "DOCKCAST_LOG_LINES_PER_SECOND", number(at(&Settings::log_lines_per_second), 10, 1'000'000), "1000",
        "Lines of level info and below; how many more there would have been is said. Warnings do not count."}});
}

}  // namespace

const std::vector<Setting>& settings_table() {
  static const std::vector<Setting> table = [] {
    std::vector<Setting> rows;
    add_places(rows);
    add_redis(rows);
    add_access(rows);
    add_channels(rows);
    add_messages(rows);
    add_limits(rows);
    add_end(rows);
    return rows;
  }();
  return table;
}

}  // namespace app
