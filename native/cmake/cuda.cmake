# Looks for nvcc as RADAPTER_CUDA says: sets RADAPTER_CUDA_FOUND, RADAPTER_NVCC and RADAPTER_CUDA_INCLUDE (cuda.h).
string(TOUPPER "${RADAPTER_CUDA}" RADAPTER_CUDA_CHOICE)
if(NOT RADAPTER_CUDA_CHOICE MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "RADAPTER_CUDA=${RADAPTER_CUDA}: AUTO, ON or OFF is meant")
endif()

set(RADAPTER_CUDA_FOUND FALSE)
if(NOT RADAPTER_CUDA_CHOICE STREQUAL "OFF")
  find_program(RADAPTER_NVCC nvcc PATHS /usr/local/cuda/bin)
  if(RADAPTER_NVCC)
    # nvcc may be a link or a script: it knows best where it is installed.
    execute_process(COMMAND ${RADAPTER_NVCC} -dryrun -x cu /dev/null ERROR_VARIABLE RADAPTER_NVCC_SETTINGS OUTPUT_QUIET)
    if(RADAPTER_NVCC_SETTINGS MATCHES "#\\$ TOP=([^\n]*)")
      find_path(RADAPTER_CUDA_INCLUDE cuda.h PATHS ${CMAKE_MATCH_1}/include ${CMAKE_MATCH_1}/targets/x86_64-linux/include
        NO_DEFAULT_PATH)
    endif()
  endif()
  if(RADAPTER_NVCC AND RADAPTER_CUDA_INCLUDE)
    set(RADAPTER_CUDA_FOUND TRUE)
    message(STATUS "CUDA: ${RADAPTER_NVCC}")
  elseif(RADAPTER_CUDA_CHOICE STREQUAL "ON")
    message(FATAL_ERROR "RADAPTER_CUDA=ON: there is no nvcc on the PATH or in /usr/local/cuda/bin, or no cuda.h beside "
      "it. Install the CUDA toolkit, version 13 (nvcc and the driver's headers; no GPU is needed), or name nvcc by "
      "-DRADAPTER_NVCC=.")
  else()
    message(STATUS "CUDA: no nvcc, so nothing of CUDA is built")
  endif()
endif()
