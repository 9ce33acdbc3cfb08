# Run by CPack on what it is about to pack: adds the files of /etc to the host's package, and to every package what Debian's
# policy asks for: copyright and changelog (12.5, 12.7), manual pages compressed (12.1).
set(packages "${CPACK_TEMPORARY_INSTALL_DIRECTORY}")
set(etc "${packages}/host/etc")
file(MAKE_DIRECTORY "${etc}/orchestrator" "${etc}/default")
file(COPY_FILE "${CPACK_ORCHESTRATOR_CONFIG_DIR}/orchestrator.yaml" "${etc}/orchestrator/orchestrator.yaml")
file(COPY_FILE "${CPACK_ORCHESTRATOR_CONFIG_DIR}/debian/default" "${etc}/default/orchestrator")

function(compress)
  execute_process(COMMAND gzip -9nf ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
foreach(pair "host:orchestrator" "plugin-api:orchestrator-plugin-dev" "doc:orchestrator-doc")
  string(REPLACE ":" ";" pair "${pair}")
  list(GET pair 0 component)
  list(GET pair 1 package)
  set(doc "${packages}/${component}/usr/share/doc/${package}")
  file(MAKE_DIRECTORY "${doc}")
  file(COPY_FILE "${CPACK_ORCHESTRATOR_CONFIG_DIR}/debian/copyright" "${doc}/copyright")
  file(WRITE "${doc}/changelog" "${package} (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * What changed: CHANGELOG.md in the package orchestrator-doc.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
  compress("${doc}/changelog")
  set(overrides "${packages}/${component}/usr/share/lintian/overrides")
  file(MAKE_DIRECTORY "${overrides}")
  set(known "")
  if(component STREQUAL "host")
    file(READ "${CPACK_ORCHESTRATOR_CONFIG_DIR}/debian/lintian-overrides" known)
  endif()
  # Whoever builds the package for others names themselves: -D CPACK_PACKAGE_CONTACT=…
  file(WRITE "${overrides}/${package}" "${package}: bogus-mail-host *\n${package}: bogus-mail-host-in-debian-changelog *\n${known}")
endforeach()
file(GLOB_RECURSE pages "${packages}/*/usr/share/man/*.[1-9]")
compress(${pages})
