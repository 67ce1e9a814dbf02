# lua_scripts(ROOM): the room's *.lua files as constants of redis::Script, in a generated ROOM/scripts.hpp.
# They are called by their hash, which is taken here of exactly the text that is compiled in.
function(lua_scripts room)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${room}/*.lua)
  set(constants "")
  foreach(file ${files})
    set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME_WE)
    file(READ ${file} text)
    string(SHA1 sha1 "${text}")
    string(APPEND constants
      "inline constexpr redis::Script ${name}{\"${room}/${name}\", \"${sha1}\",\n  R\"lua(${text})lua\"};\n\n")
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/${room}/${room}/scripts.hpp @ONLY CONTENT
"// Generated from src/${room}/*.lua by cmake/lua.cmake.
#pragma once

#include \"redis/script.hpp\"

namespace ${room}::scripts {

${constants}}  // namespace ${room}::scripts
")
  target_include_directories(${room} PUBLIC ${CMAKE_BINARY_DIR}/generated/${room})
endfunction()
