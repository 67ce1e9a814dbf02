find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(OpenSSL REQUIRED)
target_link_libraries(api PRIVATE Boost::json OpenSSL::Crypto)

set(page ${CMAKE_CURRENT_BINARY_DIR}/page_html.cpp)
add_custom_command(OUTPUT ${page}
  COMMAND ${CMAKE_COMMAND} -DIN=${dir}/page.html -DOUT=${page} -DNAME=api::page_html
          -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${dir}/page.html ${CMAKE_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
target_sources(api PRIVATE ${page})

set_source_files_properties(${dir}/verdict_test.cpp PROPERTIES
  COMPILE_DEFINITIONS "DOCKCAST_SOURCE=\"${CMAKE_SOURCE_DIR}\"")
