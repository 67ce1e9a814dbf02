include(lua)
lua_scripts(roster)
