find_package(OpenSSL REQUIRED)
target_link_libraries(ws PRIVATE OpenSSL::Crypto)
