#include "sim/seeds.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <vector>

#include "base/log.hpp"
#include "sim/message_world.hpp"
#include "sim/world.hpp"

namespace sim {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t worlds_enough = 1000;  // for everything to happen

// Beside every kind of fault. What fewer than one world in a hundred sees is not here: chance alone could miss it.
constexpr std::array must_happen_to_logs = {"container exits",
                                            "container is killed",
                                            "container is stopped",
                                            "container is restarted",
                                            "container is removed",
                                            "container pauses",
                                            "container writes an odd line",
                                            "rotations",
                                            "records out of order",
                                            "engine: files skipped in a follow",
                                            "engine: records repeated in a follow",
                                            "engine: tails lost at an exit",
                                            "net: slices",
                                            "net: short sends",
                                            "net: would block",
                                            "net: stalls",
                                            "net: cuts",
                                            "net: losses",
                                            "redis: subscribers killed",
                                            "publications lost",
                                            "last words lost",
                                            "takeovers",
                                            "readers killed",
                                            "said: Reading what was missed",
                                            "gaps rotated",
                                            "resumes full",
                                            "resumes partial",
                                            "resumes none",
                                            "followers stalled",
                                            "closes 4200",
                                            "status source_down",
                                            "status degraded",
                                            "status recovered",
                                            "status stopped",
                                            "status restarted",
                                            "status removed",
                                            "outages of Redis that were watched",
                                            "worlds without anybody"};
constexpr std::array must_happen_to_messages = {"duplicates",
                                                "unknown outcomes",
                                                "refused",
                                                "sent again",
                                                "recovered full",
                                                "recovered partial",
                                                "recovered none",
                                                "gaps trimmed",
                                                "gaps failover",
                                                "gaps recreated",
                                                "lost on the bus",
                                                "tips lost",
                                                "last words lost",
                                                "listeners stalled",
                                                "subscriptions refused",
                                                "away for a minute, within the history",
                                                "away for a minute, beyond the history",
                                                "away for a minute, and Redis is flushed",
                                                "away for a minute, and what it heard is lost",
                                                "fault: subscribers killed",
                                                "fault: publications lost",
                                                "fault: redis stalled",
                                                "fault: redis flushed",
                                                "fault: redis restarted",
                                                "fault: redis failed over",
                                                "fault: instance killed",
                                                "fault: instance paused",
                                                "fault: link cut",
                                                "fault: link stalled",
                                                "fault: one way lost",
                                                "fault: both ways lost"};

std::uint64_t seed_now = 0;  // for those who come to look at a crash
std::string program;
bool listening = false;
Tally said;  // by the product, in its log

void on_crash(int signal) {
  std::fprintf(stderr, "CRASH\n  replay: %s --seed %llu --verbose\n", program.c_str(),
               static_cast<unsigned long long>(seed_now));
  std::signal(signal, SIG_DFL);
  raise(signal);
}

void print_line(net::Duration at, const std::string& who, const std::string& what) {
  std::printf("%11.6f %-8s %s\n", static_cast<double>(at.count()) / 1e9, who.c_str(), base::log::escaped(what).c_str());
}

void log_line(base::log::Level level, std::string_view text, base::log::Fields fields) {
  if (net::SimWorld::current() == nullptr) return;
  ++said["said: " + std::string(text)];
  if (!listening) return;
  std::string line(text);
  for (const auto& field : fields) line += " " + std::string(field.name) + "=" + field.value;
  print_line(net::SimWorld::current()->now().time_since_epoch(), level >= base::log::Level::warn ? "LOG" : "log", line);
}

bool is_maximum(const std::string& name) { return name.starts_with("max: "); }

// One line each, as a child writes them for its parent.
std::string packed(const SeedsReport& report) {
  std::string text = std::to_string(report.worlds) + " " + std::to_string(report.failures) + "\n";
  for (const auto& [name, count] : report.tally) text += std::to_string(count) + " " + name + "\n";
  return text;
}

void unpack(const std::string& text, SeedsReport& into) {
  std::size_t at = 0;
  Tally tally;
  for (bool first = true; at < text.size(); first = false) {
    const std::size_t end = text.find('\n', at), space = text.find(' ', at);
    const std::uint64_t number = std::stoull(text.substr(at, space - at));
    const std::string rest = text.substr(space + 1, end - space - 1);
    if (first) {
      into.worlds += number;
      into.failures += std::stoull(rest);
    } else {
      tally[rest] = number;
    }
    at = end + 1;
  }
  add(into.tally, tally);
}

// One of the current seed. Whether it kept its promises; prints which one it did not.
template <class AWorld>
bool run_world(const std::string& of, const Seeds& seeds, Tally& tally) {
  const auto began = Clock::now();
  Verdict verdict;
  {
    AWorld world(seed_now, seeds.verbose ? Say(print_line) : Say());
    verdict = world.run();
  }
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began).count();
  verdict.tally[of + ": seconds of virtual time"] = static_cast<std::uint64_t>(verdict.took / std::chrono::seconds(1));
  verdict.tally[of + ": microseconds for all worlds"] = static_cast<std::uint64_t>(took);
  verdict.tally["max: milliseconds for one world of " + of] = static_cast<std::uint64_t>(took / 1000);
  add(tally, verdict.tally);
  add(tally, std::exchange(said, {}));
  if (seeds.verbose) std::printf("trace of %s %016llx\n", of.c_str(), static_cast<unsigned long long>(verdict.trace));
  if (verdict.broken.empty()) return true;
  std::printf("BROKEN %s\n  replay: %s --seed %llu --verbose\n", verdict.broken.c_str(), program.c_str(),
              static_cast<unsigned long long>(seed_now));
  std::fflush(stdout);
  return false;
}

