find_package(Boost 1.81 REQUIRED COMPONENTS json)
target_link_libraries(api PRIVATE Boost::json)

# The files that are served as they are, as one table (src/api/files.hpp).
set(web ${CMAKE_SOURCE_DIR}/web)
file(GLOB_RECURSE web_files CONFIGURE_DEPENDS ${web}/*)
set(files ${CMAKE_CURRENT_BINARY_DIR}/embedded_files.cpp)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_custom_command(OUTPUT ${files}
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/embed ${files} ${web}
  DEPENDS ${web_files} ${CMAKE_SOURCE_DIR}/tools/embed VERBATIM)
target_sources(api PRIVATE ${files})

set_source_files_properties(${dir}/verdict_test.cpp PROPERTIES
  COMPILE_DEFINITIONS "DOCKCAST_SOURCE=\"${CMAKE_SOURCE_DIR}\"")
