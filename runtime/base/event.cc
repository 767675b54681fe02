#include "base/event.h"

namespace concertina {

std::string_view event_name(EventKind kind) {
  switch (kind) {
#define EVENT(name, text, meaning) \
  case EventKind::name:            \
    return text;
#include "base/event.def"
#undef EVENT
    case EventKind::kCount:
      break;
  }
  return "unknown-event";
}

}  // namespace concertina
