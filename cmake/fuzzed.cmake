# What the fuzzers reach. Under the fuzz preset rooms are made of these files alone, so that `make test` can afford to
# build them beside everything else. A fuzzer that needs more does not link, and says what it lacks.
set(fuzzed
  api/command api/log_options
  app/setting app/settings_file app/settings_limits app/settings_table
  base/check base/json_text base/log base/utf8
  docker/client docker/container docker/engine_host docker/event_memory docker/event_positions docker/events
  docker/json_lines docker/log_record docker/log_strategy docker/position docker/stats docker/timestamp
  feeds/engine_news feeds/log_frame feeds/shared_frame
  http/beast http/body_reader http/client http/head http/headers http/origin http/request_reader http/response_reader
  http/target
  messages/message messages/position messages/rules
  net/random
  redis/address redis/reply
  tunnel/frame
  ws/decoder ws/deflate ws/extension ws/frame ws/handshake)

# Leaves of `list`, the names of a room's files, what is named above, and never nothing.
function(keep_fuzzed room list)
  set(kept "")
  foreach(file ${${list}})
    get_filename_component(name ${file} NAME_WE)
    if(${room}/${name} IN_LIST fuzzed)
      list(APPEND kept ${file})
    endif()
  endforeach()
  if(NOT kept)
    set(kept ${CMAKE_BINARY_DIR}/nothing.cpp)
    file(WRITE ${kept} "")
  endif()
  set(${list} ${kept} PARENT_SCOPE)
endfunction()
