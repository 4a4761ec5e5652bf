# Compiler flags every target of the project shares.
#
# -ffp-contract=off: where a multiplication and an addition are fused is written in the source, never the compiler's
# choice, so that two loops over the same numbers give the same bits.
add_compile_options(-Wall -Wextra -Werror -Wno-psabi -ffp-contract=off -fno-math-errno -fno-trapping-math)

# The same bytes wherever the sources and the build lie.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)

if(RADAPTER_SANITIZE)
  add_compile_options(-fsanitize=${RADAPTER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${RADAPTER_SANITIZE})
endif()

# Nobody who loads the library should need, or meet, our copy of the C++ runtime.
function(radapter_hide_runtime target)
  if(NOT RADAPTER_SANITIZE)
    target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    target_link_options(${target} PRIVATE -Wl,--exclude-libs,ALL -Wl,--as-needed)
    if(NOT RADAPTER_SANITIZE)
      target_link_options(${target} PRIVATE -Wl,-z,defs)
    endif()
  endif()
endfunction()
