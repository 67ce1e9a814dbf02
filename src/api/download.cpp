#include "api/download.hpp"

namespace api {
namespace {

constexpr std::string_view ndjson = "application/x-ndjson";

}  // namespace

bool accepts(std::string_view accept, std::string_view type) {
  while (!accept.empty()) {
    const std::size_t end = std::min(accept.find(','), accept.size());
    const std::string_view range = accept.substr(0, end);
    accept.remove_prefix(std::min(end + 1, accept.size()));
    const std::size_t semicolon = std::min(range.find(';'), range.size());
    if (!http::equals_ignoring_case(http::trimmed(range.substr(0, semicolon)), type)) continue;
    std::string_view weight = range.substr(semicolon);
    const std::size_t q = weight.find("q=");
    if (q == weight.npos) return true;
    weight.remove_prefix(q + 2);
    return weight.find_first_of("123456789") < weight.find_first_of(",;");
  }
  return false;
}

base::Result<feeds::Download> parse_download(const http::Request& request, net::WallTime now) {
  using Form = feeds::Download::Form;
  std::vector<Option> options;
  for (const auto& [name, value] : request.target.query) options.push_back({name, value});
  auto parsed = parse_log_options(options, now);
  if (!parsed) return parsed.error();
  feeds::Download download;
  download.out = parsed->out;
  download.err = parsed->err;
  download.start = parsed->start;
  download.nothing = request.method == "HEAD";
  if (const auto until = request.target.parameter("until"); until && !until->empty()) {
    const auto moment = parse_moment("until", *until, now);
    if (!moment) return moment.error();
    download.until = moment->position;
    if (!moment->position) download.until_ns = moment->time_ns;
  }
  if (const auto value = request.target.parameter("timestamps"); value && !value->empty()) {
    const auto stamped = parse_switch("timestamps", *value);
    if (!stamped) return stamped.error();
    if (*stamped) download.form = Form::stamped;
  }
  if (accepts(request.headers.get("Accept"), ndjson)) download.form = Form::json;
  return download;
}

http::Response download_head(feeds::Download::Form form) {
  const bool json = form == feeds::Download::Form::json;
  return {200,
          {{"Content-Type", json ? std::string(ndjson) : "text/plain; charset=utf-8"},
           {"Cache-Control", "no-store"},
           {"X-Content-Type-Options", "nosniff"},  // what a container prints is no page
           {"Vary", "Accept"}}};
}

}  // namespace api
