// Witness, one line: is it the one that must come next?
#include <algorithm>

#include "sim/witness.hpp"

namespace sim {
namespace {

std::string shown(const std::string& text) {
  return "\"" + (text.size() <= 40 ? text : text.substr(0, 40) + "…(" + std::to_string(text.size()) + ")") + "\"";
}

}  // namespace

bool Witness::is(const TrueLine& line, const HeardLine& heard) const {
  return line.time_ns == heard.time_ns && line.partial == heard.partial &&
         (line.open ? valid_utf8(line.text) == heard.text : line.text == heard.text);
}

// Rotation took the first pieces of a long line; what is left of it is told as a line. It may begin within a character.
bool Witness::is_rest_of(const TrueLine& line, const HeardLine& heard) const {
  std::string_view rest = heard.text;
  while (rest.starts_with("\xef\xbf\xbd")) rest.remove_prefix(3);
  return line.time_ns == heard.time_ns && line.partial == heard.partial && truth_.rotated(line) &&
         line.first_record < line.last_record && rest.size() < line.text.size() && line.text.ends_with(rest);
}

std::string Witness::take(const HeardLine& heard) {
  if (!shows(heard.stream)) return "a line of " + name_of(heard.stream) + ", which was not asked for";
  Track& track = tracks_[docker::index_of(heard.stream)];
  auto& lines = truth_.lines(heard.stream);
  std::size_t found = track.next;
  track.torn = false;
  if (track.skip != Track::Skip::nothing) {
    if (std::string wrong = skip_to(heard, track, found); !wrong.empty()) return wrong;
  } else if (found < lines.size() && lines[found].first_record < track.gone && is_rest_of(lines[found], heard)) {
    track.torn = true;  // it was so when it asked
  } else if (found >= lines.size() || !is(lines[found], heard)) {
    return misplaced(heard, track);
  }
  track.gone = 0;
  if (std::string wrong = unasked(heard.stream, found); !wrong.empty()) return wrong;
  lines[found].told = true;
  std::size_t& told = truth_.told_by(instance_)[docker::index_of(heard.stream)];
  told = std::max(told, found + 1);
  track.next = track.low = found + 1;
  track.skip = Track::Skip::nothing;
  promised_full_ = gap_before_ = false;
  ++lines_;
  return {};
}

std::string Witness::skip_to(const HeardLine& heard, Track& track, std::size_t& found) {
  const auto& lines = truth_.lines(heard.stream);
  const std::string stream = " of " + name_of(heard.stream);
  found = track.low;
  while (found < lines.size() && !is(lines[found], heard) && !is_rest_of(lines[found], heard)) ++found;
  if (found == lines.size()) return misplaced(heard, track);
  track.torn = !is(lines[found], heard);
  if (track.torn) ++tally_["lines begun in their middle"];
  for (std::size_t i = track.low; i < found; ++i) {
    if (!truth_.gone(lines[i])) return "line " + std::to_string(i) + stream + " was left out, and is still there";
  }
  if (track.skip == Track::Skip::beginning || truth_.stepped() || found == track.next) return {};
  if (found > track.next) {
    // docs/log-cursor.md, what is not promised
    const bool at_bound = lines[found - 1].time_ns <= track.bound_ns + race_ns;
    return at_bound ? "" : "lines " + span(track.next, found) + stream + " are missing behind a gap";
  }
  const bool raced = lines[track.next - 1].time_ns - lines[found].time_ns <= race_ns;
  return raced || track.torn ? "" : "lines " + span(found, track.next) + stream + " come, and a gap covers them";
}

std::string Witness::misplaced(const HeardLine& heard, const Track& track) const {
  const auto& lines = truth_.lines(heard.stream);
  const auto found = std::find_if(lines.begin(), lines.end(), [&](const TrueLine& line) { return is(line, heard); });
  const auto index = static_cast<std::size_t>(found - lines.begin());
  const std::string what = name_of(heard.stream) + " " + shown(heard.text);
  if (found == lines.end()) {
    return what + " was never written so; line " + std::to_string(track.next) + " is to come" +
           (track.next < lines.size() ? ": " + shown(lines[track.next].text) : "");
  }
  if (index < track.next)
    return what + ", line " + std::to_string(index) + ", comes again or too late; " + std::to_string(track.next) +
           " is to come";
  return "lines " + span(track.next, index) + " are missing before " + what + ", and no gap says so";
}

}  // namespace sim
