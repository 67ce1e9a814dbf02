#include "api/page.hpp"

#include <openssl/evp.h>

#include <array>

#include "base/check.hpp"

namespace api {

extern const unsigned char page_html[];  // made by the build from page.html

namespace {

// 'sha256-…' of what stands between <tag> and </tag> (CSP level 3, 2.3.1).
std::string hash_of(std::string_view html, const std::string& tag) {
  const std::string open = "<" + tag + ">", close = "</" + tag + ">";
  const std::size_t start = html.find(open), end = html.find(close);
  CHECK(start != std::string_view::npos && end != std::string_view::npos);
  const std::string_view text = html.substr(start + open.size(), end - start - open.size());
  std::array<unsigned char, 32> digest = {};
  CHECK(EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
  std::array<unsigned char, 45> base64 = {};  // 44 and the end
  EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  return "'sha256-" + std::string(reinterpret_cast<const char*>(base64.data())) + "'";
}

http::Response make_page() {
  const std::string html = reinterpret_cast<const char*>(page_html);
  const std::string policy = "default-src 'none'; script-src " + hash_of(html, "script") + "; style-src " +
                             hash_of(html, "style") +
                             "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
                             "frame-ancestors 'none'";
  return {200,
          {{"Content-Type", "text/html; charset=utf-8"},
           {"Content-Security-Policy", policy},
           {"Referrer-Policy", "no-referrer"},
           {"X-Content-Type-Options", "nosniff"},
           {"Cache-Control", "no-cache"}},
          html};
}

}  // namespace

const http::Response& page() {
  static const http::Response made = make_page();
  return made;
}

}  // namespace api
