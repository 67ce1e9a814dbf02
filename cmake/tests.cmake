# What spans rooms: tests that need several, the check of the room table, and the product itself.
#
# The x_test.cpp of a folder tests/NAME become the executable NAME_tests, which may use every room and includes its
# neighbours as "NAME/file.hpp"; its other .cpp files (the simulated Engine, drivers) serve every folder. Executable
# scripts in the folders are run too, by tools/run-tests.
# The labels say how tools/run-tests runs it: one at a time with real daemons (contract, integration, e2e), or
# beside the others.
if(DOCKCAST_TESTS)
  get_property(all_rooms GLOBAL PROPERTY rooms)
  file(GLOB parts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/*/*.cpp)
  list(FILTER parts EXCLUDE REGEX "(_test|/main)\\.cpp$")
  if(parts)
    add_library(test_parts STATIC ${parts})
    target_include_directories(test_parts PUBLIC ${CMAKE_SOURCE_DIR}/tests)
    target_link_libraries(test_parts PUBLIC ${all_rooms} net_sim GTest::gtest GTest::gmock)
  endif()
  file(GLOB folders CONFIGURE_DEPENDS LIST_DIRECTORIES true ${CMAKE_SOURCE_DIR}/tests/*)
  foreach(folder ${folders})
    get_filename_component(name ${folder} NAME)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*_test.cpp)
    if(sources)
      add_executable(${name}_tests ${sources})
      target_include_directories(${name}_tests PRIVATE ${CMAKE_SOURCE_DIR}/tests)
      target_link_libraries(${name}_tests PRIVATE $<TARGET_NAME_IF_EXISTS:test_parts> ${all_rooms} net_sim GTest::gtest
        GTest::gmock GTest::gtest_main)
      add_test(NAME ${name}_tests COMMAND ${name}_tests)
      set_tests_properties(${name}_tests PROPERTIES LABELS ${name})
    endif()
  endforeach()
  if(DOCKCAST_SANITIZE MATCHES "address|thread")
    add_executable(canary ${CMAKE_SOURCE_DIR}/tests/canary.cpp)
    target_link_libraries(canary PRIVATE compile_flags)
  endif()
endif()

# Simulated worlds by seed, without a test around them: build/PRESET/sim --seed 123 --verbose
if(DOCKCAST_TESTS)
  add_executable(sim ${CMAKE_SOURCE_DIR}/tests/sim/main.cpp)
  target_link_libraries(sim PRIVATE test_parts)

  # The same program with bugs in it, one at a time: build/PRESET/sim_planted --plant dropped_tip --seeds 300. Only the
  # files that hold a bug are compiled again; nothing of them is then taken from the rooms' archives.
  file(GLOB_RECURSE with_bugs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/*.cpp)
  foreach(file ${with_bugs})
    file(STRINGS ${file} found REGEX "#include \"base/planted\\.hpp\"" LIMIT_COUNT 1)
    if(NOT found)
      list(REMOVE_ITEM with_bugs ${file})
    endif()
  endforeach()
  add_executable(sim_planted ${CMAKE_SOURCE_DIR}/tests/sim/main.cpp ${with_bugs})
  target_compile_definitions(sim_planted PRIVATE DOCKCAST_PLANTED)
  target_link_libraries(sim_planted PRIVATE test_parts)
endif()

# The compiler sees the rooms behind a room, too; what a room includes by name is checked before a build counts as done.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
file(GLOB_RECURSE in_rooms CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/*.hpp ${CMAKE_SOURCE_DIR}/src/*.cpp)
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/rooms.stamp
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/tidy --rooms
  COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/rooms.stamp
  DEPENDS ${in_rooms} ${CMAKE_SOURCE_DIR}/CMakeLists.txt ${CMAKE_SOURCE_DIR}/tools/tidiness/rooms.py
  COMMENT "Checking which room includes which" VERBATIM)
add_custom_target(rooms_check ALL DEPENDS ${CMAKE_BINARY_DIR}/rooms.stamp)

# For public conformance suites: the rooms ws and http with nothing behind them.
add_executable(ws_echo ${CMAKE_SOURCE_DIR}/tests/conformance/main.cpp)
target_link_libraries(ws_echo PRIVATE base net http ws)

# The product itself: the composition room and a main of a few lines.
if(EXISTS ${CMAKE_SOURCE_DIR}/src/app/main.cpp)
  add_executable(dockcast ${CMAKE_SOURCE_DIR}/src/app/main.cpp)
  target_link_libraries(dockcast PRIVATE app)
  add_dependencies(dockcast rooms_check)
endif()
