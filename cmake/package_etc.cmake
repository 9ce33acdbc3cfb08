# Run by CPack on what it is about to pack: adds the files of /etc to the host's package.
set(etc "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/host/etc")
file(MAKE_DIRECTORY "${etc}/orchestrator" "${etc}/default")
file(COPY_FILE "${CPACK_ORCHESTRATOR_CONFIG_DIR}/orchestrator.yaml" "${etc}/orchestrator/orchestrator.yaml")
file(COPY_FILE "${CPACK_ORCHESTRATOR_CONFIG_DIR}/debian/default" "${etc}/default/orchestrator")