SeedsReport run_in_processes(const Seeds& seeds) {
  std::vector<std::pair<pid_t, int>> children;
  for (unsigned job = 0; job < seeds.jobs; ++job) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      Seeds mine = seeds;
      mine.count = seeds.count / seeds.jobs + (job < seeds.count % seeds.jobs ? 1 : 0);
      mine.first =
          seeds.first + job * (seeds.count / seeds.jobs) + std::min<std::uint64_t>(job, seeds.count % seeds.jobs);
      const std::string text = packed(run_worlds(mine));
      const bool written = write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
      std::fflush(stdout);
      _exit(written ? 0 : 1);
    }
    close(ends[1]);
    children.emplace_back(child, ends[0]);
  }
  SeedsReport report;
  for (const auto& [child, end] : children) {
    std::string text;
    char buffer[4096];
    for (ssize_t got; (got = read(end, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(got));
    close(end);
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0 || text.empty()) ++report.failures;
    unpack(text, report);
  }
  return report;
}

}  // namespace

void add(Tally& into, const Tally& more) {
  for (const auto& [name, count] : more) {
    auto& sum = into[name];
    sum = is_maximum(name) ? std::max(sum, count) : sum + count;
  }
}

std::vector<std::string> never_happened(const Seeds& seeds, const Tally& tally) {
  std::vector<std::string> names;
  if (seeds.logs) {
    names.assign(must_happen_to_logs.begin(), must_happen_to_logs.end());
    for (std::size_t kind = 0; kind < fault_kinds; ++kind)
      names.push_back("fault: " + name_of(static_cast<Fault>(kind)));
  }
  if (seeds.messages) {
    for (const std::string name : must_happen_to_messages) names.push_back("messages: " + name);
  }
  std::erase_if(names, [&](const std::string& name) {
    const auto found = tally.find(name);
    return found != tally.end() && found->second > 0;
  });
  return names;
}

std::string printed(const Tally& tally) {
  std::string text;
  for (const auto& [name, count] : tally) {
    text += std::string(2, ' ') + name + std::string(name.size() < 48 ? 48 - name.size() : 1, '.') + " " +
            std::to_string(count) + "\n";
  }
  return text;
}

SeedsReport run_worlds(const Seeds& seeds) {
  SeedsReport report;
  base::log::set_sink(log_line);
  base::log::set_level(base::log::Level::debug);
  std::signal(SIGABRT, on_crash);
  std::signal(SIGSEGV, on_crash);
  listening = seeds.verbose;
  program = seeds.program;
  if (seeds.logs != seeds.messages) program += seeds.logs ? " --only logs" : " --only messages";
  if (seeds.verbose) std::setvbuf(stdout, nullptr, _IOLBF, 0);
  for (std::uint64_t i = 0; i < seeds.count && report.failures < seeds.failures_max; ++i) {
    seed_now = seeds.first + i;
    ++report.worlds;
    const bool kept = (!seeds.logs || run_world<World>("logs", seeds, report.tally)) &&
                      (!seeds.messages || run_world<MessageWorld>("messages", seeds, report.tally));
    report.failures += kept ? 0 : 1;
  }
  return report;
}

bool run_seeds(Seeds seeds) {
  if (seeds.first == 0) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    seeds.first = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
  }
  std::printf("seeds %llu to %llu\n", static_cast<unsigned long long>(seeds.first),
              static_cast<unsigned long long>(seeds.first + seeds.count - 1));
  std::fflush(stdout);
  const auto began = Clock::now();
  const SeedsReport report = seeds.jobs > 1 ? run_in_processes(seeds) : run_worlds(seeds);
  const double took = std::chrono::duration<double>(Clock::now() - began).count();
  std::printf("%s%llu worlds in %.1f s, %llu broke a promise\n", printed(report.tally).c_str(),
              static_cast<unsigned long long>(report.worlds), took, static_cast<unsigned long long>(report.failures));
  const auto missing =
      report.worlds >= worlds_enough ? never_happened(seeds, report.tally) : std::vector<std::string>();
  for (const std::string& name : missing) std::printf("NEVER happened: %s\n", name.c_str());
  return report.failures == 0 && missing.empty();
}

}  // namespace sim
