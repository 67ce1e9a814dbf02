# How everything is compiled: warnings are errors with g++ and clang, sanitizers by preset.
find_package(Threads REQUIRED)

add_library(compile_flags INTERFACE)
target_compile_options(compile_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(compile_flags INTERFACE -Wno-restrict)  # sees overlaps in std::string at -O2 (GCC bug 105651)
endif()
target_compile_definitions(compile_flags INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION TOML_HEADER_ONLY=0
  BOOST_ASIO_DISABLE_BOOST_COROUTINE)
target_link_libraries(compile_flags INTERFACE Threads::Threads)

set(DOCKCAST_SANITIZE "" CACHE STRING "address, thread or fuzzer")
if(DOCKCAST_SANITIZE STREQUAL "address")
  target_compile_options(compile_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all)
  target_link_options(compile_flags INTERFACE -fsanitize=address,undefined)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Shared, they take one another's log_path, and what UBSan reports goes to stderr only.
    target_link_options(compile_flags INTERFACE -static-libasan -static-libubsan)
  endif()
elseif(DOCKCAST_SANITIZE STREQUAL "thread")
  target_compile_options(compile_flags INTERFACE -fsanitize=thread)
  target_link_options(compile_flags INTERFACE -fsanitize=thread)
elseif(DOCKCAST_SANITIZE STREQUAL "fuzzer")
  target_compile_options(compile_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=function
    -fno-sanitize-recover=all)
  target_link_options(compile_flags INTERFACE -fsanitize=address,undefined)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
