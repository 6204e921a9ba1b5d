# SPDX-License-Identifier: GPL-2.0-or-later

function(mtascope_flags target)
  target_compile_options(
    ${target}
    PRIVATE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            -Wstrict-prototypes
            -Wmissing-prototypes
            -Wvla
            -Wundef
            -Wformat=2
            -fno-common
            -fstack-protector-strong)
  target_compile_definitions(${target} PRIVATE _DEFAULT_SOURCE _GNU_SOURCE)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
  if(MTASCOPE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(MTASCOPE_SANITIZE)
    target_compile_definitions(${target} PRIVATE MTASCOPE_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=address,undefined -fno-sanitize-recover=all
                                             -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  endif()
  if(MTASCOPE_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# One folder of the way from capture to report: mtascope_part(name SOURCES … USES …). What a part may include is what
# it names in USES, so that data can only flow one way.
function(mtascope_part name)
  cmake_parse_arguments(PART "" "" "SOURCES;USES" ${ARGN})
  add_library(${name} STATIC ${PART_SOURCES})
  mtascope_flags(${name})
  target_link_libraries(${name} PUBLIC ${PART_USES})
endfunction()

# Makes files, one after the other, part of a target, as `extern const unsigned char NAME[]`, which ends with a NUL:
# mtascope_embed(target NAME files…)
function(mtascope_embed target name)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE files)
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -D OUT=${source} -D NAME=${name} -P ${CMAKE_SOURCE_DIR}/cmake/Embed.cmake -- ${files}
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/Embed.cmake)
  target_sources(${target} PRIVATE ${source})
endfunction()

# One cmocka program, tests/unit/test_<name>.c: mtascope_unit_test(name parts…)
function(mtascope_unit_test name)
  add_executable(test_${name} ${CMAKE_SOURCE_DIR}/tests/unit/test_${name}.c)
  mtascope_flags(test_${name})
  target_link_libraries(test_${name} PRIVATE ${ARGN} PkgConfig::CMOCKA)
  add_test(NAME unit_${name} COMMAND test_${name})
endfunction()

# One fuzz target, tests/fuzz/fuzz_<name>.c, with its corpus in tests/fuzz/corpus/<name>: mtascope_fuzz_target(name
# parts…). Without libFuzzer the same source is linked with a main that runs files, and the corpus is a test.
function(mtascope_fuzz_target name)
  if(MTASCOPE_FUZZ)
    add_executable(fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${name}.c)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${name}.c
                                ${CMAKE_SOURCE_DIR}/tests/fuzz/onefile.c)
  endif()
  mtascope_flags(fuzz_${name})
  add_dependencies(fuzz-targets fuzz_${name})
  target_link_libraries(fuzz_${name} PRIVATE ${ARGN})
  file(GLOB corpus CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name}/*)
  if(corpus AND NOT MTASCOPE_FUZZ)
    add_test(NAME corpus_${name} COMMAND fuzz_${name} ${corpus})
  endif()
endfunction()
