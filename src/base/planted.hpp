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

// Of application channels; their names begin so, and only the worlds of messages are searched for them.
inline constexpr Bug message_asked_anew{"message_asked_anew"};            // a retry is another publication
inline constexpr Bug message_known_anew{"message_known_anew"};            // a message_id is known to one call only
inline constexpr Bug message_not_duplicate{"message_not_duplicate"};      // what was there already counts as new
inline constexpr Bug message_guessed{"message_guessed"};                  // no answer counts as not stored
inline constexpr Bug message_epoch_again{"message_epoch_again"};          // another data set goes on in an old epoch
inline constexpr Bug message_no_past{"message_no_past"};                  // no epoch but the current one is known
inline constexpr Bug message_untold_trim{"message_untold_trim"};          // what was trimmed is passed over in silence
inline constexpr Bug message_untold_failover{"message_untold_failover"};  // what a failover lost, too
inline constexpr Bug message_gap_too_far{"message_gap_too_far"};          // a gap covers one that is still there
inline constexpr Bug message_needless_gap{"message_needless_gap"};        // a hole is a gap, though it can be filled
inline constexpr Bug message_unfilled_hole{"message_unfilled_hole"};      // a hole is neither filled nor told
inline constexpr Bug message_dropped_tip{"message_dropped_tip"};          // the last message's loss is not noticed
inline constexpr Bug message_told_twice{"message_told_twice"};    // what came while the store was read is told again
inline constexpr Bug message_always_full{"message_always_full"};  // `full` is said, though something is gone
inline constexpr Bug message_recent_hole{"message_recent_hole"};  // what is remembered goes on behind a gap
inline constexpr Bug message_fell_out{"message_fell_out"};        // who fell out of a ring goes on at its end

}  // namespace base::planted
