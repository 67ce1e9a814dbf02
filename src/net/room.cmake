find_package(OpenSSL REQUIRED)
target_link_libraries(net PRIVATE OpenSSL::SSL)

# The simulated net, and the certificates of tests, are a library of their own: the product does not contain it.
get_target_property(real net SOURCES)
set(simulated ${real})
list(FILTER simulated INCLUDE REGEX "/(sim|test)_[^/]*\\.cpp$")
list(FILTER real EXCLUDE REGEX "/(sim|test)_[^/]*\\.cpp$")
set_target_properties(net PROPERTIES SOURCES "${real}")
if(simulated)
  add_library(net_sim STATIC ${simulated})
  target_link_libraries(net_sim PUBLIC net PRIVATE OpenSSL::SSL)
endif()
