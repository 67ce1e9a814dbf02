#include "api/verdict.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <set>

namespace api {
namespace {

namespace json = boost::json;

// A file of this source tree.
std::string content(const std::string& path) {
  std::ifstream file(DOCKCAST_SOURCE "/" + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A table of the public contract, protocol/NAME.
json::array table(const std::string& name) {
  boost::system::error_code error;
  const json::value value = json::parse(content("protocol/" + name), error);
  EXPECT_FALSE(error) << name << ": " << error.message();
  return value.is_array() ? value.as_array() : json::array();
}

std::string row_text(std::string_view name, std::int64_t status, std::int64_t close, bool retry) {
  return std::string(name) + " " + std::to_string(status) + " " + std::to_string(close) + (retry ? " retry" : "");
}

void expect_explained(const json::value& row) {
  for (const char* field : {"meaning", "do"}) EXPECT_FALSE(row.at(field).as_string().empty()) << row;
}

TEST(Verdict, TheErrorCodesAreTheOnesThatThePublicTableHas) {
  std::vector<std::string> published, ours;
  for (const json::value& each : table("errors.json")) {
    published.push_back(row_text(std::string(each.at("code").as_string()), each.at("status").as_int64(),
                                 each.at("close").as_int64(), each.at("retry").as_bool()));
    expect_explained(each);
  }
  for (auto code = Code::bad_request; code <= Code::internal; code = static_cast<Code>(static_cast<int>(code) + 1)) {
    ours.push_back(row_text(row(code).name, row(code).status, row(code).close, row(code).retry));
  }
  EXPECT_EQ(published, ours);
}

TEST(Verdict, TheCloseCodesThatAreCountedAreTheOnesThatThePublicTableHas) {
  std::set<std::string> published = {"lost", "other"};
  for (const json::value& each : table("close_codes.json")) {
    published.insert(std::to_string(each.at("code").as_int64()));
    expect_explained(each);
  }
  EXPECT_EQ(published, std::set<std::string>(counted_closes.begin(), counted_closes.end()));
}

TEST(Verdict, TheDocumentDrawsTheErrorCodes) {
  const std::string document = content("docs/protocol.md");
  for (const json::value& each : table("errors.json")) {
    const std::string drawn = "| `" + std::string(each.at("code").as_string()) + "` | " +
                              std::to_string(each.at("status").as_int64()) + " | " +
                              std::to_string(each.at("close").as_int64()) + " | " +
                              (each.at("retry").as_bool() ? "yes" : "–") + " |\n";
    EXPECT_THAT(document, testing::HasSubstr(drawn));
  }
}

TEST(Verdict, EveryCloseCodeOfOursIsCounted) {
  for (auto code = Code::bad_request; code <= Code::internal; code = static_cast<Code>(static_cast<int>(code) + 1)) {
    EXPECT_NE(counted(row(code).close), CountedClose::other) << row(code).name;
  }
  using namespace close_code;
  for (const std::uint16_t code :
       {normal, unsupported_data, no_progress, no_pong, drain, not_accepted, no_credentials}) {
    EXPECT_NE(counted(code), CountedClose::other) << code;
  }
  EXPECT_EQ(counted(4999), CountedClose::other);
}

}  // namespace
}  // namespace api
