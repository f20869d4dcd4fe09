# Run vector-check on one file that it must refuse. CAUSE is what it must say; with STATUS the exit
# status of a file that cannot be read, else one failed record.
if(NOT DEFINED STATUS)
  set(STATUS 1)
  set(CAUSE "FAILED one: .*${CAUSE}.*0 passed, 1 failed, 0 skipped")
endif()
execute_process(COMMAND ${CHECK} ${FILE} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT status EQUAL STATUS)
  message(FATAL_ERROR "exit status ${status}, not ${STATUS}: ${output}")
endif()
if(NOT output MATCHES "${CAUSE}")
  message(FATAL_ERROR "the failure is not named: ${output}")
endif()
