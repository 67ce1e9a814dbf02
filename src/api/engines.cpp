#include "api/engines.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "docker/position.hpp"
#include "net/signal.hpp"

namespace api {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration newborn = 10min;           // as long as others remember an Engine of which nobody speaks
constexpr net::Duration patience_of_several = 5s;  // of each; the Engine of an instance that has one has the client's

template <class T>
using Answers = std::vector<base::Result<T>>;

template <class T>
struct Together {
  explicit Together(net::Loop& loop, std::size_t count) : answers(count), left(count), done(loop) {}
  std::vector<std::optional<base::Result<T>>> answers;
  std::size_t left;
  net::Signal done;

  net::Task<void> wait_for(std::size_t which, net::Task<base::Result<T>> work) {
    base::Result<T> answer = co_await std::move(work);
    answers[which].emplace(std::move(answer));
    if (--left == 0) done.notify();
  }
};

// All at once.
template <class T>
net::Task<Answers<T>> together(net::Loop& loop, std::vector<net::Task<base::Result<T>>> works) {
  Together<T> all(loop, works.size());
  std::vector<net::Job> jobs;
  for (std::size_t i = 0; i < works.size(); ++i) {
    auto work =
        works.size() == 1 ? std::move(works[i]) : net::with_deadline(loop, patience_of_several, std::move(works[i]));
    jobs.emplace_back(all.wait_for(i, std::move(work)));
  }
  while (all.left > 0) co_await all.done.wait();
  Answers<T> answers;
  for (auto& each : all.answers) answers.push_back(std::move(*each));
  co_return answers;
}

struct Counted {
  explicit Counted(std::size_t& count_in) : count(count_in) { ++count; }
  ~Counted() { --count; }
  Counted(const Counted&) = delete;
  std::size_t& count;
};

// As one Engine ranks them.
int rank(const docker::Resolved& what, const std::string& who) {
  if (!what.container) return 1;
  return what.container->id == who ? 3 : what.container->name == who ? 2 : 1;
}

// From two Engines that are one and the same.
bool same_container(const docker::Resolved& one, const docker::Resolved& other) {
  return one.container && other.container && one.container->id == other.container->id;
}

bool full_id(const std::string& who) {
  return who.size() == 64 && who.find_first_not_of("0123456789abcdef") == who.npos;
}

std::string silent(const std::string& id) {
  return id.empty() ? "The Docker Engine does not answer." : "The Docker Engine " + id + " does not answer.";
}

void append(std::string& text, const std::string& sentence) { text.append(text.empty() ? "" : " ").append(sentence); }

}  // namespace

base::Error no_engine_yet() { return {base::Fault::unavailable, "The Docker Engine has not answered yet."}; }

void Engines::add(Engine engine) {
  remove(*engine.client);
  all_.push_back(std::move(engine));
}

void Engines::remove(const docker::Client& client) {
  std::erase_if(all_, [&client](const Engine& each) { return each.client == &client; });
}

// One that never answered may be none; where there are others, it is not waited for. Those that are known by their id
// come first: one that has not said it yet may be one of them.
std::vector<Engines::Engine> Engines::to_ask() const {
  if (all_.size() == 1) return all_;
  std::vector<Engine> up;
  std::copy_if(all_.begin(), all_.end(), std::back_inserter(up), [](const Engine& each) { return each.answers(); });
  if (up.empty()) up = all_;
  std::stable_partition(up.begin(), up.end(), [](const Engine& each) { return !each.id.empty(); });
  return up;
}

std::string Engines::missing(const std::vector<Engine>& asked) const {
  std::string words;
  for (const Engine& each : all_) {
    const bool was_asked =
        std::any_of(asked.begin(), asked.end(), [&each](const Engine& other) { return other.client == each.client; });
    if (!was_asked && !each.id.empty()) append(words, silent(each.id));
  }
  for (const std::string& each : unmet_()) append(words, "The Docker Engine " + each + " has not answered yet.");
  if (!known_()) append(words, "This instance has not heard all others yet, and may not know all Docker Engines.");
  return words;
}

bool Engines::only_one() const { return all_.size() == 1 && known_() && unmet_().empty(); }

void Engines::remember(const std::string& container, const std::string& engine) {
  if (engine.empty()) return;  // it has not said yet who it is
  if (homes_.size() >= homes_max && !homes_.contains(container)) homes_.clear();
  homes_[container] = engine;
}

