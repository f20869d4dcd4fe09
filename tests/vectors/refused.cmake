# Run vector-check on one file that it must refuse: exit status 1, the cause named, one failure.
execute_process(COMMAND ${CHECK} ${FILE} RESULT_VARIABLE status OUTPUT_VARIABLE output)
if(NOT status EQUAL 1)
  message(FATAL_ERROR "exit status ${status}, not 1: ${output}")
endif()
if(NOT output MATCHES "FAILED one: .*${CAUSE}.*0 passed, 1 failed, 0 skipped")
  message(FATAL_ERROR "the failure is not named: ${output}")
endif()
