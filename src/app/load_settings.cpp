#include "app/load_settings.hpp"

#include <fstream>
#include <iterator>
#include <optional>

#include "app/setting.hpp"
#include "base/log.hpp"
#include "redis/address.hpp"

namespace app {
namespace {

struct Source {
  const std::map<std::string, std::string>& said;
  std::string (*spelling)(const Setting&);
  const char* described;

  // What is said to nothing counts as not said, as everywhere in the Docker world.
  const std::string* find(const std::string& name) const {
    const auto found = said.find(name);
    return found == said.end() || found->second.empty() ? nullptr : &found->second;
  }
};

class Loading {
 public:
  explicit Loading(const Sources& sources)
      : sources_{Source{sources.flags, [](const Setting& row) { return row.flag(); }, "flag"},
                 Source{sources.environment, [](const Setting& row) { return std::string(row.name); }, "environment"},
                 Source{sources.file, [](const Setting& row) { return row.key(); }, "file"}} {}

  Loaded run() {
    for (const Setting& row : settings_table()) take(row);
    prefer_stronger_context();
    warn_of_unknown_names();
    judge_together();
    return std::move(loaded_);
  }

 private:
  // The strongest source that says anything about it counts, and only that one is judged.
  void take(const Setting& row) {
    const std::string name(row.name), file_name = name + "_FILE";
    for (int rank = 0; rank < 3; ++rank) {
      const Source& source = sources_[rank];
      const std::string* text = source.find(name);
      const std::string* path = row.shown() ? nullptr : source.find(file_name);
      if (text == nullptr && path == nullptr) continue;
      ranks_[name] = rank;
      if (text != nullptr && path != nullptr) {
        mistake(name + " and " + file_name + " are both set; only one of them can be meant.");
      } else if (text != nullptr) {
        take_text(row, *text, row.shown() ? " is \"" + base::log::escaped(*text, 100) + "\"" : " is wrong", source);
      } else if (const auto secret = read_secret(*path)) {
        take_text(row, *secret, "'s file " + base::log::escaped(*path) + " holds something else", source);
      } else {
        mistake(file_name + ": " + base::log::escaped(*path) + " cannot be read, or is empty.");
      }
      return;
    }
    if (!row.fallback.empty()) CHECK(row.meaning.take(loaded_.settings, std::string(row.fallback)));
  }

  void take_text(const Setting& row, const std::string& text, const std::string& said, const Source& source) {
    if (row.meaning.take(loaded_.settings, text)) return;
    std::string spelling = source.spelling(row);
    if (spelling.empty()) spelling = row.name;
    mistake(spelling + said + " (" + source.described + "); it can be " + row.meaning.allowed + "." +
            (row.name == "DOCKCAST_AUTH" && text == "jwt" ? " JWT is not supported yet." : ""));
  }

  static std::optional<std::string> read_secret(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    return file && !text.empty() ? std::optional(std::move(text)) : std::nullopt;
  }

  // Within one source DOCKER_HOST is stronger, as for the docker command; a context on the command line beats both.
  void prefer_stronger_context() {
    const auto context = ranks_.find("DOCKER_CONTEXT"), host = ranks_.find("DOCKER_HOST");
    if (context == ranks_.end() || host == ranks_.end() || context->second >= host->second) return;
    loaded_.settings.docker_host.clear();
  }

  // Kubernetes sets DOCKCAST_SERVICE_HOST, DOCKCAST_PORT… for a service that is called dockcast.
  void warn_of_unknown_names() {
    for (const auto& [name, value] : sources_[1].said) {
      if (!name.starts_with("DOCKCAST_") || name == "DOCKCAST_CONFIG" || name.starts_with("DOCKCAST_SERVICE_") ||
          name.starts_with("DOCKCAST_PORT") || name.starts_with("DOCKCAST_TEST_"))
        continue;
      const Setting* row = find_setting(name.ends_with("_FILE") ? name.substr(0, name.size() - 5) : name);
      if (row == nullptr || (name.ends_with("_FILE") && row->shown()))
        loaded_.warnings.push_back(base::log::escaped(name) +
                                   " is set in the environment, but there is no such setting.");
    }
  }

  void judge_together() {
    const Settings& settings = loaded_.settings;
    judge_redis(settings);
    find_engine();
    judge_tls(settings.tls);
    if (settings.auth == Auth::none && !settings.token.empty())
      loaded_.warnings.push_back("DOCKCAST_TOKEN has no effect, since DOCKCAST_AUTH is none.");
    if (settings.auth == Auth::none && !is_loopback(settings.listen))
      loaded_.warnings.push_back("Anyone who reaches " + settings.listen +
                                 " can read every container's log: DOCKCAST_AUTH is none.");
  }

  void judge_redis(const Settings& settings) {
    const net::TlsPeer& tls = settings.redis_tls;
    if (tls.certificate.empty() != tls.key.empty()) {
      mistake(tls.key.empty() ? "DOCKCAST_REDIS_TLS_CERT is set, but not DOCKCAST_REDIS_TLS_KEY; Redis is shown both."
                              : "DOCKCAST_REDIS_TLS_KEY is set, but not DOCKCAST_REDIS_TLS_CERT; Redis is shown both.");
    }
    if (settings.redis_url.empty()) return;
    const auto address = redis::parse_address(settings.redis_url);
    if (!address) return mistake(address.error().message);
    if (!address->endpoint.tls && tls != net::TlsPeer{})
      mistake("DOCKCAST_REDIS_TLS_… is set, but REDIS_URL does not begin with rediss; nothing would be encrypted.");
  }

  void judge_tls(const net::TlsFiles& tls) {
    if (tls.certificate.empty() && tls.key.empty()) return;
    if (tls.certificate.empty()) return mistake("DOCKCAST_TLS_KEY is set, but not DOCKCAST_TLS_CERT; TLS needs both.");
    if (tls.key.empty()) return mistake("DOCKCAST_TLS_CERT is set, but not DOCKCAST_TLS_KEY; TLS needs both.");
    if (const auto identity = net::load_tls_identity(tls); !identity)
      mistake("DOCKCAST_TLS_CERT, DOCKCAST_TLS_KEY: " + identity.error().message);
  }

  void find_engine() {
    Settings& settings = loaded_.settings;
    docker::EngineSearch search;
    search.environment = [&](const std::string& name) -> std::optional<std::string> {
      if (name == "DOCKER_HOST") return settings.docker_host;
      if (name == "DOCKER_CONTEXT") return settings.docker_context;
      if (name == "DOCKER_TLS_VERIFY") return settings.docker_tls_verify;
      if (name == "DOCKER_TLS") return settings.docker_tls;
      if (name == "DOCKER_CERT_PATH") return settings.docker_cert_path;
      const std::string* text = sources_[1].find(name);
      return text == nullptr ? std::nullopt : std::optional(*text);
    };
    auto found = docker::find_engine(search);
    if (!found) return mistake(found.error().message);
    settings.engine = std::move(*found);
    const net::Endpoint& at = settings.engine.endpoint;
    if (at.tls && !at.tls->verify)
      loaded_.warnings.push_back("Whoever stands between us and " + at.to_string() +
                                 " can be its Docker Engine: nothing verifies its certificate.");
  }

  void mistake(std::string text) { loaded_.mistakes.push_back(std::move(text)); }

  const Source sources_[3];           // the strongest first
  std::map<std::string, int> ranks_;  // of who said it
  Loaded loaded_;
};

}  // namespace

Loaded load_settings(const Sources& sources) { return Loading(sources).run(); }

}  // namespace app