const Engines::Engine* Engines::home_of(const std::string& container) const {
  if (only_one()) return &all_.front();
  const auto home = homes_.find(container);
  if (home == homes_.end()) return nullptr;
  const auto found =
      std::find_if(all_.begin(), all_.end(), [&](const Engine& each) { return each.id == home->second; });
  return found == all_.end() ? nullptr : &*found;
}

const Engines::Engine* Engines::of_key(std::uint64_t key) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [key](const Engine& each) {
    return !each.id.empty() && docker::engine_key(each.id) == key;
  });
  return found == all_.end() ? nullptr : &*found;
}

bool Engines::may_be(std::uint64_t key) const {
  return !alone_ && of_key(key) == nullptr && loop_.now() - begun_ < newborn;
}

net::Task<base::Result<Engines::Found>> Engines::find(std::string who, std::vector<docker::Candidate>& candidates) {
  const Counted counted(asking_);
  const Engine* home = full_id(who) ? home_of(who) : nullptr;
  const std::vector<Engine> asked = home != nullptr ? std::vector<Engine>{*home} : to_ask();
  std::vector<net::Task<base::Result<docker::Resolved>>> questions;
  for (const Engine& each : asked) questions.push_back(each.client->resolve(who));
  auto answers = co_await together(loop_, std::move(questions));
  if (asked.size() == 1 && !answers[0] && (home != nullptr || only_one())) co_return answers[0].error();

  std::string words = home == nullptr ? missing(asked) : std::string();
  int best = 0;
  std::vector<std::size_t> fits;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!answers[i]) {
      if (answers[i].error().fault != base::Fault::not_found) append(words, silent(asked[i].id));
      continue;
    }
    const int fit = rank(*answers[i], who);
    const auto same = [&](std::size_t other) { return same_container(*answers[other], *answers[i]); };
    if (fit == best && std::any_of(fits.begin(), fits.end(), same)) continue;
    if (fit > best) fits.clear();
    if (fit >= best) fits.push_back(i);
    best = std::max(best, fit);
  }
  if (fits.size() == 1 && answers[fits[0]]->container) {
    remember(answers[fits[0]]->container->id, asked[fits[0]].id);
    co_return Found{asked[fits[0]], std::move(*answers[fits[0]])};
  }
  if (fits.empty()) {
    const std::string none = "No such container: " + who;
    if (words.empty()) co_return base::Error{base::Fault::not_found, none};
    co_return base::Error{base::Fault::unavailable, none + ". " + words};
  }
  std::string message = who + " stands for several containers:";
  for (const std::size_t i : fits) {
    docker::Resolved& what = *answers[i];
    if (what.container) what.candidates.push_back({what.container->id, what.container->name});
    for (docker::Candidate& each : what.candidates) {
      const auto same = [&each](const docker::Candidate& other) { return other.id == each.id; };
      if (std::any_of(candidates.begin(), candidates.end(), same)) continue;
      message += " " + each.name;
      candidates.push_back(std::move(each));
    }
  }
  co_return base::Error{base::Fault::ambiguous, std::move(message)};
}

net::Task<base::Result<Containers>> Engines::list(docker::ListQuery query) {
  const Counted counted(asking_);
  const std::vector<Engine> asked = to_ask();
  std::vector<net::Task<base::Result<std::vector<docker::Container>>>> questions;
  for (const Engine& each : asked) questions.push_back(each.client->list(query));
  auto answers = co_await together(loop_, std::move(questions));
  Containers containers;
  containers.missing = missing(asked);
  bool any = false;
  std::unordered_set<std::string> listed;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!answers[i]) {
      append(containers.missing, silent(asked[i].id));
      continue;
    }
    any = true;
    for (docker::Container& each : *answers[i]) {
      if (!listed.insert(each.id).second) continue;
      remember(each.id, asked[i].id);
      containers.list.push_back({asked[i].id, std::move(each)});
    }
  }
  if (!any) co_return answers[0].error();
  // The newest first, as each of them lists its own.
  const auto newer = [](const auto& a, const auto& b) { return a.container.created > b.container.created; };
  if (asked.size() > 1) std::stable_sort(containers.list.begin(), containers.list.end(), newer);
  co_return std::move(containers);
}

}  // namespace api
