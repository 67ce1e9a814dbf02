find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(tomlplusplus REQUIRED)
target_link_libraries(app PRIVATE CLI11::CLI11 spdlog::spdlog tomlplusplus::tomlplusplus)
set_source_files_properties(${dir}/version.cpp PROPERTIES COMPILE_DEFINITIONS DOCKCAST_VERSION="${PROJECT_VERSION}")
set_source_files_properties(${dir}/limits_text_test.cpp PROPERTIES
  COMPILE_DEFINITIONS "DOCKCAST_SOURCE=\"${CMAKE_SOURCE_DIR}\"")
