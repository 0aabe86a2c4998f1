// build: -mexec-model=reactor -Wno-unused-function
// wit: web.wit
// wasi: http io clocks random cli filesystem sockets
// features: informational-outbound-responses
// Sends responses of 1xx before its own, or tries to.
#include "check.h"
TYPES("[method]response-outparam.send-informational")
void inform(handle, uint32_t, handle, struct finished *);
HANDLER
void handle_request(handle request, handle out) {
  struct finished done;
  inform(out, 103, fields_new(), &done);
  CHECK(done.failed && done.why.code == 38 && !done.why.size.some);
  inform(out, 200, fields_new(), &done);
  CHECK(done.failed && done.why.code == 35);
  request_drop(request);
  tell(out);
}
