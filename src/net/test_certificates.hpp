// For tests: an authority of our own and certificates that it signs, made anew in a folder that goes with it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "net/tls_identity.hpp"

struct x509_st;
struct evp_pkey_st;

namespace net {

class TestCertificates {
 public:
  TestCertificates();
  ~TestCertificates();
  TestCertificates(const TestCertificates&) = delete;

  const std::string& folder() const { return folder_; }
  std::string authority() const { return folder_ + "/ca.pem"; }  // PEM

  // A certificate for these names ("DNS:localhost,IP:127.0.0.1") and its key, as NAME.pem and NAME-key.pem; what was
  // there is replaced.
  TlsFiles issue(const std::string& name, const std::string& names, std::chrono::hours valid = std::chrono::hours(24));

 private:
  std::string folder_;
  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> certificate_;
  long serial_ = 1;
};

}  // namespace net
