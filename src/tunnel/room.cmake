include(lua)
lua_scripts(tunnel)
