// MemoryRoster: the roster of one instance that is a cluster by itself. Thread: its loop's.
#pragma once

#include "roster/roster.hpp"

namespace roster {

class MemoryRoster final : public Roster {
 public:
  MemoryRoster(net::Loop& loop, Own own) : Roster(std::move(own)), loop_(loop) {}

  void look(Kind kind, OnView on_view) override {
    own_.view(loop_, kind, [on_view = std::move(on_view)](View view) mutable {
      on_view(std::make_shared<const View>(std::move(view)));
    });
  }
  void leave(net::Callback done) override { loop_.post(std::move(done)); }

 private:
  net::Loop& loop_;
};

}  // namespace roster
