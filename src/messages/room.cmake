include(lua)
lua_scripts(messages)
