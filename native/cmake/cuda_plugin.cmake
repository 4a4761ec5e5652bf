# libradapter_cuda.so, the plug-in for NVIDIA GPUs. cuda/*_kernels.cu are compiled by nvcc to fat binaries and embedded:
# machine code for RADAPTER_CUDA_ARCHITECTURES, and PTX once for each tier, of 8.0 for the portable kernels and of 9.0a for
# the Hopper ones (cuda/hopper_*.cu, which have machine code for 90a alone). cuda/*.cpp are plain C++ over the driver API,
# opened at run time: the plug-in needs no NVIDIA library to be loaded. A new file is found by its name.
set(RADAPTER_CUDA_ARCHITECTURES "80;90a;100" CACHE STRING "GPUs to compile machine code for; 80 and 90a bring PTX too")

option(RADAPTER_CUDA_LINES "Keep the kernels' source lines, for profilers and the simulated device's messages" OFF)

# Not compressed, for the simulated device reads the PTX; the jar compresses.
set(RADAPTER_NVCC_FLAGS -std=c++17 -O3 --expt-relaxed-constexpr -Xptxas -v,-warn-spills -Werror all-warnings
    --no-compress)
if(RADAPTER_CUDA_LINES)
  list(APPEND RADAPTER_NVCC_FLAGS -lineinfo)
endif()
set(RADAPTER_PORTABLE_CODE "")
set(RADAPTER_HOPPER_CODE "")
foreach(architecture IN LISTS RADAPTER_CUDA_ARCHITECTURES)
  set(code sm_${architecture})
  if(architecture STREQUAL "80")
    set(code [sm_80,compute_80])
  elseif(architecture STREQUAL "90a")
    set(RADAPTER_HOPPER_CODE -gencode arch=compute_90a,code=[sm_90a,compute_90a])
  endif()
  list(APPEND RADAPTER_PORTABLE_CODE -gencode arch=compute_${architecture},code=${code})
endforeach()
if(NOT "80" IN_LIST RADAPTER_CUDA_ARCHITECTURES OR NOT "90a" IN_LIST RADAPTER_CUDA_ARCHITECTURES)
  message(FATAL_ERROR "RADAPTER_CUDA_ARCHITECTURES=${RADAPTER_CUDA_ARCHITECTURES}: 80 and 90a must be among them, they "
    "are the two tiers")
endif()

# radapter_cuda_library(NAME): the plug-in.
function(radapter_cuda_library name)
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/cuda)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cuda/*.cpp)
  file(GLOB kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cuda/*_kernels.cu)
  file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cuda/*.h)
  execute_process(COMMAND ${RADAPTER_NVCC} --version OUTPUT_FILE ${CMAKE_CURRENT_BINARY_DIR}/cuda/nvcc.version)
  set(images "")
  set(names "")
  foreach(source IN LISTS kernels)
    get_filename_component(kernel ${source} NAME_WE)
    set(image ${CMAKE_CURRENT_BINARY_DIR}/cuda/${kernel}.fatbin)
    set(code ${RADAPTER_PORTABLE_CODE})
    set(is_hopper false)
    if(kernel MATCHES "^hopper_")
      set(code ${RADAPTER_HOPPER_CODE})
      set(is_hopper true)
    endif()
    # What ptxas says of registers and spills stays beside the image.
    set(needed DEPENDS ${source} ${PROJECT_SOURCE_DIR}/cmake/logged ${PROJECT_SOURCE_DIR}/include/radapter.h)
    if(CMAKE_VERSION VERSION_LESS 3.20)
      list(APPEND needed ${headers})
    else()
      list(APPEND needed DEPFILE ${image}.d)
    endif()
    add_custom_command(
      OUTPUT ${image}
      COMMAND ${PROJECT_SOURCE_DIR}/cmake/logged ${image}.log ${RADAPTER_NVCC} ${RADAPTER_NVCC_FLAGS} ${code}
              -I ${PROJECT_SOURCE_DIR}/include -MD -MF ${image}.d -MT ${image} -fatbin ${source} -o ${image}
      ${needed}
      COMMENT "Compiling the kernels of ${kernel}" VERBATIM)
    list(APPEND images ${image})
    string(APPEND embedded
      "asm(\".section .rodata\\n.balign 16\\n.global radapter_${kernel}\\n.hidden radapter_${kernel}\\n\"\n"
      "    \"radapter_${kernel}: .incbin \\\"${image}\\\"\\n.byte 0\\n.previous\\n\");\n"
      "extern \"C\" const unsigned char radapter_${kernel}[] __attribute__((visibility(\"hidden\")));\n")
    string(APPEND names "{radapter_${kernel}, ${is_hopper}}, ")
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/cuda/images.cpp @ONLY CONTENT
    "// The fat binaries of the kernels.\n#include \"images.h\"\n@embedded@
const radapter::cuda::Image radapter::cuda::kImages[] = {@names@{nullptr, false}};\n")
  set_source_files_properties(${CMAKE_CURRENT_BINARY_DIR}/cuda/images.cpp PROPERTIES OBJECT_DEPENDS "${images}")
  add_library(${name} MODULE ${sources} ${CMAKE_CURRENT_BINARY_DIR}/cuda/images.cpp)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/core
                                             ${PROJECT_SOURCE_DIR}/cuda)
  target_include_directories(${name} SYSTEM PRIVATE ${RADAPTER_CUDA_INCLUDE})
  target_compile_options(${name} PRIVATE -fno-exceptions -fno-rtti)
  target_link_libraries(${name} PRIVATE Threads::Threads ${CMAKE_DL_LIBS})
  radapter_hide_runtime(${name})
endfunction()
