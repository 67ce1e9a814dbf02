// MessageWorld: one seed, from its beginning to its verdict: application channels. Three instances and one Redis,
// people who publish, once and again, people who listen, go and come back with their positions, faults; then everything
// heals, and everybody has everything; then somebody is away for a minute.
//
//   chaos (faults, publications, joins, leaves) ──▶ heal ──▶ everybody has everything ──▶ a minute ──▶ everybody …
//
// Judges look at everything that anybody is told (message_judge.hpp).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "net/sim_world.hpp"
#include "sim/message_instance.hpp"
#include "sim/message_judge.hpp"
#include "sim/message_truth.hpp"
#include "sim/sim_redis.hpp"
#include "sim/site.hpp"
#include "sim/verdict.hpp"

namespace sim {

class MessageWorld {
 public:
  MessageWorld(std::uint64_t seed, Say say);
  ~MessageWorld();
  MessageWorld(const MessageWorld&) = delete;

  Verdict run();

 private:
  struct Plan {
    std::uint64_t kept = 1000;
    std::size_t ring_bytes = 0, listeners = 0, padding_max = 0;
    net::SimFaults net;
    net::Duration chaos{};
    bool last_word_lost = false;  // on the bus: only a tip can tell of it
    bool away = false;
  };
  struct Here {  // an instance, and what is asked of it
    std::unique_ptr<MessageInstance> instance;
    std::set<MessageAnswers::Call> open;
    bool paused = false;
    std::size_t listeners = 0;
    net::Instant deserted{};  // the last listener left
    net::Jobs calls;
  };
  struct Listener {
    std::string name;
    MessageJudge judge;
    std::size_t at = 0;
    std::uint32_t slot = 0;
    bool here = false, subscribed = false, stalled = false;
    net::Instant back{};  // when it comes again
  };
  struct Word {  // that is published, perhaps several times
    std::string id, data;
    int calls = 0;
    bool stored = false;
  };
  enum class Absence : std::uint8_t { within, beyond, flush, failover };

  // message_world.cpp: the course of things
  static Plan draw(net::Random& random);
  void say(const std::string& who, const std::string& what) const;
  void check(const std::string& who, const std::string& wrong);
  bool run_until(const std::function<bool()>& done, net::Duration limit);
  bool run_for(net::Duration duration);
  void start(std::size_t number);
  void kill(std::size_t number);
  bool connected() const;
  std::size_t any_up();
  void heal();
  void everybody_has_everything();
  void be_away_for_a_minute();
  void away(Listener& who, Absence how);
  bool quiet() const;

  // message_world_people.cpp: who publishes and who listens
  void publish();
  void call(std::size_t word, std::size_t at);
  void call_later(std::size_t word, net::Duration when);
  net::Task<void> ask(std::size_t at, std::size_t word, MessageAnswers::Call call);
  void answered(std::size_t at, std::size_t word, MessageAnswers::Call call,
                const base::Result<messages::Published>& answer);
  bool publish_for_sure();
  void join(Listener& who, std::size_t at, MessageJudge::Knows knows);
  void leave(Listener& who);
  void gone(Listener& who);
  void look(Listener& who);
  void come_and_look();
  std::string missing() const;

  // message_world_faults.cpp
  void step();
  void strike(const std::string& fault);
  void unstall();
  void strike_redis();
  void strike_data();
  void strike_instance();
  void later(net::Duration after, std::function<void()> undo);
  bool loses(std::string_view channel, std::string_view frame);
  void count();

  net::SimWorld net_;
  net::Random random_;
  const Plan plan_;
  Say say_;
  std::string broken_;
  Tally tally_;
  Site redis_site_{net_.host("redis")};
  SimRedis redis_{redis_site_.network, net::Endpoint{{}, "redis", 6379}};
  MessageTruth truth_{redis_.store(), "app:chat", plan_.kept};
  MessageAnswers answers_{truth_, tally_};
  std::vector<Here> here_;
  std::vector<Listener> listeners_;
  std::vector<Word> words_;
  std::map<MessageAnswers::Call, std::size_t> word_of_;
  bool chaos_ = true, forked_ = false;
  double lost_ = 0, lost_messages_ = 0;  // chances: of every publication; of messages, but not of tips
  std::map<std::uint64_t, std::function<void()>> undo_;
  std::uint64_t undo_count_ = 0;
};

}  // namespace sim
