// Planted bugs: mistakes in the product's own code that prove the simulation's checkers, since a checker that finds
// none of them proves nothing (docs/simulation.md, tools/sim-planted, which reads its list here).
//
// In ordinary builds each is the constant false and leaves nothing behind. With DOCKCAST_PLANTED, which only the
// program sim_planted is compiled with, the one is true whose name was chosen at start. For .cpp files alone: just
// those that include this header are compiled a second time (cmake/tests.cmake).
#pragma once

#include <string_view>

namespace base::planted {

#ifdef DOCKCAST_PLANTED
extern std::string_view chosen;
struct Bug {
  std::string_view name;
  explicit operator bool() const { return name == chosen; }
};
#else
struct Bug {
  std::string_view name;
  explicit constexpr operator bool() const { return false; }
};
#endif

inline constexpr Bug skipped_backfill{"skipped_backfill"};  // what was missed is not read from Docker
inline constexpr Bug dropped_tip{"dropped_tip"};            // the owner never says where the log's end is
inline constexpr Bug lease_kept{"lease_kept"};              // who has lost its lease reads and publishes on
inline constexpr Bug status_twice{"status_twice"};          // what a log is doing is said again with every frame
inline constexpr Bug status_never{"status_never"};          // that a run has ended is not said
inline constexpr Bug degraded_never{"degraded_never"};      // that Redis is away is not said
inline constexpr Bug endless_linger{"endless_linger"};      // a follow stays open when nobody watches any more
inline constexpr Bug late_joint{"late_joint"};    // a history is joined to the ring's end, not to where it began
inline constexpr Bug wrong_count{"wrong_count"};  // records with one timestamp are not counted
inline constexpr Bug lost_head_record{"lost_head_record"};          // the first record that a follow brings is dropped
inline constexpr Bug repeated_head_record{"repeated_head_record"};  // the last known record of a read counts as new
inline constexpr Bug untold_gap{"untold_gap"};                      // what rotation took is passed over in silence
inline constexpr Bug unwatched_lag{"unwatched_lag"};                // a follow is believed while the log rotates
inline constexpr Bug recovered_always_full{"recovered_always_full"};  // `full` is said, though something is gone
inline constexpr Bug needless_gap{"needless_gap"};          // what was missed is a gap, though Docker still has it
inline constexpr Bug endless_backfill{"endless_backfill"};  // what was missed is read again and again
inline constexpr Bug stale_prev{"stale_prev"};              // a batch names the place where the reader stood before
inline constexpr Bug tail_off_by_one{"tail_off_by_one"};    // one line more than was asked for
inline constexpr Bug short_tail{"short_tail"};              // half as many lines as were asked for
inline constexpr Bug early_since{"early_since"};            // what was written a second before `since` comes, too
inline constexpr Bug endless_relay{"endless_relay"};        // who only relays listens on when nobody watches any more
inline constexpr Bug reads_on_alone{"reads_on_alone"};      // who read without Redis reads on when another does for all
inline constexpr Bug late_seat{"late_seat"};                // who shares a read is given one line too few

}  // namespace base::planted
