find_package(Boost 1.81 REQUIRED COMPONENTS json)
target_link_libraries(api PRIVATE Boost::json)

find_package(Python3 REQUIRED COMPONENTS Interpreter)

# The public contract, protocol/*.json: as constants, and as the documents that are served.
file(GLOB contract_parts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/protocol/*.json
  ${CMAKE_SOURCE_DIR}/tools/description/*.py)
list(APPEND contract_parts ${CMAKE_SOURCE_DIR}/tools/describe)
set(generated ${CMAKE_BINARY_DIR}/generated/api)
set(header ${generated}/api/contract.hpp)
set(documents ${generated}/site/api/openapi.json ${generated}/site/api/asyncapi.json)
add_custom_command(OUTPUT ${header} ${documents}
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/describe header ${header}
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/describe documents ${generated}/site/api ${PROJECT_VERSION}
  DEPENDS ${contract_parts} VERBATIM)
target_sources(api PRIVATE ${header})
target_include_directories(api PUBLIC ${generated})

# The files that are served as they are, as one table (src/api/files.hpp).
set(web ${CMAKE_SOURCE_DIR}/web/page)
file(GLOB_RECURSE web_files CONFIGURE_DEPENDS ${web}/*)
set(files ${CMAKE_CURRENT_BINARY_DIR}/embedded_files.cpp)
add_custom_command(OUTPUT ${files}
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/embed ${files} ${web} ${generated}/site
  DEPENDS ${web_files} ${documents} ${CMAKE_SOURCE_DIR}/tools/embed VERBATIM)
target_sources(api PRIVATE ${files})
