# SPDX-License-Identifier: GPL-2.0-or-later
# libnids ships neither a pkg-config nor a CMake file.
find_path(Nids_INCLUDE_DIR nids.h)
find_library(Nids_LIBRARY nids)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Nids REQUIRED_VARS Nids_LIBRARY Nids_INCLUDE_DIR)
if(Nids_FOUND AND NOT TARGET Nids::Nids)
  add_library(Nids::Nids UNKNOWN IMPORTED)
  # Imported include folders are system folders: the header's old-style prototypes are not ours to warn about.
  set_target_properties(Nids::Nids PROPERTIES IMPORTED_LOCATION ${Nids_LIBRARY}
                                              INTERFACE_INCLUDE_DIRECTORIES ${Nids_INCLUDE_DIR})
endif()
