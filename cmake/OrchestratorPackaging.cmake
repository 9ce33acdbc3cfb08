# What is installed beside the programs, and the Debian packages: orchestrator (host, plugins, unit, manual,
# completion), orchestrator-plugin-dev, orchestrator-doc.
set(generated "${CMAKE_BINARY_DIR}/share")
file(MAKE_DIRECTORY "${generated}")

# orchestrator_prints(FILE ARGUMENT…): FILE holds what the program says to these arguments.
set(printed "")
function(orchestrator_prints file)
  add_custom_command(OUTPUT "${generated}/${file}"
    COMMAND orchestrator ${ARGN} > "${generated}/${file}.new"
    COMMAND ${CMAKE_COMMAND} -E rename "${generated}/${file}.new" "${generated}/${file}"
    DEPENDS orchestrator VERBATIM)
  set(printed ${printed} "${generated}/${file}" PARENT_SCOPE)
endfunction()
orchestrator_prints(orchestrator.1 __manual orchestrator)
orchestrator_prints(orchestrator.yaml.5 __manual orchestrator.yaml)
orchestrator_prints(orchestrator-plugin.7 __manual orchestrator-plugin)
orchestrator_prints(orchestrator.schema.json config schema)
orchestrator_prints(orchestrator.bash completion bash)
orchestrator_prints(_orchestrator completion zsh)
orchestrator_prints(orchestrator.fish completion fish)
add_custom_target(manual ALL DEPENDS ${printed})

install(FILES "${generated}/orchestrator.1" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT host)
install(FILES "${generated}/orchestrator.yaml.5" DESTINATION "${CMAKE_INSTALL_MANDIR}/man5" COMPONENT host)
install(FILES "${generated}/orchestrator-plugin.7" DESTINATION "${CMAKE_INSTALL_MANDIR}/man7" COMPONENT plugin-api)
install(FILES "${generated}/orchestrator.schema.json" config/alerts.yml
        DESTINATION "${CMAKE_INSTALL_DATADIR}/orchestrator" COMPONENT host)
install(FILES "${generated}/orchestrator.bash" RENAME orchestrator
        DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" COMPONENT host)
install(FILES "${generated}/_orchestrator" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions" COMPONENT host)
install(FILES "${generated}/orchestrator.fish"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d" COMPONENT host)
install(DIRECTORY docs/ DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/orchestrator-doc" COMPONENT doc)
install(FILES README.md CHANGELOG.md DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/orchestrator-doc" COMPONENT doc)

install(FILES config/systemd/orchestrator.service DESTINATION lib/systemd/system COMPONENT host)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME orchestrator)
set(CPACK_PACKAGE_VENDOR "Orchestrator")
set(CPACK_PACKAGE_CONTACT "Orchestrator maintainers <orchestrator@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL host plugin-api doc)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_HOST_PACKAGE_NAME orchestrator)
set(CPACK_DEBIAN_HOST_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_HOST_PACKAGE_DEPENDS "git, passwd")
set(CPACK_DEBIAN_HOST_PACKAGE_RECOMMENDS "openssh-client, curl")
set(CPACK_DEBIAN_HOST_PACKAGE_SUGGESTS "orchestrator-doc, orchestrator-plugin-dev, prometheus")
set(CPACK_DEBIAN_HOST_DESCRIPTION "gated delivery pipeline\n Moves work items through gates, and lets plain code decide wherever a verdict\n can be computed.")
# CPack marks nothing as a configuration file: without this list an upgrade would replace the operator's.
set(scripts "${CMAKE_CURRENT_SOURCE_DIR}/config/debian")
set(CPACK_DEBIAN_HOST_PACKAGE_CONTROL_EXTRA
    "${scripts}/conffiles;${scripts}/preinst;${scripts}/postinst;${scripts}/prerm;${scripts}/postrm")
set(CPACK_DEBIAN_HOST_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
set(CPACK_DEBIAN_PLUGIN-API_PACKAGE_NAME orchestrator-plugin-dev)
set(CPACK_DEBIAN_PLUGIN-API_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PLUGIN-API_PACKAGE_RECOMMENDS "orchestrator, cmake (>= 3.25), g++, make")
set(CPACK_DEBIAN_PLUGIN-API_DESCRIPTION "headers, CMake package and template for orchestrator plugins")
set(CPACK_DEBIAN_DOC_PACKAGE_NAME orchestrator-doc)
set(CPACK_DEBIAN_DOC_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_DOC_DESCRIPTION "documentation of the orchestrator")
# /etc is no place below a prefix: the package alone has it.
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_CURRENT_SOURCE_DIR}/cmake/package_etc.cmake")
set(CPACK_ORCHESTRATOR_CONFIG_DIR "${CMAKE_CURRENT_SOURCE_DIR}/config")
include(CPack)
