# The sources of libradapter: core/, the ABI and what backends share, and cpu/, the CPU backend. cpu/*_kernels.cpp are compiled once per instruction set (see cpu/isa.h), all others
# once. A new file is found by its name; nothing has to be listed here.
file(GLOB RADAPTER_KERNEL_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cpu/*_kernels.cpp)
file(GLOB RADAPTER_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/core/*.cpp ${PROJECT_SOURCE_DIR}/cpu/*.cpp)
list(REMOVE_ITEM RADAPTER_SOURCES ${RADAPTER_KERNEL_SOURCES})

set(RADAPTER_ISAS baseline)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  list(APPEND RADAPTER_ISAS avx2 avx512 avx512_bf16)
endif()
set(RADAPTER_ISA_NUMBER_baseline 0)
set(RADAPTER_ISA_NUMBER_avx2 1)
set(RADAPTER_ISA_NUMBER_avx512 2)
set(RADAPTER_ISA_NUMBER_avx512_bf16 3)
set(RADAPTER_ISA_FLAGS_baseline "")
set(RADAPTER_ISA_FLAGS_avx2 -mavx2 -mfma -mf16c)
# -Wno-maybe-uninitialized: GCC's own AVX-512 headers (its bug 105593).
set(RADAPTER_ISA_FLAGS_avx512 ${RADAPTER_ISA_FLAGS_avx2} -mavx512f -mavx512bw -mavx512vl -mavx512dq
    -mprefer-vector-width=512 -Wno-maybe-uninitialized)
set(RADAPTER_ISA_FLAGS_avx512_bf16 ${RADAPTER_ISA_FLAGS_avx512} -mavx512bf16)

# radapter_cpu_library(NAME KIND [LOWERED]): the CPU backend as a library. LOWERED compiles the 16-lane files down to
# AVX2 and reports AVX512_BF16 as present, so that they can be tested on a machine without AVX-512.
function(radapter_cpu_library name kind)
  cmake_parse_arguments(ARGUMENT "LOWERED" "" "" ${ARGN})
  add_library(${name} ${kind} ${RADAPTER_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${PROJECT_SOURCE_DIR}/core ${PROJECT_SOURCE_DIR}/cpu)
  target_compile_definitions(${name} PRIVATE RADAPTER_VERSION="${PROJECT_VERSION}")
  target_compile_options(${name} PRIVATE -fno-exceptions -fno-rtti)
  target_link_libraries(${name} PRIVATE Threads::Threads ${CMAKE_DL_LIBS})
  if(ARGUMENT_LOWERED)
    target_compile_definitions(${name} PRIVATE RADAPTER_LOWERED)
  endif()
  foreach(isa IN LISTS RADAPTER_ISAS)
    set(flags ${RADAPTER_ISA_FLAGS_${isa}})
    set(definitions RADAPTER_ISA=${RADAPTER_ISA_NUMBER_${isa}} RADAPTER_ISA_SUFFIX=${isa})
    if(ARGUMENT_LOWERED AND isa MATCHES "^avx512")
      # GCC 12 breaks down over lowered vectors at -O2 and above.
      set(flags ${RADAPTER_ISA_FLAGS_avx2} -O1 -Wno-maybe-uninitialized)
      list(APPEND definitions RADAPTER_LOWERED)
    endif()
    add_library(${name}_${isa} OBJECT ${RADAPTER_KERNEL_SOURCES})
    target_include_directories(${name}_${isa} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/core
                                                      ${PROJECT_SOURCE_DIR}/cpu)
    target_compile_definitions(${name}_${isa} PRIVATE ${definitions})
    target_compile_options(${name}_${isa} PRIVATE -fno-exceptions -fno-rtti ${flags})
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:${name}_${isa}>)
  endforeach()
endfunction()
