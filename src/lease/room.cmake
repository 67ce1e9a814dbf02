include(lua)
lua_scripts(lease)
