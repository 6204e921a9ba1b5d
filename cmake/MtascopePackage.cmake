# SPDX-License-Identifier: GPL-2.0-or-later
# What `cpack` makes of an installation: a Debian package.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "mtascope")
set(CPACK_PACKAGE_CONTACT "The mtascope maintainers <maintainers@mtascope.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "find where an MTA's connection timeouts come from")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
# Directories must not take on the umask of whoever makes the package.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Zones by name (--tz) come from there.
set(CPACK_DEBIAN_PACKAGE_DEPENDS tzdata)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "mtascope reads packet captures of X.400 and other RFC 1006 traffic and the event
log of the MTA, times each connection from its SYN to the OK response, and tells
where a timeout comes from: the MTA process, its TCP, the path, the peer, or a
box in between.")

include(CPack)
