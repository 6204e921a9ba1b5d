# SPDX-License-Identifier: GPL-2.0-or-later
# Files, one after the other, as an array of C that ends with a NUL:
# cmake -D OUT=file.c -D NAME=name -P Embed.cmake -- file…
set(bytes "")
set(is_file FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
  if(is_file)
    file(READ ${CMAKE_ARGV${i}} more HEX)
    string(APPEND bytes ${more})
  elseif(CMAKE_ARGV${i} STREQUAL "--")
    set(is_file TRUE)
  endif()
endforeach()
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "((0x[0-9a-f][0-9a-f],)(0x[0-9a-f][0-9a-f],)?(0x[0-9a-f][0-9a-f],)?(0x[0-9a-f][0-9a-f],)?)" "\\1\n"
       bytes "${bytes}")
file(WRITE ${OUT} "extern const unsigned char ${NAME}[];\nconst unsigned char ${NAME}[] = {\n${bytes}0x00};\n")
