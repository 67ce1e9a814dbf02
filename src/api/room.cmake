find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(OpenSSL REQUIRED)
target_link_libraries(api PRIVATE Boost::json OpenSSL::Crypto)
