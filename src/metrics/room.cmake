find_package(prometheus-cpp REQUIRED)
target_link_libraries(metrics PRIVATE prometheus-cpp::core)
