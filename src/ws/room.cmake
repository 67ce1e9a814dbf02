find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
target_link_libraries(ws PRIVATE OpenSSL::Crypto ZLIB::ZLIB)
