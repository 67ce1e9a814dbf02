find_package(PkgConfig REQUIRED)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
find_package(Boost 1.81 REQUIRED COMPONENTS url)
target_link_libraries(redis PRIVATE PkgConfig::HIREDIS Boost::url)
