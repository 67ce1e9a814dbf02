#include "net/test_certificates.hpp"

#include <openssl/pem.h>
#include <stdlib.h>

#include <filesystem>

#include "base/check.hpp"
#include "net/openssl.hpp"

namespace net {

namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;

Key make_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

struct Wanted {
  std::string subject;
  long serial;
  std::chrono::seconds valid;
  const char* extension;  // its name
  std::string value;
};

Certificate make_certificate(const Wanted& wanted, const Key& key, const X509* issuer, const Key& signer) {
  Certificate certificate(X509_new(), X509_free);
  X509* const raw = certificate.get();
  X509_set_version(raw, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), wanted.serial);
  X509_gmtime_adj(X509_getm_notBefore(raw), -3600 * 24 * 30);
  X509_gmtime_adj(X509_getm_notAfter(raw), wanted.valid.count());
  X509_set_pubkey(raw, key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(wanted.subject.c_str()), -1, -1, 0);
  X509_set_issuer_name(raw, X509_get_subject_name(issuer != nullptr ? issuer : raw));
  X509V3_CTX context;
  X509V3_set_ctx(&context, raw, raw, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf(nullptr, &context, wanted.extension, wanted.value.c_str());
  CHECK(extension != nullptr && X509_add_ext(raw, extension, -1) == 1);
  X509_EXTENSION_free(extension);
  CHECK(X509_sign(raw, signer.get(), EVP_sha256()) > 0);
  return certificate;
}

void write(const std::string& path, const X509* certificate, const EVP_PKEY* key) {
  const std::string fresh = path + ".new";  // in its place at once
  const Bio bio(BIO_new_file(fresh.c_str(), "w"));
  CHECK(bio != nullptr);
  if (certificate != nullptr) CHECK(PEM_write_bio_X509(bio.get(), certificate) == 1);
  if (key != nullptr) CHECK(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  CHECK(BIO_flush(bio.get()) == 1);
  std::filesystem::rename(fresh, path);
}

}  // namespace

TestCertificates::TestCertificates() : key_(make_key()) {
  folder_ = std::filesystem::temp_directory_path() / "certificates.XXXXXX";
  CHECK(::mkdtemp(folder_.data()) != nullptr);
  certificate_ = make_certificate({"An authority of tests", 1, std::chrono::hours(24), "basicConstraints", "CA:TRUE"},
                                  key_, nullptr, key_);
  write(authority(), certificate_.get(), nullptr);
}

TestCertificates::~TestCertificates() { std::filesystem::remove_all(folder_); }

TlsFiles TestCertificates::issue(const std::string& name, const std::string& names, std::chrono::hours valid) {
  const Key key = make_key();
  const Certificate certificate =
      make_certificate({name, ++serial_, valid, "subjectAltName", names}, key, certificate_.get(), key_);
  const TlsFiles files{folder_ + "/" + name + ".pem", folder_ + "/" + name + "-key.pem"};
  write(files.certificate, certificate.get(), nullptr);
  write(files.key, nullptr, key.get());
  return files;
}

}  // namespace net
