// Journal: what a copy elsewhere lacks of rows by name. The copy has a revision, which changes with every batch that
// changes something; whoever finds another one there (nothing, or what a failover has left) says that it is lost.
// Thread: its owner's.
//
//   idle ──next(): refill()──▶ beginning ──the first batch──▶ following
//    ▲                             └───────────lost()───────────┘
//
// Bounds: idle, nothing is kept; from then on what changed until it is written, by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace roster {

class Journal {
 public:
  virtual ~Journal() = default;

  // The copy has everything, as far as we know.
  bool clean() const { return stage_ == Stage::following && changed_.empty(); }

  struct Batch {
    std::string seen;      // the revision that the copy must have; empty: it begins anew
    std::string revision;  // that it gets
    std::vector<std::string> removed;
    std::vector<std::pair<std::string, std::string>> rows;
  };
  // What is to be written next, taken as written: whoever fails to write it says lost(). Where nothing is to be
  // written, the revision stays.
  Batch next(std::size_t rows_max);
  void lost();

 protected:
  // A copy begins: every row is to be noted, now or later.
  virtual void refill() = 0;
  // nullopt: it is gone.
  void note(const std::string& name, std::optional<std::string> row);

 private:
  enum class Stage : std::uint8_t { idle, beginning, following };

  Stage stage_ = Stage::idle;
  std::map<std::string, std::optional<std::string>> changed_;
  std::uint64_t revision_ = 0;  // never used twice
};

}  // namespace roster
