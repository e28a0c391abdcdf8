/** What the help of the program says of its exit codes. */
export const exitCodes = `Exit codes:
  0   done
  64  the command line is wrong
  69  refused for good, or a service cannot be reached; status: the poller does
      not run; inbox, outbox, access, contacts, units: something was left as
      it is, and is named
  70  a defect in this program
  75  try again later; if the error says that a message may have been sent,
      look at the conversation first; status: something is amiss
  77  the API key was refused
  78  the configuration is wrong

With --json an error is one JSON object on standard output, and nothing is on
standard error: {"error": {"code", "message", "hint", "docs"}, "exitCode"}.
kapso-whatsapp-cli explain CODE says more of a code.`;
